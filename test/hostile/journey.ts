import { phaseScript, readyScript, undoScript } from '../../src/hosts/phase-script.js';
import { batch } from '../../src/hosts/read.js';
import { compare } from '../../src/plan/compare.js';
import { hostChanges } from '../../src/plan/outcome.js';
import { type Change, changes, type Observed, type Plan } from '../../src/plan/plan.js';
import { driftText } from '../../src/report/drift-text.js';
import { findingText } from '../../src/report/finding-text.js';
import { jsonText } from '../../src/report/json-text.js';
import { palette } from '../../src/report/paint.js';
import { diagnostic, planJson } from '../../src/report/plan-json.js';
import { planText } from '../../src/report/plan-text.js';
import type { BlockKind } from '../../src/resources/block.js';
import { exportEntry } from '../../src/resources/export-entry.js';
import { fstabEntry } from '../../src/resources/fstab-entry.js';
import { kinds } from '../../src/resources/index.js';
import type { Command, Entries, Resource, State } from '../../src/resources/kind.js';
import { sysctlEntry } from '../../src/resources/sysctl-entry.js';
import { desire, rolesOf } from '../../src/roles/index.js';
import { render } from '../../src/roles/render.js';
import { judgeTopology } from '../../src/rules/index.js';
import { judgePlan } from '../../src/rules/plan/index.js';
import type { HostFacts } from '../../src/systems/facts.js';
import { Faults } from '../../src/topology/faults.js';
import { loadTopology } from '../../src/topology/load.js';
import { type Fault, hosts, type Topology } from '../../src/topology/topology.js';
import { factsOf } from '../roles/portrait.js';

/** What became of a topology file: the faults it was refused with, or all that a run would make of it. */
export interface Journey {
  faults?: readonly Fault[];
  topology?: Topology;
  /** Whatever people or machines would read of it. */
  printed: readonly string[];
  commands: readonly Command[];
  /** Shell text for hosts, with the commands that it has to carry out. */
  scripts: readonly { text: string; word: string; commands: readonly Command[] }[];
  /** host -> path -> content */
  files: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const NOTHING = { commands: [], scripts: [], files: new Map() };
const look = { paint: palette(false), width: 80 };

/** Takes a file all the way: read, judged, wished for, compared with four worlds, reported, made into commands. */
export function journey(path: string): Journey {
  let topology: Topology;
  try {
    topology = loadTopology(path);
  } catch (error) {
    if (!(error instanceof Faults)) throw error;
    const { faults } = error;
    const told = faults.map(fault => findingText(fault, look));
    const json = faults.map(fault => jsonText(diagnostic({ id: 'topology', severity: 'error', ...fault })));
    return { ...NOTHING, faults, printed: [...told, ...json] };
  }
  const findings = judgeTopology(topology).map(finding => findingText(finding, look));
  const wanted = new Map<string, readonly Resource[]>();
  const facts = new Map<string, HostFacts>();
  const unfit: string[] = [];
  for (const host of hosts(topology)) {
    facts.set(host.name, factsOf(topology, host));
    const wishes = desire(topology, facts.get(host.name)!);
    if ('message' in wishes) unfit.push(findingText(wishes, look));
    else wanted.set(host.name, wishes);
  }
  for (const wish of [...wanted.values()].flat()) readBack(wish);
  const worlds = [...plans(topology, wanted, facts)];
  return {
    topology,
    printed: [...findings, ...unfit, planText(worlds[0]!, look), ...worlds.flatMap(reports)],
    commands: [...worlds.flatMap(commandsOf), ...[...wanted.values()].flatMap(probes)],
    scripts: [...worlds.flatMap(plan => scriptsOf(topology, plan)), ...reading(topology, wanted)],
    files: new Map(hosts(topology).map(({ name }) => [name, render(topology, name)])),
  };
}

const BLOCKS = [fstabEntry, exportEntry, sysctlEntry].map(kind => kind as BlockKind<never>);

/** What stands in a shared file must be read as what was wished for: else no plan would ever be empty. */
function readBack({ kind, key, state }: Resource): void {
  const block = BLOCKS.find(({ name }) => name === kind);
  if (!block) return;
  const read = block.parse(`>${key.split(' ')[0]}\n|${block.line(key, state as never)}\n`);
  const same = JSON.stringify([...read]) === JSON.stringify([[key, state]]);
  if (!same) throw new Error(`${kind} ${JSON.stringify(key)} is read as ${JSON.stringify([...read])}`);
}

/** Compared with hosts that are empty, as wanted, different in every text, and ours to be given back. */
function* plans(
  topology: Topology,
  wanted: ReadonlyMap<string, readonly Resource[]>,
  facts: ReadonlyMap<string, HostFacts>,
): Iterable<Plan> {
  const cluster = { name: topology.name, file: topology.file, roles: rolesOf(topology) };
  const world = (held: (wish: Resource) => State | undefined, marks?: Plan['marks']): Observed[] =>
    [...wanted].map(([host, wishes]) => {
      const mark = marks?.get(host)?.after;
      const seen = { ...facts.get(host)!, ...(mark && { mark }), due: [] };
      return { host, status: 'ok', facts: seen, entries: entriesOf(wishes, held), unreadable: new Map() };
    });
  const between = (desired: typeof wanted, observed: Observed[]): Plan => {
    const plan = compare(cluster, desired, observed, kinds);
    return { ...plan, findings: judgePlan({ topology, observed, plan, desired }) };
  };
  const make = between(
    wanted,
    world(() => undefined),
  );
  const kept = between(
    wanted,
    world(({ state }) => state, make.marks),
  );
  if (changes(kept).length > 0) throw new Error(`not in sync with itself: ${JSON.stringify(changes(kept))}`);
  yield make;
  yield kept;
  yield between(wanted, world(differing, make.marks));
  yield between(
    new Map(),
    world(({ state }) => state, make.marks),
  );
}

function entriesOf(wishes: readonly Resource[], held: (wish: Resource) => State | undefined) {
  const entries = new Map<string, Entries>();
  for (const wish of wishes) {
    const state = held(wish);
    const of = entries.get(wish.kind) ?? new Map<string, State>();
    if (state) entries.set(wish.kind, new Map([...of, [wish.key, state]]));
  }
  return entries;
}

function differing({ state }: Resource): State {
  const other = (value: State[string]) =>
    typeof value === 'string' ? `${value}x` : typeof value === 'number' ? value + 1 : !value;
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, other(value)]));
}

