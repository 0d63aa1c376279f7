import type { PlanRule } from './plan-rule.js';

/** Finds hosts on which an apply is under way, or was broken off and will take itself back. */
export const unconfirmedApply: PlanRule = {
  id: 'unconfirmed-apply',
  title: 'No apply is under way while another plans.',
  severity: 'warning',
  judge: ({ observed }) =>
    observed
      .filter(seen => seen.status === 'ok')
      .flatMap(({ host, facts }) =>
        facts.pending
          ? [
              {
                host,
                message: `${host}: the apply ${facts.pending} is not confirmed`,
                remedy: 'wait for it to end: it is confirmed, or the host takes it back by itself',
              },
            ]
          : [],
      ),
};
