import { describe, expect, it } from 'vitest';
import { approved, compare } from '../../src/plan/compare.js';
import { changes, type Observed, type Plan } from '../../src/plan/plan.js';
import type { Resource, State } from '../../src/resources/kind.js';
import type { MarkEntry } from '../../src/systems/facts.js';
import { away, entry, kinds, line, seen, type Table, wish } from './host.js';
import { random } from './random.js';

const on = { value: '1' };
const off = { value: '0' };

function planned(
  roles: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, readonly Resource[]>>,
  observed: readonly Observed[],
): Plan {
  const cluster = { name: 'web', file: 'x.yaml', roles: new Map(Object.entries(roles)) };
  return compare(cluster, new Map(Object.entries(wanted)), observed, kinds);
}

const two = { lb1: 'director', web1: 'real server' };
const same = [wish('sysctl', 'a', on)];
const settled = (members: Readonly<Record<string, string>>) => ({
  live: { sysctl: { a: on } },
  marked: [entry('sysctl', 'a', null)],
  members,
});
const members = { lb1: 'id-lb1', web1: 'id-web1' };

describe('a plan', () => {
  it('tells of every host that was asked: what it is, what came of it, how much is as it should be', () => {
    const wanted = [wish('sysctl', 'a', on), wish('sysctl', 'b', on), wish('file', '/f', { content: '' })];
    const lb1 = seen('lb1', { live: { sysctl: { a: on } }, unreadable: { file: 'broken' } });
    const plan = planned(two, { lb1: wanted }, [lb1, away('web1'), seen('web9')]);
    expect(plan.hosts).toEqual([
      { name: 'lb1', role: 'director', status: 'ok', unreadable: new Map([['file', 'broken']]), same: 2 },
      {
        name: 'web1',
        role: 'real server',
        status: 'unreachable',
        message: 'no route',
        remedy: 'look',
        unreadable: new Map(),
        same: 0,
      },
      { name: 'web9', role: 'no longer in the topology', status: 'ok', unreadable: new Map(), same: 0 },
    ]);
  });

  it.each([
    ['by priority while nobody says who is master', {}, 'Backup director: lb2; Director: lb1'],
    ['last who is master now', { lb2: 'MASTER', lb1: 'BACKUP' }, 'Backup director: lb1; Director: lb2'],
    ['by priority where both are', { lb1: 'MASTER', lb2: 'MASTER' }, 'Backup director: lb2; Director: lb1'],
  ])('changes directors one at a time, %s', (_, states: Record<string, string>, expected) => {
    const host = (name: string) =>
      seen(name, { live: states[name] ? { verdict: { 'vrrp VI_1': { says: states[name] } } } : {} });
    const wanted = { lb1: [wish('sysctl', 'a', on)], lb2: [wish('sysctl', 'a', on, { stage: 'backup' })] };
    const plan = planned({ lb1: 'director', lb2: 'director' }, wanted, [host('lb1'), host('lb2')]);
    expect(plan.phases.map(({ name, changes }) => `${name}: ${[...changes.keys()]}`).join('; ')).toBe(
      expected,
    );
  });

  it('is empty when every host and its mark are as they should be', () => {
    const plan = planned(two, { lb1: same, web1: same }, [
      seen('lb1', settled(members)),
      seen('web1', settled(members)),
    ]);
    expect(changes(plan)).toEqual([]);
    expect(plan.phases).toEqual([]);
  });

  it('keeps a member that could not be read, whatever its name', () => {
    const all = { ...members, constructor: 'id-c' };
    const plan = planned({ ...two, constructor: 'real server' }, { lb1: same, web1: same }, [
      seen('lb1', settled(all)),
      seen('web1', settled(all)),
      away('constructor'),
    ]);
    expect(plan.marks.get('lb1')?.after?.members).toEqual(all);
  });

  it('writes the mark of a host where nothing else is to do', () => {
    const plan = planned({ lb1: 'director' }, { lb1: same }, [seen('lb1', { live: { sysctl: { a: on } } })]);
    expect(changes(plan).map(line)).toEqual(['create mark /var/lib/lvsctl/mark (orphan)']);
    expect(plan.marks.get('lb1')?.after?.entries).toEqual([entry('sysctl', 'a', on)]);
  });

  it('without any wish gives every host back, and takes its mark away', () => {
    const marked = [entry('sysctl', 'a', off), entry('file', '/f', null)];
    const host = seen('lb1', {
      live: { sysctl: { a: on }, file: { '/f': { content: '' } } },
      marked,
      members,
    });
    const plan = planned(two, {}, [host]);
    expect(changes(plan).map(line)).toEqual(
      ['delete file /f (orphan)', 'restore sysctl a (orphan)'].reverse(),
    );
    expect(plan.marks.get('lb1')).toEqual({ before: host.facts.mark });
  });

  it('takes the mark away also where everything went back by itself', () => {
    const host = seen('lb1', { live: { sysctl: { a: off } }, marked: [entry('sysctl', 'a', off)] });
    expect(changes(planned(two, {}, [host])).map(line)).toEqual([
      'delete mark /var/lib/lvsctl/mark (orphan)',
    ]);
  });

  it('is no change when a kind of a settled host cannot be read', () => {
    const marked = [entry('sysctl', 'a', off), entry('file', '/f', null)];
    const live = { file: { '/f': { content: '' } } };
    const host = seen('lb1', { live, marked, members: { lb1: 'id-lb1' }, unreadable: { sysctl: 'broken' } });
    const wanted = [wish('sysctl', 'a', on), wish('file', '/f', { content: '' })];
    expect(changes(planned({ lb1: 'director' }, { lb1: wanted }, [host]))).toEqual([]);
  });
});

