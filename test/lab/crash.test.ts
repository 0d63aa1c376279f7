import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashLab, crashLab } from './crash-lab.js';
import { faults } from './crash-point.js';
import { ways } from './crash-way.js';

/** What the sources are chooses the points, so that each state of them has its own; CRASH_SEED=n chooses these again. */
const seed = Number(process.env.CRASH_SEED ?? Number.parseInt(sources().slice(0, 6), 16));
/** Park and Miller's generator: as good as is needed to choose. */
let state = (seed % 2147483646) + 1;
const random = (below: number) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};

describe(`an apply that breaks off anywhere (CRASH_SEED=${seed})`, () => {
  let lab: CrashLab;
  beforeAll(async () => {
    lab = await crashLab('nat');
  });
  afterAll(() => lab?.down());

  const chosen = ['a real server', 'the NFS server', 'what a director holds'].flatMap(name => {
    const way = ways.find(each => each.setup === 'nat' && each.name === name)!;
    const [[host, role] = []] = Object.entries(way.hosts);
    const through = faults[random(faults.length)];
    return faults.map(fault => ({ way, host: host!, role: role!, fault, through: fault === through }));
  });
  it.each(chosen)(
    '$fault at some change of the $role: each host is as before or as wanted, the VIP answers, the next apply goes on',
    async ({ way, host, role, fault, through }) => {
      const direction = lab.end(way) === 'from' ? 'to' : 'from';
      const point = { setup: way.setup, way: way.name, direction, host, role, fault } as const;
      const tried = await lab.attempt(way, point, all => all[random(all.length)], through);
      const { sides, states, seconds, message, parts } = tried;
      process.stdout.write(
        `${fault} on ${host}, ${direction} ${way.name}, ${sides.join(', ')}: ${JSON.stringify(states)}, ${seconds} s (${parts.join(', ')})\n`,
      );
      expect(message).toBeUndefined();
    },
  );
});

function sources(): string {
  return execFileSync('git', ['rev-parse', 'HEAD:src'], { encoding: 'utf8' });
}
