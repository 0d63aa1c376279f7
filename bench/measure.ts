import { type ChildProcess, spawn } from 'node:child_process';

/** One run of a command: seconds of wall time, CPU seconds of it and of all its children, and peak memory in MB. */
export interface Run {
  wall: number;
  cpu: number;
  /** Of a command that is a Node program of ours; undefined for others. */
  memory?: number;
}

/** A command to run, and the exit codes that are right. */
export interface Candidate {
  words: readonly string[];
  input?: string;
  environment?: NodeJS.ProcessEnv;
  /** Exit codes that say it did its work; 0 unless said. */
  right?: readonly number[];
}

/** Bash counts what its children took in milliseconds, theirs included; what they print goes nowhere. */
const TIMED = `TIMEFORMAT='%3R %3U %3S'; code=0; time "$@" >/dev/null 2>&4 || code=$?; exit $code`;

/** Node programs tell their peak memory (kB) at their end. */
const TELL_MEMORY =
  "data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>{try{writeSync(5,`${process.resourceUsage().maxRSS};`)}catch{}})";

/** Runs a command once. @throws when its exit code is not right, with the end of what it said */
export function runOnce({ words, input, environment, right = [0] }: Candidate, memory = false): Promise<Run> {
  const env = { ...process.env, ...environment, ...(memory && { NODE_OPTIONS: `--import=${TELL_MEMORY}` }) };
  const child = spawn('bash', ['-c', TIMED, 'bash', ...words], {
    env,
    stdio: ['pipe', 'ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
  });
  const said = { times: '', errors: '', memory: '' };
  const hear = (from: NodeJS.ReadableStream, name: keyof typeof said) =>
    from.on('data', chunk => {
      said[name] = (said[name] + chunk).slice(-4000);
    });
  hear(child.stderr!, 'times');
  hear(stream(child, 4), 'errors');
  hear(stream(child, 5), 'memory');
  child.stdin!.on('error', () => {});
  child.stdin!.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      const [wall, user, system] = said.times.trim().split('\n').at(-1)!.split(' ').map(Number);
      if (!right.includes(code!) || system === undefined)
        return reject(new Error(`${words.join(' ').slice(0, 300)} ended with ${code}\n${said.errors}`));
      const peak = memory && said.memory ? { memory: Number(said.memory.trim().split(';')[0]) / 1024 } : {};
      resolve({ wall: wall!, cpu: user! + system, ...peak });
    });
  });
}

/** What the child writes to a descriptor beyond the usual three. */
function stream({ stdio }: ChildProcess, descriptor: number): NodeJS.ReadableStream {
  return (stdio as unknown as readonly NodeJS.ReadableStream[])[descriptor]!;
}

/** The runs of several candidates, taken in turn so that each meets the same machine. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly Run[]>>;

/** Runs each candidate once unmeasured, and then all of them in turn so many times. */
export async function rounds<Name extends string>(
  candidates: Readonly<Record<Name, Candidate>>,
  count: number,
): Promise<Rounds<Name>> {
  const names = Object.keys(candidates) as Name[];
  const all = Object.fromEntries(names.map(name => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (const name of names) await runOnce(candidates[name]);
  for (let round = 0; round < count; round++)
    for (const name of names) all[name].push(await runOnce(candidates[name]));
  return all;
}

export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}

/** How one candidate does against another, round by round: of `wall` or of `cpu`. */
export function ratio(of: readonly Run[], to: readonly Run[], what: 'wall' | 'cpu'): Spread {
  return spread(of.map((run, index) => run[what] / to[index]![what]));
}
