import { cidr, contains, networkOf } from '../topology/network.js';
import type { Rule } from './rule.js';

/** Finds gateways that a host could not reach: the kernel refuses such a route, and nobody answers for such an address. */
export const gatewayOutsideNetwork: Rule = {
  id: 'gateway-outside-network',
  title: 'A gateway lies in the network of the hosts that use it.',
  severity: 'error',
  judge: ({ directors, realServers, management }) => [
    ...realServers
      .filter(({ address, gateway }) => gateway !== undefined && !contains(address, gateway))
      .map(({ name, address, gateway, place }) => ({
        host: name,
        place,
        message: `${name}'s gateway ${gateway} is outside its network ${networkOf(address)}`,
        remedy: "NAT: leave `gateway` out, and the director's inside address is taken",
      })),
    ...realServers
      .filter(
        ({ address, gateway }) => management && gateway !== undefined && !contains(address, management.via),
      )
      .map(({ name, address }) => ({
        host: name,
        place: management!.place,
        message: `the management router ${management!.via} is outside ${name}'s network ${networkOf(address)}`,
        remedy: `write the address that this router has in ${networkOf(address)}`,
      })),
    ...directors
      .filter(({ address, gateway }) => gateway !== undefined && !contains(address, gateway.address))
      .map(({ name, address, gateway, place }) => ({
        host: name,
        place,
        message: `the gateway address ${cidr(gateway!)} is outside ${name}'s inside network ${networkOf(address)}`,
        remedy: 'leave `gateway` out when the real servers can use the base address',
      })),
  ],
};
