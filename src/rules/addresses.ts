import { contains } from '../topology/network.js';
import { answersItself } from '../topology/services.js';
import {
  type Director,
  hosts,
  type Interface4,
  type Place,
  type RealServer,
  type Service,
  type Topology,
} from '../topology/topology.js';

/** Every machine that the file names, in its order, with the addresses it is to have beside a VIP. */
export function machines(
  topology: Topology,
): readonly { name: string; addresses: readonly Interface4[]; place: Place }[] {
  const further = new Map(
    topology.directors.map(({ name, outsideAddress, gateway }) => [
      name,
      [outsideAddress, gateway].filter(address => address !== undefined),
    ]),
  );
  const ends = [...hosts(topology), ...(topology.client ? [topology.client] : [])];
  return [
    ...ends.map(({ name, address, place }) => ({
      name,
      addresses: [address, ...(further.get(name) ?? [])],
      place,
    })),
    ...topology.routers,
  ];
}

/** The real servers that serve at least one of these services. */
export function serversOf(topology: Topology, services: readonly Service[]): readonly RealServer[] {
  const names = new Set(services.flatMap(({ servers }) => servers.map(({ name }) => name)));
  return topology.realServers.filter(({ name }) => names.has(name));
}

/** The real servers that answer through a director: those of the services with mode nat. */
export function natServers(topology: Topology): readonly RealServer[] {
  return serversOf(topology, natServices(topology));
}

/** The real servers that answer clients themselves: those of the services with mode dr or tun. */
export function directServers(topology: Topology): readonly RealServer[] {
  return serversOf(topology, topology.services.filter(answersItself));
}

/** The services with mode nat. */
export function natServices({ services }: Topology): readonly Service[] {
  return services.filter(({ mode }) => mode === 'nat');
}

/** The directors that stand in a network with the server, by the director's own prefix. */
export function directorsBeside({ directors }: Topology, { address }: RealServer): readonly Director[] {
  return directors.filter(director => contains(director.address, address.address));
}

/** What a NAT real server uses as gateway: the director's extra inside address, or its base address. */
export function insideAddress(director: Director): string {
  return (director.gateway ?? director.address).address;
}
