import { readFile } from 'node:fs/promises';
import { run } from './command.js';
import type { Keys } from './personality.js';
import { labFiles } from './state.js';
import { machineFiles } from './wired-machine.js';

/** Makes a key pair without passphrase. */
export async function makeKey(path: string, comment: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path], { seconds: 20 });
}

/** The keys that a machine of the lab is given. */
export async function keysOf(directory: string, name: string): Promise<Keys> {
  const { hostKey } = machineFiles(directory, name);
  const [host, hostPublic, login] = await Promise.all(
    [hostKey, `${hostKey}.pub`, `${labFiles(directory).loginKey}.pub`].map(path => readFile(path, 'utf8')),
  );
  return { host, hostPublic, login } as Keys;
}
