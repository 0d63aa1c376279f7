import { describe, expect, it } from 'vitest';
import { order } from '../../src/plan/order.js';
import type { Change, Phase } from '../../src/plan/plan.js';
import type { Stage } from '../../src/resources/kind.js';
import { change } from '../report/sample.js';
import { random } from './random.js';

const KINDS = ['package', 'directory', 'file', 'address', 'virtual-service', 'real-server', 'service'];
const STAGES: readonly Stage[] = ['packages', 'storage', 'servers', 'backup', 'master'];
const state = { a: 1 };

const made = (host: string, stage: Stage, kind: string, key: string) =>
  change(host, { stage, kind, key, after: state });
const gone = (host: string, stage: Stage, kind: string, key: string) =>
  change(host, { stage, kind, key, before: state });
const reread = (host: string, stage: Stage, key: string, why: Change['why'] = 'orphan') =>
  change(host, { stage, kind: 'service', key, action: 'reload', before: state, after: state, why });

/** Each phase as `name: host(keys) host(keys)`. */
function shown(phases: readonly Phase[]): string[] {
  return phases.map(
    ({ name, changes }) =>
      `${name}: ${[...changes].map(([host, all]) => `${host}(${all.map(({ key }) => key).join(' ')})`).join(' ')}`,
  );
}

describe('the order of a plan', () => {
  it('nothing to do is no phase', () => {
    expect(order([], KINDS)).toEqual([]);
  });

  it('makes packages, storage, servers, then the backup, then the master, whatever order they were found in', () => {
    const changes = [...STAGES].reverse().map(stage => made('h', stage, 'file', stage));
    expect(shown(order(changes, KINDS))).toEqual([
      'Packages: h(packages)',
      'Storage and gateway: h(storage)',
      'Real servers: h(servers)',
      'Backup director: h(backup)',
      'Director: h(master)',
    ]);
  });

  it('removes the other way round: the director lets go before a server is taken down', () => {
    const changes = STAGES.map(stage => gone('h', stage, 'file', stage));
    expect(shown(order(changes, KINDS))).toEqual([
      'Director: removals: h(master)',
      'Backup director: removals: h(backup)',
      'Real servers: removals: h(servers)',
      'Storage and gateway: removals: h(storage)',
      'Packages: removals: h(packages)',
    ]);
  });

  it('drains before it removes: after what is new, or before all that makes keepalived remove', () => {
    const drained = (key: string, beside: Partial<Change> = {}) => [
      change('lb1', { kind: 'real-server', key, action: 'drain', before: state, after: state, ...beside }),
      change('lb1', { kind: 'real-server', key: `${key} away`, before: state, ...beside }),
    ];
    const held = { heldBy: 'keepalived' as const };
    const changes = [
      ...drained('old'),
      ...drained('held', held),
      made('lb1', 'master', 'real-server', 'new'),
    ];
    expect(shown(order(changes, KINDS))).toEqual(['Director: lb1(held new old old away held away)']);
  });

  it('carries out both at the turn in one phase, what is made first', () => {
    const changes = [
      gone('lb1', 'master', 'real-server', 'old'),
      gone('web3', 'servers', 'file', 'left'),
      made('web1', 'servers', 'file', 'ready'),
      made('lb1', 'master', 'real-server', 'new'),
    ];
    expect(shown(order(changes, KINDS))).toEqual([
      'Real servers: web1(ready)',
      'Director: lb1(new old)',
      'Real servers: removals: web3(left)',
    ]);
  });

  it('goes by the kinds within a host, then as the role wrote; hosts of a phase stand side by side', () => {
    const changes = [
      made('lb1', 'master', 'service', 's'),
      made('lb1', 'master', 'file', 'b'),
      made('lb2', 'master', 'file', 'x'),
      made('lb1', 'master', 'file', 'a'),
      made('lb1', 'master', 'package', 'p'),
    ];
    expect(shown(order(changes, KINDS))).toEqual(['Director: lb1(p b a s) lb2(x)']);
  });

  it('removes within a host in exactly the reverse of the order in which it makes', () => {
    const edits: [string, string][] = [
      ['file', 'b'],
      ['service', 's'],
      ['address', 'v'],
      ['file', 'a'],
    ];
    const forwards = order(
      edits.map(([kind, key]) => made('h', 'servers', kind, key)),
      KINDS,
    );
    const back = order(
      edits.map(([kind, key]) => gone('h', 'servers', kind, key)),
      KINDS,
    );
    const keys = (phases: Phase[]) => phases[0]!.changes.get('h')!.map(({ key }) => key);
    expect(keys(forwards)).toEqual(['b', 'a', 'v', 's']);
    expect(keys(back)).toEqual(keys(forwards).toReversed());
  });

  it('puts back an origin on the way back, like a removal', () => {
    const restored = change('h', {
      stage: 'servers',
      kind: 'file',
      key: 'f',
      before: state,
      after: state,
      action: 'restore',
    });
    expect(shown(order([made('lb1', 'master', 'address', 'v'), restored], KINDS))).toEqual([
      'Director: lb1(v)',
      'Real servers: removals: h(f)',
    ]);
  });

  it('has services read their files again last', () => {
    const why = { reason: 'wanted', place: { file: 'x', line: 1, column: 1 } };
    const changes = [
      reread('h', 'servers', 'nginx', why),
      made('h', 'servers', 'service', 'other'),
      made('h', 'servers', 'file', 'site'),
    ];
    expect(shown(order(changes, KINDS))).toEqual(['Real servers: h(site other nginx)']);
  });

  it('has a service that stays read them again after ours were taken away, not before', () => {
    const changes = [reread('h', 'servers', 'nginx'), gone('h', 'servers', 'file', 'site')];
    expect(shown(order(changes, KINDS))).toEqual(['Real servers: removals: h(site nginx)']);
  });
});

it('loses no change, doubles none, and keeps its law for any mixture', () => {
  const next = random(7);
  const one = <T>(of: readonly T[]): T => of[next(of.length)]!;
  for (let round = 0; round < 60; round++) {
    const changes = Array.from({ length: next(30) }, (_, index) =>
      one([made, gone])(one(['a', 'b', 'c']), one(STAGES), one(KINDS), `k${index}`),
    );
    const phases = order(changes, KINDS);
    const flat = phases.flatMap(({ changes }) => [...changes.values()].flat());
    expect(flat.map(({ key }) => key).sort()).toEqual(changes.map(({ key }) => key).sort());
    const depth = (stage: Stage) => STAGES.indexOf(stage);
    const way = phases.flatMap(({ stage, changes }) => {
      const all = [...changes.values()].flat();
      const turn = 2 * STAGES.length;
      const made = all.some(({ after }) => after) ? [depth(stage)] : [];
      return all.some(({ after }) => !after) ? [...made, turn - depth(stage)] : made;
    });
    expect(way, 'down the stages, then up').toEqual([...new Set(way)].sort((a, b) => a - b));
  }
});

it('keepalived makes and removes what it holds before we look at it', () => {
  const beside = { heldBy: 'keepalived' } as const;
  const changes = [
    change('lb1', { kind: 'real-server', key: 'new', after: state, ...beside }),
    change('lb1', { kind: 'real-server', key: 'old', before: state, why: 'orphan', ...beside }),
    change('lb1', { kind: 'file', key: 'conf', before: state, after: state }),
    reread('lb1', 'master', 'keepalived', { reason: 'x', place: { file: 'x', line: 1, column: 1 } }),
  ];
  expect(shown(order(changes, KINDS))).toEqual(['Director: lb1(conf keepalived new old)']);
});
