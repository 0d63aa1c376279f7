import type { Rule } from './rule.js';

/** Finds services whose every real server is drained. */
export const noWeightLeft: Rule = {
  id: 'no-weight-left',
  title: 'Every service has a real server with a weight above 0.',
  severity: 'warning',
  judge: ({ services }) =>
    services
      .filter(({ servers }) => servers.every(({ weight }) => weight === 0))
      .map(({ place }) => ({
        place,
        message: 'every real server of this service has weight 0: nobody takes new connections',
        remedy: 'give one of them a weight of 1 or more',
      })),
};
