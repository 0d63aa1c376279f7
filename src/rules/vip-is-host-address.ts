import { vips } from '../topology/services.js';
import { machines } from './addresses.js';
import type { Rule } from './rule.js';

/** Finds a VIP that is some machine's own address: that machine would be cut off, or answer for the cluster. */
export const vipIsHostAddress: Rule = {
  id: 'vip-is-host-address',
  title: "A VIP is no machine's own address.",
  severity: 'error',
  judge: topology =>
    vips(topology).flatMap(({ vip, place }) =>
      machines(topology)
        .filter(({ addresses }) => addresses.some(({ address }) => address === vip.address))
        .map(({ name }) => ({
          host: name,
          place,
          message: `the VIP ${vip.address} is ${name}'s own address`,
          remedy: 'take a free address as VIP, or correct the address of the host',
        })),
    ),
};
