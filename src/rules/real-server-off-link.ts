import { networkOf } from '../topology/network.js';
import { directorsBeside, serversOf } from './addresses.js';
import type { Rule } from './rule.js';

/** DR: finds real servers that the director cannot reach by their MAC address alone. */
export const realServerOffLink: Rule = {
  id: 'real-server-off-link',
  title: 'With DR the real servers stand in a network with the director.',
  severity: 'error',
  judge: topology =>
    serversOf(
      topology,
      topology.services.filter(({ mode }) => mode === 'dr'),
    )
      .filter(server => directorsBeside(topology, server).length === 0)
      .map(({ name, address, place }) => ({
        host: name,
        place,
        message: `${name}'s address ${address.address} is outside the director's network ${topology.directors
          .map(director => networkOf(director.address))
          .join(', ')}: DR reaches it by its MAC address, and not through a router`,
        remedy: 'use `mode: tun` for it, or correct the address and its prefix length',
      })),
};
