import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { besideStarter, starter } from '../topology/starter.js';
import type { Io } from './io.js';
import { writing } from './writing.js';

/**
 * `lvsctl init SETUP`: writes a commented starter file, and beside it the scripts and the secret that it refers to; never
 * over what exists.
 */
export async function init(setup: string, options: { file: string }, io: Io): Promise<number> {
  const { file } = options;
  const text = starter(setup);
  if (file === '-') {
    io.out(text);
    return 0;
  }
  await writing(file, () => writeFile(file, text, { flag: 'wx' }));
  for (const { path, text, mode } of besideStarter(setup)) {
    const place = resolve(dirname(file), path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { flag: 'wx', mode }).catch(kept);
  }
  io.out(`Wrote ${file}. Next: lvsctl validate -f ${file}\n`);
  return 0;
}

/** What is there already is what the topology is to refer to. */
function kept(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
