import type { Io } from '../../src/commands/io.js';
import { palette } from '../../src/report/paint.js';

/** A world without a terminal that keeps what is said in it. */
export function world(more: Partial<Io> = {}): Io & { said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  const plain = palette(false);
  return {
    out: text => {
      said.out += text;
    },
    err: text => {
      said.err += text;
    },
    paint: plain,
    paintErr: plain,
    width: 80,
    unicode: false,
    live: false,
    signal: new AbortController().signal,
    environment: {},
    stdin: () => Promise.resolve(''),
    said,
    ...more,
  };
}
