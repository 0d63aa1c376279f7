import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './broken-off.js';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { expectInTurn } from './life.js';

/** Somebody from another network who reaches the hosts through their own default gateway, until that is the director. */
let c: Cluster;
beforeAll(async () => {
  c = await cluster('nat', { inband: true });
});
afterAll(() => c?.down());

/** A default gateway that is nobody: who needs it does not reach web1. */
const WRONG = '\n    gateway: 192.168.80.99';
const MANAGEMENT = '\nmanagement: { network: 10.99.0.0/24, via: 192.168.80.253 }';
/** gateway-not-director objects to the gateway too, and is not what this is about. */
const WEIGHED = ['--allow', 'gateway-not-director'];
const operators = '10.99.0.0/24 via 192.168.80.253 dev ens33';
const nobody = 'default via 192.168.80.99 dev ens33 onlink';
const director = 'default via 192.168.80.80 dev ens33 onlink';

const routes = async (host: string) =>
  (await c.on(host, 'ip -4 route show default; ip -4 route show 10.99.0.0/24'))
    .trim()
    .split('\n')
    .map(line => line.trim());
/** What a boot makes the routes of. */
const atBoot = (host: string) =>
  c.on(host, 'cat /etc/network/interfaces; find /etc/network/if-up.d -type f | sort');

describe('a cluster whose operators come from another network', () => {
  let before: [string[], string];

  it('refuses a gateway that cuts them off', async () => {
    before = [await routes('web1'), await atBoot('web1')];
    expect(before[0]).toEqual(['default via 192.168.80.253 dev ens33 onlink']);
    await c.edit(yaml => yaml.replace('192.168.80.10/24', `192.168.80.10/24${WRONG}`));
    const { code, err } = await c.lvsctl('apply', '-y', ...WEIGHED);
    expect(err).toContain('--allow own-ssh-path\n');
    expect(code).toBe(3);
    expect([await routes('web1'), await atBoot('web1')]).toEqual(before);
  });

  it('takes the same gateway when `management` keeps their way, and SSH goes on', async () => {
    await c.edit(yaml => yaml.replace('mode: nat', `mode: nat${MANAGEMENT}`));
    await applied(c, ...WEIGHED);
    await c.on('nas', 'echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html');
    expect(await routes('web1')).toEqual([nobody, operators]);
    expect(await routes('web2')).toEqual([director, operators]);
    for (const host of ['lb1', 'nas']) expect((await routes(host)).join()).not.toContain('10.99.0.0');
    const again = await c.lvsctl('apply', '-y', ...WEIGHED);
    expect(again.out).toMatch(/^No changes\./m);
    expect(again.code).toBe(0);
  });

  it('has no other way there: without the route web1 is out of reach, and what a boot runs brings it back', async () => {
    await c.on('web1', `ip route del ${operators}`);
    expect((await c.lvsctl('plan')).out).toMatch(/^web1 .*unreachable/im);
    await c.on('web1', 'IFACE=ens33 ADDRFAM=inet /etc/network/if-up.d/lvsctl');
    expect(await routes('web1')).toEqual([nobody, operators]);
    expect((await c.lvsctl('apply', '-y', ...WEIGHED)).out).toMatch(/^No changes\./m);
  });

  it('is reached again after a reboot, which leaves nothing to change', async () => {
    await c.reboot(['web1']);
    await eventually(c, 'web1', 'systemctl is-active nginx.service && ls /var/www/html/index.html', 120);
    expect(await routes('web1')).toEqual([nobody, operators]);
    expect((await c.lvsctl('apply', '-y', ...WEIGHED)).out).toMatch(/^No changes\./m);
  });

  it('serves by the right gateway, whose change asks no guard', async () => {
    await c.edit(yaml => yaml.replace(WRONG, ''));
    await applied(c);
    expect(await planned(c)).toEqual([]);
    expect(await routes('web1')).toEqual([director, operators]);
    expectInTurn(await c.requests(4), ['kgc', 'benet']);
  });

  it('gives back routes and files with destroy', async () => {
    const { code, out, err } = await c.lvsctl('destroy', '-y');
    expect({ code, said: code === 0 ? '' : out + err }).toEqual({ code: 0, said: '' });
    expect([await routes('web1'), await atBoot('web1')]).toEqual(before);
  });
});
