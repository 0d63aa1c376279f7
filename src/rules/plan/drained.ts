import type { PlanRule } from './plan-rule.js';

/** Tells of real servers that `lvsctl drain` took out of the service, so that nobody forgets them. */
export const drained: PlanRule = {
  id: 'drained',
  title: 'No real server is drained.',
  severity: 'degraded',
  judge: ({ topology, plan }) =>
    topology.realServers.flatMap(({ name, place }) => {
      const on = [...plan.marks].filter(([, { after }]) => after?.drained?.includes(name));
      if (on.length === 0) return [];
      const message = `${name} is drained on ${on.map(([host]) => host).join(' and ')}: it gets no new connections`;
      return [{ place, message, remedy: `\`lvsctl undrain ${name}\` gives it back its weight` }];
    }),
};
