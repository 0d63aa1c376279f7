import type { HostFacts } from '../systems/facts.js';
import type { System } from '../systems/system.js';
import { cidr, covers } from '../topology/network.js';
import type { Interface4, Topology } from '../topology/topology.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/**
 * The route back to operators, at the next boot and now, by a router of the network that `device` stands in. To be
 * wished for before a default route of ours: among wishes of one kind the earlier is made first and taken away last. A
 * host that keeps its own default route keeps its way to them; one that stands in their network has the kernel's.
 */
export function managementRoute(
  wishes: Wishes,
  { management }: Topology,
  device: string,
  facts: HostFacts,
  system: System,
): void {
  if (!management) return;
  const { network, via, place } = management;
  if (facts.links.some(({ addresses }) => addresses.some(address => covers(address, network)))) return;
  const why = { reason: 'the way back to operators, whatever the default route', place };
  const key = shown(network);
  const { file, template, mode } = system.routes;
  const values = { cluster: wishes.name, device, network: key, via };
  wishes.file('servers', file(device), render(template, values), why, {}, mode);
  wishes.add('servers', 'route', key, { via, dev: device, rest: '' }, why);
}

/** A network as `ip route` prints it: a single address without its prefix length. */
function shown(network: Interface4): string {
  return network.prefix === 32 ? network.address : cidr(network);
}
