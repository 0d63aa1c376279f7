import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../../src/hosts/apply.js';
import type { Event } from '../../src/plan/event.js';
import { foldOutcome } from '../../src/plan/outcome.js';
import type { Change, Plan } from '../../src/plan/plan.js';
import { applyResults, exitCode } from '../../src/report/exit-code.js';
import type { Mark } from '../../src/systems/facts.js';
import { kinds, make, phases, reload, start } from './acts.js';
import { LocalHost } from './local-host.js';

const seconds = { timeout: 60_000 };

describe('an apply', seconds, () => {
  let host: LocalHost;
  beforeAll(async () => {
    host = await LocalHost.make();
  });
  afterAll(() => host.end());
  afterEach(() => host.run('rm -rf /etc/state/* /var/lib/lvsctl/mark /var/lib/lvsctl/history'));

  it('carries out phase after phase, confirms over a new connection and leaves only the mark', async () => {
    const { told, ended } = start(host, phases([make('entry', 'a')], [make('entry', 'b')]));
    await ended;
    expect(host.state()).toEqual(['a:new', 'b:new']);
    expect(told()).toEqual([
      ...['locked', 'armed', 'phase', 'begin 0', 'done 0', 'phase', 'begin 1', 'done 1'],
      ...['confirmed', 'unlocked'],
    ]);
    expect(host.left()).toEqual(['/run/lvsctl/lock', '/var/lib/lvsctl/history/ID', '/var/lib/lvsctl/mark']);
    expect(host.run('cat /var/lib/lvsctl/mark')).toContain('"key":"a"');
  });

  it('takes back what it did, the half done too, when a change fails, and goes no further', async () => {
    host.run('echo old >/etc/state/a');
    const wanted = phases([make('entry', 'a', 'new', 'old'), make('faulty', 'b')], [make('entry', 'c')]);
    const { told, events, ended } = start(host, wanted);
    await ended;
    expect(host.state()).toEqual(['a:old']);
    expect(told()).toEqual([
      ...['locked', 'armed', 'phase', 'begin 0', 'done 0', 'begin 1', 'failed 1'],
      ...['undone whole by client', 'unlocked'],
    ]);
    expect(events.find(({ type }) => type === 'failed')).toMatchObject({ message: 'no such luck' });
    expect(host.left()).toEqual([]);
  });

  it('takes back once more, when all else is back, what needed that', async () => {
    const { told, ended } = start(host, phases([make('entry', 'line'), make('leaning', 'mount', 'line')]), {
      check: async () => 'no',
    });
    await ended;
    expect(host.state()).toEqual([]);
    expect(told()).toContain('undone whole by client');
    expect(told().filter(word => word.startsWith('failed'))).toHaveLength(1);
  });

  it('takes everything back when the check over new connections finds a fault', async () => {
    const { events, ended } = start(host, phases([make('entry', 'a')]), { check: async () => 'no answer' });
    await ended;
    expect(host.state()).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'failed', message: 'no answer' }));
    expect(host.left()).toEqual([]);
  });

  it('notes which unit has still to read its files, until it has', async () => {
    const due = '/run/lvsctl/due/web.service';
    host.run('echo on >/etc/state/web.service');
    const wanted = phases(
      [make('entry', 'a')],
      [make('entry', 'followed'), make('slow', 'b', '1'), reload('web.service')],
    );
    const seen: string[] = [];
    const { ended } = start(host, wanted, {
      hear: event => {
        if (event.type === 'begin')
          seen.push(`${event.change} ${host.run(`[ ! -e ${due} ] || echo due`).trim()}`);
      },
    });
    await ended;
    expect(seen.filter(line => !line.startsWith('1') && !line.startsWith('3'))).toEqual(['0 ', '2 due']);
    expect(host.state()).toEqual(['a:new', 'b:1', 'followed:new', 'web.service:new']);
    expect(host.left()).toEqual(['/run/lvsctl/lock', '/var/lib/lvsctl/history/ID', '/var/lib/lvsctl/mark']);
  });

  it('notes it no more when the reload of a crash was made up for', async () => {
    host.run('echo new >/etc/state/followed; mkdir -p /run/lvsctl/due; : >/run/lvsctl/due/web.service');
    await start(host, phases([reload('web.service')])).ended;
    expect(host.state()).toEqual(['followed:new', 'web.service:new']);
    expect(host.left()).toEqual(['/run/lvsctl/lock', '/var/lib/lvsctl/history/ID', '/var/lib/lvsctl/mark']);
  });

  it('notes none any more once all was taken back and read again', async () => {
    host.run('echo on >/etc/state/web.service; echo old >/etc/state/followed');
    const wanted = phases([
      make('entry', 'followed', 'new', 'old'),
      make('faulty', 'b'),
      reload('web.service'),
    ]);
    await start(host, wanted).ended;
    expect(host.state()).toEqual(['followed:old', 'web.service:old']);
    expect(host.left()).toEqual([]);
  });

  it('says what could not be taken back', async () => {
    const wanted = phases([make('stubborn', 'a'), make('faulty', 'b')]);
    const { events, ended } = start(host, wanted);
    await ended;
    expect(host.state()).toEqual(['a:new']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'failed', change: 0, message: 'not taken back: it sticks' }),
    );
    expect(exitCode(applyResults(wanted, foldOutcome(wanted, events)))).toBe(6);
  });

  it('is refused on a host that another holds, by its name, and changes nothing', async () => {
    const first = start(host, phases([make('slow', 'a', '3')]), { owner: 'anna@desk since noon' });
    await host.until('[ -e /etc/state/a ]');
    const wanted = phases([make('entry', 'b')]);
    const second = start(host, wanted);
    await second.ended;
    expect(second.events).toEqual([
      expect.objectContaining({
        type: 'failed',
        host: 'lb1',
        message: 'locked by anna@desk since noon',
        refused: true,
      }),
    ]);
    expect(exitCode(applyResults(wanted, foldOutcome(wanted, second.events)))).toBe(3);
    await first.ended;
    expect(host.state()).toEqual(['a:3']);
  });

  it('when interrupted lets the change at hand end, begins no other, and takes back', async () => {
    const stop = new AbortController();
    const wanted = phases([make('slow', 'a', '1'), make('entry', 'b')]);
    const { told, ended } = start(host, wanted, {
      signal: stop.signal,
      hear: ({ type }) => type === 'begin' && stop.abort(),
    });
    await ended;
    expect(told()).toEqual([
      ...['locked', 'armed', 'phase', 'begin 0', 'failed', 'done 0', 'undone whole by client', 'unlocked'],
    ]);
    expect(host.state()).toEqual([]);
    expect(host.left()).toEqual([]);
  });

  it('when interrupted beforehand touches no host', async () => {
    const { told, ended } = start(host, phases([make('entry', 'a')]), { signal: AbortSignal.abort() });
    await ended;
    expect(told()).toEqual(['failed']);
    expect(host.left()).toEqual([]);
  });

  it('changes nothing on a host whose disk is full, and says so', async () => {
    host.run('dd if=/dev/zero of=/var/lib/filling bs=4096 2>/dev/null || :');
    const wanted = phases([make('entry', 'a')]);
    const { events, ended } = start(host, wanted);
    await ended;
    host.run('rm /var/lib/filling');
    expect(events).toEqual([
      expect.objectContaining({ message: expect.stringContaining('No space left on device') }),
    ]);
    expect(exitCode(applyResults(wanted, foldOutcome(wanted, events)))).toBe(1);
    expect([...host.state(), ...host.left()]).toEqual([]);
  });

  it('keeps its journal, and takes back, when the disk fills up on the way', async () => {
    const wanted = phases([make('slow', 'a', '2')], [make('faulty', 'b')]);
    const { told, ended } = start(host, wanted);
    await host.until('[ -e /etc/state/a ]');
    host.run('dd if=/dev/zero of=/var/lib/filling bs=4096 2>/dev/null || :');
    await ended;
    host.run('rm /var/lib/filling');
    expect(told()).toContain('undone whole by client');
    expect([...host.state(), ...host.left()]).toEqual([]);
  });
});

