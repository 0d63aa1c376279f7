import type { RealServer } from '../topology/topology.js';
import { serversOf } from './addresses.js';
import type { Rule } from './rule.js';

/** Finds real servers of one service that serve different content. */
export const mountsDiffer: Rule = {
  id: 'mounts-differ',
  title: 'The real servers of one service mount the same shares.',
  severity: 'warning',
  judge: topology =>
    topology.services.flatMap(service => {
      const [first, ...others] = serversOf(topology, [service]);
      const other = others.find(server => mounted(server) !== mounted(first!));
      if (first === undefined || other === undefined) return [];
      return [
        {
          place: service.place,
          message: `the real servers of this service mount different shares: ${first.name} has ${mounted(first)}, ${other.name} has ${mounted(other)}`,
          remedy: 'mount the same share on all; different ones only show who answered',
        },
      ];
    }),
};

function mounted({ mounts }: RealServer): string {
  const lines = mounts.map(({ share, at }) => `${share} at ${at}`).sort();
  return lines.length > 0 ? lines.join(', ') : 'none';
}
