import type { Rule } from './rule.js';

/** Finds services whose every packet were to be scheduled by itself although their packets belong together. */
export const onePacket: Rule = {
  id: 'one-packet',
  title: 'Only UDP is scheduled packet by packet.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .filter(({ onePacket, protocol }) => onePacket && protocol !== 'udp')
      .map(({ protocol, place }) => ({
        place,
        message: `onePacket is for UDP, and this service is ${protocol.toUpperCase()}: its packets belong together`,
        remedy: 'remove `onePacket`',
      })),
};
