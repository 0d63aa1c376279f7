import type { Rule } from './rule.js';

/** NAT: finds sorry servers on 127.0.0.0/8, which the kernel's DNAT cannot reach. */
export const sorryServerLoopbackNat: Rule = {
  id: 'sorry-server-loopback-nat',
  title: 'With NAT the sorry server has an address outside 127.0.0.0/8.',
  severity: 'error',
  judge: ({ services }) =>
    services.flatMap(({ mode, sorryServer }) =>
      mode === 'nat' && sorryServer?.address.startsWith('127.')
        ? [
            {
              place: sorryServer.place,
              message: `the sorry server ${sorryServer.address} never answers with NAT: the kernel drops packets from outside whose destination was rewritten to a loopback address`,
              remedy: "use a director's own address, or `sorryPage`, which does that by itself",
            },
          ]
        : [],
    ),
};
