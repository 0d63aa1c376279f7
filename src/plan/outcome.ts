import type { Event } from './event.js';
import { type Change, changes, type Plan } from './plan.js';

/** What became of one host; numbers count the host's changes of the plan from 0. */
export interface HostOutcome {
  /** Carried out, and not put back since. */
  done: readonly number[];
  /** Carried out (or begun), then put back. */
  undone: readonly number[];
  failed?: { change?: number; message: string; refused?: true };
  /** It was put back by the host itself, since nobody confirmed it. */
  byItself?: true;
  /** unknown: begun, and neither confirmed nor wholly put back. */
  ended: 'applied' | 'restored' | 'unknown' | 'untouched';
}

/** What an apply came to, on every host that the plan changes or that told something. */
export interface Outcome {
  hosts: ReadonlyMap<string, HostOutcome>;
  seconds: number;
}

/** One host's changes of a plan in the order in which events count them. */
export function hostChanges(plan: Plan, host: string): readonly Change[] {
  return plan.phases.flatMap(phase => phase.changes.get(host) ?? []);
}

/** The host's changes that do not stand at the end of the run; what stays on its host is none. */
export function missing(plan: Plan, host: string, outcome: HostOutcome): readonly Change[] {
  return hostChanges(plan, host).filter(
    (change, number) => change.stays === undefined && !outcome.done.includes(number),
  );
}

/** Folds a run's events to its outcome: the same whether they came live or from the hosts' journals. */
export function foldOutcome(plan: Plan, events: readonly Event[]): Outcome {
  const told = events.flatMap(event => event.host ?? []);
  const names = new Set([...changes(plan).map(change => change.host), ...told]);
  const inOrder = [
    ...plan.hosts.map(host => host.name).filter(name => names.has(name)),
    ...[...names].filter(name => !plan.hosts.some(host => host.name === name)),
  ];
  return {
    hosts: new Map(
      inOrder.map(name => [
        name,
        foldHost(events.filter(event => event.host === name || event.host === undefined)),
      ]),
    ),
    seconds: elapsed(events),
  };
}

function foldHost(events: readonly Event[]): HostOutcome {
  let standing: number[] = [];
  let undone: number[] = [];
  let open: number[] = [];
  let ended: HostOutcome['ended'] = 'untouched';
  let failed: HostOutcome['failed'];
  let lost: string | undefined;
  let byItself = false;
  for (const event of events) {
    switch (event.type) {
      case 'begin':
        open = [...open, event.change];
        ended = 'unknown';
        break;
      case 'done':
        if (!open.includes(event.change)) open = [...open, event.change];
        standing = [...standing, event.change];
        ended = 'unknown';
        break;
      case 'failed':
        failed ??= {
          ...(event.change === undefined ? {} : { change: event.change }),
          message: event.message,
          ...(event.refused && { refused: true as const }),
        };
        break;
      case 'lost':
        lost = event.message;
        break;
      case 'confirmed':
        ended = 'applied';
        open = [];
        lost = undefined;
        break;
      case 'undone': {
        lost = undefined;
        byItself = event.by === 'switch';
        if (open.length > 0 || !event.whole) ended = event.whole ? 'restored' : 'unknown';
        if (!event.whole) break;
        const back = open;
        standing = standing.filter(change => !back.includes(change));
        undone = [...undone, ...back];
        open = [];
        break;
      }
    }
  }
  failed ??= lost === undefined ? undefined : { message: lost };
  return { done: standing, undone, ...(failed ? { failed } : {}), ...(byItself && { byItself }), ended };
}

function elapsed(events: readonly Event[]): number {
  const times = events.map(event => Date.parse(event.at)).filter(time => !Number.isNaN(time));
  return times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
}
