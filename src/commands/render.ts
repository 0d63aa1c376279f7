import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { render as renderHost } from '../roles/render.js';
import { hosts } from '../topology/topology.js';
import { topologyOf } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { writing } from './writing.js';

/** `lvsctl render`: the files of every host, as a Debian 12 host would get them, into a folder; no host is asked. */
export async function render(options: ClusterOptions & { into: string }, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  for (const { name } of hosts(topology)) {
    for (const [path, content] of renderHost(topology, name)) {
      const target = join(options.into, name, path);
      await writing(target, async () => {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content);
      });
      io.out(`${target}\n`);
    }
  }
  return 0;
}
