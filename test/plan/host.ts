import type { Change, Observed } from '../../src/plan/plan.js';
import type { Entries, Kind, Resource, State } from '../../src/resources/kind.js';
import type { HostFacts, Mark, MarkEntry } from '../../src/systems/facts.js';

/** Entries of one host in short: `kind` -> `key` -> state. */
export type Table = Readonly<Record<string, Readonly<Record<string, State>>>>;

const kind = (name: string, more: Partial<Kind> = {}): Kind => ({
  name,
  layer: 'live',
  probe: () => ({ run: ':' }),
  parse: () => new Map(),
  steps: () => [],
  ...more,
});

/** A handful of kinds, in the order in which a host makes them: each has one of the traits that a plan looks at. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [
    kind('package', { layer: 'installed', stays: 'packages stay installed' }),
    kind('file', { layer: 'persisted' }),
    kind('sysctl'),
    kind('verdict', { evidence: true }),
    kind('virtual-service'),
    kind('real-server', { owns: (key, isWanted) => isWanted('virtual-service', key.split('/')[0]!) }),
    kind('service', {
      isGone: state => state.active === false,
      reload: key => [{ run: 'reload "$1"', args: [key] }],
    }),
  ].map(each => [each.name, each]),
);

/** Something wanted; of the stage `master` unless said otherwise. */
export function wish(kind: string, key: string, state: State, beside: Partial<Resource> = {}): Resource {
  const why = { reason: 'wanted', place: { file: 'x.yaml', line: 1, column: 1 } };
  return { kind, key, state, why, stage: 'master', ...beside };
}

/** An entry of a mark. */
export function entry(
  kind: string,
  key: string,
  origin: State | null,
  more: Partial<MarkEntry> = {},
): MarkEntry {
  return { kind, key, stage: 'master', origin, ...more };
}

interface Sketch {
  live?: Table;
  marked?: readonly MarkEntry[];
  unreadable?: Readonly<Record<string, string>>;
  members?: Mark['members'];
  machineId?: string;
  due?: readonly string[];
}

/** A host that was read. */
export function seen(host: string, sketch: Sketch = {}): Extract<Observed, { status: 'ok' }> {
  const { live = {}, marked, unreadable = {}, members = {}, machineId = `id-${host}`, due } = sketch;
  const mark: Mark | undefined = marked && { format: 1, cluster: 'web', members, entries: marked };
  const facts: HostFacts = {
    host,
    machineId,
    family: 'debian',
    release: '12',
    network: 'ifupdown',
    kernel: '6.1.0',
    bootId: 'b',
    links: [],
    dhcp: [],
    missing: [],
    root: true,
    ssh: { local: '', port: 22, peer: '', byDefaultRoute: false },
    ...(mark && { mark }),
    ...(due && { due }),
  };
  const entries = new Map<string, Entries>(
    Object.entries(live).map(([name, of]) => [name, new Map(Object.entries(of))]),
  );
  return { host, status: 'ok', facts, entries, unreadable: new Map(Object.entries(unreadable)) };
}

/** A host that could not be reached. */
export function away(host: string): Observed {
  return { host, status: 'unreachable', message: 'no route', remedy: 'look' };
}

/** One change in one line: `action kind key`, and what stays or hangs on something else. */
export function line({ action, kind, key, stays, why }: Change): string {
  const beside = [stays && 'stays', typeof why === 'string' && why].filter(Boolean).join(', ');
  return `${action} ${kind} ${key}${beside && ` (${beside})`}`;
}
