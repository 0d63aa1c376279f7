import { basename, dirname, resolve } from 'node:path';
import { bounded } from './bounded.js';
import type { Parsed } from './document.js';
import { isMapping, item, items, text } from './items.js';
import type { Path } from './locate.js';
import { Secret } from './secret.js';
import type { Fault, Script } from './topology.js';

/** What a topology refers to outside its own file. */
export interface Attachments {
  /** By the path that the topology gives. */
  scripts: ReadonlyMap<string, Script>;
  authPass?: Secret;
  faults: readonly Fault[];
}

/** Longer scripts are programs, and belong into a package. */
const LIMIT = 65_536;

/** VRRP carries eight bytes (RFC 2338, 5.3.10); the characters are those that keepalived.conf needs no quotes for. */
const PASSWORD = /^[A-Za-z0-9_.+/=:-]{1,8}$/;

/** Reads the scripts and secrets that a document refers to, relative to its folder; takes any document. */
export function attachments(document: Parsed, file: string): Attachments {
  const folder = file === '<stdin>' ? process.cwd() : dirname(resolve(file));
  const faults: Fault[] = [];
  const scripts = new Map<string, Script>();
  for (const { path, at } of scriptPaths(document.value)) {
    const fault = (message: string, remedy: string) =>
      faults.push({ place: document.place(at), message, remedy });
    if (scripts.has(path)) continue;
    const read = fileText(resolve(folder, path));
    const twin = [...scripts.keys()].find(other => basename(other) === basename(path));
    if (typeof read !== 'string')
      fault(`the script ${path} ${read.problem}`, 'give its path relative to the topology');
    else if (!read.startsWith('#!'))
      fault(`the script ${path} has no #! line, so the kernel cannot run it`, 'begin it with #!/bin/sh');
    else if (!/^[A-Za-z0-9._-]+$/.test(basename(path)))
      fault(
        `the name of the script ${path} has more than letters, digits, dots, dashes and underscores`,
        'rename it',
      );
    else if (twin)
      fault(`the scripts ${twin} and ${path} have one name on the directors`, 'rename one of the two');
    else scripts.set(path, { path, content: read });
  }
  const authPass = password(document, folder, faults);
  return { scripts, faults, ...(authPass && { authPass }) };
}

function scriptPaths(value: unknown): { path: string; at: Path }[] {
  const [vrrp] = item(value, 'vrrp');
  const notify = vrrp && isMapping(vrrp.value.notify) ? vrrp.value.notify : {};
  const tracked = items(vrrp && item(vrrp.value, 'track')[0]?.value, 'scripts', ['vrrp', 'track']);
  const checks = items(value, 'services').flatMap(({ value, path }) => items(value, 'checks', path));
  return [
    ...Object.entries(notify).map(([state, path]) => ({ path: text(path), at: ['vrrp', 'notify', state] })),
    ...[...tracked, ...checks].map(({ value, path }) => ({
      path: text(value.script),
      at: [...path, 'script'],
    })),
  ].flatMap(({ path, at }) => (path ? [{ path, at }] : []));
}

function password(document: Parsed, folder: string, faults: Fault[]): Secret | undefined {
  const [vrrp] = item(document.value, 'vrrp');
  const [reference] = item(vrrp?.value, 'authPass');
  if (!reference) return undefined;
  const [env, file] = [text(reference.value.env), text(reference.value.file)];
  const fault = (message: string, remedy: string): undefined => {
    faults.push({ place: document.place(['vrrp', 'authPass']), message, remedy });
  };
  // The schema has said so already, and it may be the secret itself.
  if (env !== undefined && !/^[A-Za-z_]\w*$/.test(env)) return undefined;
  const read = env !== undefined ? environment(env) : file && fileText(resolve(folder, file));
  if (env !== undefined && read === undefined)
    return fault(`the environment has no ${env}`, `set it for this run: ${env}=.. lvsctl ..`);
  if (typeof read === 'object')
    return fault(`the file ${file} ${read.problem}`, 'write the password into it');
  if (read === undefined) return undefined;
  const first = read.split('\n')[0]!;
  if (!PASSWORD.test(first))
    return fault(
      'the VRRP password is not 1 to 8 letters, digits or _ . + / = : -',
      'shorten it: VRRP carries eight characters, and others need quotes in keepalived.conf',
    );
  return new Secret(env ?? file!, first);
}

/** What process.env inherits is no variable. */
function environment(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
}

function fileText(path: string): string | { problem: string } {
  try {
    const bytes = bounded(path, LIMIT, 'plain');
    if (bytes.length > LIMIT) return { problem: 'is larger than 64 KB' };
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'does not exist' };
    if (code === 'EISDIR') return { problem: 'is a folder' };
    if (code === 'EACCES' || code === 'EPERM') return { problem: 'must not be read by this user' };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { problem: 'is not text in UTF-8' };
    if (code === 'ENOTSUP' || code === 'ENXIO') return { problem: 'is not a plain file' };
    return { problem: `cannot be read: ${code}` };
  }
}
