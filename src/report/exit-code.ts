import { missing, type Outcome } from '../plan/outcome.js';
import type { Plan } from '../plan/plan.js';
import { complete, tally } from './tally.js';

/** What a run can come to, in words. */
export type Result = 'differs' | 'error' | 'refused' | 'incomplete' | 'restored' | 'unrestored';

/** The process's exit code; 130 and 143 are left to signals. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6;

const codes: readonly (readonly [Result, ExitCode])[] = [
  ['unrestored', 6],
  ['restored', 5],
  ['error', 1],
  ['refused', 3],
  ['incomplete', 4],
  ['differs', 2],
];

const meanings: Readonly<Record<ExitCode, string>> = {
  0: 'all is well',
  1: 'an error, and no host was left half changed',
  2: 'there are differences',
  3: 'refused: a lock, a guard, a stale plan or a missing approval',
  4: 'not every host could be read',
  5: 'the apply failed, and what it had begun was put back',
  6: 'the apply failed, and not all could be put back: look at the host',
};

/** The one exit code of everything that came of a run: 6 > 5 > 1 > 3 > 4 > 2 > 0. */
export function exitCode(results: Iterable<Result>): ExitCode {
  const seen = new Set(results);
  return codes.find(([result]) => seen.has(result))?.[1] ?? 0;
}

/** What an exit code means, for people. */
export function exitMeaning(code: ExitCode): string {
  return meanings[code];
}

/** What a plan comes to; `detailed`: that there are differences counts as a result (--detailed-exitcode). */
export function planResults(plan: Plan, detailed: boolean): Result[] {
  const numbers = tally(plan);
  return [
    ...readResults(plan),
    ...(numbers.errors > 0 ? (['refused'] as const) : []),
    ...(detailed && numbers.total > 0 ? (['differs'] as const) : []),
  ];
}

/** What drift comes to. It asks for nothing that could be refused: what a rule calls an error is a difference as well. */
export function driftResults(plan: Plan): Result[] {
  const { total, errors } = tally(plan);
  return [...readResults(plan), ...(total + errors > 0 ? (['differs'] as const) : [])];
}

/** What an apply comes to, with the hosts it could not read. */
export function applyResults(plan: Plan, outcome: Outcome): Result[] {
  return [...outcomeResults(plan, outcome), ...readResults(plan)];
}

/** What became of the hosts that an apply changed: nothing when every one ended with all its changes. */
export function outcomeResults(plan: Plan, outcome: Outcome): Result[] {
  const refused = [...outcome.hosts.values()].some(({ failed }) => failed?.refused);
  return [...outcome.hosts].flatMap(([name, host]): Result[] => {
    if (host.ended === 'unknown') return ['unrestored'];
    if (host.ended === 'restored') return ['restored'];
    if (!host.failed && missing(plan, name, host).length === 0) return [];
    const held = host.failed ? host.failed.refused : host.ended === 'untouched' && refused;
    return [held ? 'refused' : 'error'];
  });
}

function readResults(plan: Plan): Result[] {
  return [
    ...(plan.hosts.some(host => host.status === 'refused') ? (['error'] as const) : []),
    ...(complete(tally(plan)) ? [] : (['incomplete'] as const)),
  ];
}