describe('the members in the mark', () => {
  const membersAfter = (plan: Plan, host = 'lb1') => plan.marks.get(host)?.after?.members;

  it('are the hosts of the topology that were read, by machine-id', () => {
    const plan = planned(two, { lb1: same, web1: same }, [seen('lb1'), seen('web1')]);
    expect(membersAfter(plan)).toEqual(members);
    expect(membersAfter(plan, 'web1')).toEqual(members);
  });

  it('keep one that cannot be reached now', () => {
    const plan = planned(two, { lb1: same }, [seen('lb1', settled(members)), away('web1')]);
    expect(membersAfter(plan)).toEqual(members);
    expect(changes(plan)).toEqual([]);
  });

  it('lose one that was dropped from the topology, once it was read', () => {
    const plan = planned({ lb1: 'director' }, { lb1: same }, [
      seen('lb1', settled(members)),
      seen('web1', settled(members)),
    ]);
    expect(membersAfter(plan)).toEqual({ lb1: 'id-lb1' });
    expect(plan.marks.get('web1')?.after).toBeUndefined();
    expect(changes(plan).map(change => `${change.host}: ${line(change)}`)).toEqual([
      'lb1: update mark /var/lib/lvsctl/mark (orphan)',
      'web1: delete sysctl a (orphan)',
    ]);
  });

  it('keep one that was dropped but cannot be reached, so that a later apply finds it', () => {
    const plan = planned({ lb1: 'director' }, { lb1: same }, [seen('lb1', settled(members)), away('web1')]);
    expect(membersAfter(plan)).toEqual(members);
  });

  it('know a renamed host by its machine-id, under its new name alone', () => {
    const renamed = seen('web8', { ...settled(members), machineId: 'id-web1' });
    const plan = planned({ lb1: 'director', web8: 'real server' }, { lb1: same, web8: same }, [
      seen('lb1', settled(members)),
      renamed,
    ]);
    expect(membersAfter(plan)).toEqual({ lb1: 'id-lb1', web8: 'id-web1' });
    expect(changes(plan).map(({ kind }) => kind)).toEqual(['mark', 'mark']);
  });

  it('take up the new machine behind an old name', () => {
    const plan = planned(two, { lb1: same, web1: same }, [
      seen('lb1', settled(members)),
      seen('web1', { machineId: 'new' }),
    ]);
    expect(membersAfter(plan)).toEqual({ lb1: 'id-lb1', web1: 'new' });
  });
});

it('a mark that could not be read is no difference', () => {
  const closed = seen('lb1', { live: { sysctl: { a: on } }, unreadable: { mark: 'root alone' } });
  expect(changes(planned({ lb1: 'director' }, { lb1: same }, [closed]))).toEqual([]);
});

