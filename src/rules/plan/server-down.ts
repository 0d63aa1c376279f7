import { whyOut } from '../../plan/verdicts.js';
import type { PlanRule } from './plan-rule.js';

/** Finds real servers that keepalived has taken out of their service: not drift, but not what was wished for. */
export const serverDown: PlanRule = {
  id: 'server-down',
  title: 'Every real server passes its checks.',
  severity: 'degraded',
  judge: ({ topology, observed, desired }) =>
    observed
      .filter(seen => seen.status === 'ok')
      .flatMap(seen =>
        (desired.get(seen.host) ?? [])
          .filter(({ kind, heldBy }) => kind === 'real-server' && heldBy)
          .flatMap(({ key, why }) => {
            const line = whyOut(seen, key);
            if (line === undefined) return [];
            const address = key.slice(key.lastIndexOf(' ') + 1).split(':')[0];
            const server = topology.realServers.find(each => each.address.address === address)?.name;
            return [
              {
                host: seen.host,
                place: why.place,
                message: `${server ?? address} is down for keepalived on ${seen.host}: ${line}`,
                remedy: 'look at that real server; keepalived takes it back as soon as its checks pass',
              },
            ];
          }),
      ),
};
