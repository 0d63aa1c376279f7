import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import type { Direction } from './crash-point.js';
import { machines, urls, ways } from './crash-way.js';
import { expectNoChanges } from './life.js';

describe('LVS-DR: a director in the place of another', () => {
  const way = ways.find(
    ({ setup, name }) => setup === 'dr' && name === 'a director in the place of another',
  )!;
  let c: Cluster;
  beforeAll(async () => {
    c = await cluster('dr', { edit: () => machines.dr });
  });
  afterAll(() => c?.down());

  it.each<[string, Direction, string]>([
    ['the first one', 'from', 'lb1'],
    ['the other', 'to', 'lb2'],
    ['the first one again', 'from', 'lb1'],
  ])(
    '%s has the VIP, and a client that knew it by another card is answered at once',
    async (_, end, host) => {
      await c.edit(() => way[end]);
      await applied(c, '--allow', 'last-server,weight-lost,mass-delete', '--drain-timeout', '0s');
      expect(await c.requests(4, urls.dr)).toEqual(['web1', 'web1', 'web1', 'web1']);
      const mac = (await c.on(host, 'cat /sys/class/net/ens33/address')).trim();
      expect(await c.on('client', 'ip neigh show 192.168.127.100')).toContain(` lladdr ${mac} `);
      await expectNoChanges(c);
    },
  );
});
