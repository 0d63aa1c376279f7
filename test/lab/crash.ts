import { setTimeout as sleep } from 'node:timers/promises';
import { loadTopology } from '../../src/topology/load.js';
import { hosts } from '../../src/topology/topology.js';
import { applying, left } from './broken-off.js';
import type { Cluster } from './cluster.js';
import {
  type Boundary,
  boundaries,
  type CrashFault,
  deed,
  type PlannedChange,
  type Point,
} from './crash-point.js';
import { urls, type Way } from './crash-way.js';
import { answering } from './life.js';

/** What a host holds after an apply was broken off, by what a new plan changes there. */
export type HostState = 'old' | 'new' | 'mixed';

export interface Tried extends Point {
  /** What lvsctl ended with; -1 when it was killed. */
  code: number;
  /** Of each host that the apply was to change. */
  states: Readonly<Record<string, HostState>>;
  /** What was not as it should be; a point that was held has none. */
  message?: string;
  seconds: number;
  /** Until the host stood there; until no host was armed any more; until it was judged; until it had converged. */
  parts: readonly number[];
}

/** Every guard that the ways meet: half of the servers leave, all that a director held goes. */
export const WORDS = ['--allow', 'last-server,weight-lost,mass-delete', '--drain-timeout', '0s'];
/** As short as an emulated machine under load still keeps: lvsctl is heard every eighth of it. */
const CONFIRM = ['--confirm-timeout', '6s'];
/** Seconds that a host may take to the point, and lvsctl and the hosts to their end after the fault. */
const LIMIT = 300;

/**
 * Stands in for sync(1), which an apply calls between the line `begin N` of its journal and the change N itself: it waits
 * there to be told at which change it stands, and then at that one, until it may go or the apply is to stop. After a reboot
 * it is sync(1) alone.
 */
const STAND = `rm -f /run/crash-*; : >/run/crash-waits; cat >/usr/local/sbin/sync <<'END'
#!/bin/sh
/bin/sync "$@"
code=$?
case $1 in
/var/lib/lvsctl/apply/*/journal)
  if [ -e /run/crash-waits ] && [ ! -e /run/crash-stands ] && grep -q '^begin ' "$1"; then
    n=0
    while [ ! -s /run/crash-at ] && [ $n -lt 1800 ]; do sleep 0.1; n=$((n + 1)); done
    at=$(cat /run/crash-at)
    if grep -qx "begin $at" "$1" && ! grep -qx "done $at" "$1"; then
      : >/run/crash-stands
      while [ ! -e /run/crash-go ] && [ ! -e "\${1%/*}/stop" ] && [ $n -lt 1800 ]; do sleep 0.1; n=$((n + 1)); done
    fi
  fi ;;
esac
exit $code
END
chmod 755 /usr/local/sbin/sync`;
const GO = ': >/run/crash-go';
const CLEAR = 'rm -f /usr/local/sbin/sync /run/crash-*';
const ARMED = 'ls /var/lib/lvsctl/apply/*/armed >/dev/null 2>&1';

/** Waits on a machine, in the machine: twenty times cheaper than to ask it again and again. */
const waits = (c: Cluster, host: string, test: string, seconds = LIMIT) =>
  c.on(
    host,
    `n=0; until ${test}; do [ $n -lt ${seconds * 5} ] || { echo 'not within ${seconds} s'; exit 1; }; sleep 0.2; n=$((n + 1)); done`,
    seconds * 2,
  );

/**
 * Breaks the apply of a way off at one point, looks what became of all hosts, and runs it again, whole: the cluster, which
 * stood at the way's other end, stands at this one then. `choose`: the boundary, from those that the plan has.
 */
