import { it as bare, describe, expect } from 'vitest';
import { lockProbe, parseLock } from '../../src/hosts/lock.js';
import { factsProbe, parseFacts } from '../../src/systems/read-facts.js';
import { printedFacts } from '../systems/recorded-facts.js';
import { make, phases, reload, start } from './acts.js';
import { LocalHost } from './local-host.js';

const it = bare.extend<{ host: LocalHost }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern to learn what a fixture needs.
  host: async ({}, use) => {
    const host = await LocalHost.make();
    await use(host);
    host.end();
  },
});

/** Applies from an lvsctl that is cut off, for good, at the first change. */
function forsaken(host: LocalHost, wanted: Parameters<typeof start>[1], patience: number): void {
  start(host, wanted, {
    patience,
    hear: ({ type }) => type === 'begin' && host.unplug(),
  }).ended.catch(() => {});
}
const former = { format: 1 as const, cluster: 'web', members: {}, entries: [] };
const JOURNAL = '/var/lib/lvsctl/apply/*/journal';
/** In the apply's own directory: the machine is off and on again. */
const REBOOT = `kill -9 $(cat pid); pkill -9 -f '[p]hase.1'; rm -rf /run/lvsctl; sh supervisor.sh "$PWD" recover 0`;
const UNDONE = `grep -q "^end undone" ${JOURNAL}`;

