import type { Kind } from '../resources/kind.js';
import { approved, markChange, planOf } from './compare.js';
import { type Change, changes, type Plan } from './plan.js';

/**
 * The part of `wanted` that drains real servers or gives them back their weight, so that nothing else is carried out
 * with it: what is not in `base`, the plan without that. `drained`: director -> the names from then on. `differs`:
 * entries that both change, each in its own way.
 */
export function drainPlan(
  base: Plan,
  wanted: Plan,
  drained: ReadonlyMap<string, readonly string[]>,
  kinds: ReadonlyMap<string, Kind>,
): { plan: Plan; differs: readonly Change[] } {
  const others = changes(base).filter(({ kind }) => kind !== 'mark');
  const part = changes(wanted).filter(change => change.kind !== 'mark' && !approved([change], others));
  const marks = new Map(
    [...base.marks].flatMap(([host, { before }]) => {
      const names = drained.get(host);
      if (!before || !names) return [];
      const { drained: _, ...rest } = before;
      return [[host, { before, after: { ...rest, ...(names.length > 0 && { drained: names }) } }] as const];
    }),
  );
  const bare = [...marks]
    .filter(([host]) => !part.some(change => change.host === host))
    .filter(([, { before, after }]) => String(before.drained ?? '') !== String(after.drained ?? ''))
    .map(([host, { before, after }]) => markChange(host, before, after));
  const all = [...part, ...bare];
  const same = (a: Change, b: Change) => a.host === b.host && a.kind === b.kind && a.key === b.key;
  return {
    plan: {
      ...planOf({ name: wanted.cluster, file: wanted.file }, wanted.hosts, all, marks, kinds),
      findings: wanted.findings,
    },
    differs: part.filter(change => others.some(other => same(change, other))),
  };
}
