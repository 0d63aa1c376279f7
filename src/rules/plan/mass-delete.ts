import { changes } from '../../plan/plan.js';
import type { PlanRule } from './plan-rule.js';

/** Fewer are no mass. */
const LEAST = 10;

/** Guards against the wrong file: one that no longer wants most of what lvsctl holds. */
export const massDelete: PlanRule = {
  id: 'mass-delete',
  title: 'An apply leaves the half of what lvsctl holds.',
  severity: 'error',
  judge({ plan, desired }) {
    const isDestroy = [...desired.values()].every(wanted => wanted.length === 0);
    const held = [...plan.marks.values()].reduce((sum, { before }) => sum + (before?.entries.length ?? 0), 0);
    const gone = changes(plan).filter(
      ({ why, stays, action }) => why === 'orphan' && !stays && action !== 'drain',
    ).length;
    if (isDestroy || gone < LEAST || gone * 2 <= held) return [];
    const message = `${gone} of the ${held} things that lvsctl holds on these hosts go at once`;
    return [{ message, remedy: 'is this the right file? To give the hosts back there is `lvsctl destroy`' }];
  },
};
