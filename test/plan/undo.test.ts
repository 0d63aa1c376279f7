import { describe, expect, it } from 'vitest';
import { type Change, changes, type Observed } from '../../src/plan/plan.js';
import type { ApplyRecord } from '../../src/plan/record.js';
import { undoPlan } from '../../src/plan/undo.js';
import type { Mark } from '../../src/systems/facts.js';
import { change } from '../report/sample.js';
import { entry, kinds, line, seen } from './host.js';

const on = { value: '1' };
const off = { value: '0' };
const cluster = { name: 'web', file: 'x.yaml', roles: new Map([['lb1', 'director']]) };
const mark = (...entries: Mark['entries']): Mark => ({ format: 1, cluster: 'web', members: {}, entries });

function record(made: readonly Change[], before: Mark | undefined, after: Mark | undefined): ApplyRecord {
  const marks = { ...(before && { before }), ...(after && { after }) };
  const source = { file: 'x.yaml', sha256: 'f00' };
  return {
    format: 1,
    id: 'i',
    at: '',
    owner: 'anna',
    cluster: 'web',
    source,
    hosts: ['lb1'],
    changes: made,
    marks,
  };
}

const undone = (of: ApplyRecord, host: Observed) => {
  const { plan, moved } = undoPlan(cluster, new Map([['lb1', of]]), [host], kinds);
  return { back: changes(plan).map(line), moved: moved.map(line), after: plan.marks.get('lb1')?.after, plan };
};
const marked = (entries: Mark['entries'], live: NonNullable<Parameters<typeof seen>[1]>['live']) =>
  seen('lb1', { marked: entries, ...(live && { live }) });

describe('an apply that is undone', () => {
  const a = entry('sysctl', 'a', null);
  const b = entry('sysctl', 'b', off);

  it('leads every entry to what it was: made ones go, changed ones and removed ones come back', () => {
    const made = [
      change('lb1', { kind: 'sysctl', key: 'a', after: on }),
      change('lb1', { kind: 'sysctl', key: 'b', before: off, after: on }),
      change('lb1', { kind: 'file', key: '/f', before: { content: 'x' }, why: 'orphan' }),
    ];
    const f = entry('file', '/f', null);
    const { back, moved, after } = undone(
      record(made, mark(f), mark(a, b)),
      marked([a, b], { sysctl: { a: on, b: on } }),
    );
    expect(back.sort()).toEqual([
      'create file /f (orphan)',
      'delete sysctl a (orphan)',
      'update sysctl b (orphan)',
    ]);
    expect(moved).toEqual([]);
    expect(after).toEqual(mark(f));
  });

  it('makes services read the old files, and leaves packages', () => {
    const file = change('lb1', {
      kind: 'file',
      key: '/f',
      before: { content: 'x' },
      after: { content: 'y' },
    });
    const made = [
      file,
      change('lb1', {
        kind: 'service',
        key: 's',
        action: 'reload',
        before: { active: true },
        after: { active: true },
      }),
      change('lb1', { kind: 'package', key: 'p', after: on, stays: 'packages stay installed' }),
    ];
    const m = mark(entry('file', '/f', null));
    const { back } = undone(record(made, m, m), marked(m.entries, { file: { '/f': { content: 'y' } } }));
    expect(back).toEqual(['update file /f (orphan)', 'reload service s (orphan)']);
  });

  it('is nothing where all is as it was already', () => {
    const made = [change('lb1', { kind: 'sysctl', key: 'a', after: on })];
    const { back, moved } = undone(record(made, undefined, mark(a)), marked([a], {}));
    expect({ back, moved }).toEqual({ back: [], moved: [] });
  });

  it('names what somebody changed since', () => {
    const made = [change('lb1', { kind: 'sysctl', key: 'b', before: off, after: on })];
    const { moved } = undone(record(made, mark(b), mark(b)), marked([b], { sysctl: { b: { value: '7' } } }));
    expect(moved).toEqual(['update sysctl b']);
  });

  it('of a drained and removed real server is one step back', () => {
    const [three, none] = [{ weight: 3 }, { weight: 0 }];
    const gone = { kind: 'real-server', key: 'x 10.0.0.1:80', why: 'orphan' as const };
    const made = [
      change('lb1', { ...gone, action: 'drain', before: three, after: none }),
      change('lb1', { ...gone, before: three }),
    ];
    const { plan } = undone(record(made, mark(a), mark(a)), marked([a], {}));
    expect(changes(plan)).toMatchObject([{ action: 'create', kind: 'real-server', after: three }]);
  });

  it('leaves what later applies brought', () => {
    const c = entry('sysctl', 'c', null);
    const made = [change('lb1', { kind: 'sysctl', key: 'a', after: on })];
    const { after } = undone(
      record(made, mark(b), mark(b, a)),
      marked([b, a, c], { sysctl: { a: on, b: on, c: on } }),
    );
    expect(after?.entries).toEqual([b, c]);
  });
});
