import { randomBytes } from 'node:crypto';
import type { Event } from '../plan/event.js';
import { changes, type Plan } from '../plan/plan.js';
import type { ApplyRecord } from '../plan/record.js';
import type { Kind } from '../resources/kind.js';
import type { Mark } from '../systems/facts.js';
import { Grip } from './grip.js';
import { leaving, remembering } from './leaving.js';
import { type Numbered, phaseScript, readyScript, undoScript } from './phase-script.js';
import type { Session } from './session.js';
import { begin, directoryOf, type Load } from './supervised.js';

export interface ApplyOptions {
  kinds: ReadonlyMap<string, Kind>;
  /** Who applies, shown to whoever finds a host locked. */
  owner: string;
  /** The topology that the plan was made from. */
  source: ApplyRecord['source'];
  /** Seconds of silence after which a host takes everything back, if none goes before it (see LEAD); 0: never. */
  patience: number;
  /** Seconds to wait for somebody else's lock on what we need, such as the package manager; 60 when it is left out. */
  lockTimeout?: number;
  /** Seconds that connections have to end before their real server is removed; 30 when it is left out. */
  drainTimeout?: number;
  /** When a phase fails, also takes back the hosts that were through before it; else those that need none of it are kept. */
  rollbackAll?: boolean;
  tell: (event: Event) => void;
  /** Whether all is as planned, asked over new connections before anything is confirmed: why not, or undefined. */
  check: () => Promise<string | undefined>;
  /** Stops before the next phase and takes back what was done. */
  signal?: AbortSignal;
}

/** Seconds of silence after which a host that is never to take anything back lets go of its lock. */
const FORSAKEN = 60;
/**
 * How much longer a host waits for each group that goes back before it, in shares of the patience: time in which we, who
 * hear nothing from it, have those let go of it that were given it.
 */
const LEAD = 0.5;

/**
 * Carries out a plan: every host that it changes is locked and armed first, then phase after phase on all hosts of
 * the phase side by side. Confirmed only when every phase went through and the check passes; otherwise every host goes
 * back, but for those that were through before a phase that failed and need nothing of it (see `rollbackAll`). What came
 * of it is in the events.
 */
