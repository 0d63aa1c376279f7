import type { Kind, Resource, State } from '../resources/kind.js';
import type { Mark } from '../systems/facts.js';
import { notRead, planOf } from './compare.js';
import { id, same } from './diff.js';
import { drains } from './drain.js';
import { masterLast } from './master.js';
import type { Change, Desired, Observed, Plan } from './plan.js';
import { type ApplyRecord, asBefore, askedFor, markWithout, turned } from './record.js';
import { tolerated } from './verdicts.js';

type Seen = Extract<Observed, { status: 'ok' }>;

/**
 * The plan that takes an apply back: every entry to what it was before. `moved`: entries that are no longer as that apply
 * left them, so that somebody would lose what he did since. `desired`: what the hosts hold then.
 */
export function undoPlan(
  cluster: { name: string; file: string; roles: ReadonlyMap<string, string> },
  records: ReadonlyMap<string, ApplyRecord>,
  observed: readonly Observed[],
  kinds: ReadonlyMap<string, Kind>,
): { plan: Plan; moved: readonly Change[]; desired: Desired } {
  const all: Change[] = [];
  const moved: Change[] = [];
  const marks = new Map<string, { before?: Mark; after?: Mark }>();
  const desired = new Map<string, readonly Resource[]>();
  const hosts: Plan['hosts'][number][] = [];
  for (const seen of observed.filter(({ host }) => records.has(host))) {
    const { host } = seen;
    const role = cluster.roles.get(host) ?? 'no longer in the topology';
    if (seen.status !== 'ok') {
      hosts.push(notRead(seen, role));
      continue;
    }
    const record = records.get(host)!;
    const [before, after] = [seen.facts.mark, markWithout(record, seen.facts.mark)];
    const back = [...masterLast(backOn(record, seen, kinds), observed)];
    const held = heldAfter(record, after?.entries ?? [], seen);
    const changed = turned(record).filter(
      entry => !same(live(seen, entry), entry.became) && !entry.change.heldBy,
    );
    all.push(...back, ...drains(back, held, seen));
    moved.push(...changed.filter(entry => !same(live(seen, entry), entry.was)).map(({ change }) => change));
    marks.set(host, { ...(before && { before }), ...(after && { after }) });
    desired.set(host, held);
    hosts.push({ name: host, role, status: 'ok', unreadable: seen.unreadable, same: 0 });
  }
  return { plan: planOf(cluster, hosts, all, marks, kinds), moved, desired };
}

function backOn(record: ApplyRecord, seen: Seen, kinds: ReadonlyMap<string, Kind>): Change[] {
  const wishes = new Map(askedFor(record).map(wish => [id(wish), wish]));
  const back = turned(record).flatMap(({ kind, key, was, change }): Change[] => {
    const before = live(seen, { kind, key });
    if (!kinds.has(kind) || same(before, was)) return [];
    if (was && tolerated(wishes.get(id({ kind, key }))!, seen)) return [];
    const action = was ? (before ? 'update' : 'create') : 'delete';
    const { leaves, stays } = kinds.get(kind)!;
    const { host, layer, stage, follows, check, secret, heldBy } = change;
    return [
      {
        ...{ host, kind, key, layer, stage, action, before, after: was, why: 'orphan' },
        ...(leaves && !was && { leaves }),
        ...(stays && !was && { stays }),
        ...(follows && { follows }),
        ...(check && { check }),
        ...(secret && { secret }),
        ...(heldBy && { heldBy }),
      },
    ];
  });
  const reads = record.changes
    .filter(
      ({ action, kind, key }) =>
        action === 'reload' && !back.some(other => other.kind === kind && other.key === key),
    )
    .map((change): Change => ({ ...change, why: 'orphan' }));
  return back.length > 0 ? [...back, ...reads] : [];
}

/** What the host holds of ours when the apply is taken back. */
function heldAfter(
  record: ApplyRecord,
  entries: readonly Pick<Resource, 'kind' | 'key' | 'stage'>[],
  seen: Seen,
): Resource[] {
  const was = new Map(turned(record).map(entry => [id(entry), entry.was]));
  return entries.flatMap(entry => {
    const state = was.has(id(entry)) ? was.get(id(entry)) : live(seen, entry);
    return state ? [{ ...entry, state, why: asBefore(record) }] : [];
  });
}

function live(seen: Seen, { kind, key }: { kind: string; key: string }): State | undefined {
  return seen.entries.get(kind)?.get(key);
}
