import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import {
  answering,
  born,
  destroyed,
  expectInTurn,
  expectNoChanges,
  type Life,
  portraits,
  rebooted,
} from './life.js';
import { moved, transitions, until } from './pair.js';
import { steady, told } from './steady.js';

const VIP = '10.0.0.100';
const hosts = ['lb1', 'lb2', 'web1', 'web2'];

/** Begins a request, and ends it over the same connection when it is told to. */
const OPEN = `
import os, socket, time
s = socket.create_connection(('${VIP}', 80), timeout=5)
s.sendall(b'GET / HTTP/1.0\\r\\n')
for line in range(8):
    time.sleep(0.2)
    s.sendall(b'X-Line: %d\\r\\n' % line)
end = time.time() + 50
while time.time() < end and not os.path.exists('/root/go'): time.sleep(0.1)
s.sendall(b'\\r\\n')
print(s.recv(4096).decode())
`;

describe('keepalived with LVS-DR: two directors, one VIP', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('ha-dr');
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['web1', 'web2'], before };
  });
  afterAll(() => c?.down());

  const heldBy = (host: string, off: string[] = []) => moved(c, host, [VIP], off);
  const states = () => Promise.all(['lb1', 'lb2'].map(host => transitions(c, host)));
  /** Does something under steady requests, waits for what it leads to, and tells what it cost. */
  const under = async (what: string, act: () => Promise<unknown>, done: () => Promise<unknown>) => {
    const requests = await steady(c, VIP);
    await act();
    await done();
    await answering(c, life.url, 60);
    const result = await requests.end();
    told(what, result);
    return result;
  };

  born(() => life);

  it('the director with the highest priority holds the VIP under its label, and the notify scripts ran', async () => {
    await heldBy('lb1');
    expect(await c.on('lb1', 'ip -o -4 addr show dev eth0')).toMatch(/10\.0\.0\.100\/24 .*eth0:1/);
    expect(await c.on('lb1', 'journalctl -q -b -o cat -t lvsctl-notify')).toMatch(/VI_1 is master\n$/);
    expect(await c.on('lb2', 'journalctl -q -b -o cat -t lvsctl-notify')).toMatch(/VI_1 is backup\n$/);
    expect(await c.on('lb1', 'stat -c %a%U /etc/keepalived/lvsctl-auth.conf')).toBe('600root\n');
    const { out } = await c.lvsctl('plan', '--verbose');
    expect(out).not.toContain('lvs-ha50');
  });

  it('nothing moves in 120 s without a fault', async () => {
    const before = await states();
    const result = await under(
      '120 s without a fault',
      () => c.on('client', 'sleep 120', 150),
      async () => {},
    );
    expect(result.failed).toBe(0);
    expect(await states()).toEqual(before);
  });

  it('keepalived stopped on the master: the VIP moves, and comes back with it', async () => {
    const gone = await under(
      'keepalived stopped',
      () => c.on('lb1', 'systemctl stop keepalived'),
      () => heldBy('lb2'),
    );
    const back = await under(
      'keepalived started',
      () => c.on('lb1', 'systemctl start keepalived'),
      () => heldBy('lb1'),
    );
    for (const { gap } of [gone, back]) expect(gap).toBeLessThan(10);
    expect((await transitions(c, 'lb2')).slice(-2)).toEqual(['MASTER', 'BACKUP']);
  });

  it('the cable of the master pulled: the VIP moves; plugged in again it comes back', async () => {
    const card = { interface: 'eth0' };
    const gone = await under(
      'cable pulled',
      () => c.fault('lb1', { kind: 'unplug', ...card }),
      () => heldBy('lb2'),
    );
    const back = await under(
      'cable plugged in',
      () => c.fault('lb1', { kind: 'plug', ...card }),
      () => heldBy('lb1'),
    );
    for (const { gap } of [gone, back]) expect(gap).toBeLessThan(15);
  });

  it('the master killed: the VIP moves, and an open connection goes on', async () => {
    await c.on(
      'client',
      `cat >/root/open.py <<'END'\n${OPEN}\nEND\nnohup python3 /root/open.py >/root/answer 2>&1 </dev/null &\nsleep 4`,
    );
    const gone = await under(
      'master killed',
      () => c.fault('lb1', { kind: 'kill' }),
      () => heldBy('lb2', ['lb1']),
    );
    expect(gone.gap).toBeLessThan(20);
    expect(await c.on('client', 'touch /root/go; sleep 4; cat /root/answer')).toMatch(/^HTTP\/1\.1 200/);
    expect((await c.lvsctl('plan')).out).toMatch(/UNREACHABLE/);
    const back = await under(
      'master started',
      () => c.fault('lb1', { kind: 'start' }),
      () => heldBy('lb1'),
    );
    expect(back.gap).toBeLessThan(20);
    await expectNoChanges(c);
  });

  it('web servers that hang leave and return: degraded, not drift; with none left the page of the directors answers', async () => {
    const stop = (host: string) => c.on(host, 'systemctl kill -s STOP nginx');
    const go = (host: string) => c.on(host, 'systemctl kill -s CONT nginx');
    await stop('web1');
    await until(c, 'lb1', "! ipvsadm -Sn | grep -q ' 10.0.0.10:80 '");
    expectInTurn(await c.requests(4, life.url), ['web2']);
    const { code, out } = await c.lvsctl('drift');
    expect({ code, out }).toEqual({ code: 0, out: '' });
    const { out: told } = await c.lvsctl('plan');
    expect(told.replace(/\s+/g, ' ')).toContain('degraded server-down: web1 is down for keepalived on lb1');

    await stop('web2');
    await until(c, 'lb1', "ipvsadm -Sn | grep -q ' 127.0.0.1:80 '");
    const page = await c.on('client', `curl -s -i -m 10 http://${VIP}/any/path`);
    expect(page).toMatch(/^HTTP\/1\.1 503 [\s\S]*<h1>Sorry<\/h1>/);
    expect((await c.lvsctl('drift')).code).toBe(0);

    await Promise.all(['web1', 'web2'].map(go));
    await until(c, 'lb1', '[ "$(ipvsadm -Sn | grep -c " 10.0.0.[12]0:80 ")" = 2 ]');
    expectInTurn(await c.requests(4, life.url), life.pages);
    await expectNoChanges(c);
  });

  it('a real server that leaves and comes back: the plan says so, and what was said of it before counts no more', async () => {
    const downs = async () => (await c.lvsctl('plan')).out.match(/server-down/g) ?? [];
    const web2 = / {2}- name: web2\n(?: {4}.*\n)+/;
    const [before] = (await readFile(c.file, 'utf8')).match(web2) ?? [];
    await c.edit(yaml => yaml.replace(web2, ''));
    await applied(c, '--allow', 'weight-lost');
    expectInTurn(await c.requests(4, life.url), ['web1']);
    await c.edit(yaml => yaml.replace('services:', `${before}\nservices:`));
    expect(await planned(c)).toContain(`lb1 real-server tcp ${VIP}:80 10.0.0.20:80`);
    await applied(c);
    expect(await downs()).toEqual([]);
    expectInTurn(await c.requests(4, life.url), life.pages);
    await expectNoChanges(c);
  });

  it.each([
    ['an entry deleted by hand', `ipvsadm -d -t ${VIP}:80 -r 10.0.0.10:80`],
    ['a weight of 0 by hand', `ipvsadm -e -t ${VIP}:80 -r 10.0.0.20:80 -g -w 0`],
    ['the table cleared by hand', 'ipvsadm -C'],
  ])('%s is drift, and is repaired without a transition of VRRP', async (_, damage) => {
    const before = await states();
    await c.on('lb1', damage);
    const found = await c.lvsctl('drift');
    expect(found.out).toMatch(/^lb1: lost now: (real-server|virtual-service) /);
    expect(found.code).toBe(2);
    const repaired = await c.lvsctl('apply', '--auto-approve');
    expect(repaired).toMatchObject({ code: 0, out: expect.not.stringContaining('keepalived.service') });
    expectInTurn(await c.requests(4, life.url), life.pages);
    expect(await states()).toEqual(before);
  });

  rebooted(() => life);
  destroyed(() => life);
});
