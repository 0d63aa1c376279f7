import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { differences, portrait } from './portrait.js';

const VIP = 'http://192.168.10.1/';
const PAGES = ['this is web1', 'this is web2'];
const hosts = ['lb1', 'web1', 'web2'];

/** What may differ from the first day, each with its reason. */
const unavoidable: readonly [RegExp, string][] = [
  [/^[+-] module /, 'a loaded module is left loaded, and a boot loads others than the snapshot had'],
  [/^\+ kernel /, 'values that came with a module; one that existed before shows up as a `-` as well'],
  [
    /^[+-] unit \S+\.(target|timer) active$/,
    'what a boot reached or a clock started; nothing of ours hangs on it',
  ],
];

describe('LVS-NAT with the gateway written on the real servers', () => {
  let c: Cluster;
  const before = new Map<string, string[]>();

  beforeAll(async () => {
    c = await cluster('nat-gateway');
    for (const host of hosts) before.set(host, await portrait(c, host));
  });
  afterAll(() => c?.down());

  it('an apply makes the cluster, the second plan is empty, and requests alternate', async () => {
    await applied(c);
    await expectNoChanges();
    expectInTurn(await c.requests(10, VIP));
  });

  it('after a reboot of all at once the real servers’ gateway is the director’s inside address', async () => {
    await c.reboot();
    await answering(120);
    for (const web of ['web1', 'web2']) {
      expect(await c.on(web, 'ip -4 route show default')).toMatch(
        /^default via 192\.168\.20\.254 dev ens33 \S.*\n$/,
      );
    }
    expectInTurn(await c.requests(10, VIP));
    await expectNoChanges();
  });

  it('a destroy gives every host back as it was', async () => {
    const { code, out, err } = await c.lvsctl('destroy', '--auto-approve');
    expect({ code, err: code === 0 ? '' : `${out}\n${err}` }).toEqual({ code: 0, err: '' });
    const left = hosts.map(async host =>
      differences(before.get(host)!, await portrait(c, host))
        .filter(line => !unavoidable.some(([pattern]) => pattern.test(line)))
        .map(line => `${host} ${line}`),
    );
    expect((await Promise.all(left)).flat()).toEqual([]);
    expect(await c.requests(1, VIP)).toEqual(['-']);
  });

  async function expectNoChanges(): Promise<void> {
    const { code, out } = await c.lvsctl('plan', '--detailed-exitcode');
    expect(out).toMatch(/^No changes\./m);
    expect(code).toBe(0);
  }

  function expectInTurn(bodies: string[]): void {
    const pair = bodies[0] === PAGES[0] ? PAGES : PAGES.toReversed();
    expect(bodies).toEqual(bodies.map((_, index) => pair[index % 2]));
  }

  /** Waits until the last four requests were all answered. */
  async function answering(seconds: number): Promise<void> {
    const limit = Date.now() + seconds * 1000;
    for (;;) {
      const bodies = await c.requests(4, VIP);
      if (!bodies.includes('-')) return;
      if (Date.now() > limit) throw new Error(`no answers within ${seconds} s: ${bodies}`);
    }
  }
});
