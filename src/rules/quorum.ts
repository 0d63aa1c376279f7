import type { Rule } from './rule.js';

/** Finds quorums that the weights of a service never reach, or never lose again. */
export const quorum: Rule = {
  id: 'quorum',
  title: 'A quorum can be reached and lost.',
  severity: 'error',
  judge: ({ keepalived, services }) =>
    services.flatMap(({ mode, quorum, hysteresis, servers, place }) => {
      if (!keepalived || mode === 'proxy') return [];
      const sum = servers.reduce((total, { weight }) => total + weight, 0);
      if (quorum > sum)
        return [
          {
            place,
            message: `the real servers weigh ${sum} together, and never come to the quorum of ${quorum}`,
            remedy: sum > 0 ? `use \`quorum: ${sum}\` or less` : 'give one of them a weight',
          },
        ];
      if (hysteresis >= quorum)
        return [
          {
            place,
            message: `with a hysteresis of ${hysteresis} the quorum of ${quorum} would never count as lost`,
            remedy: `use a hysteresis below ${quorum}`,
          },
        ];
      return [];
    }),
};
