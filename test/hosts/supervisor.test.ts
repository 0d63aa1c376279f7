import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { make, phases, start } from './acts.js';
import { LocalHost } from './local-host.js';

/** The host alone: lvsctl is gone from the moment at which the line is cut, for good. */
describe('the supervisor', { timeout: 60_000, concurrent: false }, () => {
  let host: LocalHost;
  beforeEach(async () => {
    host = await LocalHost.make();
  });
  afterEach(() => host.end());

  const journal = () => host.run('cat /var/lib/lvsctl/apply/*/journal');
  const gone = (wanted: Parameters<typeof start>[1], patience: number) => {
    start(host, wanted, {
      patience,
      hear: ({ type }) => type === 'begin' && host.unplug(),
    }).ended.catch(() => {});
  };

  it('takes everything back after so many seconds of silence, and lets go of the lock', async () => {
    host.run('echo old >/etc/state/a; mkdir -p /var/lib/lvsctl; echo former >/var/lib/lvsctl/mark');
    const wanted = phases([make('entry', 'a', 'new', 'old'), make('entry', 'b')]);
    gone({ ...wanted, marks: new Map([['lb1', { ...wanted.marks.get('lb1'), before: former }]]) }, 2);
    await host.until('grep -q "^end undone" /var/lib/lvsctl/apply/*/journal');
    expect(host.state()).toEqual(['a:old']);
    expect(journal()).toContain('undone yes switch');
    expect(JSON.parse(host.run('cat /var/lib/lvsctl/mark'))).toEqual(former);
    await host.until('flock -n /run/lvsctl/lock true');
    expect(host.run('find /etc/systemd -name "lvsctl*"')).toBe('');
  });

  it('breaks off a change that hangs, and takes it back', async () => {
    gone(phases([make('slow', 'a', '300')]), 2);
    await host.until('grep -q "^end undone" /var/lib/lvsctl/apply/*/journal', 40);
    expect(host.state()).toEqual([]);
    expect(host.run('ps ax')).not.toContain('sleep 300');
  });

  it('lets what stays on the host end, however long that takes', async () => {
    gone(phases([make('lasting', 'a', '14'), make('entry', 'b')]), 1);
    await host.until('grep -q "^end undone" /var/lib/lvsctl/apply/*/journal', 40);
    expect(host.state()).toEqual(['a:14']);
  });

  it('after a reboot takes back from the journal, also what it had taken back before', async () => {
    gone(phases([make('entry', 'a'), make('slow', 'b', '300')]), 500);
    await host.until('[ -e /etc/state/b ]');
    expect(host.run('cat /etc/systemd/system/multi-user.target.wants/lvsctl-undo.service')).toContain(
      'recover',
    );
    host.run(
      `cd /var/lib/lvsctl/apply/*; echo 'taken-back 1' >>journal; kill -9 $(cat pid); pkill -9 -f '[p]hase.1'; rm -rf /run/lvsctl`,
    );
    host.run(
      '$(sed -n s/^ExecStart=//p /etc/systemd/system/lvsctl-undo.service | sed s/300$/0/) </dev/null >/dev/null 2>&1',
    );
    expect(journal()).toContain('undone yes switch');
    expect(host.state()).toEqual([]);
    expect(host.run('ls /var/lib/lvsctl; find /etc/systemd -name "lvsctl*"')).toBe('apply\n');
  });

  it('after a reboot leaves alone what was confirmed', async () => {
    gone(phases([make('entry', 'a'), make('slow', 'b', '300')]), 500);
    await host.until('[ -e /etc/state/b ]');
    host.run(`cd /var/lib/lvsctl/apply/*; echo confirmed >>journal; kill -9 $(cat pid); rm -rf /run/lvsctl
      sh supervisor.sh "$PWD" recover 0`);
    expect(host.state()).toEqual(['a:new', 'b:begun']);
    expect(host.run('cat /var/lib/lvsctl/mark')).toContain('"key":"a"');
  });

  it('clears away what nobody comes back for when the next apply begins', async () => {
    gone(phases([make('entry', 'a')]), 2);
    await host.until('grep -q "^end undone" /var/lib/lvsctl/apply/*/journal');
    host.plug();
    await start(host, phases([make('entry', 'b')])).ended;
    expect(host.state()).toEqual(['b:new']);
    expect(host.left()).toEqual(['/run/lvsctl/lock', '/var/lib/lvsctl/mark']);
  });
});

const former = { format: 1 as const, cluster: 'web', members: {}, entries: [] };
