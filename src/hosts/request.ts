import { request as http } from 'node:http';
import type { Duplex } from 'node:stream';

/** The body of an answer, or why there was none. */
export type Answer = { body: string; status: number } | { message: string };

const LIMIT_MS = 10_000;
const MOST_BYTES = 65_536;

/**
 * One GET over a connection of its own: through `open` (a tunnel), or from this machine when there is none. Only a
 * 2xx counts as an answer, within `limit` milliseconds; no more than about 64 KiB of the body are kept.
 */
export async function request(
  open: (() => Promise<Duplex>) | undefined,
  host: string,
  path: string,
  port = 80,
  limit = LIMIT_MS,
): Promise<Answer> {
  const silence = { message: `no answer within ${limit / 1000} s` };
  const until = Date.now() + limit;
  let stream: Duplex | undefined;
  try {
    stream = open && (await inTime(open(), limit));
    if (open && !stream) return silence;
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  return new Promise(resolve => {
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      asked.destroy();
      stream?.destroy();
      resolve(answer);
    };
    const asked = http(
      {
        host,
        port,
        defaultPort: 80,
        path,
        headers: { connection: 'close' },
        // `agent: false` would make Node ignore createConnection and send from this machine.
        ...(stream ? { createConnection: () => stream as never } : { agent: false }),
      },
      response => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          if (body.length < MOST_BYTES) body += part;
        });
        response.on('error', error => settle({ message: error.message }));
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          settle(status >= 200 && status < 300 ? { body, status } : { message: `HTTP ${status}` });
        });
      },
    );
    const timer = setTimeout(() => settle(silence), Math.max(0, until - Date.now()));
    asked.on('error', error => settle({ message: error.message }));
    asked.end();
  });
}

/** A tunnel that opens within `limit` milliseconds; one that opens later is closed. */
async function inTime(opening: Promise<Duplex>, limit: number): Promise<Duplex | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), limit);
  });
  const stream = await Promise.race([opening, late]).finally(() => clearTimeout(timer));
  if (!stream) {
    opening.then(
      late => late.destroy(),
      () => {},
    );
  }
  return stream;
}