export async function tryPoint(
  c: Cluster,
  way: Way,
  point: Omit<Point, keyof Boundary>,
  choose: (all: readonly Boundary[]) => Boundary | undefined,
): Promise<Tried> {
  const { host, fault, direction } = point;
  const times = [Date.now()];
  const wrong: string[] = [];
  const judge = async (what: string, judged: Promise<string | undefined>) => {
    const fault = await judged.catch(error => (error as Error).message);
    if (fault !== undefined) wrong.push(`${what}: ${fault}`);
  };
  await c.edit(() => way[direction]);
  await c.on(host, STAND);
  const marks = await marksOf(c);
  const run = applying(c, 'crash matrix', '--json', ...CONFIRM, ...WORDS);
  let old: PlannedChange[] = [];
  let boundary: Boundary = { number: -1, sides: [] };
  let states: Record<string, HostState> = {};
  let code = -1;
  try {
    old = plannedBy(await run.hears(/"type":"change_summary"/));
    const deeds = old.filter(each => each.host === host).map(deed);
    boundary = choose(boundaries(deeds).filter(({ sides }) => sides.length > 0)) ?? boundary;
    if (boundary.number < 0) throw new Error(`the plan has no such place on ${host}: ${deeds.join(', ')}`);
    await c.on(host, `echo ${boundary.number} >/run/crash-at`);
    const isEnd = boundary.number === deeds.length;
    if (isEnd) await run.hears(everyDone(host, deeds.length));
    else {
      await Promise.race([
        waits(c, host, '[ -e /run/crash-stands ]'),
        run.ended.then(({ out, err }) =>
          Promise.reject(new Error(`lvsctl ended before: ${last(out)}\n${err}`)),
        ),
      ]);
      if (way.answers) await judge(`while ${host} stood there`, silent(c, way));
    }
    times.push(Date.now());
    await happens[fault](c, host, run, isEnd, async () => {
      // In the midst of a fault that clients need not notice; a host that is off serves nobody, which LVS alone does not see.
      if (way.answers) await judge(`after the ${fault}, before its end`, silent(c, way));
    });
    ({ code } = await inTime(run.ended, 'lvsctl did not end'));
    await Promise.all(hostsOf(c).map(each => waits(c, each, `! ${ARMED}`)));
    times.push(Date.now());
    await c.on(host, CLEAR);
    // What was off is asked for until its services are up again, and keepalived's until they have passed their checks.
    if (way.answers) await judge('afterwards', fault === 'reboot' ? answered(c, way) : silent(c, way));
    states = await judged(c, old, marks, message => wrong.push(message));
    times.push(Date.now());
  } catch (error) {
    run.signal('SIGKILL');
    wrong.push((error as Error).message);
  }
  if (wrong.length === 0) await judge('the next apply', converges(c, way));
  times.push(Date.now());
  const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
  return {
    ...point,
    ...boundary,
    code,
    states,
    ...(wrong.length > 0 && { message: wrong.join('; ') }),
    seconds: seconds(times[0]!, times.at(-1)!),
    parts: times.slice(1).map((time, index) => seconds(times[index]!, time)),
  };
}

type Run = ReturnType<typeof applying>;

/** `isEnd`: nothing stands there, all changes of the host are done. */
const happens: Readonly<
  Record<
    CrashFault,
    (c: Cluster, host: string, run: Run, isEnd: boolean, during: () => Promise<void>) => Promise<void>
  >
> = {
  async kill(_c, _host, run) {
    run.signal('SIGKILL');
  },
  async cut(c, host, _run, _isEnd, during) {
    await c.fault(host, { kind: 'unplug', interface: 'mgmt0' });
    await waits(c, host, `! ${ARMED}`);
    await during();
    await c.fault(host, { kind: 'plug', interface: 'mgmt0' });
  },
  async reboot(c, host) {
    await c.fault(host, { kind: 'kill' });
    await c.fault(host, { kind: 'start' });
  },
  async 'full-disk'(c, host, run, isEnd, during) {
    if (isEnd) run.signal('SIGSTOP');
    await c.fault(host, { kind: 'full-disk' });
    if (isEnd) run.signal('SIGCONT');
    else await c.on(host, GO);
    await inTime(run.ended, 'lvsctl did not end');
    await waits(c, host, `! ${ARMED}`);
    await during();
    await c.fault(host, { kind: 'free-disk' });
  },
};

