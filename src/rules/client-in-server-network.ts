import { contains, networkOf } from '../topology/network.js';
import { natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT: finds a client in the real servers' network, which would get replies directly and from the wrong address. */
export const clientInServerNetwork: Rule = {
  id: 'client-in-server-network',
  title: 'With NAT the client stands outside the network of the real servers.',
  severity: 'error',
  judge: topology => {
    const { client } = topology;
    const beside =
      client && natServers(topology).find(({ address }) => contains(address, client.address.address));
    if (!client || !beside) return [];
    return [
      {
        host: client.name,
        place: client.place,
        message: `the client ${client.address.address} stands in the real servers' network ${networkOf(beside.address)}: replies would bypass the director`,
        remedy: 'put the client into the network of the VIP, or behind a router',
      },
    ];
  },
};
