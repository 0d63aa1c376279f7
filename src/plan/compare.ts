import { createHash, scryptSync } from 'node:crypto';
import type { Kind } from '../resources/kind.js';
import type { Mark } from '../systems/facts.js';
import { diff, markAfter, same, unchanged } from './diff.js';
import { drains } from './drain.js';
import { masterLast } from './master.js';
import { order } from './order.js';
import type { Change, Desired, Observed, Plan } from './plan.js';

const MARK = { kind: 'mark', key: '/var/lib/lvsctl/mark', layer: 'persisted', stage: 'storage' } as const;

/**
 * What has to change so that every host that could be read holds what it should.
 * `roles`: host name -> what it is in the cluster, in the order of the file; hosts that only a mark names come last.
 */
export function compare(
  cluster: { name: string; file: string; roles: ReadonlyMap<string, string> },
  desired: Desired,
  observed: readonly Observed[],
  kinds: ReadonlyMap<string, Kind>,
): Plan {
  const members = membersNow(cluster.roles, observed);
  const all: Change[] = [];
  const marks = new Map<string, { before?: Mark; after?: Mark }>();
  const hosts: Plan['hosts'][number][] = [];

  for (const seen of observed) {
    const role = cluster.roles.get(seen.host) ?? 'no longer in the topology';
    if (seen.status !== 'ok') {
      hosts.push(notRead(seen, role));
      continue;
    }
    const wanted = desired.get(seen.host) ?? [];
    const before = seen.facts.mark;
    const after = markAfter(cluster.name, members, wanted, seen, kinds);
    const changes = [...masterLast(diff(wanted, seen, kinds), observed)];
    const read = !seen.unreadable.has(MARK.kind);
    if (read && changes.length === 0 && JSON.stringify(before) !== JSON.stringify(after)) {
      changes.push(markChange(seen.host, before, after));
    }
    all.push(...changes, ...drains(changes, wanted, seen));
    marks.set(seen.host, { ...(before && { before }), ...(after && { after }) });
    hosts.push({
      name: seen.host,
      role,
      status: 'ok',
      unreadable: seen.unreadable,
      same: unchanged(wanted, changes),
    });
  }
  return planOf(cluster, hosts, all, marks, kinds);
}

/** The plan of these changes, in the order in which they are carried out. */
export function planOf(
  { name: cluster, file }: { name: string; file: string },
  hosts: Plan['hosts'],
  all: readonly Change[],
  marks: Plan['marks'],
  kinds: ReadonlyMap<string, Kind>,
): Plan {
  const phases = order(all, [...kinds.keys()]);
  return { cluster, file, hosts, phases, marks, findings: [], digest: digest(all) };
}

/** What a plan says of a host that could not be read. */
export function notRead(seen: Exclude<Observed, { status: 'ok' }>, role: string): Plan['hosts'][number] {
  const { host: name, status, message, remedy } = seen;
  return { name, role, status, message, remedy, unreadable: new Map(), same: 0 };
}

/**
 * True when every change of `later` was approved as part of `earlier`: same place, same wish. The mark is our own
 * book and needs no approval.
 */
export function approved(later: readonly Change[], earlier: readonly Change[]): boolean {
  return later.every(
    change =>
      change.kind === MARK.kind ||
      earlier.some(
        was =>
          was.host === change.host &&
          was.kind === change.kind &&
          was.key === change.key &&
          same(was.after, change.after),
      ),
  );
}

function membersNow(roles: ReadonlyMap<string, string>, observed: readonly Observed[]): Mark['members'] {
  const members = new Map<string, string>();
  for (const seen of observed) {
    if (seen.status !== 'ok') continue;
    for (const [name, machine] of Object.entries(seen.facts.mark?.members ?? {})) {
      const unread = observed.some(other => other.host === name && other.status !== 'ok');
      if ((roles.has(name) || unread) && !members.has(name)) members.set(name, machine);
    }
  }
  for (const seen of observed) {
    if (seen.status === 'ok' && roles.has(seen.host)) members.set(seen.host, seen.facts.machineId);
  }
  return Object.fromEntries([...members].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The change that stands for the mark itself, on a host where nothing else changes. */
export function markChange(host: string, before: Mark | undefined, after: Mark | undefined): Change {
  const action = before ? (after ? 'update' : 'delete') : 'create';
  const [was, is] = [before && shown(before), after && shown(after)];
  return { host, ...MARK, action, ...(was && { before: was }), ...(is && { after: is }), why: 'orphan' };
}

function shown(mark: Mark) {
  const { members, entries, drained = [] } = mark;
  return { members: Object.keys(members).join(' '), entries: entries.length, drained: drained.join(' ') };
}

/** A digest is shown, and a short secret would soon be found by trying: scrypt makes each try cost. */
function digest(changes: readonly Change[]): string {
  const lines = changes.map(({ host, kind, key, after, secret }) => {
    const dear = (name: string, value: unknown) =>
      secret?.includes(name) ? scryptSync(String(value), 'lvsctl', 32).toString('hex') : value;
    const state = after && Object.entries(after).map(([name, value]) => [name, dear(name, value)]);
    return JSON.stringify([host, kind, key, state ? state.sort() : null]);
  });
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
