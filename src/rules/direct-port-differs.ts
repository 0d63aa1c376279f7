import type { Rule } from './rule.js';

/** DR and TUN change no packet: ipvsadm silently takes the service's port in place of another (ipvsadm.c). */
export const directPortDiffers: Rule = {
  id: 'direct-port-differs',
  title: 'With DR and TUN the real servers listen on the port of the service.',
  severity: 'error',
  judge: ({ services }) =>
    services.flatMap(({ mode, port, servers, place }) => {
      const other = servers.find(server => server.port !== port);
      if ((mode !== 'dr' && mode !== 'tun') || other === undefined) return [];
      return [
        {
          place,
          message: `mode ${mode} cannot send port ${port} to port ${other.port}: packets arrive as the client sent them`,
          remedy: 'remove `targetPort`, or use `mode: nat`',
        },
      ];
    }),
};