describe.concurrent('a host that lvsctl has left', { timeout: 90_000 }, () => {
  it('takes everything back after so many seconds of silence, and lets go of the lock', async ({ host }) => {
    host.run('echo old >/etc/state/a; mkdir -p /var/lib/lvsctl');
    host.run(`echo '${JSON.stringify(former)}' >/var/lib/lvsctl/mark`);
    const wanted = phases([make('entry', 'a', 'new', 'old'), make('entry', 'b')]);
    const marks = new Map([['lb1', { ...wanted.marks.get('lb1'), before: former }]]);
    forsaken(host, { ...wanted, marks }, 2);
    await host.until(UNDONE);
    expect(host.state()).toEqual(['a:old']);
    expect(host.run(`cat ${JOURNAL}`)).toContain('undone yes switch');
    expect(JSON.parse(host.run('cat /var/lib/lvsctl/mark'))).toEqual(former);
    await host.until('flock -n /run/lvsctl/lock true');
    expect(host.run('find /etc/systemd -name "lvsctl*"')).toBe('');
  });

  it('shows others nothing but which units have still to read their files, and lets nobody else take the lock', async ({
    host,
  }) => {
    forsaken(host, phases([make('slow', 'a', '300')]), 60);
    await host.until('[ -e /etc/state/a ]');
    const rights =
      host.run(`cd /var/lib/lvsctl; stat -c '%a %n' . mark apply apply/* /run/lvsctl /run/lvsctl/lock
      find apply/*/ -type f ! -name 'go.*' -perm /077`);
    expect(rights.replace(/apply\/\S+/, 'apply/ID')).toBe(
      '700 .\n600 mark\n700 apply\n700 apply/ID\n755 /run/lvsctl\n600 /run/lvsctl/lock\n',
    );
  });

  it('is told to whoever asks for its lock, and whether who holds it lives', async ({ host }) => {
    forsaken(host, phases([make('slow', 'a', '300')]), 60);
    await host.until('[ -e /etc/state/a ]');
    expect(parseLock(host.run(lockProbe.run))).toMatchObject({ alive: true });
    host.run('kill -9 $(cat /var/lib/lvsctl/apply/*/pid)');
    await host.until('! kill -0 $(cat /var/lib/lvsctl/apply/*/pid)');
    expect(parseLock(host.run(lockProbe.run))).toMatchObject({ alive: false });
  });

  it('breaks off a change that hangs, and takes it back', async ({ host }) => {
    forsaken(host, phases([make('slow', 'a', '300')]), 2);
    await host.until(UNDONE);
    expect(host.state()).toEqual([]);
    expect(host.run('ps ax')).not.toContain('sleep 300');
  });

  it('lets a package end, which stays, however long that takes', async ({ host }) => {
    forsaken(host, phases([make('lasting', 'a', '14'), make('entry', 'b')]), 3);
    await host.until(UNDONE);
    expect(host.state()).toEqual(['a:14']);
  });

  it('after a reboot takes back from the journal, also what it had taken back before, and what only the boot made of new files', async ({
    host,
  }) => {
    forsaken(host, phases([make('entry', 'a'), make('slow', 'b', '300'), make('entry', 'c')]), 500);
    await host.until('[ -e /etc/state/b ]');
    host.run('echo new >/etc/state/c');
    const unit = '/etc/systemd/system/multi-user.target.wants/lvsctl-undo.service';
    host.run(`cd /var/lib/lvsctl/apply/*; echo 'taken-back 1' >>journal; kill -9 $(cat pid); pkill -9 -f '[p]hase.1'
      rm -rf /run/lvsctl; $(sed -n 's/^ExecStart=//p' ${unit} | sed 's/300$/0/') </dev/null >/dev/null 2>&1`);
    expect(host.run(`cat ${JOURNAL}`)).toContain('undone yes switch');
    expect(host.state()).toEqual([]);
    expect(host.run('ls /var/lib/lvsctl; find /etc/systemd -name "lvsctl*"')).toBe('apply\n');
  });

  it('after a reboot takes back what the boot read of a new file just before that was taken back', async ({
    host,
  }) => {
    const file = { ...make('read', 'file', 'live'), layer: 'persisted' } as const;
    forsaken(host, phases([file, make('entry', 'live'), make('slow', 'b', '300')]), 500);
    await host.until('[ -e /etc/state/b ]');
    host.run(`cd /var/lib/lvsctl/apply/*; ${REBOOT}`);
    expect(host.run(`cat ${JOURNAL}`)).toContain('undone yes switch');
    expect(host.state()).toEqual([]);
  });

  it.for([
    ['after so many seconds of silence', 2, ':'],
    ['after a reboot', 500, `cd /var/lib/lvsctl/apply/*; ${REBOOT}`],
  ] as const)(
    'takes back %s what keepalived holds when that has read the old files',
    async ([_, patience, then], { host }) => {
      host.run('echo old >/etc/state/followed; echo on >/etc/state/web.service');
      const changes = [
        make('entry', 'followed', 'new', 'old'),
        reload('web.service'),
        { ...make('held', 'a'), heldBy: 'keepalived' as const },
        make('slow', 'b', '300'),
      ];
      forsaken(host, phases(changes), patience);
      await host.until('[ -e /etc/state/b ]');
      expect(host.state()).toEqual(['a:new', 'b:begun', 'followed:new', 'web.service:new']);
      host.run(then);
      await host.until(UNDONE);
      expect(host.run(`cat ${JOURNAL}`)).toContain('undone yes switch');
      expect(host.state()).toEqual(['a:old', 'followed:old', 'web.service:old']);
    },
  );

  it('has on disk, before the first change, what takes it back after a power cut', async ({ host }) => {
    host.run(`mkdir /run/bin; printf '%s\\n' '#!/bin/sh' 'printf "%s\\n" "$@" >>/run/synced' >/run/bin/sync
      chmod 755 /run/bin/sync; mount --bind /run/bin /usr/local/sbin`);
    forsaken(host, phases([make('slow', 'a', '300')]), 500);
    await host.until('[ -e /etc/state/a ]');
    const synced = host.run("sed 's|.*/||' /run/synced").split('\n');
    const files = ['supervisor.sh', 'undo', 'armed', 'journal', 'mark.during', 'mark.after', 'mark.new'];
    expect(synced).toEqual(
      expect.arrayContaining([...files, 'lvsctl-undo.service', 'multi-user.target.wants']),
    );
    expect(host.run('stat -c %a /etc/systemd/system/lvsctl-undo.service /var/lib/lvsctl/mark')).toBe(
      '644\n600\n',
    );
  });

  it('is not taken for another process that has its number after a reboot', async ({ host }) => {
    forsaken(host, phases([make('slow', 'a', '300')]), 500);
    await host.until('[ -e /etc/state/a ]');
    const number = 'cat /var/lib/lvsctl/apply/*/pid';
    expect(host.run(`kill -9 $(${number}); ${number}`)).toMatch(/^\d+$/m);
    expect(host.run(`rm -rf /run/lvsctl; ${number} 2>/dev/null || echo none`)).toBe('none\n');
  });

  it('after a reboot leaves alone what was confirmed', async ({ host }) => {
    forsaken(host, phases([make('entry', 'a'), make('slow', 'b', '300')]), 500);
    await host.until('[ -e /etc/state/b ]');
    host.run(`cd /var/lib/lvsctl/apply/*; echo confirmed >>journal; ${REBOOT}`);
    expect(host.state()).toEqual(['a:new', 'b:begun']);
    expect(host.run('cat /var/lib/lvsctl/mark')).toContain('"key":"a"');
  });

  it('remembers the reload that a crash lost, and tells it to whoever reads the host', async ({ host }) => {
    host.run('echo deaf >/etc/state/web.service');
    forsaken(host, phases([make('entry', 'followed'), reload('web.service')]), 0);
    await host.until(`grep -q '^begin 1' ${JOURNAL}`);
    host.run(`kill -9 $(cat /var/lib/lvsctl/apply/*/pid); pkill -9 -f '[p]hase.1'`);
    expect(host.state()).toEqual(['followed:new', 'web.service:deaf']);
    const facts = parseFacts(
      'lb1',
      printedFacts('10.0.0.1/8', host.run(factsProbe.run).match(/^due .*$/gm)!),
    );
    expect(facts.due).toEqual(['web.service']);
    host.run('cd /var/lib/lvsctl/apply/* && sh supervisor.sh "$PWD" recover 0 >/dev/null 2>&1');
    expect(host.run(`tail -n 2 ${JOURNAL}`)).toBe('kept\nend kept\n');
    expect(host.state()).toEqual(['followed:new', 'web.service:deaf']);
  });

  it('has nothing left of it once the next apply is through', async ({ host }) => {
    forsaken(host, phases([make('entry', 'a')]), 2);
    await host.until(UNDONE);
    host.plug();
    await start(host, phases([make('entry', 'b')])).ended;
    expect(host.state()).toEqual(['b:new']);
    expect(host.left()).toEqual(['/run/lvsctl/lock', '/var/lib/lvsctl/history/ID', '/var/lib/lvsctl/mark']);
  });

  it('takes no apply that was planned before another one changed it', async ({ host }) => {
    await start(host, phases([make('entry', 'a')])).ended;
    const late = start(host, phases([make('entry', 'b')]));
    await late.ended;
    expect(late.events).toEqual([
      expect.objectContaining({ refused: true, message: expect.stringContaining('since it was read') }),
    ]);
    expect(host.state()).toEqual(['a:new']);
  });
});
