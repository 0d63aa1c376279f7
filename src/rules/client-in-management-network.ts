import { cidr, contains } from '../topology/network.js';
import { natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT: finds a client to whom real servers would answer as to an operator, past the director. */
export const clientInManagementNetwork: Rule = {
  id: 'client-in-management-network',
  title: 'With NAT the client stands outside the management network.',
  severity: 'error',
  judge: topology => {
    const { client, management } = topology;
    if (!client || !management || natServers(topology).length === 0) return [];
    const { network, via } = management;
    if (!contains(network, client.address.address)) return [];
    return [
      {
        host: client.name,
        place: client.place,
        message: `the client ${client.address.address} stands in the management network ${cidr(network)}: replies would go to ${via} and bypass the director`,
        remedy: 'narrow `management.network` to the addresses that operators come from',
      },
    ];
  },
};
