import type { Rule } from './rule.js';

const IGNORING = new Map([
  ['rr', 'wrr'],
  ['lc', 'wlc'],
]);

/** Finds unequal weights under a scheduler that looks only at whether a weight is 0 (ip_vs_rr.c, ip_vs_lc.c). */
export const weightsIgnored: Rule = {
  id: 'weights-ignored',
  title: 'Unequal weights stand only where the scheduler looks at them.',
  severity: 'warning',
  judge: ({ services }) =>
    services.flatMap(({ scheduler, servers, place }) => {
      const weights = new Set(servers.map(({ weight }) => weight).filter(weight => weight > 0));
      const weighted = IGNORING.get(scheduler);
      if (weighted === undefined || weights.size < 2) return [];
      return [
        {
          place,
          message: `the scheduler ${scheduler} takes no account of weights, and here they differ: ${servers
            .map(({ name, weight }) => `${name} ${weight}`)
            .join(', ')}`,
          remedy: `write \`scheduler: ${weighted}\`, or give equal weights`,
        },
      ];
    }),
};
