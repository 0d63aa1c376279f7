import { ipvsServices } from '../topology/services.js';
import type { Rule } from './rule.js';

/** Finds directors that do not tell each other of their connections: those break when another takes over. */
export const connectionsNotSynced: Rule = {
  id: 'connections-not-synced',
  title: 'Open connections survive when another director takes over.',
  severity: 'warning',
  judge: topology => {
    const { vrrp, directors } = topology;
    if (!vrrp || vrrp.connectionSync || directors.length < 2 || ipvsServices(topology).length === 0)
      return [];
    return [
      {
        place: vrrp.place,
        message: 'open connections break when another director takes over: it does not know them',
        remedy: 'write `connectionSync: true`, or leave it when clients connect again by themselves',
      },
    ];
  },
};
