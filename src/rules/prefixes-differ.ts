import { directorsBeside, natServers } from './addresses.js';
import type { Rule } from './rule.js';

/** Finds real servers that see their network in another size than the director beside them. */
export const prefixesDiffer: Rule = {
  id: 'prefixes-differ',
  title: 'Hosts of one network agree on its prefix length.',
  severity: 'warning',
  judge: topology =>
    natServers(topology).flatMap(server =>
      directorsBeside(topology, server)
        .filter(({ address }) => address.prefix !== server.address.prefix)
        .map(({ name, address }) => ({
          host: server.name,
          place: server.place,
          message: `${server.name} has the prefix length ${server.address.prefix}, and ${name} in the same network has ${address.prefix}`,
          remedy: 'write the same prefix length for both',
        })),
    ),
};
