import { changes } from '../../plan/plan.js';
import type { PlanRule } from './plan-rule.js';

/** Finds files that somebody else wrote and that the plan replaces. */
export const foreignFile: PlanRule = {
  id: 'foreign-file',
  title: 'A file that lvsctl writes whole is its own.',
  severity: 'warning',
  judge: ({ plan }) =>
    changes(plan)
      .filter(({ kind, action }) => kind === 'file' && action === 'update')
      .filter(({ host, key }) => {
        const mark = plan.marks.get(host)?.before;
        return !mark?.entries.some(entry => entry.kind === 'file' && entry.key === key);
      })
      .map(({ host, key }) => ({
        host,
        message: `${host}: ${key} is there already and not ours; it is replaced`,
        remedy: 'its content, mode and owner are kept in the mark and come back with `lvsctl destroy`',
      })),
};
