import type { Change } from '../plan/plan.js';
import type { Palette, Style } from './paint.js';
import { printable } from './printable.js';
import type { Verb } from './tally.js';

/** The symbol of what becomes of an entry: Terraform's, * for a reload and = for what stays. */
export const glyphs: Readonly<Record<Verb, string>> = {
  create: '+',
  update: '~',
  delete: '-',
  reload: '*',
  stay: '=',
};

/** Which of the two a difference is in: the running system, or what the next reboot reads. */
export const layers: Readonly<Record<Change['layer'], string>> = {
  live: 'now',
  persisted: 'boot',
  installed: '',
};

/** The mark of a line that does not show everything. */
export const more = '..';

/** Why a change is in the plan, in words; a wish of the topology says so itself. */
export function reason(change: Change): string {
  if (change.action === 'reload') return 'reads its files again';
  if (change.action === 'drain') return 'drained first: its connections have time to end';
  if (change.kind === 'mark') return 'what lvsctl keeps about this host';
  if (change.why === 'extra') return 'not in the topology, hangs on ours';
  if (change.why !== 'orphan') return printable(change.why.reason);
  if (change.after !== undefined) return 'put back to what stood there before';
  return change.leaves ? `ours, no longer wanted; ${change.leaves}` : 'ours, no longer wanted';
}

/** The colours of what becomes of an entry. */
export function verbStyle(paint: Palette): Readonly<Record<Verb, Style>> {
  return {
    create: paint.green,
    update: paint.yellow,
    delete: paint.red,
    reload: paint.cyan,
    stay: paint.dim,
  };
}
