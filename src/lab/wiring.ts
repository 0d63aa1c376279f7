import { cidr, networkOf } from '../topology/network.js';
import { type Client, type Host, hosts, type Router, type Topology } from '../topology/topology.js';
import type { LabMachine, LabNic, LabSpec } from './spec.js';

/** The card that a host has when the topology does not name it. */
const CARD = 'ens33';
/** As which the jump host speaks: off every network of the cluster, so that a wrong gateway cuts SSH. */
const OPERATOR = '10.99.0.1';

/** How the machines of a lab are made and reached. */
export interface LabManner {
  image: LabSpec['image'];
  /** No management cards: SSH arrives on the cluster's own interfaces, by way of a jump host. */
  inband: boolean;
}

/** The machines and networks that stand in for a topology's hosts: one guest a host, client and routers included. */
export function wiring(topology: Topology, directory: string, { image, inband }: LabManner): LabSpec {
  const managed = hosts(topology).map((host): LabMachine => {
    const jump = jumpAddress(networkOf(host.address));
    const reach = inband
      ? { gateway: jump, inband: { jump: 'jump', address: host.address.address } }
      : byRouter(topology, host);
    return {
      name: host.name,
      nics: [card(host), ...outside(topology, host)],
      ...reach,
      ...certificate(topology),
    };
  });
  const clients = (topology.client ? [topology.client] : []).map(
    (client): LabMachine => ({ name: client.name, nics: [card(client)], ...byRouter(topology, client) }),
  );
  const routers = topology.routers.map(routerMachine);
  const machines = [...managed, ...clients, ...routers, ...(inband ? [jumpHost(topology)] : [])];
  return { name: topology.name, directory, image, machines };
}

/** A director's second card, with its base address if it has one: the VIP on it is ours to hold. */
function outside({ directors, services }: Topology, host: Host): LabNic[] {
  const director = directors.find(({ name }) => name === host.name);
  const { outside: name, outsideAddress: address } = director ?? {};
  const far = services.map(({ vip }) => networkOf(vip)).find(network => network !== networkOf(host.address));
  const segment = address ? networkOf(address) : far;
  if (!name || !segment) return [];
  return [{ interface: name, segment, ...(address && { address: cidr(address) }) }];
}

/** The base default gateway: the router of the machine's network. */
function byRouter({ routers, client }: Topology, machine: Host | Client): { gateway?: string } {
  const own = networkOf(machine.address);
  const beside = routers.flatMap(({ addresses }) => addresses).find(address => networkOf(address) === own);
  const gateway = (machine === client && client.gateway) || beside?.address;
  return gateway ? { gateway } : {};
}

/** Certificate and key lie on the hosts already: in the lab, self-signed ones. */
function certificate({ tls, services }: Topology): Pick<LabMachine, 'certificate'> {
  if (!tls) return {};
  const names = [...new Set(services.map(({ vip }) => vip.address))];
  return { certificate: { path: tls.certificate, key: tls.key, names } };
}

function routerMachine({ name, addresses, routes }: Router): LabMachine {
  const nics = addresses.map((address, index) => ({
    interface: `ens${33 + index}`,
    segment: networkOf(address),
    address: cidr(address),
  }));
  return { name, nics, routes: [...routes], forward: true };
}

function jumpHost(topology: Topology): LabMachine {
  const segments = [...new Set(hosts(topology).map(({ address }) => networkOf(address)))];
  const nics = segments.map((segment, index) => ({
    interface: `ens${33 + index}`,
    segment,
    address: `${jumpAddress(segment)}/${segment.split('/')[1]}`,
  }));
  return { name: 'jump', nics, forward: true, source: OPERATOR };
}

/** The last host address of a network but one, where a topology rarely has a host. */
function jumpAddress(network: string): string {
  const [address = '', prefix = ''] = network.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = number + 2 ** (32 - Number(prefix)) - 3;
  return [24, 16, 8, 0].map(shift => Math.floor(last / 2 ** shift) % 256).join('.');
}

function card(host: Pick<Host | Client, 'address' | 'interface'>): LabNic {
  return {
    interface: host.interface ?? CARD,
    segment: networkOf(host.address),
    address: cidr(host.address),
  };
}