describe('an apply on two hosts that does not hear one of them any more', seconds, () => {
  let all: LocalHost[];
  beforeAll(async () => {
    all = await Promise.all([LocalHost.make('web1'), LocalHost.make('lb1')]);
  });
  afterAll(() => {
    for (const host of all) host.end();
  });

  /** Cuts one off when both are through, and tells when the other went back. */
  const cut = async (name: string, patience: number, otherIsBack: (host: LocalHost) => void) => {
    const silent = all.find(host => host.name === name)!;
    const wanted = phases([], [make('entry', 'b')]);
    const [first, second] = wanted.phases;
    const changes = new Map([['web1', [{ ...make('entry', 'a'), host: 'web1' }]]]);
    const events: Event[] = [];
    await apply({ ...wanted, phases: [{ ...first!, changes }, second!] }, sessionsOf(all), {
      kinds,
      owner: 'tester',
      source: { file: 'web.yaml', sha256: 'f00' },
      patience,
      tell: event => {
        events.push(event);
        if (event.type === 'undone' && event.host !== name) otherIsBack(silent);
      },
      check: () => {
        silent.unplug();
        return new Promise(() => {});
      },
    });
    expect(all.map(host => host.state())).toEqual([[], []]);
    expect(exitCode(applyResults(wanted, foldOutcome(wanted, events)))).toBe(5);
    return events.flatMap(event => (event.type === 'failed' ? [`${event.host}: ${event.message}`] : []));
  };

  it('takes the second back before the first, whose changes it was given, goes back by itself', async () => {
    let seen: string[] = [];
    const failed = await cut('web1', 8, web1 => {
      seen = web1.state();
      void web1.until('[ ! -e /etc/state/a ]').then(() => web1.plug());
    });
    expect(seen).toEqual(['a:new']);
    expect(failed).toEqual([
      'web1: nothing was heard from the host for 8 s',
      expect.stringMatching(/^web1: .* nothing from lvsctl for 12 s.* by itself$/),
    ]);
  });

  it('takes the first back although the second, which went back by itself, is not reached', async () => {
    let seen = ['?'];
    await cut('lb1', 4, lb1 => {
      seen = lb1.state();
      lb1.plug();
    });
    expect(seen).toEqual([]);
  });
});

