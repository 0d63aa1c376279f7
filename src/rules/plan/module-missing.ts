import { changes } from '../../plan/plan.js';
import type { PlanRule } from './plan-rule.js';

/** Finds modules that a host's kernel does not have, before anything is written: the scheduler twos on Linux 6.1, say. */
export const moduleMissing: PlanRule = {
  id: 'module-missing',
  title: 'The kernel of each host has the modules that the topology needs.',
  severity: 'error',
  judge: ({ plan, observed }) =>
    changes(plan)
      .filter(({ kind, before }) => kind === 'module' && before?.loaded === false)
      .map(({ host, key, why }) => {
        const seen = observed.find(candidate => candidate.host === host);
        const kernel = seen?.status === 'ok' ? seen.facts.kernel : '';
        const scheduler = /^ip_vs_(.+)$/.exec(key)?.[1];
        return {
          host,
          ...(typeof why === 'object' && { place: why.place }),
          message: `the kernel ${kernel} of ${host} has no module ${key}`,
          remedy: scheduler
            ? `choose another scheduler than ${scheduler}, or run a kernel that has it`
            : 'run a kernel that has it; if it was upgraded, reboot first',
        };
      }),
};
