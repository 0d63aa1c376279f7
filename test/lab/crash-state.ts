import { loadTopology } from '../../src/topology/load.js';
import { hosts } from '../../src/topology/topology.js';
import type { Cluster } from './cluster.js';
import { deed, type PlannedChange } from './crash-point.js';

/** What a host holds after an apply was broken off, by what a new plan changes there. */
export type HostState = 'old' | 'new' | 'mixed';
export type States = Readonly<Record<string, HostState>>;

/** Each host's mark, told apart by its sum; empty where there is none. */
export type Marks = Readonly<Record<string, string>>;

export async function marksOf(c: Cluster): Promise<Marks> {
  const sums = hostsOf(c).map(async host => {
    const sum = await c.on(host, 'sha256sum /var/lib/lvsctl/mark 2>/dev/null || :');
    return [host, sum.trim()];
  });
  return Object.fromEntries(await Promise.all(sums));
}

/** The ipvs table of each director. */
export type Tables = Readonly<Record<string, string>>;

export async function tablesOf(c: Cluster): Promise<Tables> {
  const saved = loadTopology(c.file).directors.map(async ({ name }) => {
    return [name, await c.on(name, 'ipvsadm -Sn 2>/dev/null | sort')];
  });
  return Object.fromEntries(await Promise.all(saved));
}

/** Of each host that the old plan changed: whether the new plan has all of that again, or nothing. */
export function statesOf(old: readonly PlannedChange[], now: readonly PlannedChange[]): States {
  const changed = [...new Set(old.filter(each => deed(each) !== '-').map(({ host }) => host))];
  const state = (host: string): HostState => {
    const rest = lines(host, now);
    if (rest.length === 0) return 'new';
    return rest.join('\n') === lines(host, old).join('\n') ? 'old' : 'mixed';
  };
  return Object.fromEntries(changed.map(host => [host, state(host)]));
}

/** What is wrong with these states. */
export function mixed(
  c: Cluster,
  states: States,
  plans: { old: readonly PlannedChange[]; now: readonly PlannedChange[] },
  marks: { old: Marks; now: Marks },
): string[] {
  const named = hosts(loadTopology(c.file)).map(({ name }) => name);
  return Object.entries(states).flatMap(([host, state]) => {
    if (state === 'mixed')
      return [`${host} is mixed: ${difference(lines(host, plans.old), lines(host, plans.now))}`];
    if (state === 'old' && marks.now[host] !== marks.old[host]) return [`${host} is old, but not its mark`];
    // What left the topology is found by the marks of others: a plan that says nothing of it may have forgotten it.
    if (state === 'new' && !named.includes(host) && marks.now[host]) return [`${host} is forgotten`];
    return [];
  });
}

/** What a plan changes on a host, modules aside: they stay loaded when nobody needs them. */
function lines(host: string, changes: readonly PlannedChange[]): string[] {
  return changes
    .filter(change => change.host === host && change.type !== 'module' && deed(change) !== '-')
    .map(change => `${deed(change)} ${change.name}`)
    .sort();
}

function difference(old: readonly string[], now: readonly string[]): string {
  const missing = old.filter(line => !now.includes(line));
  const more = now.filter(line => !old.includes(line));
  return `made and not taken back: ${missing.join(', ') || 'nothing'}; new in the plan: ${more.join(', ') || 'nothing'}`;
}

/** The machines of a lab that lvsctl manages. */
export function hostsOf(c: Cluster): string[] {
  return c.spec.machines.map(({ name }) => name).filter(name => name !== 'client' && name !== 'router');
}
