import { contains } from '../topology/network.js';
import { directorsBeside, insideAddress, natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT: finds real servers whose replies would not pass the director, so that clients get them from a stranger. */
export const gatewayNotDirector: Rule = {
  id: 'gateway-not-director',
  title: 'With NAT the default gateway of a real server is the inside address of the director.',
  severity: 'error',
  judge: topology =>
    natServers(topology).flatMap(server => {
      const { name, address, gateway, place } = server;
      const { gatewayVip } = topology;
      const right = gatewayVip ? [gatewayVip.address] : directorsBeside(topology, server).map(insideAddress);
      if (
        gateway === undefined ||
        !contains(address, gateway) ||
        right.length === 0 ||
        right.includes(gateway)
      )
        return [];
      return [
        {
          host: name,
          place,
          message: `${name}'s gateway ${gateway} is not the director: its replies would bypass the director and be lost`,
          remedy: `write \`gateway: ${right[0]}\`, or leave it out`,
        },
      ];
    }),
};
