import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { applying, left } from './broken-off.js';
import type { Cluster, Ran } from './cluster.js';
import {
  type Boundary,
  boundaries,
  type CrashFault,
  type Direction,
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
  NOWHERE,
  prepared,
  stands,
  standsAt,
  tidied,
  unload,
} from './crash-stand.js';
import {
  hostsOf,
  type Marks,
  marksOf,
  mixed,
  type States,
  statesOf,
  type Tables,
  tablesOf,
} from './crash-state.js';
import { type SetUp, urls, type Way } from './crash-way.js';
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
const CONFIRM = ['--confirm-timeout', '10s'];
/** The supervisor of the apply before may be about to let go of it. */
const LOCK = ['--lock-timeout', '30s'];

/** Milliseconds until keepalived's checks have passed and its tables are whole again; without it they are at once. */
const WHOLE_AFTER: Readonly<Record<SetUp, number>> = { nat: 0, dr: 0, 'ha-dr': 45_000 };

/** An apply of a way that has told its plan, and whose hosts of the way wait before their first change. */
export interface Opened {
  run: Run;
  changes: readonly PlannedChange[];
  marks: Marks;
  tables: Tables;
}

/**
 * Breaks the apply of a way off at one point and looks what became of all hosts: `opened`, or a new one. `choose`: the
 * boundary, from those that the plan has. The next apply is let through to its end if `through`, and wherever a host is not
 * as before: the cluster, which stood at the way's other end, stands at this one then. Otherwise the hosts stand where they
 * stood, as the plan of the next one says, which is given back to be broken off in its turn.
 */
export async function tryPoint(
  c: Cluster,
  way: Way,
  point: Omit<Point, keyof Boundary>,
  choose: (all: readonly Boundary[]) => Boundary | undefined,
  through: boolean,
  opened?: Opened,
): Promise<{ tried: Tried; next?: Opened }> {
  const { host, fault, direction } = point;
  const times = [Date.now()];
  const wrong: string[] = [];
  let boundary: Boundary = { number: -1, sides: [] };
  let states: States = {};
  let code = -1;
  let converged = false;
  let current = opened;
  let next: Opened | undefined;
  /** Asks the VIP where it has to answer. */
  const asked = async (when: string, ask = silent) => {
    const said = way.answers ? await ask(c, way) : undefined;
    if (said) wrong.push(`${when} ${said}`);
  };

  try {
    if (!current && direction === 'to') await forgetful(c, host);
    current ??= await open(c, way, direction);
    const { run, changes: old, marks } = current;
    const deeds = old.filter(each => each.host === host).map(deed);
    boundary = choose(boundaries(deeds).filter(({ sides }) => sides.length > 0)) ?? boundary;
    if (boundary.number < 0) throw new Error(`the plan has no such place on ${host}: ${deeds.join(', ')}`);
    for (const each of Object.keys(way.hosts))
      await standsAt(c, each, each === host ? boundary.number : NOWHERE);
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
    await Promise.all(Object.keys(way.hosts).map(each => cleared(c, each)));
    // What was off is asked for until its services are up again; all others have to answer at once.
    await asked('afterwards', fault === 'reboot' ? late : silent);
    const after = await marksOf(c);
    const isOld = isDeepStrictEqual(after, marks);
    if (isOld) await settled(c, way, current.tables);
    // Where no mark has changed, the next apply says whether anything else has: a plan of its own would say the same.
    const plan = isOld ? undefined : await planned(c, way, old);
    let ran = through || !isOld ? await c.lvsctl('apply', '-y', '--json', ...WORDS) : undefined;
    next = ran ? undefined : await open(c, way, direction);
    const now = plan ?? next?.changes ?? plannedBy(ran?.out ?? '');
    states = statesOf(old, now);
    wrong.push(...mixed(c, states, { old, now }, { old: marks, now: after }));
    if (next && Object.values(states).some(state => state !== 'old')) {
      ran = await pass(c, way, next);
      next = undefined;
    }
    converged = ran !== undefined;
    if (ran) wrong.push(...(await faultsOf(ran, c, way)));
  } catch (error) {
    wrong.push((error as Error).message);
  }
  if (wrong.length > 0) for (const each of [current, next]) each?.run.signal('SIGKILL');
  times.push(Date.now());
  const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
  const tried = {
    ...point,
    ...boundary,
    code,
    states,
    converged,
    ...(wrong.length > 0 && { message: wrong.join('; ') }),
    seconds: seconds(times[0]!, times.at(-1)!),
    parts: times.slice(1).map((time, index) => seconds(times[index]!, time)),
  };
  return { tried, ...(next && wrong.length === 0 && { next }) };
}

/** Starts the apply of a way and hears its plan. */
async function open(c: Cluster, way: Way, direction: Direction): Promise<Opened> {
  await c.edit(() => way[direction]);
  const ready = Object.keys(way.hosts).map(async host => {
    if (direction === 'to') await unload(c, host);
    await prepared(c, host);
  });
  await Promise.all(ready);
  const [marks, tables] = await Promise.all([marksOf(c), WHOLE_AFTER[way.setup] > 0 ? tablesOf(c) : {}]);
  const run = applying(c, 'crash matrix', '--json', ...CONFIRM, ...LOCK, ...WORDS);
  try {
    return { run, changes: plannedBy(await run.hears(/"type":"change_summary"/)), marks, tables };
  } catch (error) {
    run.signal('SIGKILL');
    throw error;
  }
}

/** Lets an apply that was opened through to its end. */
export async function pass(c: Cluster, way: Way, { run }: Opened): Promise<Ran> {
  for (const host of Object.keys(way.hosts)) await standsAt(c, host, NOWHERE);
  const ran = await inTime(run.ended);
  await Promise.all(Object.keys(way.hosts).map(host => cleared(c, host)));
  return ran;
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

/** Waits until keepalived's tables are what they were. */
async function settled(c: Cluster, { setup }: Way, tables: Tables): Promise<void> {
  const until = Date.now() + WHOLE_AFTER[setup];
  while (Date.now() < until && !isDeepStrictEqual(await tablesOf(c), tables)) await sleep(1000);
}

/** What a new plan changes, when keepalived's tables are whole again. */
async function planned(
  c: Cluster,
  { setup }: Way,
  old: readonly PlannedChange[],
): Promise<readonly PlannedChange[]> {
  for (const until = Date.now() + WHOLE_AFTER[setup]; ; await sleep(3000)) {
    const { code, out, err } = await c.lvsctl('plan', '--json', ...ALLOW);
    if (code !== 0) throw new Error(`the next plan ended with ${code}: ${err}`);
    const now = (JSON.parse(out) as { resource_changes: PlannedChange[] }).resource_changes;
    if (Date.now() >= until || !Object.values(statesOf(old, now)).includes('mixed')) return now;
  }
}

/** What is not as it should be after an apply that nobody broke off. */
async function faultsOf({ code, out, err }: Ran, c: Cluster, way: Way): Promise<string[]> {
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
