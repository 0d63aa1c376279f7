import { describe, expect, it } from 'vitest';
import type { HostOutcome } from '../../src/plan/outcome.js';
import {
  applyResults,
  driftResults,
  exitCode,
  planResults,
  type Result,
} from '../../src/report/exit-code.js';
import { change, plan } from './sample.js';

const one = [change('lb1', { kind: 'sysctl', key: 'a', after: { value: '1' } })];
const error = { id: 'x', severity: 'error' as const, message: 'm', remedy: 'r' };
const dead = { name: 'web1', status: 'unreachable' as const };

describe('the exit code', () => {
  it('goes by 6 > 5 > 1 > 3 > 4 > 2 > 0', () => {
    const all: Result[] = ['unrestored', 'restored', 'error', 'refused', 'incomplete', 'differs'];
    expect([0, 1, 2, 3, 4, 5, 6].map(from => exitCode(all.slice(from).reverse()))).toEqual([
      6, 5, 1, 3, 4, 2, 0,
    ]);
  });

  it.each([
    ['an empty plan', plan(), true, 0],
    ['a plan with changes', plan(one), false, 0],
    ['a plan whose differences are to count', plan(one), true, 2],
    ['a host that was not reached', plan(one, { hosts: [{ name: 'lb1' }, dead] }), true, 4],
    [
      'a kind that could not be read',
      plan([], { hosts: [{ name: 'lb1', unreadable: new Map([['mount', 'no']]) }] }),
      true,
      4,
    ],
    ['a host that refused', plan([], { hosts: [{ name: 'lb1', status: 'refused' }, dead] }), true, 1],
    ['a guard', plan(one, { findings: [error] }), true, 3],
    [
      'a warning',
      plan([], { findings: [{ id: 'x', severity: 'warning', message: 'm', remedy: 'r' }] }),
      true,
      0,
    ],
  ])('of %s', (_, seen, detailed, code) => {
    expect(exitCode(planResults(seen, detailed))).toBe(code);
  });

  it.each([
    ['without a difference', plan(), 0],
    ['with one', plan(one), 2],
    ['with one whose repair a guard would refuse', plan(one, { findings: [error] }), 2],
    ['with what a rule calls an error', plan([], { findings: [error] }), 2],
    ['on hosts that were not all reached', plan(one, { hosts: [{ name: 'lb1' }, dead] }), 4],
  ])('of drift %s', (_, seen, code) => {
    expect(exitCode(driftResults(seen))).toBe(code);
  });

  it.each<[string, Partial<HostOutcome>, number]>([
    ['an apply', { done: [0], ended: 'applied' }, 0],
    ['an apply that was stopped', {}, 1],
    ['a failure before the first write', { failed: { message: 'no' } }, 1],
    ['a host that another apply holds', { failed: { message: 'locked by anna', refused: true } }, 3],
    ['a failure that was put back', { undone: [0], failed: { message: 'no' }, ended: 'restored' }, 5],
    ['a silent putting back', { undone: [0], ended: 'restored' }, 5],
    ['a host of which nobody knows', { done: [0], ended: 'unknown' }, 6],
  ])('of %s', (_, host, code) => {
    const outcome: HostOutcome = { done: [], undone: [], ended: 'untouched', ...host };
    expect(exitCode(applyResults(plan(one), { hosts: new Map([['lb1', outcome]]), seconds: 1 }))).toBe(code);
  });

  it('of an apply is 3 when one host is held by another, and the others were let go untouched', () => {
    const two = plan([...one, change('web1', { kind: 'sysctl', key: 'a', after: { value: '1' } })]);
    const idle: HostOutcome = { done: [], undone: [], ended: 'untouched' };
    const held: HostOutcome = { ...idle, failed: { message: 'locked by anna', refused: true } };
    const hosts = new Map([
      ['lb1', idle],
      ['web1', held],
    ]);
    expect(exitCode(applyResults(two, { hosts, seconds: 1 }))).toBe(3);
  });

  it('of an apply that could not reach all hosts is 4', () => {
    const outcome = {
      hosts: new Map([['lb1', { done: [0], undone: [], ended: 'applied' as const }]]),
      seconds: 1,
    };
    expect(exitCode(applyResults(plan(one, { hosts: [{ name: 'lb1' }, dead] }), outcome))).toBe(4);
  });
});
