import { describe, expect, it } from 'vitest';
import { promise, turns } from '../../src/plan/promise.js';

it.each<[string, number, number[], number]>([
  ['rr', 0, [1, 3, 1], 3],
  ['rr', 0, [1, 0, 1], 2],
  ['wrr', 0, [300, 100], 4],
  ['wrr', 0, [2, 1, 0], 3],
  ['wlc', 0, [2, 1], 2],
  ['sh', 0, [1, 1], 1],
  ['rr', 300, [1, 1], 1],
  ['rr', 0, [0], 1],
])(
  '%s with persistence %i and weights %j comes to everybody in %i turns',
  (scheduler, persistence, weights, count) => {
    const servers = weights.map((weight, index) => ({ name: `web${index}`, weight }));
    expect(turns({ scheduler, persistence, servers })).toBe(count);
  },
);

/** weights and answers by server: { a: [weight, answers], .. } */
type Servers = Readonly<Record<string, readonly [weight: number, answers: number]>>;

function judged(scheduler: string, servers: Servers, more: { persistence?: number; told?: number } = {}) {
  const all = Object.entries(servers);
  const sum = all.reduce((total, [, [, answers]]) => total + answers, 0);
  const { persistence = 0, told = sum } = more;
  return promise(
    { scheduler, persistence, servers: all.map(([name, [weight]]) => ({ name, weight })) },
    new Map(all.map(([name, [, answers]]) => [name, answers])),
    told,
  );
}

describe('what a scheduler promises', () => {
  it.each<[string, string, Servers, string]>([
    ['rr in turn', 'rr', { a: [1, 10], b: [1, 10] }, 'as promised'],
    ['rr with a round begun', 'rr', { a: [1, 11], b: [1, 10] }, 'as promised'],
    ['rr has no eye for weights', 'rr', { a: [3, 10], b: [1, 10] }, 'as promised'],
    ['rr with one that gets too little', 'rr', { a: [1, 13], b: [1, 7] }, 'not as promised'],
    ['rr with one that never answers', 'rr', { a: [1, 20], b: [1, 0] }, 'not as promised'],
    ['wrr by weight', 'wrr', { a: [3, 15], b: [1, 5] }, 'as promised'],
    ['wrr with a round begun', 'wrr', { a: [3, 17], b: [1, 5] }, 'as promised'],
    ['wrr that takes no notice of weights', 'wrr', { a: [3, 10], b: [1, 10] }, 'not as promised'],
    ['wrr with large weights', 'wrr', { a: [300, 15], b: [100, 5] }, 'as promised'],
    ['wrr with large weights, and one has all', 'wrr', { a: [100, 20], b: [100, 0] }, 'not as promised'],
    ['a server without weight that is silent', 'wrr', { a: [1, 20], b: [0, 0] }, 'as promised'],
    ['a server without weight that answers once', 'wrr', { a: [1, 19], b: [0, 1] }, 'not as promised'],
    ['the same with rr', 'rr', { a: [1, 19], b: [0, 1] }, 'not as promised'],
    ['nobody who could answer', 'rr', { a: [0, 0], b: [0, 0] }, 'no promise'],
    ['no answers', 'rr', { a: [1, 0], b: [1, 0] }, 'no promise'],
    ['the least connections', 'wlc', { a: [1, 20], b: [1, 0] }, 'no promise'],
    ['a hash', 'sh', { a: [1, 20], b: [1, 0] }, 'no promise'],
  ])('%s: %s %j is %s', (_, scheduler, servers, verdict) => {
    expect(judged(scheduler, servers).verdict).toBe(verdict);
  });

  it('is nothing when a client stays with its server', () => {
    expect(judged('rr', { a: [1, 20], b: [1, 0] }, { persistence: 300 }).verdict).toBe('no promise');
  });

  it('is nothing when the pages do not tell servers apart', () => {
    expect(judged('rr', { a: [1, 0], b: [1, 0] }, { told: 0 }).verdict).toBe('no promise');
  });

  it('is shown as the number of answers that each should have given', () => {
    expect(Object.fromEntries(judged('wrr', { a: [3, 15], b: [1, 5] }).expected)).toEqual({ a: 15, b: 5 });
    expect(Object.fromEntries(judged('wlc', { a: [3, 15], b: [1, 5] }).expected)).toEqual({ a: 15, b: 5 });
    expect(Object.fromEntries(judged('lc', { a: [3, 15], b: [1, 5] }).expected)).toEqual({ a: 10, b: 10 });
    expect(Object.fromEntries(judged('sh', { a: [3, 15], b: [1, 5] }).expected)).toEqual({ a: 0, b: 0 });
  });
});

it('holds for whatever stretch of the rounds that the kernel goes through (ip_vs_wrr.c)', () => {
  const rounds: Readonly<Record<string, number>>[] = [
    { a: 3, b: 1 },
    { a: 100, b: 200, c: 300 },
    { a: 5, b: 5, c: 2 },
    { a: 1, b: 9 },
  ];
  for (const weights of rounds)
    for (let from = 0; from < 12; from++)
      for (const length of [7, 20, 31]) {
        const chosen = chosenBy(weights).slice(from, from + length);
        const servers = Object.fromEntries(
          Object.entries(weights).map(([name, weight]) => [
            name,
            [weight, chosen.filter(one => one === name).length] as const,
          ]),
        );
        expect(judged('wrr', servers).verdict, JSON.stringify({ servers, from })).toBe('as promised');
      }
});

/** The first 50 servers that weighted round robin chooses: from the largest weight down by the common divisor. */
function chosenBy(weights: Readonly<Record<string, number>>): string[] {
  const all = Object.entries(weights);
  const step = all
    .map(([, weight]) => weight)
    .reduce(function divisor(a, b): number {
      return b === 0 ? a : divisor(b, a % b);
    });
  const most = Math.max(...all.map(([, weight]) => weight));
  const chosen: string[] = [];
  while (chosen.length < 50)
    for (let current = most; current > 0; current -= step)
      for (const [name, weight] of all) if (weight >= current) chosen.push(name);
  return chosen;
}
