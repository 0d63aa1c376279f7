import type { Command } from 'commander';
import type { Io } from './commands/io.js';
import { findingText } from './report/finding-text.js';
import { colourWanted, palette } from './report/paint.js';
import { Faults } from './topology/faults.js';

type Colour = 'auto' | 'always' | 'never';

const stop = new AbortController();

function io(colour: Colour): Io {
  const env = process.env;
  const paintFor = (stream: NodeJS.WriteStream) =>
    palette(colourWanted({ flag: colour, env, isTTY: stream.isTTY === true }));
  const asks =
    process.stdout.isTTY === true && process.stdin.isTTY === true && env.LVSCTL_INPUT !== '0' && !env.CI;
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    paint: paintFor(process.stdout),
    paintErr: paintFor(process.stderr),
    width: process.stdout.columns ?? 80,
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
    live: process.stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI,
    ...(asks && { ask }),
    signal: stop.signal,
    environment: env,
    stdin,
  };
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
}

async function stdin(most: number): Promise<Buffer> {
  let length = 0;
  const parts: Buffer[] = [];
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > most) break;
  }
  return Buffer.concat(parts);
}

/** Runs a command and sets the exit code: the only place that does. */
export async function run<O>(
  command: (options: O, world: Io) => Promise<number>,
  given: readonly unknown[],
): Promise<void> {
  const self = given.at(-1) as Command;
  const options = self.optsWithGlobals() as O & { color: Colour | boolean };
  const colour = options.color === false ? 'never' : options.color === true ? 'auto' : options.color;
  const world = io(colour);
  try {
    process.exitCode = await command(options, world);
  } catch (error) {
    process.exitCode = 1;
    if (!tellFault(error, world)) throw error;
  }
  if (stop.signal.aborted && process.exitCode !== 6) process.exitCode = signalCode;
}

/** Says what a person did wrong, or that we did; false when it is a fault of ours that LVSCTL_LOG asks to see whole. */
function tellFault(error: unknown, world: Io): boolean {
  if (error instanceof Faults) {
    for (const fault of error.faults) {
      world.err(`${findingText(fault, { paint: world.paintErr, width: world.width })}\n`);
    }
    return true;
  }
  const remedy = 'remedy' in (error as object) ? (error as { remedy: string }).remedy : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = !(
    error instanceof Error &&
    (remedy !== undefined || error.name === 'LabError' || 'code' in error)
  );
  if (isOurs && world.environment.LVSCTL_LOG === 'debug') return false;
  const shown = {
    message,
    remedy: remedy ?? (isOurs ? 'this is a fault in lvsctl; LVSCTL_LOG=debug shows where' : ''),
  };
  world.err(`${findingText(shown, { paint: world.paintErr, width: world.width })}\n`);
  return true;
}

let signalCode = 130;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(code);
    signalCode = code;
    stop.abort();
  });
}
