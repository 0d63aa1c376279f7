import { setTimeout as sleep } from 'node:timers/promises';
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
import {
  cleared,
  disarmed,
  forgetful,
  goes,
  LIMIT,
  prepared,
  stands,
  standsAt,
  tidied,
} from './crash-stand.js';
import { hostsOf, marksOf, mixed, type States, statesOf } from './crash-state.js';
import { urls, type Way } from './crash-way.js';
import { answering } from './life.js';

export interface Tried extends Point {
  /** What lvsctl ended with; -1 when it was killed. */
  code: number;
  /** Of each host that the apply was to change. */
  states: States;
  /** Whether the next apply was let through to its end here. */
  converged: boolean;
  /** What was not as it should be; a point that was held has none. */
  message?: string;
  seconds: number;
  /** Until the host stood there; until no host was armed any more; until all was looked at, and converged. */
  parts: readonly number[];
}

/** Every guard that the ways meet: half of the servers leave, all that a director held goes. */
const ALLOW = ['--allow', 'last-server,weight-lost,mass-delete'];
export const WORDS = [...ALLOW, '--drain-timeout', '0s'];
/** As short as an emulated machine under load still keeps: lvsctl is heard every eighth of it. */
const CONFIRM = ['--confirm-timeout', '6s'];

/**
 * Breaks the apply of a way off at one point and looks what became of all hosts. `choose`: the boundary, from those that the
 * plan has. The next apply is let through to its end if `through`, and wherever a host is not as before: the cluster, which
 * stood at the way's other end, stands at this one then. Otherwise it stands where it stood, and the next point's apply is
 * the next one: a host that is old whole, to the last byte of its mark, is where that one began as well.
 */
export async function tryPoint(
  c: Cluster,
  way: Way,
  point: Omit<Point, keyof Boundary>,
  choose: (all: readonly Boundary[]) => Boundary | undefined,
  through: boolean,
): Promise<Tried> {
  const { host, fault, direction } = point;
  const times = [Date.now()];
  const wrong: string[] = [];
  let boundary: Boundary = { number: -1, sides: [] };
  let states: States = {};
  let code = -1;
  let converged = false;
  /** Asks the VIP where it has to answer. */
  const asked = async (when: string, ask = silent) => {
    const said = way.answers ? await ask(c, way) : undefined;
    if (said) wrong.push(`${when} ${said}`);
  };

  await c.edit(() => way[direction]);
  if (direction === 'to') await forgetful(c, host);
  await prepared(c, host);
  const marks = await marksOf(c);
  const run = applying(c, 'crash matrix', '--json', ...CONFIRM, ...WORDS);
  try {
    const old = plannedBy(await run.hears(/"type":"change_summary"/));
    const deeds = old.filter(each => each.host === host).map(deed);
    boundary = choose(boundaries(deeds).filter(({ sides }) => sides.length > 0)) ?? boundary;
    if (boundary.number < 0) throw new Error(`the plan has no such place on ${host}: ${deeds.join(', ')}`);
    await standsAt(c, host, boundary.number);
    const isEnd = boundary.number === deeds.length;
    if (isEnd) await run.hears(everyDone(host, deeds.length));
    else {
      await Promise.race([stands(c, host), run.ended.then(({ out, err }) => tooSoon(out, err))]);
      await asked(`while ${host} stood there`);
    }
    times.push(Date.now());
    await happens[fault](c, host, run, isEnd, () => asked(`after the ${fault}, before its end,`));
    ({ code } = await inTime(run.ended));
    await Promise.all(hostsOf(c).map(each => disarmed(c, each)));
    times.push(Date.now());
    await cleared(c, host);
    // What was off is asked for until its services are up again; all others have to answer at once.
    await asked('afterwards', fault === 'reboot' ? late : silent);
    const now = await planned(c, way, old);
    states = statesOf(old, now);
    wrong.push(...mixed(c, states, { old, now }, { old: marks, now: await marksOf(c) }));
    converged = through || Object.values(states).some(state => state !== 'old');
    if (converged) wrong.push(...(await lastFaults(c, way)));
  } catch (error) {
    run.signal('SIGKILL');
    wrong.push((error as Error).message);
  }
  times.push(Date.now());
  const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
  return {
    ...point,
    ...boundary,
    code,
    states,
    converged,
    ...(wrong.length > 0 && { message: wrong.join('; ') }),
    seconds: seconds(times[0]!, times.at(-1)!),
    parts: times.slice(1).map((time, index) => seconds(times[index]!, time)),
  };
}

