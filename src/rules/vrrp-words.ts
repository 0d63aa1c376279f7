import { contains, parseInterface4 } from '../topology/network.js';
import type { Rule } from './rule.js';

const MULTICAST = parseInterface4('224.0.0.0/4');

/** Finds VRRP settings that exclude each other: keepalived would leave one of them out. */
export const vrrpWords: Rule = {
  id: 'vrrp-words',
  title: 'The settings of VRRP go together.',
  severity: 'error',
  judge: ({ vrrp, gatewayVip }) => {
    if (!vrrp) return [];
    const said = (message: string, remedy: string) => ({ place: vrrp.place, message, remedy });
    return [
      ...(!Number.isInteger(vrrp.advertInt) && vrrp.authPass
        ? [
            said(
              `advertisements every ${vrrp.advertInt} s need version 3 of VRRP, which has no password`,
              'use whole seconds, or remove `authPass`',
            ),
          ]
        : []),
      ...(contains(MULTICAST, vrrp.multicastGroup)
        ? []
        : [
            said(
              `${vrrp.multicastGroup} is not a multicast group`,
              'leave it out: 224.0.0.18 is that of VRRP',
            ),
          ]),
      ...(gatewayVip && vrrp.gatewayVirtualRouterId === vrrp.virtualRouterId
        ? [
            said(
              `the VIP and the gateway VIP have one virtualRouterId, ${vrrp.virtualRouterId}`,
              'give `gatewayVirtualRouterId` another number, or leave it out',
            ),
          ]
        : []),
    ];
  },
};