/** What a new plan says of each host of the old one. keepalived may need some seconds until it holds all again. */
async function judged(
  c: Cluster,
  old: readonly PlannedChange[],
  before: Marks,
  wrong: (message: string) => void,
): Promise<Record<string, HostState>> {
  const changed = [...new Set(old.filter(each => deed(each) !== '-').map(({ host }) => host))];
  const until = Date.now() + 45_000;
  for (;;) {
    const { code, out, err } = await c.lvsctl('plan', '--json');
    if (code !== 0) throw new Error(`plan ended with ${code}\n${out}\n${err}`);
    const now = (JSON.parse(out) as { resource_changes: PlannedChange[] }).resource_changes;
    const states = Object.fromEntries(changed.map(host => [host, stateOf(host, old, now)]));
    const mixed = changed.filter(host => states[host] === 'mixed');
    if (mixed.length === 0 || Date.now() > until) {
      for (const host of mixed) wrong(`${host} is mixed: ${difference(lines(host, old), lines(host, now))}`);
      const after = await marksOf(c);
      const named = hosts(loadTopology(c.file)).map(({ name }) => name);
      for (const [host, state] of Object.entries(states)) {
        const isSame = state !== 'old' || after[host] === before[host];
        if (!isSame) wrong(`${host} is as before, but its mark is not`);
        // What left the topology is found by the marks of others: a plan that says nothing of it may have forgotten it.
        if (state === 'new' && !named.includes(host) && after[host])
          wrong(`${host} is forgotten, and holds a mark`);
      }
      return states;
    }
    await sleep(5000);
  }
}

type Marks = Readonly<Record<string, string>>;

async function marksOf(c: Cluster): Promise<Marks> {
  const sums = hostsOf(c).map(async host => [
    host,
    await c.on(host, 'sha256sum /var/lib/lvsctl/mark 2>/dev/null || :'),
  ]);
  return Object.fromEntries(await Promise.all(sums));
}

function stateOf(host: string, old: readonly PlannedChange[], now: readonly PlannedChange[]): HostState {
  const rest = lines(host, now);
  if (rest.length === 0) return 'new';
  return rest.join('\n') === lines(host, old).join('\n') ? 'old' : 'mixed';
}

/** What a plan changes on a host, modules aside: they stay loaded when nobody needs them. */
function lines(host: string, changes: readonly PlannedChange[]): string[] {
  return changes
    .filter(change => change.host === host && change.type !== 'module' && deed(change) !== '-')
    .map(change => `${deed(change)} ${change.name}`)
    .sort();
}

function difference(old: readonly string[], now: readonly string[]): string {
  const missing = old.filter(line => !now.includes(line));
  const more = now.filter(line => !old.includes(line));
  return `made and not taken back: ${missing.join(', ') || 'nothing'}; new in the plan: ${more.join(', ') || 'nothing'}`;
}

/** The whole apply has to go through, so that a read of everything differs in nothing, and to leave nothing of itself or of those before. */
async function converges(c: Cluster, way: Way): Promise<string | undefined> {
  const { code, out, err } = await c.lvsctl('apply', '-y', ...WORDS);
  if (code !== 0) return `ended with ${code}\n${out}\n${err}`;
  // Whoever was cut off keeps the journal for a minute, for an lvsctl that comes back.
  const until = Date.now() + 100_000;
  for (;;) {
    const litter = (await Promise.all(hostsOf(c).map(host => left(c, host)))).join('');
    if (!litter) break;
    if (Date.now() > until) return `left behind: ${litter}`;
    await sleep(3000);
  }
  return way.answers ? silent(c, way) : answered(c, way);
}

/** Which of some requests to the VIP were not answered. */
async function silent(c: Cluster, { setup }: Way): Promise<string | undefined> {
  const bodies = await c.requests(4, urls[setup]);
  return bodies.includes('-') ? `the VIP answered: ${bodies.join(' ')}` : undefined;
}

async function answered(c: Cluster, { setup }: Way): Promise<undefined> {
  await answering(c, urls[setup], 60);
}

/** The changes that an apply said it would make. */
export function plannedBy(out: string): PlannedChange[] {
  return out
    .split('\n')
    .filter(line => line.includes('"type":"planned_change"'))
    .map(line => (JSON.parse(line) as { change: PlannedChange }).change);
}

const everyDone = (host: string, count: number) => (out: string) =>
  out
    .split('\n')
    .filter(line => line.includes('"type":"apply_complete"') && line.includes(`"host":"${host}"`)).length >=
  count;

export function hostsOf(c: Cluster): string[] {
  return c.spec.machines.map(({ name }) => name).filter(name => name !== 'client' && name !== 'router');
}

const last = (out: string) => out.trim().split('\n').slice(-3).join('\n');

async function inTime<T>(what: Promise<T>, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${LIMIT} s`)), LIMIT * 1000);
  });
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}
