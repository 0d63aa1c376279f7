import { cpus, totalmem } from 'node:os';
import type { Differ } from './differ.js';
import type { Figure, HostCost, InBed, Read } from './in-bed.js';
import type { LabFigures } from './lab.js';
import { type Rounds, type Run, ratio, type Spread, spread } from './measure.js';

export interface Results {
  start?: Rounds<'node' | 'version' | 'validate' | 'render'>;
  differ?: Differ[];
  read?: InBed;
  lab?: LabFigures;
}

/** The figures as a page: tables, and for each goal whether it is met. */
export function report(results: Results): string {
  const { start, differ, read, lab } = results;
  const parts = [
    `# What lvsctl costs

Measured by \`npm run bench\` on a machine with ${cpus().length} cores and ${Math.round(totalmem() / 2 ** 30)} GiB. Every ratio is of figures that were taken in turn in
the same run: the median, and in brackets the least and the most of all rounds. Seconds and megabytes are of that machine;
the ratios are what counts.
`,
    ...(start ? [startPart(start)] : []),
    ...(read ? [readPart(read.reads, read.figures), hostPart(read.costs)] : []),
    ...(differ ? [differPart(differ)] : []),
    ...(lab ? [labPart(lab)] : []),
  ];
  return parts.join('\n');
}

function startPart({ node, version, validate, render }: NonNullable<Results['start']>): string {
  const row = (what: string, runs: readonly Run[], goal?: number) => {
    const times = ratio(runs, node, 'wall');
    return [what, seconds(wall(runs)), shown(times), goal ? judged(times.median, goal) : ''];
  };
  return `## Until something is said

Against \`node -e 0\`, which does nothing.

${table(
  ['command', 'seconds', 'times bare node', 'goal'],
  [
    row('`node -e 0`', node),
    row('`lvsctl --version`', version, 1.3),
    row('`lvsctl validate`', validate, 2),
    row('`lvsctl render`', render),
  ],
)}`;
}

function readPart(reads: readonly Read[], figures: readonly Figure[] = []): string {
  const rows = reads.map(({ hosts, rounds, memory }) => [
    String(hosts),
    seconds(wall(rounds.plan)),
    shown(ratio(rounds.plan, rounds.ssh, 'wall')),
    shown(ratio(rounds.plan, rounds.ssh, 'cpu')),
    shown(ratio(rounds.plan, rounds.ssh2, 'wall')),
    `${Math.round((wall(rounds.plan) / hosts) * 1000)} ms`,
    `${Math.round(memory)} MB`,
  ]);
  const others = reads.map(({ hosts, rounds }) => [
    String(hosts),
    seconds(wall(rounds.plan)),
    seconds(wall(rounds.drift)),
    seconds(wall(rounds.changes)),
  ]);
  const beside = reads.flatMap(({ hosts, ansible }) =>
    ansible
      ? [[String(hosts), seconds(wall(ansible.plan)), seconds(wall(ansible.ansible)), ...against(ansible)]]
      : [],
  );
  return `## Reading a cluster

A director and real servers (set-up \`dr\` with a web server), in sync. The hosts are namespaces of the same machine behind one
sshd, so that the two cores carry both ends. \`ssh\` is one OpenSSH process a host, so many at once as lvsctl has, each running
one script with the very same reads; \`ssh2\` is a Node program that does that over the library ssh2, and nothing else.

${table(['hosts', 'plan, seconds', 'of the wall time of `ssh`', 'of its client CPU', 'of the wall time of bare `ssh2`', 'a host', 'peak memory'], rows)}
The same commands with and without changes, in seconds:

${table(['hosts', '`plan`, in sync', '`drift`, in sync', '`plan`, every page differs'], others)}
${
  beside.length > 0
    ? `Against Ansible (check mode, pipelining, connections kept from run to run, 50 forks) with a playbook that looks at the same:

${table(['hosts', '`plan`, seconds', 'Ansible, seconds', 'times as fast', 'goal'], beside)}`
    : ''
}
${goals(reads)}${figures.map(told).join('')}`;
}

const told = ({ hosts, plan, memory }: Figure) =>
  `- ${hosts} hosts, as a figure only: ${seconds(wall(plan))} s, ${Math.round((wall(plan) / hosts) * 1000)} ms a host, ${Math.round(memory)} MB\n`;

function against({ plan, ansible }: NonNullable<Read['ansible']>): string[] {
  const times = ratio(ansible, plan, 'wall');
  return [shown(times), times.median >= 20 ? '≥ 20: met' : '≥ 20: **missed**'];
}