describe('an apply on two hosts whose second phase fails', seconds, () => {
  let all: LocalHost[];
  beforeAll(async () => {
    all = await Promise.all([LocalHost.make('web1'), LocalHost.make('lb1')]);
  });
  afterAll(() => {
    for (const host of all) host.end();
  });

  const run = async (
    rollbackAll: boolean,
    {
      marks,
      before = [],
      look = () => {},
    }: { marks?: Plan['marks']; before?: Change[][]; look?: () => void } = {},
  ) => {
    const wanted = phases(...before, [], [make('entry', 'b'), make('faulty', 'c')]);
    const [second, first, ...earlier] = wanted.phases.toReversed();
    const changes = new Map([['web1', [{ ...make('entry', 'a'), host: 'web1' }]]]);
    const events: Event[] = [];
    const phased = {
      ...wanted,
      phases: [...earlier, { ...first!, changes }, second!],
      ...(marks && { marks }),
    };
    await apply(phased, sessionsOf(all), {
      kinds,
      owner: 'tester',
      source: { file: 'web.yaml', sha256: 'f00' },
      patience: 30,
      rollbackAll,
      tell: event => events.push(event),
      check: async () => undefined,
    });
    look();
    const states = all.map(host => host.state());
    all[0]!.run('rm -rf /etc/state/* /var/lib/lvsctl/mark /var/lib/lvsctl/history');
    return { states, code: exitCode(applyResults(wanted, foldOutcome(wanted, events))) };
  };

  it('puts back the one that failed, and keeps the one that was through before', async () => {
    expect(await run(false)).toEqual({ states: [['a:new'], []], code: 5 });
  });

  it('still knows, on the one that was through, the one that was to leave and went back', async () => {
    const mark = (...members: string[]): Mark => ({
      format: 1,
      cluster: 'web',
      members: Object.fromEntries(members.map(name => [name, `id of ${name}`])),
      entries: [],
    });
    const both = JSON.stringify(mark('lb1', 'web1'));
    for (const host of all) host.run(`mkdir -p /var/lib/lvsctl; echo '${both}' >/var/lib/lvsctl/mark`);
    await run(false, {
      marks: new Map([
        ['web1', { before: mark('lb1', 'web1'), after: mark('web1') }],
        ['lb1', { before: mark('lb1', 'web1') }],
      ]),
      look: () => {
        const now = JSON.parse(all[0]!.run('cat /var/lib/lvsctl/mark')) as Mark;
        expect(now.members).toEqual({ web1: 'id of web1', lb1: 'id of lb1' });
      },
    });
    for (const host of all) host.run('rm -rf /var/lib/lvsctl/mark');
  });

  it('puts back both when the one that was through came after something of the one that failed', async () => {
    expect(await run(false, { before: [[make('entry', 'd')]] })).toEqual({ states: [[], []], code: 5 });
  });

  it('puts back both when it is asked to', async () => {
    expect(await run(true)).toEqual({ states: [[], []], code: 5 });
  });
});

function sessionsOf(all: readonly LocalHost[]) {
  return new Map(all.map(host => [host.name, host.session()]));
}
