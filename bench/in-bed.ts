/** `in-bed.ts RESULTS [--ansible] [--hosts N,..] [--rounds N]`: reads of whole clusters, in the namespaces that bench/read.ts makes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connector } from '../src/hosts/connect.js';
import { loadTopology } from '../src/topology/load.js';
import { ansible } from './ansible.js';
import { type Bed, makeBed, PORT } from './bed.js';
import { type Candidate, type Rounds, type Run, rounds, runOnce, type Spread, spread } from './measure.js';
import { readsOf } from './reads.js';

/** What was measured at one size of cluster. */
export interface Read {
  hosts: number;
  rounds: Rounds<'plan' | 'drift' | 'changes' | 'ssh' | 'ssh2' | 'node'>;
  ansible?: Rounds<'plan' | 'ansible'>;
  /** MB, of a plan. */
  memory: number;
}

/** What a read costs a host itself: processes started, and CPU seconds. */
export interface HostCost {
  role: string;
  processes: number;
  cpu: Spread;
}

/** A size that nothing else is measured at. */
export interface Figure {
  hosts: number;
  plan: readonly Run[];
  /** MB */
  memory: number;
}

export interface InBed {
  reads: Read[];
  figures?: Figure[];
  costs: HostCost[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ansible: { type: 'boolean' },
    hosts: { type: 'string', default: '2,5,50,200' },
    rounds: { type: 'string', default: '99' },
  },
});
const sizes = values.hosts.split(',').map(Number);
/** Hosts at once, for all who let that be chosen: what lvsctl takes unless told. */
const AT_ONCE = 50;
/** Beyond so many hosts lvsctl alone is measured, as a figure. */
const COMPARED = 200;
const COUNTS: readonly (readonly [upTo: number, count: number])[] = [
  [2, 11],
  [5, 9],
  [50, 5],
  [Number.POSITIVE_INFINITY, 3],
];

const say = (text: string) => process.stderr.write(`${text}\n`);
const bed = await makeBed(await mkdtemp(join(tmpdir(), 'lvsctl-bench-')), Math.max(...sizes));
say(`${bed.names.length} hosts are up`);
const reads: Read[] = [];
for (const hosts of sizes.filter(each => each <= COMPARED)) reads.push(await measured(bed, hosts));
const figures: Figure[] = [];
for (const hosts of sizes.filter(each => each > COMPARED)) {
  try {
    figures.push(await figure(bed, hosts));
  } catch (error) {
    say(`no figure of ${hosts} hosts: ${(error as Error).message}`);
  }
}
const costs = [await costOf(bed, 'director', 'lb1'), await costOf(bed, 'real server', 'web1')];
const inBed: InBed = { reads, figures, costs };
writeFileSync(positionals[0]!, JSON.stringify(inBed));
process.exit(0);

/** What one read costs the host, without sshd. */
async function costOf(bed: Bed, role: string, name: string): Promise<HostCost> {
  const pid = readFileSync(join(bed.directory, 'pids', bed.addressOf(name)), 'utf8').trim();
  const inside = (command: string): Candidate => ({
    words: ['nsenter', '-t', pid, '-m', '-n', '--', 'sh', '-c', command],
  });
  const command = readFileSync(join(bed.directory, 'command'), 'utf8');
  const read = { ...inside(command), input: readFileSync(join(bed.directory, `read-${name}`), 'utf8') };
  const made = async (candidate: Candidate) => {
    const before = lastPid();
    await runOnce(candidate);
    return lastPid() - before;
  };
  await runOnce(read);
  const processes = (await made(read)) - (await made(inside(':')));
  const runs = await rounds({ read, nothing: inside(':') }, 11);
  return { role, processes, cpu: spread(runs.read.map(({ cpu }, at) => cpu - runs.nothing[at]!.cpu)) };
}

/** The last process that was started in this process namespace (proc(5), /proc/loadavg). */
function lastPid(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ')[4]);
}

function lvsctl(bed: Bed, command: string, file: string, ...more: string[]): Candidate {
  return { words: [process.execPath, 'dist/cli.js', command, '-f', file, '-F', bed.sshConfig, ...more] };
}

/** The topology of so many hosts, which are made so. */
async function applied(bed: Bed, hosts: number): Promise<string> {
  const file = bed.topology(hosts);
  const begun = Date.now();
  await runOnce(lvsctl(bed, 'apply', file, '-y', '--no-rollback'));
  say(`${hosts} hosts: applied in ${Math.round((Date.now() - begun) / 1000)} s`);
  return file;
}

