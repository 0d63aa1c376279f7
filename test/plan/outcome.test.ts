import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/plan/event.js';
import { foldOutcome, hostChanges, missing } from '../../src/plan/outcome.js';
import { change, plan } from '../report/sample.js';

const two = plan([
  change('lb1', { kind: 'sysctl', key: 'a', after: { value: '1' } }),
  change('web1', { kind: 'sysctl', key: 'b', after: { value: '1' } }),
  change('lb1', { kind: 'sysctl', key: 'c', after: { value: '1' } }),
]);

type Told = Event extends infer One ? (One extends Event ? Omit<One, 'at' | 'host'> : never) : never;

function fold(...told: Told[]) {
  const events = told.map((event, second) => ({
    ...event,
    host: 'lb1',
    at: new Date(second * 1000).toISOString(),
  })) as Event[];
  return foldOutcome(two, events);
}

const made = (change: number) => [
  { type: 'begin' as const, change },
  { type: 'done' as const, change },
];

describe('the outcome of an apply', () => {
  it('is untouched on hosts that told nothing', () => {
    expect(foldOutcome(two, [])).toEqual({
      hosts: new Map([
        ['lb1', { done: [], undone: [], ended: 'untouched' }],
        ['web1', { done: [], undone: [], ended: 'untouched' }],
      ]),
      seconds: 0,
    });
  });

  it.each([
    [
      'applied once confirmed',
      [...made(0), ...made(1), { type: 'confirmed' as const }],
      { done: [0, 1], undone: [], ended: 'applied' },
    ],
    [
      'restored when all was undone, the change that failed included',
      [
        ...made(0),
        { type: 'begin' as const, change: 1 },
        { type: 'failed' as const, change: 1, message: 'no' },
        { type: 'undone' as const, whole: true, by: 'client' as const },
      ],
      { done: [], undone: [0, 1], failed: { change: 1, message: 'no' }, ended: 'restored' },
    ],
    [
      'untouched when nothing was begun before it was let go',
      [{ type: 'undone' as const, whole: true, by: 'client' as const }],
      { done: [], undone: [], ended: 'untouched' },
    ],
    [
      'restored by the host itself when its own switch did it',
      [...made(0), { type: 'undone' as const, whole: true, by: 'switch' as const }],
      { done: [], undone: [0], byItself: true, ended: 'restored' },
    ],
    [
      'unknown when the undoing failed',
      [
        ...made(0),
        { type: 'failed' as const, message: 'no' },
        { type: 'undone' as const, whole: false, by: 'switch' as const },
      ],
      { done: [0], undone: [], failed: { message: 'no' }, byItself: true, ended: 'unknown' },
    ],
    [
      'unknown when the line broke',
      [...made(0), { type: 'lost' as const, message: 'reset' }],
      { done: [0], undone: [], failed: { message: 'reset' }, ended: 'unknown' },
    ],
    [
      'applied when the line came back in time',
      [...made(0), { type: 'lost' as const, message: 'reset' }, ...made(1), { type: 'confirmed' as const }],
      { done: [0, 1], undone: [], ended: 'applied' },
    ],
    [
      'untouched when it failed before the first write',
      [{ type: 'locked' as const }, { type: 'failed' as const, message: 'keepalived -t' }],
      { done: [], undone: [], failed: { message: 'keepalived -t' }, ended: 'untouched' },
    ],
    [
      'restored, with what an earlier phase had confirmed still standing',
      [
        ...made(0),
        { type: 'confirmed' as const },
        ...made(1),
        { type: 'undone' as const, whole: true, by: 'switch' as const },
      ],
      { done: [0], undone: [1], byItself: true, ended: 'restored' },
    ],
  ])('is %s', (_, told, expected) => {
    expect(fold(...told).hosts.get('lb1')).toEqual(expected);
  });

  it('takes as long as from the first event to the last', () => {
    expect(fold(...made(0), { type: 'confirmed' }).seconds).toBe(2);
  });

  it('names the changes that do not stand, but for what is meant to stay as it is', () => {
    const staying = change('lb1', {
      kind: 'package',
      key: 'p',
      before: { installed: true },
      stays: 'packages stay',
    });
    const withStay = plan([...hostChanges(two, 'lb1'), staying]);
    const host = fold(...made(0), { type: 'confirmed' }).hosts.get('lb1')!;
    expect(missing(withStay, 'lb1', host).map(({ key }) => key)).toEqual(['c']);
  });
});
