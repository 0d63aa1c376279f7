import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { destroyed, expectNoChanges, type Life, portraits } from './life.js';
import { until } from './pair.js';

const VIP = '10.0.0.100';
const SOURCES = Array.from({ length: 12 }, (_, index) => `10.0.0.${60 + index}`);

describe('keepalived with LVS-DR and a firewall mark for http and https', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('ha-dr-fwmark');
    const hosts = ['lb1', 'lb2', 'web1', 'web2'];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['web1', 'web2'], before };
    for (const source of SOURCES) await c.on('client', `ip addr add ${source}/24 dev ens33`);
  });
  afterAll(() => c?.down());

  it('an apply makes the cluster, and the second plan is empty', async () => {
    await applied(c);
    await expectNoChanges(c);
  });

  it('http and https of one client reach the same server, and the clients are spread', async () => {
    const pairs = await bothPorts();
    expect(pairs.filter(([http, https]) => http !== https || http === '-')).toEqual([]);
    expect(new Set(pairs.map(([http]) => http))).toEqual(new Set(['web1', 'web2']));
  });

  it('the mark survives a restart of the firewall’s services', async () => {
    await c.on('lb1', 'systemctl restart nftables netfilter-persistent; sleep 2', 120);
    expect(await c.on('lb1', 'iptables-save -t mangle')).toContain('--dports 80,443 -j MARK');
    const pairs = await bothPorts();
    expect(pairs.filter(([http, https]) => http !== https || http === '-')).toEqual([]);
    await c.on('lb1', 'systemctl stop nftables netfilter-persistent', 120);
    await applied(c);
  });

  it('a dead 443 is noticed, and takes the server out for 80 as well', async () => {
    await c.on('web1', 'iptables -I INPUT -p tcp --dport 443 -j REJECT');
    await until(c, 'lb1', "! ipvsadm -Sn | grep -q -e '-r 10.0.0.10:'", 90);
    const pairs = await bothPorts();
    expect(new Set(pairs.flat())).toEqual(new Set(['web2']));
    const { code, out, err } = await c.lvsctl('plan', '--detailed-exitcode');
    expect({ code, said: `${out}${err}` }).toMatchObject({ code: 0, said: expect.stringMatching(/web1/) });
    await c.on('web1', 'iptables -D INPUT -p tcp --dport 443 -j REJECT');
    await until(c, 'lb1', "ipvsadm -Sn | grep -q -e '-r 10.0.0.10:'", 90);
  });

  it('with all real servers down the apology answers on both ports', async () => {
    for (const web of ['web1', 'web2']) await c.on(web, 'systemctl stop nginx');
    for (const scheme of ['http', 'https'])
      await until(c, 'client', `curl -sk -m 4 ${scheme}://${VIP}/ | grep -q 'back soon'`, 90);
    for (const web of ['web1', 'web2']) await c.on(web, 'systemctl start nginx');
    for (const scheme of ['http', 'https'])
      await until(c, 'client', `curl -sk -m 4 ${scheme}://${VIP}/ | grep -q web`, 90);
    await until(c, 'lb1', "[ $(ipvsadm -Sn | grep -c -e '-r 10.0.0.[12]0:') = 2 ]", 90);
    await expectNoChanges(c);
  });

  it('after a reboot of all at once the mark is there, and one client stays with one server', async () => {
    await c.reboot();
    for (const source of SOURCES) await c.on('client', `ip addr add ${source}/24 dev ens33`);
    await until(c, 'client', `curl -sk -m 4 https://${VIP}/ | grep -q web`, 180);
    await until(c, 'client', `curl -s -m 4 http://${VIP}/ | grep -q web`, 60);
    const pairs = await bothPorts();
    expect(pairs.filter(([http, https]) => http !== https || http === '-')).toEqual([]);
    await expectNoChanges(c);
  });

  destroyed(() => life);

  /** What each of the client's addresses gets by http and then by https. */
  async function bothPorts(): Promise<string[][]> {
    const get = (url: string) => `$(curl -s -k -f -m 8 --interface $from ${url} || echo -)`;
    const each = `echo ${get(`http://${VIP}/`)} ${get(`https://${VIP}/`)}`;
    const said = await c.on('client', `for from in ${SOURCES.join(' ')}; do ${each}; done`, 300);
    return said
      .trim()
      .split('\n')
      .map(line => line.split(' '));
  }
});
