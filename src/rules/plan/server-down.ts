import { whyOut } from '../../plan/verdicts.js';
import { splitServerKey } from '../../resources/server-key.js';
import { serverName } from '../../topology/services.js';
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
            const server = serverName(topology, splitServerKey(key)[1]);
            return [
              {
                host: seen.host,
                place: why.place,
                message: `${server} is down for keepalived on ${seen.host}: ${line}`,
                remedy: 'look at that real server; keepalived takes it back as soon as its checks pass',
              },
            ];
          }),
      ),
};
