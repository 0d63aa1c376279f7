import { describe, expect, it } from 'vitest';
import { diff, markAfter, same, unchanged } from '../../src/plan/diff.js';
import type { State } from '../../src/resources/kind.js';
import { entry, kinds, line, seen, wish } from './host.js';

const on = { value: '1' };
const off = { value: '0' };
const site = { content: 'new' };
const follows = [{ kind: 'file', key: '/site' }];

describe('how a host differs from what it should hold', () => {
  it('an entry that is not there is created', () => {
    const [change] = diff([wish('sysctl', 'a', on)], seen('lb1'), kinds);
    expect(change).toMatchObject({
      host: 'lb1',
      action: 'create',
      after: on,
      layer: 'live',
      stage: 'master',
    });
    expect(change?.before).toBeUndefined();
  });

  it('an entry that is otherwise is updated, with both sides', () => {
    const host = seen('lb1', { live: { sysctl: { a: off } } });
    expect(diff([wish('sysctl', 'a', on)], host, kinds)).toMatchObject([
      { action: 'update', before: off, after: on },
    ]);
  });

  it('an entry that is as wanted makes no change, whatever else the host holds', () => {
    const host = seen('lb1', { live: { sysctl: { a: on, foreign: off }, file: { '/etc/motd': site } } });
    expect(diff([wish('sysctl', 'a', on)], host, kinds)).toEqual([]);
  });

  it('what stands beside the state comes along and is never compared', () => {
    const beside = { follows, check: { run: 'true' }, secret: ['value'] };
    const wanted = [wish('sysctl', 'a', on, beside)];
    expect(diff(wanted, seen('lb1'), kinds)).toMatchObject([beside]);
    expect(diff(wanted, seen('lb1', { live: { sysctl: { a: on } } }), kinds)).toEqual([]);
  });

  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1, b: '' }, { b: '', a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: 1 }, { a: 1, b: '' }, false],
    [{ a: true }, undefined, false],
    [undefined, undefined, true],
  ])('%j and %j: same is %j', (a, b, expected) => {
    expect(same(a as never, b as never)).toBe(expected);
    expect(same(b as never, a as never)).toBe(expected);
  });

  it('says how many entries are as they should be', () => {
    const wanted = [wish('sysctl', 'a', on), wish('sysctl', 'b', on), wish('sysctl', 'c', on)];
    const host = seen('lb1', { live: { sysctl: { a: on, b: off } } });
    expect(unchanged(wanted, diff(wanted, host, kinds))).toBe(1);
  });
});

describe('what we put there and nobody wants any more', () => {
  it.each([
    ['is deleted when nothing stood there', on, null, ['delete sysctl a (orphan)']],
    ['goes back to its origin', on, off, ['restore sysctl a (orphan)']],
    ['goes back although it was removed meanwhile', undefined, off, ['restore sysctl a (orphan)']],
    ['makes no change when it equals its origin already', off, off, []],
    ['makes no change when nothing stood there and nothing stands there', undefined, null, []],
  ])('%s', (_, live, origin, expected) => {
    const host = seen('lb1', {
      live: { sysctl: live ? { a: live } : {} },
      marked: [entry('sysctl', 'a', origin)],
    });
    expect(diff([], host, kinds).map(line)).toEqual(expected);
  });

  it('has gone when only its package keeps it: a unit that does not run', () => {
    const left = (active: boolean) => {
      const live = { service: { nginx: { active } } };
      return diff([], seen('web1', { live, marked: [entry('service', 'nginx', null)] }), kinds).map(line);
    };
    expect(left(true)).toEqual(['delete service nginx (orphan)']);
    expect(left(false)).toEqual([]);
  });

  it('stays on the host when its kind stays, and the change says why', () => {
    const host = seen('web1', {
      live: { package: { nginx: { installed: true } } },
      marked: [entry('package', 'nginx', null)],
    });
    expect(diff([], host, kinds)).toMatchObject([{ action: 'delete', stays: 'packages stay installed' }]);
  });

  it('is left alone when this lvsctl does not know its kind', () => {
    expect(diff([], seen('lb1', { marked: [entry('from-the-future', 'a', off)] }), kinds)).toEqual([]);
  });
});

