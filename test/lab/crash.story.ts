import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, cluster } from './cluster.js';
import { boundaries, converges, faults, type Point, tryPoint } from './crash.js';

/** CRASH_SEED=n chooses the same points again. */
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 100_000);
/** Park and Miller's generator: as good as is needed to choose. */
let state = (seed % 2147483646) + 1;
const random = (below: number) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};

describe(`an apply that breaks off anywhere (CRASH_SEED=${seed})`, () => {
  let c: Cluster;
  beforeAll(async () => {
    c = await cluster('nat');
  });
  afterAll(() => c?.down());

  const roles = [
    ['director', 'lb1'],
    ['real server', 'web1'],
    ['NFS server', 'nas'],
  ] as const;
  it.each(faults.flatMap(fault => roles.map(([role, host]) => ({ fault, role, host }))))(
    '$fault at some change of the $role: every host is as before or as wanted',
    async ({ fault, host }) => {
      const all = await boundaries(c, [host]);
      const point: Point = { ...all[random(all.length)]!, fault };
      const held = await tryPoint(c, point);
      process.stdout.write(
        `${fault} on ${host} before ${point.what} (change ${point.number}): ${held.state}, ${held.seconds} s\n`,
      );
      if (held.state !== 'old') await c.reset();
      expect(held.message).toBeUndefined();
    },
  );

  it('after all of them the next apply makes the cluster', async () => {
    expect(await converges(c)).toBeUndefined();
    await c.on('nas', 'echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html');
    expect(new Set(await c.requests(4)).size).toBe(2);
  });
});
