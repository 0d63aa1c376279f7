import type { HostFacts } from '../systems/facts.js';
import { linkOf } from '../systems/read-facts.js';
import { cidr } from '../topology/network.js';
import type { Host, Topology } from '../topology/topology.js';

/** Why a host cannot be what the topology calls it, by its facts; undefined when it can. Base addresses are checked, never written. */
export function unfit(
  topology: Topology,
  host: Host,
  facts: HostFacts,
): { message: string; remedy: string } | undefined {
  const { name, address } = host;
  const link = linkOf(facts, address.address, address.prefix);
  const named = (device: string) => facts.links.some(candidate => candidate.name === device);
  if (!link) {
    const has = facts.links.filter(({ name }) => name !== 'lo').flatMap(({ addresses }) => addresses);
    return {
      message: `${name} does not hold its address ${cidr(address)}; it holds ${has.join(', ') || 'none'}`,
      remedy: 'give the host that address, or correct the topology: lvsctl never writes base addresses',
    };
  }
  if (host.interface && host.interface !== link.name) {
    return {
      message: `${name} holds ${cidr(address)} on ${link.name}, not on ${host.interface}`,
      remedy: `write \`interface: ${link.name}\`, or leave it out`,
    };
  }
  const { outside, outsideAddress } = topology.directors.find(director => director.name === name) ?? {};
  if (outside && !named(outside)) {
    return {
      message: `${name} has no interface ${outside}; it has ${facts.links.map(({ name }) => name).join(', ')}`,
      remedy: 'correct `outside`',
    };
  }
  const holder = outsideAddress && linkOf(facts, outsideAddress.address, outsideAddress.prefix);
  if (outsideAddress && holder?.name !== outside) {
    return {
      message: `${name} does not hold its outside address ${cidr(outsideAddress)} on ${outside}`,
      remedy:
        'give the interface that address, or correct `outsideAddress`: lvsctl never writes base addresses',
    };
  }
  const gateway = topology.realServers.find(server => server.name === name)?.gateway;
  if (gateway && facts.dhcp.includes(link.name)) {
    return {
      message: `${name} gets its address and gateway on ${link.name} by DHCP`,
      remedy: `let DHCP hand out the gateway ${gateway}, or make ${link.name} static in /etc/network/interfaces`,
    };
  }
  return undefined;
}
