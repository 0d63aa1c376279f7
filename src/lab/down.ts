import { readdir, rm } from 'node:fs/promises';
import { end } from './process.js';
import { type Lab, labFiles, readLab, recall } from './state.js';

/** Ends a lab: its guests and switches, and nothing else; then its directory is removed. */
export async function labDown(directory: string): Promise<void> {
  await clear(await readLab(directory));
}

/** Ends and removes all that belongs to a lab, however far it had come. */
export async function clear(lab: Lab): Promise<void> {
  await endProcesses(lab);
  await rm(lab.sockets, { recursive: true, force: true });
  await rm(lab.spec.directory, { recursive: true, force: true });
}

/** Ends every process that a lab remembers. */
export async function endProcesses(lab: Lab): Promise<void> {
  const { directory } = lab.spec;
  const files = await readdir(labFiles(directory).processes).catch((): string[] => []);
  await Promise.all(
    files
      .filter(file => file.endsWith('.json'))
      .map(async file => {
        const process = await recall(directory, file.slice(0, -'.json'.length));
        if (process) await end(process);
      }),
  );
}
