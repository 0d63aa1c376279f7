import { cidr, networkOf } from '../topology/network.js';
import { type Bystander, type Host, hosts, type Topology } from '../topology/topology.js';
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
    const reach = inband ? { gateway: jump, inband: { jump: 'jump', address: host.address.address } } : {};
    return { name: host.name, nics: [card(host), ...outside(topology, host)], ...reach };
  });
  const bystanders = [...(topology.client ? [topology.client] : []), ...topology.routers].map(
    (machine): LabMachine => ({ name: machine.name, nics: [card(machine)] }),
  );
  const machines = [...managed, ...bystanders, ...(inband ? [jumpHost(topology)] : [])];
  return { name: topology.name, directory, image, machines };
}

/** A director's second card, without an address: the VIP on it is ours to hold. */
function outside({ directors, services }: Topology, host: Host): LabNic[] {
  const name = directors.find(director => director.name === host.name)?.outside;
  const far = services.map(({ vip }) => networkOf(vip)).find(network => network !== networkOf(host.address));
  return name && far ? [{ interface: name, segment: far }] : [];
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

function card(host: Pick<Host | Bystander, 'address' | 'interface'>): LabNic {
  return {
    interface: host.interface ?? CARD,
    segment: networkOf(host.address),
    address: cidr(host.address),
  };
}
