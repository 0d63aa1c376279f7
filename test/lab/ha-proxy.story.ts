import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { answering, born, destroyed, expectNoChanges, type Life, portraits, rebooted } from './life.js';
import { holders, moved, until } from './pair.js';
import { steady, told } from './steady.js';

const VIP = '10.0.0.100';
/** Set-up 6 in place of set-up 8, by one edit. */
const direct = (yaml: string) =>
  yaml
    .replace('mode: proxy', 'mode: dr')
    .replace('scheduler: wrr', 'scheduler: rr')
    .replace('  - port: 80', '  - port: 80\n    delayLoop: 3');

describe('keepalived with nginx as a reverse proxy', () => {
  let c: Cluster;
  let life: Life;
  let proxied = '';

  beforeAll(async () => {
    c = await cluster('ha-proxy');
    const hosts = ['lb1', 'lb2', 'web1', 'web2'];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['web1', 'web2'], before };
    await c.edit(yaml => {
      proxied = yaml;
      return yaml;
    });
  });
  afterAll(() => c?.down());

  born(() => life);

  it('there is no LVS: no table, and the real servers have nothing of a VIP', async () => {
    expect(await c.on('lb1', 'cat /proc/net/ip_vs 2>/dev/null | grep -c ^TCP || :')).toMatch(/^0?\n?$/);
    expect(await c.on('web1', 'ip -o -4 addr show')).not.toContain(VIP);
  });

  it('nginx dies on the master: the VIP moves, and comes back after it', async () => {
    expect(await holders(c, VIP)).toEqual(['lb1']);
    const load = await steady(c, VIP);
    await c.on('lb1', 'systemctl stop nginx');
    await moved(c, 'lb2', [VIP]);
    await answering(c, life.url, 60);
    told('nginx stopped on the master', await load.end());
    await c.on('lb1', 'systemctl start nginx');
    await moved(c, 'lb1', [VIP]);
    await answering(c, life.url, 60);
    await expectNoChanges(c);
  });

  it('with self-healing nginx is started again where it was', async () => {
    await c.edit(() => proxied.replace('selfHealing: false', 'selfHealing: true'));
    await applied(c);
    await expectNoChanges(c);
    await c.on('lb1', 'pkill -9 nginx; sleep 1');
    await until(c, 'lb1', 'systemctl -q is-active nginx && curl -s -m 3 http://10.0.0.200/ -o /dev/null', 60);
    await moved(c, 'lb1', [VIP]);
    await answering(c, life.url, 60);
    await c.edit(() => proxied);
    await applied(c);
  });

  it('to LVS-DR by one edit and one apply, under steady requests, and back', async () => {
    const there = await steady(c, VIP);
    await c.edit(direct);
    await applied(c);
    await expectNoChanges(c);
    await answering(c, life.url, 60);
    told('from the proxy to LVS-DR', await there.end());
    expect(await c.on('web1', 'ip -o -4 addr show dev lo')).toContain(`${VIP}/32`);
    expect(await c.on('lb1', 'ipvsadm -Sn')).toContain(`-a -t ${VIP}:80 -r 10.0.0.10:80 -g`);
    expect(await holders(c, VIP)).toEqual(['lb1']);

    const back = await steady(c, VIP);
    await c.edit(() => proxied);
    await applied(c);
    await expectNoChanges(c);
    await answering(c, life.url, 60);
    told('from LVS-DR to the proxy', await back.end());
    expect(await c.on('web1', 'ip -o -4 addr show dev lo')).not.toContain(VIP);
    expect(await c.on('web1', 'cat /proc/sys/net/ipv4/conf/all/arp_ignore')).toBe('0\n');
    expect(await c.on('lb1', 'ipvsadm -Sn')).not.toContain(VIP);
    expect(await c.on('lb1', 'ls /etc/keepalived/conf.d')).not.toContain('services');
    expect(await holders(c, VIP)).toEqual(['lb1']);
  });

  rebooted(() => life);
  destroyed(() => life);
});