export async function apply(
  plan: Plan,
  sessions: ReadonlyMap<string, Session>,
  options: ApplyOptions,
): Promise<void> {
  const id = `${new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const { tell, signal } = options;
  const fail = (message: string) => tell({ at: new Date().toISOString(), type: 'failed', message });
  const grips = new Map<string, Grip>();
  const allHold = () => [...grips.values()].every(({ holds }) => holds);
  const halt = new AbortController();
  const stop = () => halt.abort();
  signal?.addEventListener('abort', stop);
  const halted = new Promise<undefined>(resolve => {
    halt.signal.addEventListener('abort', () => {
      for (const grip of grips.values()) grip.stop();
      resolve(undefined);
    });
  });

  let good = !signal?.aborted && (await grasp(plan, sessions, options, id, grips, stop));
  if (good && !signal?.aborted) {
    const asked = [...grips].filter(([host]) => readiness(plan, host, id, options));
    good = (await Promise.all(asked.map(([, grip]) => grip.carryOut()))).every(Boolean);
  }
  let reached = 0;
  for (const [index, phase] of plan.phases.entries()) {
    if (!good || signal?.aborted) break;
    reached = index;
    const here = [...phase.changes.keys()];
    tell({ at: new Date().toISOString(), type: 'phase', name: phase.name, hosts: here });
    const through = await Promise.all(here.map(host => grips.get(host)!.carryOut()));
    good = through.every(Boolean) && allHold();
  }
  const phaseFailed = !good;
  if (good && !signal?.aborted) {
    const fault = await Promise.race([options.check(), halted]);
    if (fault !== undefined) fail(fault);
    good = fault === undefined && allHold();
  }
  if (good && !signal?.aborted) {
    const renewed = await Promise.all([...grips.values()].map(grip => grip.renew()));
    good = renewed.every(Boolean) && allHold();
  }
  if (signal?.aborted) fail('interrupted');
  if (good && !signal?.aborted) {
    await Promise.all([...grips.values()].map(grip => grip.conclude('confirm')));
  } else {
    const keep = phaseFailed && !options.rollbackAll && !signal?.aborted;
    const kept = keep ? await finished(plan, reached, grips) : new Set<string>();
    const back = leaving(plan).filter(host => !kept.has(host));
    const ends: Promise<void>[] = [];
    const end = (grip: Grip) => {
      const over = kept.has(grip.host)
        ? grip.conclude('confirm', remembering(plan.marks.get(grip.host) ?? {}, back))
        : grip.conclude('undo');
      ends.push(over);
      return Promise.race([over, grip.isBackByItself()]);
    };
    for (const group of backwards(plan))
      await Promise.all(group.flatMap(host => grips.get(host) ?? []).map(end));
    await Promise.all(ends);
  }
  signal?.removeEventListener('abort', stop);
}

/**
 * Locks and arms every host. The first of them comes before the others, so that of two who want the same hosts one
 * gets them all.
 */
async function grasp(
  plan: Plan,
  sessions: ReadonlyMap<string, Session>,
  { tell, patience, ...options }: ApplyOptions,
  id: string,
  grips: Map<string, Grip>,
  lose: () => void,
): Promise<boolean> {
  const turn = backwards(plan);
  const take = async (host: string): Promise<boolean> => {
    const ours = patience || FORSAKEN;
    const theirs = Math.ceil(ours * (1 + LEAD * turn.findIndex(group => group.includes(host))));
    const session = sessions.get(host)!;
    const say = (event: { type: 'locked' | 'armed' } | { type: 'failed'; message: string; refused?: true }) =>
      tell({ at: new Date().toISOString(), host, ...event });
    const no = await begin(session, load(plan, host, id, theirs, { tell, patience, ...options }));
    if (no) {
      say({ type: 'failed', message: no.message, ...(no.busy && { refused: true }) });
      return false;
    }
    say({ type: 'locked' });
    if (patience > 0) say({ type: 'armed' });
    grips.set(host, new Grip(session, id, { theirs, ours }, tell, lose));
    return true;
  };
  const [first, ...others] = [...new Set(plan.phases.flatMap(phase => [...phase.changes.keys()]))].sort();
  if (first !== undefined && !(await take(first))) return false;
  return (await Promise.all(others.map(take))).every(Boolean);
}

/**
 * The hosts that have nothing more to do from this phase on, that came before everything that goes back, and that
 * answer over a new connection.
 */
async function finished(
  plan: Plan,
  phase: number,
  grips: ReadonlyMap<string, Grip>,
): Promise<ReadonlySet<string>> {
  const busy = new Set(plan.phases.slice(phase).flatMap(({ changes }) => [...changes.keys()]));
  const through = [...grips].flatMap(([host, { holds }]) => (holds && !busy.has(host) ? [host] : []));
  const kept = independent(plan, new Set(through));
  const answer = await Promise.all(kept.map(host => grips.get(host)!.renew()));
  return new Set(kept.filter((_, index) => answer[index]));
}

/**
 * Those of some hosts that need none of the others: what came after a change that goes back may stand on it, as a real
 * server's route on its gateway's address.
 */
function independent(plan: Plan, hosts: ReadonlySet<string>): string[] {
  const { phases } = plan;
  const back = phases.findIndex(({ changes }) => [...changes.keys()].some(host => !hosts.has(host)));
  const last = (host: string) => phases.findLastIndex(({ changes }) => changes.has(host));
  const rest = [...hosts].filter(host => last(host) <= back);
  return rest.length === hosts.size ? rest : independent(plan, new Set(rest));
}

/** The hosts of a plan in the order in which they are taken back: who needs another goes before it. */
function backwards(plan: Plan): string[][] {
  const seen = new Set<string>();
  const groups = plan.phases.map(phase => {
    const fresh = [...phase.changes.keys()].filter(host => !seen.has(host));
    for (const host of fresh) seen.add(host);
    return fresh;
  });
  return groups.filter(({ length }) => length > 0).reverse();
}

/** `silence`: seconds after which the host ends the apply by itself. */
function load(plan: Plan, host: string, id: string, silence: number, options: ApplyOptions): Load {
  const { kinds, owner, patience, lockTimeout = 60, drainTimeout = 30 } = options;
  const numbered = numberedPhases(plan, host);
  const ready = readiness(plan, host, id, options);
  const all = numbered.flat();
  const reloads = all.flatMap(({ change }) => (change.action === 'reload' ? [change] : []));
  const scripts = numbered.map(part => phaseScript(plan.cluster, directoryOf(id), part, kinds, reloads));
  const waits = `export LVSCTL_LOCK_TIMEOUT=${lockTimeout} LVSCTL_DRAIN_TIMEOUT=${drainTimeout}\n`;
  const marks = plan.marks.get(host) ?? {};
  return {
    id,
    cluster: plan.cluster,
    owner,
    patience: silence,
    silent: patience > 0 ? 'undo' : 'keep',
    phases: (ready === undefined ? scripts : [ready, ...scripts]).map(text => `${waits}${text}`),
    undo: undoScript(plan.cluster, all, kinds),
    marks: { ...marks, during: during(plan.cluster, marks) },
    record: {
      format: 1,
      id,
      at: new Date().toISOString(),
      owner,
      cluster: plan.cluster,
      source: options.source,
      hosts: [...new Set(changes(plan).map(change => change.host))],
      changes: all.map(({ change }) => change),
      marks,
    },
  };
}

/** The host's changes, phase by phase, numbered through. */
function numberedPhases(plan: Plan, host: string): Numbered[][] {
  let count = 0;
  return plan.phases
    .map(phase => (phase.changes.get(host) ?? []).map(change => ({ number: count++, change })))
    .filter(({ length }) => length > 0);
}

function readiness(plan: Plan, host: string, id: string, { kinds }: ApplyOptions): string | undefined {
  return readyScript(plan.cluster, directoryOf(id), numberedPhases(plan, host).flat(), kinds);
}

/** While an apply runs the mark names everything of before and after, each with its origin. */
function during(cluster: string, { before, after }: { before?: Mark; after?: Mark }): Mark {
  const entries = [...(before?.entries ?? [])];
  for (const entry of after?.entries ?? []) {
    if (!entries.some(({ kind, key }) => kind === entry.kind && key === entry.key)) entries.push(entry);
  }
  const { drained } = after ?? before ?? {};
  const members = { ...before?.members, ...after?.members };
  return { format: 1, cluster, members, entries, ...(drained && { drained }) };
}
