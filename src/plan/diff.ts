import type { Kind, Resource, State } from '../resources/kind.js';
import type { Mark } from '../systems/facts.js';
import type { Change, Observed } from './plan.js';
import { standsIn, tolerated } from './verdicts.js';

type Seen = Extract<Observed, { status: 'ok' }>;

/** Flat states: equal when every attribute of both is. */
export function same(a: State | undefined, b: State | undefined): boolean {
  if (!a || !b) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every(name => a[name] === b[name]);
}

/**
 * How one host differs from what it should hold. Pure; unordered but for the order in which the role wrote.
 * `wanted` empty and a mark present is a destroy: every entry of the mark goes back to its origin.
 */
export function diff(wanted: readonly Resource[], seen: Seen, kinds: ReadonlyMap<string, Kind>): Change[] {
  const { host } = seen;
  const wants = new Set(wanted.map(resource => id(resource.kind, resource.key)));
  const live = (kind: string, key: string) => seen.entries.get(kind)?.get(key);
  const readable = (kind: string) => !seen.unreadable.has(kind);
  const layer = (kind: string) => kinds.get(kind)!.layer;
  const changes: Change[] = [];

  for (const resource of wanted.filter(({ kind }) => readable(kind))) {
    const { kind, key, state, stage, why, follows, check, secret, heldBy } = resource;
    const before = live(kind, key);
    if (same(before, state) || tolerated(resource, seen)) continue;
    const action = before ? 'update' : 'create';
    const beside = {
      ...(follows && { follows }),
      ...(check && { check }),
      ...(secret && { secret }),
      ...(heldBy && { heldBy }),
    };
    changes.push({
      host,
      kind,
      key,
      action,
      before,
      after: state,
      layer: layer(kind),
      stage,
      why,
      ...beside,
    });
  }

  const marked = seen.facts.mark?.entries ?? [];
  for (const { kind, key, stage, origin, heldBy, secret } of marked) {
    if (wants.has(id(kind, key)) || !readable(kind) || !kinds.has(kind)) continue;
    const before = live(kind, key);
    const after = origin ?? undefined;
    if (same(before, after)) continue;
    const { stays, leaves } = kinds.get(kind)!;
    const action = after ? 'restore' : 'delete';
    changes.push({
      host,
      kind,
      key,
      action,
      before,
      after,
      layer: layer(kind),
      stage,
      why: 'orphan',
      ...(stays && { stays }),
      ...(leaves && !after && { leaves }),
      ...(heldBy && { heldBy }),
      ...(secret && { secret }),
    });
  }

  const ours = new Set([...wants, ...marked.map(entry => id(entry.kind, entry.key))]);
  const isWanted = (kind: string, key: string) => wants.has(id(kind, key));
  for (const [kind, entries] of seen.entries) {
    const { owns } = kinds.get(kind)!;
    if (!owns) continue;
    for (const [key, before] of entries) {
      if (ours.has(id(kind, key)) || !owns(key, isWanted) || standsIn(kind, key, seen)) continue;
      const { stage = 'master', heldBy } = wanted.find(resource => resource.kind === kind) ?? {};
      const beside = heldBy && { heldBy };
      changes.push({
        host,
        kind,
        key,
        action: 'delete',
        before,
        layer: layer(kind),
        stage,
        why: 'extra',
        ...beside,
      });
    }
  }

  return [...changes, ...reloads(wanted, seen, changes, kinds)];
}

/** What must read its files again because one of them changes, or did when a crash lost the reload; not what is itself started or stopped. */
function reloads(
  wanted: readonly Resource[],
  seen: Seen,
  changes: readonly Change[],
  kinds: ReadonlyMap<string, Kind>,
): Change[] {
  const changed = new Set(changes.map(change => id(change.kind, change.key)));
  const orphans = (seen.facts.mark?.entries ?? []).filter(
    entry =>
      entry.origin && !wanted.some(resource => id(resource.kind, resource.key) === id(entry.kind, entry.key)),
  );
  const candidates = [
    ...wanted.map(resource => ({ ...resource, why: resource.why as Change['why'] })),
    ...orphans.map(entry => ({ ...entry, state: entry.origin as State, why: 'orphan' as const })),
  ];
  return candidates
    .filter(({ kind, key, follows, state }) => {
      const due =
        seen.facts.due?.includes(key) ||
        follows?.some(followed => changed.has(id(followed.kind, followed.key)));
      return due && !changed.has(id(kind, key)) && kinds.get(kind)?.reload && state.active === true;
    })
    .map(({ kind, key, state, stage, why, follows }) => ({
      host: seen.host,
      kind,
      key,
      action: 'reload' as const,
      before: state,
      after: state,
      layer: kinds.get(kind)!.layer,
      stage,
      why,
      ...(follows && { follows }),
    }));
}

/** How many wanted entries are as they should be. */
export function unchanged(wanted: readonly Resource[], changes: readonly Change[]): number {
  const changed = new Set(changes.map(change => id(change.kind, change.key)));
  return wanted.filter(({ kind, key }) => !changed.has(id(kind, key))).length;
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
  const former = new Map(seen.facts.mark?.entries.map(entry => [id(entry.kind, entry.key), entry]));
  const untouched = (kind: string) => seen.unreadable.has(kind) || !kinds.has(kind);
  const ours = wanted.flatMap(({ kind, key, stage, follows, heldBy, secret }) => {
    const known = former.get(id(kind, key));
    former.delete(id(kind, key));
    if (untouched(kind)) return known ?? [];
    // What its holder put there was not there before us.
    const origin = known ? known.origin : heldBy ? null : (seen.entries.get(kind)?.get(key) ?? null);
    const beside = { ...(follows && { follows }), ...(heldBy && { heldBy }), ...(secret && { secret }) };
    return { kind, key, stage, origin, ...beside };
  });
  const kept = [...former.values()].filter(({ kind }) => untouched(kind));
  if (wanted.length + kept.length === 0) return undefined;
  return { format: 1, cluster, members, entries: [...ours, ...kept] };
}

function id(kind: string, key: string): string {
  return `${kind} ${key}`;
}