/** The hosts are made so in steps: a thousand that write at once are more than two cores carry. */
async function figure(bed: Bed, hosts: number): Promise<Figure> {
  for (let some = COMPARED; some < hosts; some += COMPARED) await applied(bed, some);
  const plan = lvsctl(bed, 'plan', await applied(bed, hosts), '--detailed-exitcode');
  const taken = await rounds({ plan }, 2);
  const { memory } = await runOnce(plan, true);
  say(`${hosts} hosts: ${JSON.stringify(medians(taken))} ${Math.round(memory!)} MB`);
  return { hosts, plan: taken.plan, memory: memory! };
}

async function measured(bed: Bed, hosts: number): Promise<Read> {
  const file = await applied(bed, hosts);
  const plan = lvsctl(bed, 'plan', file, '--detailed-exitcode');
  await readsIntoFiles(bed, hosts, file);
  const changed = bed.topology(hosts, yaml => yaml.replaceAll('page: hello', 'page: good day'));
  const taken = await rounds(
    {
      plan,
      drift: lvsctl(bed, 'drift', file),
      changes: lvsctl(bed, 'plan', changed),
      ssh: overSsh(bed, hosts),
      ssh2: { words: [process.execPath, 'bench/bare-ssh2.js', join(bed.directory, `ssh2-${hosts}.json`)] },
      node: { words: [process.execPath, '-e', '0'] },
    },
    atMost(COUNTS.find(([upTo]) => hosts <= upTo)![1]),
  );
  const { memory } = await runOnce(plan, true);
  const beside =
    values.ansible && hosts >= 5 && hosts <= 50
      ? { ansible: await rounds({ plan, ansible: ansible(bed, hosts) }, atMost(hosts > 5 ? 2 : 3)) }
      : {};
  const result = { hosts, rounds: taken, memory: memory!, ...beside };
  say(`${hosts} hosts: ${JSON.stringify(medians(result.rounds))} ${Math.round(memory!)} MB`);
  if (result.ansible) say(`  beside Ansible: ${JSON.stringify(medians(result.ansible))}`);
  return result;
}

function atMost(count: number): number {
  return Math.min(count, Number(values.rounds));
}

function medians(taken: Readonly<Record<string, readonly Run[]>>) {
  const median = (runs: readonly Run[], what: 'wall' | 'cpu') => spread(runs.map(run => run[what])).median;
  return Object.fromEntries(
    Object.entries(taken).map(([name, runs]) => [
      name,
      `${median(runs, 'wall').toFixed(3)}/${median(runs, 'cpu').toFixed(2)}`,
    ]),
  );
}

/** What lvsctl sends to each host, for others to send: files `read-NAME`, and a list for bare-ssh2.js. */
async function readsIntoFiles(bed: Bed, count: number, file: string): Promise<void> {
  const topology = loadTopology(file);
  const line = await connector({ sshConfig: bed.sshConfig });
  const hosts = [];
  let command = '';
  for (const name of bed.names.slice(0, count)) {
    const session = await line.open(name);
    const reads = await readsOf(session, topology);
    await session.close();
    command = reads.command;
    // One script in place of two: the first one's end goes.
    const script = reads.scripts.join('').replace(/\nexit 0\n(?=.)/s, '\n');
    writeFileSync(join(bed.directory, `read-${name}`), script);
    hosts.push({ address: bed.addressOf(name), script });
  }
  await line.close();
  writeFileSync(join(bed.directory, 'command'), command);
  const [, key] = readFileSync(join(bed.directory, 'keys', 'known'), 'utf8').split(/ (.*)/);
  const list = {
    port: PORT,
    parallelism: AT_ONCE,
    key: join(bed.directory, 'keys', 'user'),
    hostKey: key,
    command,
    hosts,
  };
  writeFileSync(join(bed.directory, `ssh2-${count}.json`), JSON.stringify(list));
}

/** The same reads by OpenSSH, a process for each host, so many at once. */
function overSsh(bed: Bed, count: number): Candidate {
  const one = 'exec ssh -F "$1/ssh_config" "$3" "$2" <"$1/read-$3" >/dev/null';
  const all = `limit=$1 bed=$2 one=$3; shift 3
printf '%s\\n' "$@" | xargs -P "$limit" -I{} sh -c "$one" sh "$bed" "$(cat "$bed/command")" {}`;
  const words = [
    'bash',
    '-c',
    all,
    'bash',
    String(AT_ONCE),
    bed.directory,
    one,
    ...bed.names.slice(0, count),
  ];
  return { words };
}
