import { matches } from '../topology/network.js';
import type { Rule } from './rule.js';

/** Finds real servers that mount a share which the NFS server would not give them. */
export const shareClients: Rule = {
  id: 'share-clients',
  title: 'A real server that mounts a share is among its clients.',
  severity: 'error',
  judge: ({ realServers, nfs }) =>
    realServers.flatMap(({ name, address, mounts }) =>
      mounts.flatMap(mount => {
        const share = nfs?.shares.find(share => share.name === mount.share);
        if (share === undefined || matches(share.clients, address.address)) return [];
        return [
          {
            host: name,
            place: mount.place,
            message: `${name} (${address.address}) mounts ${share.name}, which is exported to ${share.clients} only`,
            remedy: `widen \`clients\` of the share ${share.name}, or correct the address`,
          },
        ];
      }),
    ),
};
