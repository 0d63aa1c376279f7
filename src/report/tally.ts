import { basename } from 'node:path';
import { type Change, changes, type Plan } from '../plan/plan.js';
import { count } from './count.js';
import { printable } from './printable.js';

/** What a change does to its entry: put back means created, updated or deleted like any other. */
export type Verb = 'create' | 'update' | 'delete' | 'reload' | 'stay';

/** Text, JSON and exit code are all told from these numbers. */
export interface Tally {
  create: number;
  update: number;
  delete: number;
  reload: number;
  /** Entries nobody wants any more that are left on their host. */
  stay: number;
  /** All of these together: 0 is what makes a plan empty. */
  total: number;
  /** Entries that are as they should be. */
  same: number;
  hosts: number;
  /** Hosts with at least one change. */
  changed: number;
  /** Hosts that could not be read at all, and those of which a kind could not be read. */
  unchecked: number;
  partly: number;
  errors: number;
}

/** What becomes of the entry of this change. */
export function verb(change: Change): Verb {
  if (change.stays !== undefined) return 'stay';
  if (change.action === 'drain') return 'update';
  if (change.action !== 'restore') return change.action;
  return change.after === undefined ? 'delete' : change.before === undefined ? 'create' : 'update';
}

/** Counts a plan. */
export function tally(plan: Plan): Tally {
  const all = changes(plan);
  const of = (wanted: Verb) => all.filter(change => verb(change) === wanted).length;
  const read = plan.hosts.filter(host => host.status === 'ok');
  return {
    create: of('create'),
    update: of('update'),
    delete: of('delete'),
    reload: of('reload'),
    stay: of('stay'),
    total: all.length,
    same: plan.hosts.reduce((sum, host) => sum + host.same, 0),
    hosts: plan.hosts.length,
    changed: new Set(all.map(change => change.host)).size,
    unchecked: plan.hosts.length - read.length,
    partly: read.filter(host => host.unreadable.size > 0).length,
    errors: plan.findings.filter(finding => finding.severity === 'error').length,
  };
}

/** Whether every kind of every host was read. */
export function complete(numbers: Tally): boolean {
  return numbers.unchecked + numbers.partly === 0;
}

/** The last line of a plan; its wording is fixed, people grep for it. */
export function planSummary(plan: Plan): string {
  const numbers = tally(plan);
  const file = printable(basename(plan.file));
  if (numbers.total === 0) {
    if (!complete(numbers))
      return ['No difference seen, but not all was read.', ...notRead(numbers)].join(' ');
    return `No changes. ${count(numbers.hosts, 'host')} ${numbers.hosts === 1 ? 'matches' : 'match'} ${file}.`;
  }
  const work = [
    `${numbers.create} to create`,
    `${numbers.update} to change`,
    `${numbers.delete} to delete`,
    ...(numbers.reload > 0 ? [`${numbers.reload} to reload`] : []),
  ].join(', ');
  return [
    `Plan: ${work} on ${numbers.changed} of ${count(numbers.hosts, 'host')}.`,
    ...notRead(numbers),
    ...(numbers.stay > 0 ? [`${numbers.stay} ${numbers.stay === 1 ? 'stays' : 'stay'}.`] : []),
  ].join(' ');
}

/** What could not be looked at, a sentence each. */
export function notRead(numbers: Tally): string[] {
  return [
    ...(numbers.unchecked > 0 ? [`${count(numbers.unchecked, 'host')} not checked.`] : []),
    ...(numbers.partly > 0 ? [`${count(numbers.partly, 'host')} read in part.`] : []),
  ];
}