describe('what hangs on something of ours', () => {
  const state = { weight: 1 };
  const wanted = [
    wish('virtual-service', 'tcp 1', { scheduler: 'rr' }),
    wish('real-server', 'tcp 1/a', state),
  ];
  const host = seen('lb1', {
    live: {
      'virtual-service': { 'tcp 1': { scheduler: 'rr' }, 'tcp 9': { scheduler: 'rr' } },
      'real-server': { 'tcp 1/a': state, 'tcp 1/b': state, 'tcp 9/a': state },
    },
  });

  it('is removed when nobody wants it; what hangs on something foreign is not', () => {
    expect(diff(wanted, host, kinds).map(line)).toEqual(['delete real-server tcp 1/b (extra)']);
  });

  it('is an orphan, not an extra, when the mark knows it', () => {
    const marked = seen('lb1', {
      live: { 'virtual-service': { 'tcp 1': { scheduler: 'rr' } }, 'real-server': { 'tcp 1/b': state } },
      marked: [entry('real-server', 'tcp 1/b', null)],
    });
    const [service] = wanted;
    expect(diff([service!], marked, kinds).map(line)).toEqual(['delete real-server tcp 1/b (orphan)']);
  });
});

describe('a kind that could not be read', () => {
  const unreadable = { sysctl: 'broken' };

  it('never becomes a change, wanted or orphan', () => {
    const host = seen('lb1', { unreadable, marked: [entry('sysctl', 'a', off), entry('sysctl', 'b', off)] });
    expect(diff([wish('sysctl', 'a', on), wish('file', '/f', site)], host, kinds).map(line)).toEqual([
      'create file /f',
    ]);
  });

  it('keeps its entries of the mark and their origins, in their places', () => {
    const marked = [entry('sysctl', 'a', off), entry('file', '/f', null), entry('sysctl', 'orphan', off)];
    const host = seen('lb1', { unreadable, marked, live: { file: { '/f': site } } });
    const wanted = [wish('sysctl', 'a', on), wish('file', '/f', site)];
    expect(markAfter('web', {}, wanted, host, kinds)?.entries).toEqual(marked);
  });

  it('gets no entry in the mark before it was read once: its origin is not known', () => {
    const host = seen('lb1', { unreadable });
    expect(markAfter('web', {}, [wish('sysctl', 'a', on)], host, kinds)?.entries).toEqual([]);
  });

  it('keeps the mark of a host that is destroyed, so that the next destroy finds what is left', () => {
    const marked = [entry('sysctl', 'a', off), entry('file', '/f', null)];
    const host = seen('lb1', { unreadable, marked });
    expect(markAfter('web', {}, [], host, kinds)?.entries).toEqual([entry('sysctl', 'a', off)]);
  });
});

describe('the mark after an apply', () => {
  const wanted = [wish('sysctl', 'a', on), wish('sysctl', 'b', on, { follows })];

  it('keeps what stood there before our first write, or that nothing did', () => {
    const host = seen('lb1', { live: { sysctl: { a: off } } });
    expect(markAfter('web', { lb1: 'id' }, wanted, host, kinds)).toEqual({
      format: 1,
      cluster: 'web',
      members: { lb1: 'id' },
      entries: [entry('sysctl', 'a', off), entry('sysctl', 'b', null, { follows })],
    });
  });

  it('never takes a later reading for the origin', () => {
    const marked = [entry('sysctl', 'a', { value: '7' }), entry('sysctl', 'b', null)];
    const host = seen('lb1', { live: { sysctl: { a: on, b: on } }, marked });
    expect(markAfter('web', {}, wanted, host, kinds)?.entries.map(({ origin }) => origin)).toEqual([
      { value: '7' },
      null,
    ]);
  });

  it('forgets what nobody wants any more', () => {
    const host = seen('lb1', { marked: [entry('sysctl', 'old', off)] });
    expect(markAfter('web', {}, [wish('sysctl', 'a', on)], host, kinds)?.entries).toEqual([
      entry('sysctl', 'a', null),
    ]);
    expect(markAfter('web', {}, [], host, kinds)).toBeUndefined();
  });

  it('keeps entries of kinds that this lvsctl does not know', () => {
    const future = entry('from-the-future', 'x', off);
    expect(markAfter('web', {}, [], seen('lb1', { marked: [future] }), kinds)?.entries).toEqual([future]);
  });
});

