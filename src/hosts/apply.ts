import { randomBytes } from 'node:crypto';
import type { Event } from '../plan/event.js';
import type { Plan } from '../plan/plan.js';
import type { Kind } from '../resources/kind.js';
import type { Mark } from '../systems/facts.js';
import { Grip } from './grip.js';
import { type Numbered, phaseScript, undoScript } from './phase-script.js';
import type { Session } from './session.js';
import { begin, directoryOf, type Load } from './supervised.js';

export interface ApplyOptions {
  kinds: ReadonlyMap<string, Kind>;
  /** Who applies, shown to whoever finds a host locked. */
  owner: string;
  /** Seconds of silence after which a host takes everything back; 0: never. */
  patience: number;
  tell: (event: Event) => void;
  /** Whether all is as planned, asked over new connections before anything is confirmed: why not, or undefined. */
  check: () => Promise<string | undefined>;
  /** Stops before the next phase and takes back what was done. */
  signal?: AbortSignal;
}

/**
 * Carries out a plan: every host that it changes is locked and armed first, then phase after phase on all hosts of
 * the phase side by side. Confirmed only when every phase went through and the check passes; otherwise every host
 * goes back. What came of it is in the events.
 */
export async function apply(
  plan: Plan,
  sessions: ReadonlyMap<string, Session>,
  options: ApplyOptions,
): Promise<void> {
  const id = `${new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const hosts = new Set(plan.phases.flatMap(phase => [...phase.changes.keys()]));
  const say = (event: { type: 'locked' | 'armed' } | { type: 'failed'; message: string }, host?: string) =>
    options.tell({ at: new Date().toISOString(), ...(host && { host }), ...event });

  const grips = new Map<string, Grip>();
  const begun = await Promise.all(
    [...hosts].map(async host => {
      const session = sessions.get(host)!;
      const refused = await begin(session, load(plan, host, id, options));
      if (refused !== undefined) {
        say({ type: 'failed', message: refused }, host);
        return false;
      }
      say({ type: 'locked' }, host);
      if (options.patience > 0) say({ type: 'armed' }, host);
      grips.set(host, new Grip(session, id, options.patience, options.tell));
      return true;
    }),
  );

  let good = begun.every(Boolean);
  for (const phase of plan.phases) {
    if (!good || options.signal?.aborted) break;
    const here = [...phase.changes.keys()];
    options.tell({ at: new Date().toISOString(), type: 'phase', name: phase.name, hosts: here });
    const through = await Promise.all(here.map(host => grips.get(host)!.carryOut()));
    good = through.every(Boolean);
  }
  if (options.signal?.aborted) {
    good = false;
    say({ type: 'failed', message: 'interrupted' });
  }
  if (good) {
    const fault = await options.check();
    if (fault !== undefined) {
      good = false;
      say({ type: 'failed', message: fault });
    }
  }
  await Promise.all([...grips.values()].map(grip => grip.conclude(good ? 'confirm' : 'undo')));
}

function load(plan: Plan, host: string, id: string, options: ApplyOptions): Load {
  const { kinds, owner, patience } = options;
  const numbered: Numbered[][] = [];
  let count = 0;
  for (const phase of plan.phases) {
    const here = phase.changes.get(host) ?? [];
    if (here.length > 0) numbered.push(here.map(change => ({ number: count++, change })));
  }
  const marks = plan.marks.get(host) ?? {};
  return {
    id,
    cluster: plan.cluster,
    owner,
    patience,
    phases: numbered.map(part => phaseScript(plan.cluster, directoryOf(id), part, kinds)),
    undo: undoScript(plan.cluster, numbered.flat(), kinds),
    marks: { ...marks, during: during(plan.cluster, marks) },
  };
}

/** While an apply runs the mark names everything of before and after, each with its origin. */
function during(cluster: string, { before, after }: { before?: Mark; after?: Mark }): Mark {
  const entries = [...(before?.entries ?? [])];
  for (const entry of after?.entries ?? []) {
    if (!entries.some(({ kind, key }) => kind === entry.kind && key === entry.key)) entries.push(entry);
  }
  return { format: 1, cluster, members: { ...before?.members, ...after?.members }, entries };
}
