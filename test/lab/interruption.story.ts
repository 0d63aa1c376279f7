import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applying, eventually, left, more } from './broken-off.js';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

/** Somebody who reaches the hosts through their own default gateway, so that a wrong one locks him out. */
let c: Cluster;
let asSetUp: string;
beforeAll(async () => {
  c = await cluster('nat', { inband: true });
  asSetUp = await readFile(c.file, 'utf8');
  await applied(c);
});
afterAll(() => c?.down());

describe('an apply that does not come to its end', () => {
  const hosts = ['web1', 'lb1'];
  let former: string[][];
  const changed = async () => {
    const now = await Promise.all(hosts.map(host => portrait(c, host)));
    const facts = now.flatMap((facts, index) =>
      differences(former[index]!, facts).map(fact => `${hosts[index]} ${fact}`),
    );
    // Modules stay once they are needed no more.
    return facts.filter(fact => !/ module ip_vs_wrr$/.test(fact));
  };

  it('because lvsctl was killed is taken back by each host itself, and the locks are let go', async () => {
    former = await Promise.all(hosts.map(host => portrait(c, host)));
    await c.edit(more);
    const run = applying(c, 'anna', '--confirm-timeout', '15s');
    await run.until('[lb1] ');
    run.signal('SIGKILL');
    await run.ended;
    expect(await c.on('web1', 'ls -d /srv/benet /run/lvsctl/owner')).toBe('/run/lvsctl/owner\n/srv/benet\n');
    // The journal lies there for a minute, for an lvsctl that comes back.
    const steps = [
      ['grep -q "^undone yes switch" /var/lib/lvsctl/apply/*/journal', 90],
      ['flock -n /run/lvsctl/lock true && [ ! -e /run/lvsctl/owner ]', 20],
      ['[ ! -e /var/lib/lvsctl/apply ]', 150],
    ] as const;
    for (const [step, limit] of steps) for (const host of hosts) await eventually(c, host, step, limit);
    expect(await changed()).toEqual([]);
  });

  it('because of Ctrl-C is taken back before lvsctl ends, which says so', async () => {
    const run = applying(c, 'anna');
    await run.until('[web1] ');
    run.signal('SIGINT');
    const { code, out, err } = await run.ended;
    expect(out).toMatch(/web1 \(real server\): FAILED\n.*[Ii]nterrupted.*\n.*put back: \d+ changes? undone/);
    expect(err).toContain('[web1] put back\n');
    expect(code).toBe(130);
    expect(await Promise.all(hosts.map(host => left(c, host)))).toEqual(['', '']);
    expect(await changed()).toEqual([]);
  });

  it('because all of it died between a file and its reload is remembered: the next plan is that reload', async () => {
    await c.on('nas', 'echo kgc >/opt/kgc/index.html');
    const dropIn = '/run/systemd/system/nginx.service.d/deaf.conf';
    const deaf = `printf '%s\\n' '[Service]' ExecReload= 'ExecReload=/bin/sleep 600' >${dropIn}`;
    await c.on('web1', `mkdir -p /run/systemd/system/nginx.service.d; ${deaf}; systemctl daemon-reload`);
    await c.edit(() => asSetUp.replace('{ server: nginx }', '{ server: nginx, root: /var/www }'));
    const run = applying(c, 'anna', '--no-rollback');
    await eventually(c, 'web1', 'pgrep -x -f "/bin/sleep 600"', 240);
    run.signal('SIGKILL');
    await run.ended;
    await c.on('web1', `systemctl kill -s KILL 'lvsctl-apply-*'; rm ${dropIn}; systemctl daemon-reload`);
    await c.on('web1', 'pkill -x -f "/bin/sleep 600"');
    const page = () => c.on('web1', 'curl -s -m 20 http://192.168.80.10/html/index.html');
    expect(await page()).toContain('404');
    expect(await planned(c)).toEqual(['web1 service nginx.service']);
    const { code, out } = await c.lvsctl('drift');
    expect(out).toContain('web1: lost now: service nginx.service has not read its files again');
    expect(code).toBe(2);
    await applied(c);
    expect(await page()).toBe('kgc\n');
    expect(await planned(c)).toEqual([]);
    expect(await left(c, 'web1')).toBe('');
  });
});

describe('a clock that goes an hour wrong during an apply', () => {
  const former = () => c.edit(() => asSetUp);
  /** Seconds by which the clocks of both go wrong. */
  const clocks = async (offset: number) => {
    await c.fault('web1', { kind: 'clock', offset });
    await c.fault('lb1', { kind: 'clock', offset: -offset });
  };

  it('is no silence: the apply goes through', async () => {
    await former();
    await applied(c);
    await c.edit(more);
    const run = applying(c, 'anna', '--confirm-timeout', '15s');
    await run.until('[web1] ');
    await clocks(3600);
    const { code, out } = await run.ended;
    await clocks(0);
    expect(out).toContain('Apply complete!');
    expect(code).toBe(0);
    expect(await planned(c)).toEqual([]);
  });

  it('keeps no host from taking back what nobody confirms, and hastens none', async () => {
    await former();
    const wanted = await planned(c);
    const run = applying(c, 'anna', '--confirm-timeout', '40s');
    await run.until('[web1] ');
    run.signal('SIGKILL');
    await run.ended;
    await clocks(3600);
    expect(await c.on('web1', 'sleep 15; cat /var/lib/lvsctl/apply/*/journal')).not.toContain('undone');
    // A second that the host counts lasts longer where much else runs, and so does taking back.
    await eventually(c, 'web1', 'grep -q "^undone yes switch" /var/lib/lvsctl/apply/*/journal', 120);
    await clocks(0);
    expect(await planned(c)).toEqual(wanted);
  });
});
