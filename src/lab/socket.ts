import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './spec.js';

/** Connects to a unix socket whose owner may still be starting; gives up after `seconds`. */
export async function connectPatiently(
  path: string,
  seconds: number,
  alive?: () => Promise<boolean>,
): Promise<Socket> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const socket = await new Promise<Socket | undefined>(resolve => {
      const attempt = connect(path);
      attempt.once('connect', () => resolve(attempt));
      attempt.once('error', () => resolve(undefined));
    });
    if (socket) {
      socket.on('error', () => {});
      return socket;
    }
    if (Date.now() > limit) throw new LabError(`nobody answers at ${path}`);
    if (alive && !(await alive())) throw new LabError(`the process behind ${path} has ended`);
    await sleep(20);
  }
}

/** Lines from a socket, one at a time; each wait is limited. */
export interface Lines {
  next(seconds?: number): Promise<string>;
}

/** Reads a socket by lines; a wait that takes longer than its limit, or the end of the socket, is an error. */
export function readLines(socket: Socket, defaultSeconds: number): Lines {
  let rest = '';
  let ended = false;
  const ready: string[] = [];
  let wake = () => {};
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const pieces = (rest + chunk).split('\n');
    rest = pieces.pop() as string;
    ready.push(...pieces.map(line => line.replace(/\r$/, '')));
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  return {
    async next(seconds = defaultSeconds) {
      const limit = Date.now() + seconds * 1000;
      while (ready.length === 0) {
        const left = limit - Date.now();
        if (ended) throw new LabError('the connection was closed');
        if (left <= 0) throw new LabError(`no answer within ${seconds} s`);
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return ready.shift() as string;
    },
  };
}
