import type { Rule } from './rule.js';

// 2^CONFIG_IP_VS_SH_TAB_BITS, 8 in the kernels of the distributions
const BUCKETS = 256;

/** Finds weights under sh that do not fit into its table, so that the last servers get nothing (ip_vs_sh.c). */
export const shTableFull: Rule = {
  id: 'sh-table-full',
  title: 'The weights of a service with the scheduler sh add up to 256 at most.',
  severity: 'warning',
  judge: ({ services }) =>
    services.flatMap(({ scheduler, servers, place }) => {
      const sum = servers.reduce((total, { weight }) => total + weight, 0);
      if (scheduler !== 'sh' || sum <= BUCKETS) return [];
      return [
        {
          place,
          message: `the weights add up to ${sum}, and the scheduler sh has ${BUCKETS} buckets: the last real servers get too little or nothing`,
          remedy: 'give smaller weights in the same proportion',
        },
      ];
    }),
};
