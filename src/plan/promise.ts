import type { Verification } from './verification.js';

const SHARES: ReadonlySet<string> = new Set(['rr', 'wrr', 'lc', 'wlc', 'sed', 'nq']);
const EXACT: ReadonlySet<string> = new Set(['rr', 'wrr']);

/**
 * What the scheduler and the weights promise for short requests sent one after the other, and whether the counts
 * keep it. `told`: answers whose server is known, all of them; 0 when pages do not tell servers apart. rr and wrr
 * are exact but for a round begun (weights by their greatest common divisor, ip_vs_wrr.c); without weight no answer at
 * all. A hash or the least connections promise no count.
 */
export function promise(
  service: {
    scheduler: string;
    persistence: number;
    servers: readonly { name: string; weight: number }[];
  },
  counts: ReadonlyMap<string, number>,
  told: number,
): { expected: ReadonlyMap<string, number>; verdict: Verification['verdict'] } {
  const { scheduler, persistence, servers } = service;
  const byWeight = (weight: number) =>
    scheduler === 'rr' || scheduler === 'lc' ? Math.min(weight, 1) : weight;
  const sum = servers.reduce((total, { weight }) => total + byWeight(weight), 0);
  const known = SHARES.has(scheduler) && persistence === 0 && sum > 0;
  const expected = new Map(
    servers.map(({ name, weight }) => [name, known ? (told * byWeight(weight)) / sum : 0]),
  );
  if (!known || !EXACT.has(scheduler) || told === 0) return { expected, verdict: 'no promise' };
  const step = servers.map(({ weight }) => byWeight(weight)).reduce(divisor);
  const kept = servers.every(
    ({ name, weight }) => Math.abs(counts.get(name)! - expected.get(name)!) <= byWeight(weight) / step,
  );
  return { expected, verdict: kept ? 'as promised' : 'not as promised' };
}

/**
 * How many connections one after the other make a round, in which each real server with weight has its share; 1 where no
 * count is promised.
 */
export function turns({ scheduler, persistence, servers }: Parameters<typeof promise>[0]): number {
  const weights = servers.map(({ weight }) => weight).filter(weight => weight > 0);
  if (!SHARES.has(scheduler) || persistence > 0 || weights.length === 0) return 1;
  if (scheduler !== 'wrr') return weights.length;
  return weights.reduce((sum, weight) => sum + weight) / weights.reduce(divisor);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
