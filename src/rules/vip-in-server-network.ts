import { contains, networkOf } from '../topology/network.js';
import type { RealServer, Service } from '../topology/topology.js';
import { natServices, serversOf } from './addresses.js';
import type { Rule, Said } from './rule.js';

/** NAT with one network: works for clients from elsewhere only. */
export const vipInServerNetwork: Rule = {
  id: 'vip-in-server-network',
  title: 'With NAT the VIP lies outside the network of the real servers.',
  severity: 'warning',
  judge: topology => {
    const said = new Map<string, Said>();
    for (const service of natServices(topology)) {
      const beside = serversOf(topology, [service]).find(({ address }) =>
        contains(address, service.vip.address),
      );
      if (beside && !said.has(service.vip.address)) said.set(service.vip.address, say(service, beside));
    }
    return [...said.values()];
  },
};

function say({ vip, place }: Service, { address }: RealServer): Said {
  return {
    place,
    message: `the VIP ${vip.address} lies in the real servers' network ${networkOf(address)}: clients there would get replies that bypass the director`,
    remedy: 'use a VIP in a network of its own, or reach it from other networks only',
  };
}
