import { directServers } from './addresses.js';
import type { Rule } from './rule.js';

/** DR and TUN: finds real servers that would send their answers back to the director, which drops them. */
export const gatewayIsDirector: Rule = {
  id: 'gateway-is-director',
  title: 'With DR and TUN the default gateway of a real server is a router, not the director.',
  severity: 'error',
  judge: topology =>
    directServers(topology).flatMap(({ name, gateway, place }) => {
      const director = topology.directors.find(({ address }) => address.address === gateway);
      if (director === undefined) return [];
      return [
        {
          host: name,
          place,
          message: `${name}'s gateway ${gateway} is the director ${director.name}, which drops answers that come from its own VIP`,
          remedy: 'write the address of the router, or leave `gateway` out to keep the one that the host has',
        },
      ];
    }),
};
