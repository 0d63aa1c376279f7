import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Unreachable } from './session.js';
import { matchesAny } from './ssh-pattern.js';

/** One key in a known_hosts file; see sshd(8) SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownKey {
  file: string;
  line: number;
  marker?: 'revoked' | 'cert-authority';
  type: string;
  key: Buffer;
}

interface Entry extends KnownKey {
  names: string;
}

/** The known_hosts files of this run, each read once. */
export interface KnownHosts {
  /** The keys that stand under a name (`host` or `[host]:port`) in any of the files. */
  of(name: string, files: readonly string[]): Promise<readonly KnownKey[]>;
  /** Appends a key under a name, hashed if asked; only remembers it when there is no file. */
  add(name: string, key: Buffer, file: string | undefined, hash: boolean): Promise<void>;
}

/** No file is read before a host asks for it. */
export function knownHosts(): KnownHosts {
  const files = new Map<string, Promise<Entry[]>>();
  const remembered: Entry[] = [];
  const entries = (file: string) => {
    const seen = files.get(file) ?? readKnownHosts(file);
    files.set(file, seen);
    return seen;
  };
  return {
    async of(name, paths) {
      const lists = await Promise.all(paths.map(entries));
      return [...lists.flat(), ...remembered].filter(({ names }) => stands(name.toLowerCase(), names));
    },
    async add(name, key, file, hash) {
      if (remembered.some(entry => entry.key.equals(key) && stands(name, entry.names))) return;
      const names = hash ? hashed(name) : name;
      const line = `${names} ${keyType(key)} ${key.toString('base64')}`;
      remembered.push(...parseKnownHosts(line, file ?? 'this run'));
      if (file === undefined) return;
      await append(file, line).catch(({ code }: NodeJS.ErrnoException) => {
        throw new Unreachable(
          `the host key of ${name} cannot be added to ${file} (${code})`,
          'make the file writable, or name another one with UserKnownHostsFile',
        );
      });
    },
  };
}

/** A missing file is empty; one that cannot be read is not, or a changed key would pass for a new one. */
async function readKnownHosts(file: string): Promise<Entry[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new Unreachable(`the known hosts in ${file} cannot be read (${code})`, 'make the file readable');
  }
}

/** The entries of a known_hosts file; a line that is no entry is passed over, as OpenSSH does. */
function parseKnownHosts(text: string, file: string): Entry[] {
  return text.split('\n').flatMap((line, index) => {
    const [, marker, names, type, encoded] =
      /^\s*(?:@(revoked|cert-authority)\s+)?([^#@\s]\S*)\s+(\S+)\s+([A-Za-z0-9+/=]+)(?:\s|$)/.exec(line) ??
      [];
    const key = Buffer.from(encoded ?? '', 'base64');
    if (!names || !type || keyType(key) !== type) return [];
    return [{ file, line: index + 1, marker: marker as KnownKey['marker'], names, type, key }];
  });
}

/** The type that a raw public key begins with (RFC 4253, 6.6); empty when it is no key. */
export function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return length > key.length - 4 ? '' : key.toString('latin1', 4, 4 + length);
}

/** As `ssh-keygen -l` prints it: SHA256:... */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function stands(name: string, names: string): boolean {
  const [, salt, digest] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? [];
  if (salt && digest) return nameDigest(name, Buffer.from(salt, 'base64')) === digest;
  return matchesAny(names.toLowerCase().split(','), name);
}

function nameDigest(name: string, salt: Buffer): string {
  return createHmac('sha1', salt).update(name).digest('base64');
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${nameDigest(name, salt)}`;
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const begin = size > 0 && last[0] !== 0x0a ? '\n' : '';
    await handle.write(`${begin}${line}\n`);
  } finally {
    await handle.close();
  }
}
