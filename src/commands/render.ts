import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { printable } from '../report/printable.js';
import { type Network, render as renderHost } from '../roles/render.js';
import { hosts } from '../topology/topology.js';
import type { ClusterOptions, Io } from './io.js';
import { topologyOf } from './topology.js';
import { writing } from './writing.js';

export interface RenderOptions extends ClusterOptions {
  into: string;
  network?: Network;
}

/** `lvsctl render`: the files of every host, as a host with this kind of network would get them, into a folder. */
export async function render(options: RenderOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  for (const { name } of hosts(topology)) {
    for (const [path, content] of renderHost(topology, name, options.network)) {
      const target = join(options.into, name, path);
      await writing(target, async () => {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content);
      });
      io.out(`${printable(target)}\n`);
    }
  }
  return 0;
}
