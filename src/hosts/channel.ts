import { StringDecoder } from 'node:string_decoder';
import type { Ended, ExecOptions } from './session.js';

/** A command under way on a host. */
export interface Channel {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
  /** Lets go of it at once. */
  close(): void;
  /** Its exit code, or why there is none, once both outputs have ended. */
  ended: Promise<{ code: number } | { lost: string }>;
}

/** Sessions on one connection; sshd allows 10 by default (MaxSessions, sshd_config(5)). */
export const mostChannels = 8;

/** Bytes of each output stream that are kept. */
const most = 16 * 1024 * 1024;

/** Feeds a command, hears it and waits for its end; when `opening` fails, its message says why. */
export function attend(opening: Promise<Channel>, options: ExecOptions): Promise<Ended> {
  return new Promise(resolve => {
    let channel: Channel | undefined;
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
    const begin = (opened: Channel) => {
      if (over) return opened.close();
      channel = opened;
      const { stdin, stdout, stderr, ended } = opened;
      const tooMuch = () => end({ lost: `the command printed more than ${most / 1024 / 1024} MB` });
      const { tell, answered } = options;
      const out = collect(stdout, tooMuch, tell && (line => over || tell(line)));
      const err = collect(stderr, tooMuch);
      if (answered) stderr.on('data', () => over || answered());
      ended.then(last => end('lost' in last ? last : { ...last, stdout: out(), stderr: err() }));
      if (options.beat === undefined && !options.more) return void stdin.end(options.input ?? '');
      if (options.input) stdin.write(options.input);
      options.more?.then(text => over || stdin.end(text));
      if (options.beat === undefined) return;
      beating = setInterval(() => {
        if (stdin.writable) stdin.write('\n');
      }, options.beat);
    };
    opening.then(begin, ({ message }: Error) => end({ lost: `no command could be started: ${message}` }));
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
