import { changes } from '../../plan/plan.js';
import type { PlanRule } from './plan-rule.js';

/** `packages: require`: finds packages that a host lacks and that lvsctl may not install. */
export const packageMissing: PlanRule = {
  id: 'package-missing',
  title: 'With `packages: require` every package is there beforehand.',
  severity: 'error',
  judge: ({ topology, plan }) =>
    topology.packages === 'install'
      ? []
      : changes(plan)
          .filter(({ kind, action }) => kind === 'package' && action === 'create')
          .map(({ host, key }) => ({
            host,
            message: `${host} lacks the package ${key}`,
            remedy: `install it there, or write \`packages: install\``,
          })),
};
