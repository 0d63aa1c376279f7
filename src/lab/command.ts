import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LabError } from './spec.js';

export interface RunOptions {
  /** Told every line of output, both streams. */
  line?: (text: string) => void;
  env?: Record<string, string>;
  input?: string;
  /** Ends the program; the error is then the signal's reason. */
  signal?: AbortSignal;
  /** After this many seconds the program is ended and counts as failed. */
  seconds?: number;
}

/** Runs a program of the workstation and gives its output; a failure is an error with its last lines. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: (options.seconds ?? 60) * 1000,
  });
  const stop = () => child.kill();
  options.signal?.addEventListener('abort', stop, { once: true });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const output: string[] = [];
  const all: string[] = [];
  for (const [stream, kept] of [
    [child.stdout, output],
    [child.stderr, []],
  ] as const) {
    createInterface({ input: stream }).on('line', text => {
      (kept as string[]).push(text);
      all.push(text);
      options.line?.(text);
    });
  }
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    },
  );
  options.signal?.removeEventListener('abort', stop);
  options.signal?.throwIfAborted();
  if (code === 0) return output.join('\n');
  const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new LabError([`${program} ${how}`, ...all.slice(-15)].join('\n  '));
}
