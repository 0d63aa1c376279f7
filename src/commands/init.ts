import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Faults } from '../topology/faults.js';
import { setups, starter } from '../topology/starter.js';
import type { Io } from './io.js';

/** `lvsctl init SETUP`: writes a commented starter file; never over one that exists. */
export async function init(setup: string, options: { file: string }, io: Io): Promise<number> {
  if (!setups().includes(setup)) {
    throw new Faults([
      { message: `there is no set-up ${setup}`, remedy: `choose one of: ${setups().join(', ')}` },
    ]);
  }
  if (options.file === '-') {
    io.out(starter(setup));
    return 0;
  }
  if (existsSync(options.file)) {
    throw new Faults([
      { message: `${options.file} exists already`, remedy: 'name another file with -f FILE' },
    ]);
  }
  await writeFile(options.file, starter(setup));
  io.out(`Wrote ${options.file}. Next: lvsctl validate -f ${options.file}\n`);
  return 0;
}
