import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, cluster } from './cluster.js';
import { born, destroyed, type Life, portraits, rebooted } from './life.js';

describe('LVS-NAT with the gateway written on the real servers', () => {
  let c: Cluster;
  let life: Life;

  beforeAll(async () => {
    c = await cluster('nat-gateway');
    const hosts = ['lb1', 'web1', 'web2'];
    const before = await portraits(c, hosts);
    life = {
      cluster: c,
      hosts,
      url: 'http://192.168.10.1/',
      pages: ['this is web1', 'this is web2'],
      before,
    };
  });
  afterAll(() => c?.down());

  born(() => life);
  rebooted(() => life);

  it('the real servers’ gateway is the director’s inside address, also after the reboot', async () => {
    for (const web of ['web1', 'web2']) {
      expect(await c.on(web, 'ip -4 route show default')).toMatch(
        /^default via 192\.168\.20\.254 dev ens33 \S.*\n$/,
      );
    }
  });

  destroyed(() => life);
});
