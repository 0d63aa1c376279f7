import { loadTopology } from '../topology/load.js';
import { MOST_BYTES } from '../topology/read.js';
import type { Topology } from '../topology/topology.js';
import type { ClusterOptions, Io } from './io.js';

/** The topology that the options name. @throws {Faults} */
export async function topologyOf(options: ClusterOptions, io: Io): Promise<Topology> {
  return options.file === '-' ? loadTopology('-', await io.stdin(MOST_BYTES)) : loadTopology(options.file);
}