describe('a service that follows a file', () => {
  const nginx = wish('service', 'nginx', { active: true }, { follows });
  const file = wish('file', '/site', site);
  const running = { service: { nginx: { active: true } } };

  it('reads its files again when one of them changed', () => {
    expect(diff([file, nginx], seen('web1', { live: running }), kinds).map(line)).toEqual([
      'create file /site',
      'reload service nginx',
    ]);
  });

  it('does not when none of them changed', () => {
    const host = seen('web1', { live: { ...running, file: { '/site': site } } });
    expect(diff([file, wish('file', '/other', site), nginx], host, kinds).map(line)).toEqual([
      'create file /other',
    ]);
  });

  it('is only started when it does not run: that reads the files too', () => {
    expect(diff([file, nginx], seen('web1'), kinds).map(line)).toEqual([
      'create file /site',
      'create service nginx',
    ]);
  });

  it('reads them again when a crash lost that, although no file differs any more', () => {
    const live = { ...running, file: { '/site': site } };
    expect(diff([file, nginx], seen('web1', { live, due: ['nginx'] }), kinds).map(line)).toEqual([
      'reload service nginx',
    ]);
    const stopped = seen('web1', { live: { file: live.file }, due: ['nginx'] });
    expect(diff([file, nginx], stopped, kinds).map(line)).toEqual(['create service nginx']);
    expect(diff([file, nginx], seen('web1', { live, due: ['sshd'] }), kinds)).toEqual([]);
  });

  it('reads them again also when nobody could tell whether it runs: nothing would tell it later', () => {
    const host = seen('web1', { unreadable: { service: 'broken' } });
    expect(diff([file, nginx], host, kinds).map(line)).toEqual(['create file /site', 'reload service nginx']);
  });

  it('that ran before us reads them again when ours are taken away', () => {
    const marked = [entry('file', '/site', null), entry('service', 'nginx', { active: true }, { follows })];
    const host = seen('web1', { live: { ...running, file: { '/site': site } }, marked });
    expect(diff([], host, kinds).map(line)).toEqual([
      'delete file /site (orphan)',
      'reload service nginx (orphan)',
    ]);
  });

  it.each([
    ['did not run before us is stopped', { active: false }, ['restore service nginx (orphan)']],
    ['was not there before us is stopped', null, ['delete service nginx (orphan)']],
  ])('that %s, and not told to read anything', (_, origin, expected) => {
    const marked = [entry('file', '/site', null), entry('service', 'nginx', origin, { follows })];
    const host = seen('web1', { live: { ...running, file: { '/site': site } }, marked });
    expect(diff([], host, kinds).map(line)).toEqual(['delete file /site (orphan)', ...expected]);
  });
});

