import { isUtf8 } from 'node:buffer';
import { bounded } from './bounded.js';
import { Faults } from './faults.js';

/** A topology is a short text. */
export const MOST_BYTES = 1_000_000;

/** The text of a file, and what identifies its bytes. */
export interface Text {
  file: string;
  text: string;
  /** sha256 of the bytes, in hex. */
  digest: string;
}

/**
 * Reads a file, or takes `source` as its content (standard input, named `-`).
 * @throws {Faults} when it is missing, a folder, unreadable, too large, or not UTF-8
 */
export function read(path: string, source?: string | Buffer): Text {
  const file = path === '-' ? '<stdin>' : path;
  const bytes = typeof source === 'string' ? Buffer.from(source) : (source ?? bytesOf(path));
  if (bytes.length > MOST_BYTES)
    throw refused(`${file} is larger than 1 MB`, 'a topology is a short text: is this the right file?');
  return {
    file,
    text: decode(bytes, file),
    // Few ask for it, and to load node:crypto takes longer than to judge the file.
    get digest() {
      return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
    },
  };
}

function bytesOf(path: string): Buffer {
  try {
    return bounded(path, MOST_BYTES);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
}

function unreadable(path: string, { code }: NodeJS.ErrnoException): Faults {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return refused(
      `there is no file ${path}`,
      'name one with -f FILE; `lvsctl init` writes a file to start from',
    );
  if (code === 'EISDIR') return refused(`${path} is a folder`, 'name the YAML file in it with -f FILE');
  if (code === 'EACCES' || code === 'EPERM')
    return refused(`${path} must not be read by this user`, 'make it readable, or run as its owner');
  return refused(`${path} cannot be read: ${code}`, 'name another file with -f FILE');
}

function decode(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString().replace(/^\ufeff/, '');
  throw refused(`${file} is not text in UTF-8`, 'save it as UTF-8, or name the right file');
}

function refused(message: string, remedy: string): Faults {
  return new Faults([{ message, remedy }]);
}