describe('the digest of a plan', () => {
  const digest = (wanted: readonly Resource[], live: Table = {}) =>
    planned(two, { lb1: wanted }, [seen('lb1', { live })]).digest;
  const [a, b] = [wish('sysctl', 'a', on), wish('sysctl', 'b', { x: 1, y: 2 })];

  it('is the same for the same changes in any order, also of their attributes', () => {
    expect(digest([a, b])).toBe(digest([wish('sysctl', 'b', { y: 2, x: 1 }), a]));
  });

  it('is another when something else would stand there afterwards', () => {
    const all = [digest([]), digest([a]), digest([b]), digest([a, b]), digest([wish('sysctl', 'a', off)])];
    expect(new Set(all).size).toBe(all.length);
  });

  it('has a secret in a form that takes long to find by trying', () => {
    const hidden = (value: string) => digest([wish('sysctl', 'a', { value }, { secret: ['value'] })]);
    expect(hidden('1')).not.toBe(digest([a]));
    expect(hidden('1')).not.toBe(hidden('2'));
    expect(hidden('1')).toBe(hidden('1'));
  });

  it('does not care what stands there before: that is not what was approved', () => {
    expect(digest([a], { sysctl: { a: off } })).toBe(digest([a]));
  });
});

describe('what was approved', () => {
  const of = (wanted: readonly Resource[], live: Table = {}, marked?: readonly MarkEntry[]) =>
    changes(
      planned({ lb1: 'director' }, { lb1: wanted }, [seen('lb1', { live, ...(marked && { marked }) })]),
    );
  const [a, b] = [wish('sysctl', 'a', on), wish('sysctl', 'b', on)];

  it('covers the same changes, fewer of them, and the same end from another start', () => {
    expect(approved(of([a, b]), of([a, b]))).toBe(true);
    expect(approved(of([b]), of([a, b]))).toBe(true);
    expect(approved([], of([a]))).toBe(true);
    expect(approved(of([a], { sysctl: { a: off } }), of([a]))).toBe(true);
  });

  it('covers no change that was not there, and none that leads elsewhere', () => {
    expect(approved(of([a, b]), of([a]))).toBe(false);
    expect(approved(of([wish('sysctl', 'a', off)]), of([a]))).toBe(false);
    expect(approved(of([], {}, [entry('sysctl', 'a', off)]), of([a]))).toBe(false);
  });

  it('covers the mark, our own book', () => {
    const mark = of([a], { sysctl: { a: on } });
    expect(mark.map(({ kind }) => kind)).toEqual(['mark']);
    expect(approved(mark, of([b]))).toBe(true);
  });
});

it('a plan that was carried out leaves an empty plan, and destroying gives every entry back: for any hosts', () => {
  const next = random(11);
  const values: readonly (State | undefined)[] = [on, off, { value: '2' }, undefined];
  const keys = ['a', 'b', 'c', 'd'];
  for (let round = 0; round < 60; round++) {
    const origin = new Map(keys.map(key => [key, values[next(4)]]));
    let live = new Map(origin);
    let marked: readonly MarkEntry[] | undefined;
    const read = () => {
      const there = [...live].flatMap(([key, value]) => (value ? [[key, value] as const] : []));
      return seen('lb1', {
        live: { sysctl: Object.fromEntries(there) },
        ...(marked && { marked, members: { lb1: 'id-lb1' } }),
      });
    };
    const carryOut = (wanted: readonly Resource[]) => {
      const plan = planned({ lb1: 'director' }, { lb1: wanted }, [read()]);
      for (const change of changes(plan)) if (change.kind === 'sysctl') live.set(change.key, change.after);
      marked = plan.marks.get('lb1')?.after?.entries;
    };
    for (let step = 0; step < 3; step++) {
      const wanted = keys.filter(() => next(2)).map(key => wish('sysctl', key, values[next(3)]!));
      if (wanted.length === 0) continue;
      carryOut(wanted);
      expect(changes(planned({ lb1: 'director' }, { lb1: wanted }, [read()]))).toEqual([]);
      live = new Map(
        [...live].map(([key, value]) => [key, marked!.some(e => e.key === key) && !next(3) ? off : value]),
      );
    }
    carryOut([]);
    expect(live).toEqual(origin);
    expect(marked).toBeUndefined();
  }
});
