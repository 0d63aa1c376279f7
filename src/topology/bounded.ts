import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * The bytes of a file, one more than `limit` when it is larger: such a one is never read to its end.
 * `plain`: nothing but a plain file is read, so that no pipe is waited for.
 * @throws {NodeJS.ErrnoException} what the system says; ENOTSUP for what is not plain
 */
export function bounded(path: string, limit: number, plain?: 'plain'): Buffer {
  const descriptor = openSync(path, plain ? constants.O_RDONLY | constants.O_NONBLOCK : 'r');
  try {
    const about = fstatSync(descriptor);
    // A folder says by itself what it is, at the first read.
    if (plain && !about.isFile() && !about.isDirectory())
      throw Object.assign(new Error(`${path} is not a plain file`), { code: 'ENOTSUP' });
    const bytes = Buffer.alloc(limit + 1);
    let length = 0;
    for (let got = -1; got !== 0; length += got)
      got = readSync(descriptor, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