describe('what keepalived holds', () => {
  const state = { weight: 1 };
  const beside = { heldBy: 'keepalived' } as const;
  const wanted = [
    wish('virtual-service', 'tcp 1', { scheduler: 'rr' }, beside),
    wish('real-server', 'tcp 1 a', state, beside),
  ];
  const hung = (key: string, isWanted: (kind: string, key: string) => boolean) =>
    isWanted('virtual-service', key.slice(0, key.lastIndexOf(' ')));
  const sysctl = kinds.get('sysctl')!;
  const hangs: typeof kinds = new Map([
    ...kinds,
    ['real-server', { ...kinds.get('real-server')!, owns: hung }],
    ['verdict', sysctl],
    ['address', sysctl],
  ]);
  const table = (servers: Record<string, State>, verdicts: Record<string, string> = {}) =>
    seen('lb1', {
      live: {
        'virtual-service': { 'tcp 1': { scheduler: 'rr' } },
        'real-server': servers,
        verdict: Object.fromEntries(
          Object.entries(verdicts).map(([key, says]) => [key, { says, line: says }]),
        ),
      },
    });

  it.each<[string, Record<string, State>, Record<string, string>, string[]]>([
    ['is in sync when it is there', { 'tcp 1 a': state }, {}, []],
    ['is drift when it is gone and keepalived says nothing', {}, {}, ['create real-server tcp 1 a']],
    [
      'is drift when it is gone and keepalived has it up',
      {},
      { 'tcp 1 a': 'up' },
      ['create real-server tcp 1 a'],
    ],
    ['is tolerated when keepalived has removed it', {}, { 'tcp 1 a': 'down' }, []],
    ['is tolerated when keepalived has disabled it', { 'tcp 1 a': { weight: 0 } }, { 'tcp 1 a': 'down' }, []],
    [
      'is drift with weight 0 when keepalived has it up',
      { 'tcp 1 a': { weight: 0 } },
      {},
      ['update real-server tcp 1 a'],
    ],
    [
      'is drift with another weight, down or not',
      { 'tcp 1 a': { weight: 7 } },
      { 'tcp 1 a': 'down' },
      ['update real-server tcp 1 a'],
    ],
    [
      'gives way to the sorry server, which is no extra',
      { 'tcp 1 s': state },
      { 'tcp 1': 'sorry', 'tcp 1 s': 'sorry' },
      [],
    ],
    [
      'has extras that keepalived knows nothing of',
      { 'tcp 1 a': state, 'tcp 1 b': state },
      {},
      ['delete real-server tcp 1 b (extra)'],
    ],
    ['may be out until its first good answer', {}, { 'waiting tcp 1': 'waiting' }, []],
  ])('%s', (_, servers, verdicts, expected) => {
    expect(diff(wanted, table(servers, verdicts), hangs).map(line)).toEqual(expected);
  });

  it('of addresses is between the directors', () => {
    expect(diff([wish('address', 'eth0 10.0.0.9/24', { label: '' }, beside)], table({}), hangs)).toEqual([]);
  });

  it('was not there before us, but for what always is', () => {
    const timeout = { ...sysctl, leaves: 'it is always there' };
    const live = { 'real-server': { 'tcp 1 a': state }, 'ipvs-timeout': { tcp: { seconds: 900 } } };
    const held = [wanted[1]!, wish('ipvs-timeout', 'tcp', { seconds: 600 }, beside)];
    const mark = markAfter(
      'web',
      {},
      held,
      seen('lb1', { live }),
      new Map([...hangs, ['ipvs-timeout', timeout]]),
    );
    expect(mark?.entries.map(({ origin }) => origin)).toEqual([null, { seconds: 900 }]);
  });

  it('is remembered in the mark, with what must not be shown', () => {
    const secret = [wish('file', '/etc/f', { content: 'x' }, { secret: ['content'] })];
    const mark = markAfter('web', {}, [...wanted, ...secret], table({ 'tcp 1 a': state }), hangs);
    expect(mark?.entries).toMatchObject([beside, beside, { secret: ['content'] }]);
    const left = seen('lb1', { live: { file: { '/etc/f': { content: 'x' } } }, marked: mark!.entries });
    expect(diff([], left, hangs)).toMatchObject([{ kind: 'file', action: 'delete', secret: ['content'] }]);
  });
});