function reports(plan: Plan): string[] {
  const imprint = { version: '0', timestamp: '0', topology: { path: plan.file, sha256: '0' } };
  return [
    planText(plan, { ...look, verbose: true, unicode: true }),
    driftText(plan, { verbose: true }),
    jsonText(planJson(plan, imprint), 2),
  ];
}

function commandsOf(plan: Plan): Command[] {
  return changes(plan).flatMap(change => {
    const kind = kinds.get(change.kind);
    if (!kind) return [];
    const steps = [change, { ...change, before: change.after, after: change.before }].flatMap(edit => [
      ...kind.steps(edit),
      ...(kind.together?.([edit]) ?? []),
    ]);
    return [
      ...steps,
      ...(kind.unlessOut ? steps.map(step => kind.unlessOut!(change.key, step)) : []),
      ...(kind.reload?.(change.key) ?? []),
      ...(kind.ready?.() ?? []),
      ...(change.check ? [change.check] : []),
    ];
  });
}

function probes(wishes: readonly Resource[]): Command[] {
  return [...new Set(wishes.map(({ kind }) => kind))].map(kind =>
    kinds.get(kind)!.probe(wishes.filter(wish => wish.kind === kind).map(({ key }) => key)),
  );
}

const DIRECTORY = '/var/lib/lvsctl/apply/1';

function scriptsOf({ name }: Topology, plan: Plan): Journey['scripts'] {
  return plan.hosts.flatMap(({ name: host }) => {
    const all = hostChanges(plan, host).map((change, number) => ({ number, change }));
    const reloads = all.filter(({ change }) => change.action === 'reload').map(({ change }) => change);
    const phases = plan.phases.flatMap(({ changes }) => {
      const part = all.filter(({ change }) => changes.get(host)?.includes(change));
      if (part.length === 0) return [];
      const text = phaseScript(name, DIRECTORY, part, kinds, reloads);
      const alone = part.filter(({ change }) => !kinds.get(change.kind)?.together);
      return [{ text, word: '1', commands: alone.flatMap(({ change }) => single(change)) }];
    });
    const undo = undoScript(name, all, kinds);
    const ready = readyScript(name, DIRECTORY, all, kinds);
    const taken = all.map(({ number, change }) => {
      const { before, after } = change;
      const back = change.action === 'reload' ? [] : single({ ...change, before: after, after: before });
      return { text: undo, word: String(number), commands: back };
    });
    return [...phases, ...taken, ...(ready ? [{ text: ready, word: '1', commands: [] }] : [])];
  });
}

/** What one change has carried out by itself. */
function single(change: Change): readonly Command[] {
  const kind = kinds.get(change.kind);
  if (!kind || change.stays || kind.stays || change.heldBy) return [];
  return change.action === 'reload' ? kind.reload!(change.key) : kind.steps(change);
}

/** Once as it is, where each command is by itself, and once with all together. */
function reading({ name }: Topology, wanted: ReadonlyMap<string, readonly Resource[]>): Journey['scripts'] {
  return [...wanted.values()].flatMap(wishes => {
    const all = probes(wishes);
    const commands = all.filter((probe, index) => all.findIndex(({ run }) => run === probe.run) === index);
    const { text } = batch(name, all);
    return [
      { text, word: '', commands },
      { text, word: 'together', commands },
    ];
  });
}