type Run = ReturnType<typeof applying>;

/**
 * `isEnd`: nothing stands there, all changes of the host are done. `ask`: asks the VIP in the midst of a fault that clients
 * need not notice; a host that is off serves nobody, and LVS alone does not see that, so there it is asked afterwards.
 */
const happens: Readonly<
  Record<
    CrashFault,
    (c: Cluster, host: string, run: Run, isEnd: boolean, ask: () => Promise<void>) => Promise<void>
  >
> = {
  async kill(_c, _host, run) {
    run.signal('SIGKILL');
  },
  async cut(c, host, _run, _isEnd, ask) {
    await c.fault(host, { kind: 'unplug', interface: 'mgmt0' });
    await disarmed(c, host);
    await ask();
    await c.fault(host, { kind: 'plug', interface: 'mgmt0' });
  },
  async reboot(c, host) {
    await c.fault(host, { kind: 'kill' });
    await c.fault(host, { kind: 'start' });
  },
  async 'full-disk'(c, host, run, isEnd, ask) {
    if (isEnd) run.signal('SIGSTOP');
    await c.fault(host, { kind: 'full-disk' });
    if (isEnd) run.signal('SIGCONT');
    else await goes(c, host);
    await inTime(run.ended);
    await disarmed(c, host);
    await ask();
    await c.fault(host, { kind: 'free-disk' });
  },
};

/** What a new plan changes; keepalived needs some seconds until its checks have passed and its table is whole again. */
async function planned(
  c: Cluster,
  { setup }: Way,
  old: readonly PlannedChange[],
): Promise<readonly PlannedChange[]> {
  for (const until = Date.now() + (setup === 'ha-dr' ? 45_000 : 0); ; await sleep(3000)) {
    const { code, out, err } = await c.lvsctl('plan', '--json', ...ALLOW);
    if (code !== 0) throw new Error(`the next plan ended with ${code}: ${err}`);
    const now = (JSON.parse(out) as { resource_changes: PlannedChange[] }).resource_changes;
    if (Date.now() >= until || !Object.values(statesOf(old, now)).includes('mixed')) return now;
  }
}

/** Lets the next apply through to its end; what is not as it should be then. */
async function lastFaults(c: Cluster, way: Way): Promise<string[]> {
  const { code, out, err } = await c.lvsctl('apply', '-y', '--json', ...WORDS);
  const wrong = code === 0 ? await litter(c) : [`the next apply ended with ${code}: ${last(out)} ${err}`];
  const rest = await (way.answers ? silent : late)(c, way);
  return rest ? [...wrong, `after the next apply ${rest}`] : wrong;
}

/** What is left on the hosts; whoever was cut off keeps the journal for a minute, for an lvsctl that comes back. */
async function litter(c: Cluster): Promise<string[]> {
  const found = hostsOf(c).map(async host => {
    const late = await tidied(c, host).catch(({ message }: Error) => message);
    const lines = await left(c, host);
    return lines === '' ? [] : [`left on ${host}: ${lines} ${late}`];
  });
  return (await Promise.all(found)).flat();
}

/** Which of some requests to the VIP were not answered. */
async function silent(c: Cluster, { setup }: Way): Promise<string | undefined> {
  const bodies = await c.requests(4, urls[setup]);
  return bodies.includes('-') ? `the VIP answered: ${bodies.join(' ')}` : undefined;
}

/** The same for a VIP that may take a minute. */
async function late(c: Cluster, { setup }: Way): Promise<string | undefined> {
  return answering(c, urls[setup], 60).then(
    () => undefined,
    ({ message }: Error) => message,
  );
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

const last = (out: string) => out.trim().split('\n').slice(-3).join('\n');

function tooSoon(out: string, err: string): never {
  throw new Error(`lvsctl ended before: ${last(out)}\n${err}`);
}

async function inTime<T>(ended: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`lvsctl did not end within ${LIMIT} s after the fault`));
    timer = setTimeout(fail, LIMIT * 1000);
  });
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}
