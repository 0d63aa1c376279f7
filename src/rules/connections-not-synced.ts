import type { Rule } from './rule.js';

/** Finds directors that do not tell each other of their connections: those break when another takes over. */
export const connectionsNotSynced: Rule = {
  id: 'connections-not-synced',
  title: 'Open connections survive when another director takes over.',
  severity: 'warning',
  judge: ({ vrrp, directors, services }) =>
    vrrp && !vrrp.connectionSync && directors.length > 1 && services.some(({ mode }) => mode !== 'proxy')
      ? [
          {
            place: vrrp.place,
            message: 'open connections break when another director takes over: it does not know them',
            remedy: 'write `connectionSync: true`, or leave it when clients connect again by themselves',
          },
        ]
      : [],
};
