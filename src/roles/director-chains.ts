import { networkOf } from '../topology/network.js';
import { answersItself } from '../topology/services.js';
import type { Service, Topology } from '../topology/topology.js';
import type { Chain } from './firewall.js';

/**
 * A director's chains: clients reach the VIP whatever the INPUT policy; firewall marks; with NAT the pairs that a
 * dropping FORWARD policy needs, and SNAT for what real servers start. `outside`: the interface that holds the VIP.
 */
export function directorChains(topology: Topology, outside: string): Chain[] {
  const { services } = topology;
  return [
    input(topology),
    ...marks(services),
    ...(natNetworks(topology).length > 0 ? nat(topology, outside) : []),
  ];
}

function input(topology: Topology): Chain {
  const { services } = topology;
  return {
    table: 'filter',
    chain: 'LVSCTL-INPUT',
    hook: 'INPUT',
    rules: [
      ...[...services.map(packets), ...narrower(services)].map(rule => `${rule} -j ACCEPT`),
      ...peers(topology),
    ],
    why: { reason: 'clients reach the VIP whatever the INPUT policy', place: services[0]!.place },
  };
}

/**
 * VRRP (protocol 112) and connection sync (UDP 8848) from the networks of the directors, and not from their addresses: who
 * comes or goes is heard for as long as he speaks, so that no second one becomes master meanwhile.
 */
function peers({ vrrp, directors }: Topology): string[] {
  if (!vrrp) return [];
  const from = directors.flatMap(({ address, outsideAddress }) => [
    networkOf(outsideAddress ?? address),
    networkOf(address),
  ]);
  return [...new Set(from)].flatMap(network => [
    `-s ${network} -p 112 -j ACCEPT`,
    ...(vrrp.connectionSync ? [`-s ${network} -p udp -m udp --dport 8848 -j ACCEPT`] : []),
  ]);
}

/**
 * DR and TUN: routers tell the VIP, which is here, that the way to a client is narrower than thought, and the director
 * that the tunnel's is; ipvs hands both on (ip_vs_in_icmp), after INPUT.
 */
function narrower(services: readonly Service[]): string[] {
  return services.some(answersItself) ? ['-p icmp -m icmp --icmp-type 3/4'] : [];
}

/** ipvs sees a mark at LOCAL_IN, so that it has to be there before: mangle PREROUTING (ipvsadm(8), --fwmark-service). */
function marks(services: readonly Service[]): Chain[] {
  const marked = services.filter(({ fwmark }) => fwmark !== undefined);
  const [first] = marked;
  if (first === undefined) return [];
  return [
    {
      table: 'mangle',
      chain: 'LVSCTL-PREROUTING',
      hook: 'PREROUTING',
      rules: marked.map(
        service => `${packets(service)} -j MARK --set-xmark 0x${service.fwmark!.toString(16)}/0xffffffff`,
      ),
      why: { reason: 'the firewall mark makes the ports of the VIP one service', place: first.place },
    },
  ];
}

/** The packets of a service's clients, as iptables-save prints them. */
export function packets({ vip, protocol, ports }: Service): string {
  const [only] = ports;
  const which =
    ports.length > 1
      ? ` -m multiport --dports ${ports.join(',')}`
      : only
        ? ` -m ${protocol} --dport ${only}`
        : ` -m ${protocol}`;
  return `-d ${vip.address}/32 -p ${protocol}${which}`;
}

/** The networks whose real servers answer through the director. */
function natNetworks({ services, realServers }: Topology): string[] {
  const names = new Set(
    services.filter(({ mode }) => mode === 'nat').flatMap(({ servers }) => servers.map(({ name }) => name)),
  );
  return [
    ...new Set(realServers.filter(({ name }) => names.has(name)).map(({ address }) => networkOf(address))),
  ];
}

function nat(topology: Topology, outside: string): Chain[] {
  const inside = natNetworks(topology);
  const { vip } = topology.services.find(({ mode }) => mode === 'nat')!;
  const place = topology.directors[0]!.place;
  const forward: Chain = {
    table: 'filter',
    chain: 'LVSCTL-FORWARD',
    hook: 'FORWARD',
    rules: inside.flatMap(from => [
      `-s ${from} -o ${outside} -j ACCEPT`,
      `-d ${from} -i ${outside} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ]),
    why: { reason: 'real servers get out whatever the FORWARD policy', place },
  };
  const postrouting: Chain = {
    table: 'nat',
    chain: 'LVSCTL-POSTROUTING',
    hook: 'POSTROUTING',
    rules: inside.map(from => `-s ${from} -o ${outside} -j SNAT --to-source ${vip.address}`),
    why: { reason: 'connections that real servers start leave with the VIP', place },
  };
  return topology.snat ? [forward, postrouting] : [forward];
}
