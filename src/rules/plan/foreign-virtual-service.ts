import type { PlanRule } from './plan-rule.js';

/** Finds virtual services in a director's table that are not ours: they stay, and are shown. */
export const foreignVirtualService: PlanRule = {
  id: 'foreign-virtual-service',
  title: "A director's ipvs table holds what the topology says.",
  severity: 'warning',
  judge: ({ observed, desired, plan }) =>
    observed
      .filter(seen => seen.status === 'ok')
      .flatMap(({ host, entries }) => {
        const marked = plan.marks.get(host)?.before?.entries ?? [];
        const known = [...(desired.get(host) ?? []), ...marked];
        const ours = new Set(known.filter(({ kind }) => kind === 'virtual-service').map(({ key }) => key));
        return [...(entries.get('virtual-service')?.keys() ?? [])]
          .filter(key => !ours.has(key))
          .map(key => ({
            host,
            message: `${host} also balances ${key}, which is not in the topology; it is left alone`,
            remedy: 'add it to the topology, or leave it to whoever made it',
          }));
      }),
};
