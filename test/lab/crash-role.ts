import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashLab, crashLab } from './crash-lab.js';
import { faults } from './crash-point.js';
import { ways } from './crash-way.js';

/** CRASH_SEED=n chooses the same points again. */
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 100_000);
/** Park and Miller's generator: as good as is needed to choose. */
let state = (seed % 2147483646) + 1;
const random = (below: number) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};

/** A point of the crash matrix for each fault, on this way of set-up nat; a lab for each, so that they run side by side. */
export function breaksOffAnywhere(name: string): void {
  const way = ways.find(each => each.setup === 'nat' && each.name === name)!;
  describe(`an apply that breaks off anywhere (CRASH_SEED=${seed})`, () => {
    let lab: CrashLab;
    beforeAll(async () => {
      lab = await crashLab('nat');
    });
    afterAll(() => lab?.down());

    const points = Object.entries(way.hosts).flatMap(([host, role]) =>
      faults.map(fault => ({ host, role, fault })),
    );
    it.each(points)(
      '$fault at some change of the $role: each host is as before or as wanted, the VIP answers, the next apply converges',
      async ({ host, role, fault }) => {
        const direction = lab.end(way) === 'from' ? 'to' : 'from';
        const point = { setup: way.setup, way: way.name, direction, host, role, fault } as const;
        const { sides, states, seconds, message } = await lab.attempt(
          way,
          point,
          all => all[random(all.length)],
        );
        process.stdout.write(
          `${fault} on ${host}, ${direction} ${way.name}, ${sides.join(', ')}: ${JSON.stringify(states)}, ${seconds} s\n`,
        );
        expect(message).toBeUndefined();
      },
    );
  });
}