function goals(reads: readonly Read[]): string {
  const at = (hosts: number) => reads.find(each => each.hosts === hosts);
  const lines: string[] = [];
  const [few, five, fifty, many] = [reads[0], at(5), at(50), at(200)];
  if (few) {
    const beyond = few.rounds.plan.map((run, index) => ({
      ...run,
      wall: run.wall - few.rounds.node[index]!.wall,
    }));
    const times = ratio(beyond, few.rounds.ssh, 'wall');
    lines.push(
      `- ${few.hosts} hosts, the least a cluster has: beyond the start of node (${seconds(wall(few.rounds.node))} s) plan takes ${shown(times)} times \`ssh\` to both; goal ${judged(times.median, 1.2)}`,
    );
  }
  if (fifty) {
    const [walls, cpu] = [
      ratio(fifty.rounds.plan, fifty.rounds.ssh, 'wall'),
      ratio(fifty.rounds.plan, fifty.rounds.ssh, 'cpu'),
    ];
    lines.push(`- 50 hosts: ${shown(walls)} of the wall time of \`ssh\`; goal ${judged(walls.median, 0.5)}`);
    lines.push(`- 50 hosts: ${shown(cpu)} of the client CPU of \`ssh\`; goal ${judged(cpu.median, 0.15)}`);
  }
  if (five && many) {
    const each = (read: Read) => wall(read.rounds.plan) / read.hosts;
    lines.push(
      `- a host costs at 200 hosts ${(each(many) / each(five)).toFixed(2)} times what it costs at 5; goal within 20 %: ${each(many) / each(five) <= 1.2 ? 'met' : '**missed**'}`,
    );
  }
  if (many)
    lines.push(`- peak memory at 200 hosts: ${Math.round(many.memory)} MB; goal ${judged(many.memory, 150)}`);
  return `${lines.join('\n')}\n`;
}

function hostPart(costs: readonly HostCost[]): string {
  return `## What a read costs the host

Both scripts of a plan, without sshd and the login.

${table(
  ['host', 'processes', 'CPU, milliseconds'],
  costs.map(({ role, processes, cpu }) => [role, String(processes), inMilliseconds(cpu)]),
)}`;
}

function differPart(differ: readonly Differ[]): string {
  return `## The differ alone

Services with ten real servers each, as wanted but for every hundredth server.

${table(
  ['services', 'seconds', 'microseconds an entry', 'changes found'],
  differ.map(({ services, wall, changes }) => [
    String(services),
    `${wall.median.toFixed(3)} (${wall.least.toFixed(3)}–${wall.most.toFixed(3)})`,
    ((wall.median / (services * 11)) * 1e6).toFixed(1),
    String(changes),
  ]),
)}`;
}

function labPart({ apply, up }: LabFigures): string {
  const { lvsctl, changes, script, ansible } = apply;
  const row = (what: string, runs: readonly Run[], goal: string) => [
    what,
    seconds(wall(runs)),
    shown(ratio(changes, runs, 'wall')),
    goal,
  ];
  return `## An apply in the lab

Set-up \`dr\` from pristine virtual machines (plain emulation), each contender on machines restored to the same state.

${table(
  ['what', 'seconds', 'lvsctl takes of that', 'goal'],
  [
    row('`lvsctl apply`, until the last change is made', changes, ''),
    row('`lvsctl apply`, confirmed', lvsctl, ''),
    row('a shell script over ssh', script, judged(ratio(changes, script, 'wall').median, 1.5)),
    ...(ansible ? [row('Ansible', ansible, judged(ratio(changes, ansible, 'wall').median, 0.1))] : []),
  ],
)}
\`lvsctl lab up\` from the cache: ${seconds(wall(up.lab))} s; the same machines restored by bare QEMU commands: ${seconds(wall(up.bare))} s (${shown(ratio(up.lab, up.bare, 'wall'))} times).
`;
}

const wall = (runs: readonly Run[]) => spread(runs.map(run => run.wall)).median;
const seconds = (value: number) => value.toFixed(value < 10 ? 3 : 1);
const shown = ({ median, least, most }: Spread) => `${brief(median)} (${brief(least)}–${brief(most)})`;
const brief = (value: number) => value.toFixed(value < 10 ? 2 : 0);
const inMilliseconds = ({ median, least, most }: Spread) =>
  `${Math.round(median * 1000)} (${Math.round(least * 1000)}–${Math.round(most * 1000)})`;
const judged = (value: number, most: number) => `≤ ${most}: ${value <= most ? 'met' : '**missed**'}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}
