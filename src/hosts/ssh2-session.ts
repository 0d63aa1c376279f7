import { StringDecoder } from 'node:string_decoder';
import pLimit from 'p-limit';
import type ssh2 from 'ssh2';
import { forward } from './connect-line.js';
import type { Link } from './jump.js';
import type { Ended, ExecOptions, Session } from './session.js';

/** Bytes of each output stream that are kept. */
const most = 16 * 1024 * 1024;

/** Sessions on one connection; sshd allows 10 by default (MaxSessions, sshd_config(5)). */
const channels = 8;

/** A session on a link. `renew` opens the same host anew, `leave` ends what belongs to this session alone. */
export function ssh2Session(link: Link, renew: () => Promise<Session>, leave: () => void): Session {
  const { host } = link.options;
  const slot = pLimit(channels);
  return {
    host,
    exec: (command, options) => slot(() => execute(link, command, options)),
    async tunnel(address, port) {
      try {
        return await forward(link.client, address, port, link.limit);
      } catch (error) {
        throw new Error(`${host} cannot connect to ${address}:${port}: ${(error as Error).message}`);
      }
    },
    fresh: renew,
    async close() {
      leave();
    },
  };
}

function execute(link: Link, command: string, options: ExecOptions): Promise<Ended> {
  return new Promise(resolve => {
    let channel: ssh2.ClientChannel | undefined;
    let beating: NodeJS.Timeout | undefined;
    let over = false;
    const end = (ended: Ended) => {
      if (over) return;
      over = true;
      clearTimeout(patience);
      clearInterval(beating);
      channel?.close();
      resolve(ended);
    };
    const patience = setTimeout(
      () => end({ lost: `no answer within ${options.limit} s` }),
      Math.min(options.limit * 1000, 2 ** 31 - 1),
    );
    const opened = (error: Error | undefined, stream: ssh2.ClientChannel) => {
      if (error) return end({ lost: `no command could be started: ${link.ended() ?? error.message}` });
      channel = stream;
      stream.on('error', () => {});
      if (over) return stream.close();
      const tooMuch = () => end({ lost: `the command printed more than ${most / 1024 / 1024} MB` });
      const { tell } = options;
      const stdout = collect(stream, tooMuch, tell && (line => over || tell(line)));
      const stderr = collect(stream.stderr, tooMuch);
      let signal: string | undefined;
      stream.on('exit', (_code: number | null, name?: string) => {
        signal = name;
      });
      stream.on('close', (code: number | null | undefined) => {
        if (typeof code === 'number') end({ code, stdout: stdout(), stderr: stderr() });
        else if (signal) end({ lost: `the command was killed (${signal})` });
        else end({ lost: `the connection was lost${link.ended() ? ` (${link.ended()})` : ''}` });
      });
      if (options.beat === undefined) return stream.end(options.input ?? '');
      if (options.input) stream.write(options.input);
      beating = setInterval(() => {
        if (stream.writable) stream.write('\n');
      }, options.beat);
    };
    try {
      link.client.exec(command, opened);
    } catch (error) {
      opened(error as Error, undefined as never);
    }
  });
}

/** Reads a stream to its end, whoever listens, and gives its text; whole lines are told as they come. */
function collect(
  stream: NodeJS.ReadableStream,
  tooMuch: () => void,
  tell?: (line: string) => void,
): () => string {
  const decoder = new StringDecoder('utf8');
  const parts: string[] = [];
  let line = '';
  let bytes = 0;
  const take = (text: string) => {
    parts.push(text);
    if (!tell) return;
    const lines = (line + text).split('\n');
    line = lines.pop()!;
    for (const whole of lines) tell(whole);
  };
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) tooMuch();
    else take(decoder.write(chunk));
  });
  return () => {
    take(decoder.end());
    if (line !== '') tell?.(line);
    line = '';
    return parts.join('');
  };
}
