import { writeFile } from 'node:fs/promises';
import { starter } from '../topology/starter.js';
import type { Io } from './io.js';
import { writing } from './writing.js';

/** `lvsctl init SETUP`: writes a commented starter file; never over one that exists. */
export async function init(setup: string, options: { file: string }, io: Io): Promise<number> {
  const { file } = options;
  const text = starter(setup);
  if (file === '-') {
    io.out(text);
    return 0;
  }
  await writing(file, () => writeFile(file, text, { flag: 'wx' }));
  io.out(`Wrote ${file}. Next: lvsctl validate -f ${file}\n`);
  return 0;
}
