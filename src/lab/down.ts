import { readdir, rm } from 'node:fs/promises';
import { end } from './process.js';
import { labFiles, readLab, recall } from './state.js';

/** Ends a lab: its guests and switches, and nothing else; then its directory is removed. */
export async function labDown(directory: string): Promise<void> {
  const lab = await readLab(directory);
  const names = (await readdir(labFiles(directory).processes).catch(() => [])).flatMap(file =>
    file.endsWith('.json') ? [file.slice(0, -5)] : [],
  );
  await Promise.all(
    names.map(async name => {
      const process = await recall(directory, name);
      if (process) await end(process);
    }),
  );
  await rm(lab.sockets, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
