import { cidr, notHostAddress } from '../topology/network.js';
import { vips } from '../topology/services.js';
import type { Interface4, Place } from '../topology/topology.js';
import { machines } from './addresses.js';
import type { Rule, Said } from './rule.js';

/** Finds addresses that no machine can hold: a network's own, its broadcast, loopback, multicast. */
export const notAHostAddress: Rule = {
  id: 'not-a-host-address',
  title: 'Every address is one that a machine can hold in its network.',
  severity: 'error',
  judge: topology => [
    ...machines(topology).flatMap(({ name, addresses, place }) =>
      addresses.flatMap(address => judge(address, `${name}'s address`, place, name)),
    ),
    ...vips(topology).flatMap(({ vip, place }) => judge(vip, 'the VIP', place)),
  ],
};

function judge(address: Interface4, what: string, place: Place, host?: string): Said[] {
  const reason = notHostAddress(address);
  if (reason === undefined) return [];
  return [
    {
      host,
      place,
      message: `${what} ${cidr(address)} is ${reason}`,
      remedy: 'look at the address and its prefix length',
    },
  ];
}
