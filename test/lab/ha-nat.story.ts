import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, cluster } from './cluster.js';
import { answering, born, destroyed, expectNoChanges, type Life, portraits, rebooted } from './life.js';
import { holders, moved, until } from './pair.js';
import { steady, told } from './steady.js';

const VIP = '12.0.0.1';
const GATEWAY = '192.168.80.254';

describe('keepalived with LVS-NAT', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('ha-nat');
    const hosts = ['lb1', 'lb2', 'web1', 'web2'];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['this is web1', 'this is web2'], before };
  });
  afterAll(() => c?.down());

  born(() => life);

  it('real servers see the client, and their own connections leave as the VIP', async () => {
    expect(await c.on('web1', "awk '{ print $1 }' /var/log/nginx/access.log | sort -u")).toContain(
      '12.0.0.12',
    );
    await c.on('client', 'nohup timeout 60 nc -l -n -v -p 9000 >/root/nc.log 2>&1 </dev/null & sleep 1');
    await c.on('web1', 'echo hello | timeout 10 nc -n -w 5 12.0.0.12 9000 || :', 30);
    expect(await c.on('client', 'cat /root/nc.log')).toContain(`Connection received on ${VIP} `);
  });

  it('VIP and gateway VIP move together when keepalived stops on the master, and come back', async () => {
    for (const address of [VIP, GATEWAY]) expect(await holders(c, address)).toEqual(['lb1']);
    const load = await steady(c, VIP);
    await c.on('lb1', 'systemctl stop keepalived');
    await moved(c, 'lb2', [VIP, GATEWAY]);
    await answering(c, life.url, 60);
    const away = await load.end();
    told('keepalived stopped on the master', away);
    expect(away.gap).toBeLessThan(30);
    await c.on('web1', 'timeout 10 ping -c 3 -W 3 12.0.0.12');

    const back = await steady(c, VIP);
    await c.on('lb1', 'systemctl start keepalived');
    await moved(c, 'lb1', [VIP, GATEWAY]);
    await answering(c, life.url, 60);
    told('keepalived started again', await back.end());
    await c.on('web1', 'timeout 10 ping -c 3 -W 3 12.0.0.12');
    await expectNoChanges(c);
  });

  it('with the inside cable of the master pulled the VIP outside goes too', async () => {
    await c.fault('lb1', { kind: 'unplug', interface: 'ens33' });
    await moved(c, 'lb2', [VIP, GATEWAY]);
    await answering(c, life.url, 60);
    await c.on('web2', 'timeout 10 ping -c 3 -W 3 12.0.0.12');
    await c.fault('lb1', { kind: 'plug', interface: 'ens33' });
    await moved(c, 'lb1', [VIP, GATEWAY]);
    await answering(c, life.url, 60);
  });

  it('all real servers down: the apology, from the master itself; then they return', async () => {
    for (const web of ['web1', 'web2']) await c.on(web, 'systemctl stop nginx');
    await until(c, 'client', `curl -s -m 3 http://${VIP}/ | grep -q 'back soon'`);
    for (const web of ['web1', 'web2']) await c.on(web, 'systemctl start nginx');
    await until(c, 'client', `curl -s -m 3 http://${VIP}/ | grep -q 'this is web'`);
    await until(c, 'lb1', `[ $(ipvsadm -Sn | grep -c -e '-a -t ${VIP}:80 -r 192.168.80.[12]0:80') = 2 ]`);
    await expectNoChanges(c);
  });

  rebooted(() => life);
  destroyed(() => life);
});
