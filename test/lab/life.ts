import { expect, it } from 'vitest';
import { applied, type Cluster } from './cluster.js';
import { until } from './pair.js';
import { differences, portrait } from './portrait.js';

/** What may differ from the first day when a cluster was destroyed, each with its reason. */
const unavoidable: readonly [RegExp, string][] = [
  [/^[+-] module /, 'a loaded module is left loaded, and a boot loads others than the snapshot had'],
  [/^\+ kernel /, 'values that came with a module; one that existed before shows up as a `-` as well'],
  [
    /^[+-] unit \S+\.(target|timer) active$/,
    'what a boot reached or a clock started; nothing of ours hangs on it',
  ],
  [
    /^- kernel .*\/mgmt0\/send_redirects:1$/,
    'a card that a boot set up while conf.default was 0; effective is `all` or the card, and `all` is back at 1',
  ],
];

/** One cluster's life, as a story tells it: its hosts' portraits are taken before anything is done to them. */
export interface Life {
  cluster: Cluster;
  hosts: readonly string[];
  url: string;
  /** What the real servers answer with. */
  pages: readonly string[];
  before: ReadonlyMap<string, readonly string[]>;
}

/** The portraits of a cluster's hosts, to be compared with after its destroy. */
export async function portraits(cluster: Cluster, hosts: readonly string[]): Promise<Life['before']> {
  const taken = new Map<string, string[]>();
  for (const host of hosts) taken.set(host, await portrait(cluster, host));
  return taken;
}

/** Applies from the first day on: the second plan is empty and requests go in turn. */
export function born(life: () => Life): void {
  it('an apply makes the cluster, the second plan is empty, and requests alternate', async () => {
    const { cluster, url, pages } = life();
    await applied(cluster);
    await expectNoChanges(cluster);
    expectInTurn(await cluster.requests(10, url), pages);
  });
}

/** Reboots every guest at once; turns are counted by the director that is to hold the VIP, the first one. */
export function rebooted(life: () => Life): void {
  it('after a reboot of all at once requests alternate and the plan is still empty', async () => {
    const { cluster, url, pages, hosts } = life();
    await cluster.reboot();
    await until(cluster, hosts[0]!, `ip -o -4 addr show | grep -q ' ${new URL(url).hostname}/'`, 120);
    await answering(cluster, url, 120, pages);
    expectInTurn(await cluster.requests(10, url), pages);
    await expectNoChanges(cluster);
  });
}

/** Destroys: the hosts are as on their first day. `further`: what else may differ here, with the reason. */
export function destroyed(life: () => Life, further: readonly [RegExp, string][] = []): void {
  it('a destroy gives every host back as it was', async () => {
    const { cluster, url, hosts, before } = life();
    const { code, out, err } = await cluster.lvsctl('destroy', '--auto-approve');
    expect({ code, err: code === 0 ? '' : `${out}\n${err}` }).toEqual({ code: 0, err: '' });
    const left = hosts.map(async host =>
      differences(before.get(host)!, await portrait(cluster, host))
        .filter(line => ![...unavoidable, ...further].some(([pattern]) => pattern.test(line)))
        .map(line => `${host} ${line}`),
    );
    expect((await Promise.all(left)).flat()).toEqual([]);
    expect(await cluster.requests(1, url)).toEqual(['-']);
  });
}

export async function expectNoChanges(cluster: Cluster): Promise<void> {
  const { code, out, err } = await cluster.lvsctl('plan', '--detailed-exitcode');
  expect(`${out}${err}`).toMatch(/^No changes\./m);
  expect(code).toBe(0);
}

export function expectInTurn(bodies: readonly string[], pages: readonly string[]): void {
  expect(bodies).toEqual(inTurn(bodies, pages));
}

/** What servers in turn would have answered, beginning with the first of these. */
function inTurn(bodies: readonly string[], pages: readonly string[]): string[] {
  const first = pages.indexOf(bodies[0]!);
  return bodies.map((_, index) => pages[(first + index) % pages.length]!);
}

/**
 * Waits until the last four requests were all answered; when `pages` are given, the last ten, in turn: after a boot
 * keepalived takes each real server in when its check has passed, and the director with the highest priority the VIP.
 */
export async function answering(
  cluster: Cluster,
  url: string,
  seconds: number,
  pages?: readonly string[],
): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const bodies = await cluster.requests(pages ? 10 : 4, url);
    const wanted = pages ? inTurn(bodies, pages) : bodies;
    if (!bodies.includes('-') && bodies.join('\n') === wanted.join('\n')) return;
    if (Date.now() > limit) throw new Error(`no answers within ${seconds} s: ${bodies}`);
  }
}
