import { expect, it } from 'vitest';
import { boundaries, deed, type PlannedChange, pointsOf } from './crash-point.js';
import { latest, table } from './crash-record.js';
import type { Way } from './crash-way.js';

const change = (
  type: string,
  action: string,
  more: Partial<PlannedChange> = {},
  weight = 1,
): PlannedChange => ({
  host: 'lb1',
  type,
  name: 'x',
  action_reason: 'runtime_differs',
  change: { actions: [action], before: {}, after: { weight } },
  ...more,
});

it('a deed is told from the JSON of a plan: put back and drained are updates there', () => {
  const orphan = { action_reason: 'orphan' };
  expect([
    deed(change('file', 'create')),
    deed(change('file', 'update', orphan)),
    deed(change('file', 'delete', orphan)),
    deed(change('real-server', 'update', orphan, 0)),
    deed(change('module', 'no-op', orphan)),
    deed(change('mark', 'update', orphan)),
  ]).toEqual(['create file', 'restore file', 'delete file', 'drain real-server', '-', '-']);
});

it('a host can stand between two runs of changes, before the first and after the last', () => {
  expect(boundaries(['create file', 'update file', 'create link', 'create link', '-'])).toEqual([
    { number: 0, sides: ['before create file', 'before update file'] },
    { number: 2, sides: ['after create file', 'after update file', 'before create link'] },
    { number: 3, sides: ['after create link', 'before create link'] },
    { number: 4, sides: ['after create link'] },
    { number: 5, sides: [] },
  ]);
});

const way = {
  setup: 'nat',
  name: 'a way',
  from: '',
  to: '',
  hosts: { lb1: 'director' },
  answers: true,
} as const;
const ways: readonly Way[] = [way, { ...way, name: 'another' }];
const plans = {
  nat: {
    'a way': { to: { lb1: ['create link', 'create route'] }, from: { lb1: ['delete route', 'delete link'] } },
    another: { to: { lb1: ['create route', 'create mount'] }, from: {} },
  },
};

it('every side of every deed is tried once by every fault, in as few points as will do, and again in no later way', () => {
  const points = pointsOf('nat', ways, plans).filter(({ fault }) => fault === 'cut');
  expect(points.map(({ way, number, sides }) => `${way} ${number} ${sides.join(', ')}`)).toEqual([
    'a way 0 before create link',
    'a way 1 after create link, before create route',
    'a way 2 after create route',
    'a way 0 before delete route',
    'a way 1 after delete route, before delete link',
    'a way 2 after delete link',
    'another 1 after create route, before create mount',
    'another 2 after create mount',
  ]);
});

it('the table counts held, tried and all, and has the words of what was not held', () => {
  const points = pointsOf('nat', ways, plans);
  const kills = points.filter(({ fault }) => fault === 'kill');
  const result = (index: number, message?: string) => {
    const tried = {
      ...kills[index]!,
      code: 5,
      states: {},
      converged: true,
      seconds: 20,
      at: 'now',
      ...(message && { message }),
    };
    return tried;
  };
  const tries = [result(0), result(1, 'lb1 is mixed'), result(2, 'lb1 was mixed'), result(2)];
  const text = table(points, latest(tries));
  expect(text).toContain('| nat | director | 2 of 3, of 8 | 0 of 0, of 8 |');
  expect(text).toContain('      lb1 is mixed\n');
  expect(text).toMatch(/## Held only when tried again\n\n- .*\n\n {6}now: lb1 was mixed\n$/);
});
