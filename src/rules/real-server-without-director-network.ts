import { networkOf } from '../topology/network.js';
import { directorsBeside, natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT: finds real servers that stand in no network with a director, so that none can be their gateway. */
export const realServerWithoutDirectorNetwork: Rule = {
  id: 'real-server-without-director-network',
  title: 'With NAT every real server stands in the inside network of a director.',
  severity: 'error',
  judge: topology =>
    natServers(topology)
      .filter(server => directorsBeside(topology, server).length === 0)
      .map(({ name, address, place }) => ({
        host: name,
        place,
        message: `${name}'s address ${address.address} is outside the director's network ${topology.directors
          .map(director => networkOf(director.address))
          .join(', ')}`,
        remedy:
          "NAT needs the director as gateway: correct the address, or the director's address and prefix length",
      })),
};
