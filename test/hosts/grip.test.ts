import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/plan/event.js';
import { foldOutcome } from '../../src/plan/outcome.js';
import { applyResults, exitCode } from '../../src/report/exit-code.js';
import { make, phases, start } from './acts.js';
import { LocalHost } from './local-host.js';

describe('the hold on a host', { timeout: 90_000 }, () => {
  let host: LocalHost;
  beforeAll(async () => {
    host = await LocalHost.make();
  });
  afterAll(() => host.end());
  afterEach(() => {
    host.plug();
    host.run('rm -rf /etc/state/* /var/lib/lvsctl/mark /var/lib/lvsctl/history');
  });

  const cutAt = (type: Event['type'], seconds: number) => {
    let cut = false;
    return (event: Event) => {
      if (event.type !== type || cut) return;
      cut = true;
      host.unplug();
      setTimeout(() => host.plug(), seconds * 1000);
    };
  };

  it('comes back when the line breaks, goes on, and hears every line of the journal once', async () => {
    const wanted = phases([make('slow', 'a', '1'), make('entry', 'b')], [make('entry', 'c')]);
    const { told, ended } = start(host, wanted, { hear: cutAt('begin', 2) });
    await ended;
    expect(told().filter(word => word !== 'lost')).toEqual([
      ...['locked', 'armed', 'phase', 'begin 0', 'done 0', 'begin 1', 'done 1', 'phase', 'begin 2', 'done 2'],
      ...['confirmed', 'unlocked'],
    ]);
    expect(told()).toContain('lost');
    expect(host.state()).toEqual(['a:1', 'b:new', 'c:new']);
  });

  it('starts a phase that the line broke under', async () => {
    const { told, ended } = start(host, phases([make('entry', 'a')]), { hear: cutAt('phase', 2) });
    await ended;
    expect(told()).toContain('confirmed');
    expect(host.state()).toEqual(['a:new']);
  });

  it('learns from the journal that the host took everything back meanwhile', async () => {
    const wanted = phases([make('entry', 'a'), make('slow', 'b', '1')], [make('entry', 'c')]);
    const { told, events, ended } = start(host, wanted, { patience: 3, hear: cutAt('begin', 9) });
    await ended;
    expect(host.state()).toEqual([]);
    expect(told()).toContain('undone whole by switch');
    expect(told()).not.toContain('begin 2');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'failed', message: expect.stringContaining('by itself') }),
    );
    const outcome = foldOutcome(wanted, events);
    expect(outcome.hosts.get('lb1')).toMatchObject({ undone: [0, 1], ended: 'restored', byItself: true });
    expect(exitCode(applyResults(wanted, outcome))).toBe(5);
    expect(host.left()).toEqual([]);
  });

  it('leaves an apply that another one was before with nothing to take back', async () => {
    const first = start(host, phases([make('slow', 'a', '3')]));
    await host.until('[ -e /etc/state/a ]');
    const asked = 'd=/var/lib/lvsctl/apply/late; mkdir $d; cp -r /var/lib/lvsctl/apply/*/* $d; rm $d/state';
    host.run(
      `${asked}; sh $d/supervisor.sh $d apply 5; [ "$(cat $d/state)" = busy ] && [ ! -e $d/armed ] && rm -r $d`,
    );
    await first.ended;
    expect(first.told()).toContain('confirmed');
  });

  it('takes back what a supervisor that died had begun', async () => {
    const wanted = phases([make('entry', 'a'), make('slow', 'b', '4')]);
    const kill = 'kill -9 $(cat /var/lib/lvsctl/apply/*/pid)';
    const { told, ended } = start(host, wanted, {
      hear: event => event.type === 'begin' && event.change === 1 && void host.run(kill),
    });
    await ended;
    expect(told()).toContain('undone whole by switch');
    expect(host.state()).toEqual([]);
    expect(host.left()).toEqual([]);
  });
});
