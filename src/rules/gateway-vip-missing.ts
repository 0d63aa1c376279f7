import { natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT with several directors: finds real servers whose gateway would stay behind when the VIP moves. */
export const gatewayVipMissing: Rule = {
  id: 'gateway-vip-missing',
  title: 'With NAT and several directors the real servers’ gateway moves with the VIP.',
  severity: 'error',
  judge: topology => {
    const { directors, gatewayVip } = topology;
    const second = directors[1];
    if (second === undefined || gatewayVip !== undefined || natServers(topology).length === 0) return [];
    return [
      {
        host: second.name,
        place: second.place,
        message:
          'there are several directors and no `gatewayVip`: after a switch the real servers would answer to the other one',
        remedy: 'add `gatewayVip:` with a free address of the real servers’ network',
      },
    ];
  },
};
