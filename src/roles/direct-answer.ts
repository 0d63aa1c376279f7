import type { System } from '../systems/system.js';
import { servedBy } from '../topology/services.js';
import type { Place, RealServer, Topology } from '../topology/topology.js';
import { bootAddresses } from './boot-addresses.js';
import type { Wishes } from './wish.js';

/**
 * What makes a real server neither answer ARP for the VIP nor name it in its own ARP (kernel: ip-sysctl). Effective is
 * the larger of `all` and the interface, so that `all` counts for every one; lo as the tutorials have it.
 */
const SILENT = [
  ['arp_ignore', '1', 'no answer to ARP for the VIP'],
  ['arp_announce', '2', 'the VIP never as sender of ARP'],
] as const;

/** The ARP settings of a real server that stands in a network where clients ask for the VIP. */
export function silentArp(wishes: Wishes, place: Place, system: System): void {
  for (const device of ['all', 'lo']) {
    for (const [setting, value, reason] of SILENT) {
      const name = `net.ipv4.conf.${device}.${setting}`;
      wishes.add('servers', 'sysctl', name, { value }, { reason, place });
      wishes.add('servers', 'sysctl-entry', `${system.sysctlFile} ${name}`, { value }, { reason, place });
    }
  }
}

/** LVS-DR: the VIP as /32 on lo, and before it the ARP settings; each now and at the next boot. */
export function directAnswer(wishes: Wishes, topology: Topology, host: RealServer, system: System): void {
  const services = servedBy(topology, host, 'dr');
  const [first] = services;
  if (first === undefined) return;
  const { place } = first;
  silentArp(wishes, place, system);
  const vips = new Map(services.map(({ vip, place }) => [`${vip.address}/32`, place]));
  for (const [address, place] of vips) {
    wishes.add(
      'servers',
      'address',
      `lo ${address}`,
      { label: '' },
      { reason: 'DR: it answers as the VIP', place },
    );
  }
  // Once more in the stanza itself, so that no boot has the VIP before the settings, whatever became of sysctl.conf.
  const before = SILENT.map(([setting, value]) => `echo ${value} >/proc/sys/net/ipv4/conf/all/${setting}`);
  const stanzas = [...vips.keys()].map(address => ({ device: 'lo', address, before }));
  bootAddresses(wishes, 'servers', stanzas, { reason: 'the VIP at the next boot', place }, system);
}
