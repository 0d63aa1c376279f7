import type { Io } from './io.js';

/** A counter on a terminal while hosts are read; silent elsewhere. */
export function readingProgress(total: number, io: Io): { tell: (host: string) => void; end: () => void } {
  let read = 0;
  const draw = () => io.live && io.err(`\rReading ${total} ${total === 1 ? 'host' : 'hosts'}: ${read} done`);
  draw();
  return {
    tell: () => {
      read += 1;
      draw();
    },
    end: () => {
      if (io.live) io.err('\r\x1b[K');
    },
  };
}
