import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, cluster } from './cluster.js';
import { born, destroyed, type Life, portraits, rebooted } from './life.js';

describe('LVS-DR with a VIP from outside the servers’ network', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('dr-foreign-vip');
    const hosts = ['lb1', 'web1', 'web2'];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: 'http://172.16.10.1/', pages: ['this is web1', 'this is web2'], before };
  });
  afterAll(() => c?.down());

  born(() => life);

  it('answers come by the router, not by the director', async () => {
    const capture = c.on(
      'lb1',
      'timeout 15 tcpdump -i ens33 -nn -l "src host 172.16.10.1 and tcp" 2>/dev/null || :',
      30,
    );
    await c.requests(4, life.url);
    expect((await capture).trim()).toBe('');
    expect(await c.on('web1', 'ip -4 route show default')).toMatch(/^default via 192\.168\.10\.254 /);
  });

  it('without the route of the router nobody is reached, and validate names it', async () => {
    await c.on('router', 'ip route del 172.16.10.1/32');
    expect(await c.requests(1, life.url)).toEqual(['-']);
    await c.on('router', 'ip route add 172.16.10.1/32 via 192.168.10.100');
    expect(await c.requests(2, life.url)).not.toContain('-');
    await c.edit(yaml => yaml.replace(/ {4}routes:\n.*\n/, ''));
    const { code, out, err } = await c.lvsctl('plan', '--detailed-exitcode');
    expect(code).toBe(0);
    expect(`${out}${err}`).toContain('172.16.10.1/32 via 192.168.10.100');
  });

  rebooted(() => life);
  destroyed(() => life);
});
