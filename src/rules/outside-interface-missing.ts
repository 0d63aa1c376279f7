import { contains } from '../topology/network.js';
import { natServices } from './addresses.js';
import type { Rule } from './rule.js';

/** NAT: finds directors for which nobody says which interface is to hold a VIP of another network. */
export const outsideInterfaceMissing: Rule = {
  id: 'outside-interface-missing',
  title: 'With NAT a director names its outside interface, unless the VIP lies in its inside network.',
  severity: 'error',
  judge: topology =>
    topology.directors.flatMap(({ name, address, outside, place }) => {
      const foreign = natServices(topology).find(({ vip }) => !contains(address, vip.address));
      if (outside !== undefined || foreign === undefined) return [];
      return [
        {
          host: name,
          place,
          message: `${name} has no \`outside\` interface for the VIP ${foreign.vip.address}`,
          remedy: 'name the interface towards the clients, such as `outside: ens37`',
        },
      ];
    }),
};
