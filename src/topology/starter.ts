import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Faults } from './faults.js';
import { didYouMean } from './nearest.js';

const folder = new URL('../../inventories/', import.meta.url);

/** The set-ups that a topology file can start from: the names of the reference inventories. */
export function setups(): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .map(name => name.replace(/\.yaml$/, ''))
    .sort();
}

/**
 * A commented topology file to start from; its first line names a schema that stands beside it.
 * @throws {Faults} when there is no such set-up
 */
export function starter(setup: string): string {
  if (!setups().includes(setup))
    throw new Faults([
      {
        message: `there is no set-up \`${setup}\`${didYouMean(setup, setups())}`,
        remedy: `choose one of ${setups().join(', ')}`,
      },
    ]);
  const text = readFileSync(new URL(`${setup}.yaml`, folder), 'utf8');
  return text.replace(
    /^# yaml-language-server:.*\n/,
    '# yaml-language-server: $schema=topology.schema.json\n# Editors check this file once `lvsctl schema > topology.schema.json` has written the schema beside it.\n',
  );
}

/** What a starter file refers to: its scripts, and a fresh secret in place of the lab's; paths relative to the file. */
export function besideStarter(setup: string): { path: string; text: string; mode: number }[] {
  const beside = new URL(`${setup}/`, folder);
  if (!existsSync(beside)) return [];
  return readdirSync(beside).map(name => {
    const secret = !name.endsWith('.sh');
    const text = secret
      ? `${randomBytes(6).toString('base64url')}\n`
      : readFileSync(new URL(name, beside), 'utf8');
    return { path: `${setup}/${name}`, text, mode: secret ? 0o600 : 0o755 };
  });
}
