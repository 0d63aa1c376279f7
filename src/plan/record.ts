import type { Address, Resource, State, Why } from '../resources/kind.js';
import type { Mark, MarkEntry } from '../systems/facts.js';
import { id } from './diff.js';
import type { Change } from './plan.js';

/** What one confirmed apply did on one host, as it is kept there. */
export interface ApplyRecord {
  format: 1;
  id: string;
  /** ISO time, by the clock of who applied. */
  at: string;
  owner: string;
  cluster: string;
  /** The topology it was made from. */
  source: { file: string; sha256: string };
  /** Every host that this apply changed. */
  hosts: readonly string[];
  changes: readonly Change[];
  marks: { before?: Mark; after?: Mark };
}

/** One entry that an apply changed, in however many steps: what it was and what it became. */
export interface Turned extends Omit<Address, 'host'> {
  was: State | undefined;
  became: State | undefined;
  /** The last of the changes. */
  change: Change;
}

/** The entries that a record changed and that can be changed back, in the order in which they were changed. */
export function turned({ changes }: ApplyRecord): Turned[] {
  const found = new Map<string, Turned>();
  for (const change of changes) {
    const { kind, key, before, after } = change;
    if (change.action === 'reload' || change.stays || kind === 'mark') continue;
    const first = found.get(id(change));
    found.set(id(change), { kind, key, was: first ? first.was : before, became: after, change });
  }
  return [...found.values()];
}

/** What a record's host has to be asked for: every entry that it changed. */
export function askedFor(record: ApplyRecord): Resource[] {
  return turned(record).map(({ kind, key, was, became, change }) => {
    const { stage, heldBy, secret } = change;
    const state = was ?? became ?? {};
    return {
      kind,
      key,
      state,
      why: asBefore(record),
      stage,
      ...(heldBy && { heldBy }),
      ...(secret && { secret }),
    };
  });
}

/** Why an entry is wanted that an apply found: its file is all that is known of the place. */
export function asBefore({ id, source: { file } }: ApplyRecord): Why {
  return { reason: `as before ${id}`, place: { file, line: 1, column: 1 } };
}

/** The mark without what an apply brought into it, and with what it took out; undefined when nothing is left. */
export function markWithout({ marks }: ApplyRecord, now: Mark | undefined): Mark | undefined {
  const { before, after } = marks;
  if (!now || JSON.stringify(now) === JSON.stringify(after)) return before;
  const has = (mark: Mark | undefined, entry: MarkEntry) =>
    mark?.entries.some(other => id(other) === id(entry)) ?? false;
  const kept = now.entries.filter(entry => has(before, entry) || !has(after, entry));
  const back = (before?.entries ?? []).filter(entry => !has(after, entry) && !has(now, entry));
  const entries = [...kept, ...back];
  const { drained: _, ...rest } = now;
  const drained = before?.drained;
  return entries.length === 0 ? undefined : { ...rest, entries, ...(drained && { drained }) };
}
