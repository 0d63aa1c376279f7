import type { Kind, Resource, State } from '../resources/kind.js';
import type { Mark, MarkEntry } from '../systems/facts.js';
import type { Change, Observed } from './plan.js';
import { standsIn, tolerated } from './verdicts.js';

type Seen = Extract<Observed, { status: 'ok' }>;
type Thing = Pick<Resource, 'kind' | 'key'>;

/** Flat states: equal when every attribute of both is. */
export function same(a: State | undefined, b: State | undefined): boolean {
  if (!a || !b) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every(name => a[name] === b[name]);
}

/** A change before it is said on which host, and in which layer its kind is. */
type Found = Omit<Change, 'host' | 'layer'>;

/**
 * How one host differs from what it should hold. Pure; unordered but for the order in which the role wrote.
 * `wanted` empty and a mark present is a destroy: every entry of the mark goes back to its origin.
 */
export function diff(wanted: readonly Resource[], seen: Seen, kinds: ReadonlyMap<string, Kind>): Change[] {
  const wants = new Set(wanted.map(id));
  const orphans = (seen.facts.mark?.entries ?? []).filter(entry => !wants.has(id(entry)));
  const found = [
    ...wanted.flatMap(resource => differing(resource, seen)),
    ...orphans.flatMap(entry => leftOver(entry, seen, kinds)),
    ...extras(wanted, new Set([...wants, ...orphans.map(id)]), seen, kinds),
  ];
  const changed = new Set(found.map(id));
  return [...found, ...reloads(wanted, orphans, changed, seen, kinds)].map(change => ({
    host: seen.host,
    layer: kinds.get(change.kind)!.layer,
    ...change,
  }));
}

/** The change of a wanted thing that is not there, or not as wanted. */
function differing(resource: Resource, seen: Seen): Found[] {
  const { kind, key, state, stage, why, check } = resource;
  if (seen.unreadable.has(kind)) return [];
  const before = live(seen, resource);
  if (same(before, state) || tolerated(resource, seen)) return [];
  const action = before ? 'update' : 'create';
  return [
    { kind, key, action, before, after: state, stage, why, ...(check && { check }), ...beside(resource) },
  ];
}

/** The way back of what we put there and nobody wants any more: to its origin, or away. */
function leftOver(entry: MarkEntry, seen: Seen, kinds: ReadonlyMap<string, Kind>): Found[] {
  const { kind, key, stage, origin, heldBy, secret } = entry;
  const trait = kinds.get(kind);
  if (seen.unreadable.has(kind) || !trait) return [];
  const { stays, leaves } = trait;
  const before = live(seen, entry);
  const after = origin ?? undefined;
  if (same(before, after) || (!after && before && trait.isGone?.(before))) return [];
  return [
    {
      kind,
      key,
      action: after ? 'restore' : 'delete',
      before,
      after,
      stage,
      why: 'orphan',
      ...(stays && { stays }),
      ...(leaves && !after && { leaves }),
      ...beside({ heldBy, secret }),
    },
  ];
}

/** What hangs on something of ours and is not ours itself. */
function extras(
  wanted: readonly Resource[],
  ours: ReadonlySet<string>,
  seen: Seen,
  kinds: ReadonlyMap<string, Kind>,
): Found[] {
  const wants = new Set(wanted.map(id));
  const isWanted = (kind: string, key: string) => wants.has(id({ kind, key }));
  return [...seen.entries].flatMap(([kind, entries]) => {
    const { owns } = kinds.get(kind)!;
    const { stage = 'master', heldBy } = wanted.find(resource => resource.kind === kind) ?? {};
    return [...entries].flatMap(([key, before]): Found[] =>
      !owns || ours.has(id({ kind, key })) || !owns(key, isWanted) || standsIn(kind, key, seen)
        ? []
        : [{ kind, key, action: 'delete', before, stage, why: 'extra', ...beside({ heldBy }) }],
    );
  });
}

/** What must read its files again because one of them changes, or did when a crash lost the reload; not what is itself started or stopped. */
function reloads(
  wanted: readonly Resource[],
  orphans: readonly MarkEntry[],
  changed: ReadonlySet<string>,
  seen: Seen,
  kinds: ReadonlyMap<string, Kind>,
): Found[] {
  const candidates = [
    ...wanted.map(resource => ({ ...resource, why: resource.why as Change['why'] })),
    ...orphans.flatMap(entry =>
      entry.origin ? [{ ...entry, state: entry.origin, why: 'orphan' as const }] : [],
    ),
  ];
  return candidates
    .filter(candidate => {
      const { kind, key, follows, state } = candidate;
      const due = seen.facts.due?.includes(key) || follows?.some(followed => changed.has(id(followed)));
      return due && !changed.has(id(candidate)) && kinds.get(kind)?.reload && state.active === true;
    })
    .map(({ kind, key, state, stage, why, follows }) => ({
      kind,
      key,
      action: 'reload' as const,
      before: state,
      after: state,
      stage,
      why,
      ...beside({ follows }),
    }));
}

/** How many wanted entries are as they should be. */
export function unchanged(wanted: readonly Resource[], changes: readonly Change[]): number {
  const changed = new Set(changes.map(id));
  return wanted.filter(resource => !changed.has(id(resource))).length;
}

/**
 * The mark that the host carries when the plan is carried out; undefined when nothing of ours is left. Entries of a
 * kind that could not be read, or that this lvsctl does not know, are kept with their origins: nothing was done
 * about them.
 */
export function markAfter(
  cluster: string,
  members: Mark['members'],
  wanted: readonly Resource[],
  seen: Seen,
  kinds: ReadonlyMap<string, Kind>,
): Mark | undefined {
  const former = new Map(seen.facts.mark?.entries.map(entry => [id(entry), entry]));
  const untouched = (kind: string) => seen.unreadable.has(kind) || !kinds.has(kind);
  const ours = wanted.flatMap(resource => {
    const { kind, key, stage } = resource;
    const known = former.get(id(resource));
    former.delete(id(resource));
    if (untouched(kind)) return known ?? [];
    // What its holder put there was not there before us, but for what cannot be absent.
    const isNew = resource.heldBy && kinds.get(kind)?.leaves === undefined;
    const origin = known ? known.origin : isNew ? null : (live(seen, resource) ?? null);
    return { kind, key, stage, origin, ...beside(resource) };
  });
  const kept = [...former.values()].filter(({ kind }) => untouched(kind));
  if (wanted.length + kept.length === 0) return undefined;
  const drained = seen.facts.mark?.drained?.filter(name => members[name] !== undefined) ?? [];
  return {
    format: 1,
    cluster,
    members,
    entries: [...ours, ...kept],
    ...(drained.length > 0 && { drained }),
  };
}

function live(seen: Seen, { kind, key }: Thing): State | undefined {
  return seen.entries.get(kind)?.get(key);
}

/** What stands beside a state and is kept with the change and the mark, where it is given. */
function beside({ follows, heldBy, secret }: Pick<Partial<Resource>, 'follows' | 'heldBy' | 'secret'>) {
  return { ...(follows && { follows }), ...(heldBy && { heldBy }), ...(secret && { secret }) };
}

/** What tells an entry from the others of its host. */
export function id({ kind, key }: Thing): string {
  return `${kind} ${key}`;
}
