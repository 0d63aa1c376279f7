import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { applying, eventually, left } from './broken-off.js';
import { applied, type Cluster, planned } from './cluster.js';

/** What happens to an apply while it stands right before one of its changes. */
export const faults = ['kill', 'cut', 'reboot', 'full-disk'] as const;
export type CrashFault = (typeof faults)[number];

/** One point of the matrix: the apply stands on `host` before its change `number`, begun in the journal, not yet made. */
export interface Point {
  host: string;
  number: number;
  /** `create mount`: what that change does. */
  what: string;
  fault: CrashFault;
}

export interface Held extends Point {
  /** The set-up of a matrix that has several. */
  setup?: string;
  /** What the hosts held afterwards: all as before the apply, or all as after it. */
  state: 'old' | 'new' | 'mixed';
  /** What differed, when the point was not held. */
  message?: string;
  seconds: number;
}

interface PlannedChange {
  host: string;
  type: string;
  name: string;
  change: { actions: string[] };
}

/**
 * The boundaries of a plan: on each of these hosts, before and after the first change of every kind and action. The
 * boundary after a change is the one before the next, so that neighbours are one point.
 */
export async function boundaries(c: Cluster, hosts: readonly string[]): Promise<Omit<Point, 'fault'>[]> {
  const { out } = await c.lvsctl('plan', '--json');
  const all = (JSON.parse(out) as { resource_changes: PlannedChange[] }).resource_changes;
  return hosts.flatMap(host => {
    const own = all.filter(each => each.host === host);
    const what = own.map(({ type, change }) => `${change.actions[0]} ${type}`);
    const first = what.flatMap((each, at) => (what.indexOf(each) === at ? [at, at + 1] : []));
    return [...new Set(first)]
      .filter(number => number < own.length)
      .map(number => ({ host, number, what: what[number]! }));
  });
}

/** Stands in for sync(1), which an apply calls between the line `begin N` of its journal and the change N itself. */
const STAND = (number: number) => `cat >/usr/local/sbin/sync <<'END'
#!/bin/sh
/bin/sync "$@"
code=$?
case $1 in
/var/lib/lvsctl/apply/*/journal)
  if [ ! -e /run/crash-stands ] && grep -qx 'begin ${number}' "$1" && ! grep -qx 'done ${number}' "$1"; then
    : >/run/crash-stands
    n=0
    while [ ! -e /run/crash-go ] && [ $n -lt 1800 ]; do sleep 0.1; n=$((n + 1)); done
  fi ;;
esac
exit $code
END
chmod 755 /usr/local/sbin/sync`;
const GO = ': >/run/crash-go';
const CLEAR = 'rm -f /usr/local/sbin/sync /run/crash-stands /run/crash-go';

/**
 * Lets an apply come to the point, does what is to happen there, and looks what became of all hosts. The lab is left so:
 * the next apply goes on from there.
 */
export async function tryPoint(c: Cluster, point: Point): Promise<Held> {
  const began = Date.now();
  const { host, number, fault } = point;
  const old = await standing(c);
  await c.on(host, STAND(number));
  const run = applying(c, 'crash matrix', '--confirm-timeout', '10s');
  await eventually(c, host, '[ -e /run/crash-stands ]', 900).catch(async error => {
    run.signal('SIGKILL');
    throw new Error(`${JSON.stringify(point)} was never reached: ${error.message}\n${(await run.ended).err}`);
  });
  await happens[fault](c, host, run);
  const { code } = await run.ended;
  for (const each of old.hosts) await eventually(c, each, '! ls /var/lib/lvsctl/apply/*/armed', 240);
  await c.on(host, CLEAR);
  const now = await standing(c);
  const state = now.changes.length === 0 ? 'new' : same(now.changes, old.changes) ? 'old' : 'mixed';
  const message = `lvsctl ended with ${code}; ${difference(old.changes, now.changes)}`;
  const seconds = Math.round((Date.now() - began) / 1000);
  return { ...point, state, ...(state === 'mixed' && { message }), seconds };
}

/** The next apply has to make the cluster, and leave nothing of itself or of those before; what is wrong otherwise. */
export async function converges(c: Cluster): Promise<string | undefined> {
  try {
    await applied(c);
    const rest = await planned(c);
    if (rest.length > 0) return `after the next apply: ${rest.join(', ')}`;
    const litter = (await Promise.all(hostsOf(c).map(host => left(c, host)))).join('');
    return litter ? `left behind: ${litter}` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

type Run = ReturnType<typeof applying>;

const happens: Readonly<Record<CrashFault, (c: Cluster, host: string, run: Run) => Promise<void>>> = {
  async kill(c, host, run) {
    run.signal('SIGKILL');
    await c.on(host, GO);
  },
  async cut(c, host) {
    await c.fault(host, { kind: 'unplug', interface: 'mgmt0' });
    await c.on(host, GO);
    await eventually(c, host, '! ls /var/lib/lvsctl/apply/*/armed', 240);
    await c.fault(host, { kind: 'plug', interface: 'mgmt0' });
  },
  async reboot(c, host) {
    await c.fault(host, { kind: 'kill' });
    await c.fault(host, { kind: 'start' });
  },
  async 'full-disk'(c, host) {
    await c.fault(host, { kind: 'full-disk' });
    await c.on(host, GO);
    await eventually(c, host, '! ls /var/lib/lvsctl/apply/*/armed', 240);
    await c.fault(host, { kind: 'free-disk' });
  },
};

/** Where the cluster stands: what a plan would change, modules aside, which stay loaded when nobody needs them. */
async function standing(c: Cluster): Promise<{ hosts: string[]; changes: string[] }> {
  const changes = (await planned(c)).filter(line => !/ (module|mark) /.test(line));
  return { hosts: hostsOf(c), changes };
}

function hostsOf(c: Cluster): string[] {
  return c.spec.machines.map(({ name }) => name).filter(name => name !== 'client' && name !== 'router');
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}

function difference(old: readonly string[], now: readonly string[]): string {
  const missing = old.filter(line => !now.includes(line));
  const more = now.filter(line => !old.includes(line));
  return `made and not taken back: ${missing.join(', ') || 'nothing'}; new in the plan: ${more.join(', ') || 'nothing'}`;
}

/** The points of a run that was broken off, from its file of results. */
export function heldBefore(file: string): Held[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Held);
}

/** Keeps a point's result, so that a run can go on where it was broken off. */
export function keep(file: string, held: Held): void {
  appendFileSync(file, `${JSON.stringify(held)}\n`);
}
