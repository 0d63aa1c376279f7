import type { Rule } from './rule.js';

/** Finds sorry servers with a port that clients did not ask for where ipvs cannot change it. */
export const sorryServerPort: Rule = {
  id: 'sorry-server-port',
  title: 'Without NAT the sorry server answers on the port that was asked for.',
  severity: 'error',
  judge: ({ services }) =>
    services.flatMap(({ mode, port, fwmark, sorryServer }) => {
      const other = sorryServer?.port;
      if (other === undefined || other === port) return [];
      if (fwmark === undefined && mode !== 'dr' && mode !== 'tun') return [];
      const why =
        fwmark === undefined ? `mode ${mode} changes no port` : 'a firewall mark stands for all its ports';
      return [
        {
          place: sorryServer!.place,
          message: `the sorry server cannot have port ${other} of its own: ${why}`,
          remedy: 'remove `port`, and let it listen where the clients ask',
        },
      ];
    }),
};
