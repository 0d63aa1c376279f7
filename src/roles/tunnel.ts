import type { System } from '../systems/system.js';
import { contains } from '../topology/network.js';
import { servedBy } from '../topology/services.js';
import type { RealServer, Service, Topology, Tunnel } from '../topology/topology.js';
import { ownAddresses } from './boot-addresses.js';
import { silentArp } from './direct-answer.js';
import { packets } from './director-chains.js';
import { type Chain, firewall } from './firewall.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/**
 * What unpacks the packets of ipvs. The devices are those that the kernel makes with the module: they take packets from
 * any sender that no other tunnel device is for. gue is unpacked to IP in IP by its UDP port.
 */
const ENDS: Readonly<Record<Tunnel['type'], { modules: readonly string[]; device: string }>> = {
  ipip: { modules: ['ipip'], device: 'tunl0' },
  gue: { modules: ['ipip', 'fou'], device: 'tunl0' },
  gre: { modules: ['ip_gre'], device: 'gre0' },
};

/**
 * LVS-TUN: the far end of the tunnels on a real server, now and at the next boot. The VIP is on the tunnel's device, not
 * on lo: from a device without an address the kernel takes nothing unless rp_filter is 0 on it and on `all`
 * (net/ipv4/fib_frontend.c, __fib_validate_source).
 */
export function tunnelEnds(wishes: Wishes, topology: Topology, host: RealServer, system: System): void {
  const services = servedBy(topology, host, 'tun');
  const [first] = services;
  if (first === undefined) return;
  const why = { reason: 'TUN: it unpacks what the director sends', place: first.place };
  const modules = [...new Set(services.flatMap(({ tunnel }) => ENDS[tunnel.type].modules))];
  const devices = [...new Set(services.map(({ tunnel }) => ENDS[tunnel.type].device))];
  const ports = [...new Set(services.flatMap(({ tunnel }) => guePort(tunnel) ?? []))];

  wishes.packages(system.packages.firewall, { ...why, reason: 'TUN: segments are fitted to the tunnel' });
  for (const name of modules) wishes.add('servers', 'module', name, { loaded: true }, why);
  wishes.file('servers', system.modulesFile, render('modules.conf', { cluster: wishes.name, modules }), why);
  for (const port of ports) wishes.add('servers', 'fou-port', String(port), { words: 'gue' }, why);
  for (const device of devices) {
    // The larger of `all` and the device counts (kernel: ip-sysctl). A client's packet comes out of the device and its
    // way back is another: 1 drops it. With 2 there must be some way back, and every other device stays as it is.
    const name = `net.ipv4.conf.${device}.rp_filter`;
    const loose = { ...why, reason: 'TUN: clients’ packets come out of the tunnel' };
    wishes.add('servers', 'sysctl', name, { value: '2' }, loose);
    wishes.add('servers', 'sysctl-entry', `${system.sysctlFile} ${name}`, { value: '2' }, loose);
    wishes.add('servers', 'link', device, { up: true }, why);
  }
  const beside = topology.directors.some(({ address }) => contains(address, host.address.address));
  if (beside) silentArp(wishes, first.place, system);
  const stanzas = new Map<string, { device: string; address: string; ports: readonly number[] }>();
  for (const { vip, tunnel, place } of services) {
    const { device } = ENDS[tunnel.type];
    const address = `${vip.address}/32`;
    const held = { reason: 'it answers as the VIP', place };
    wishes.add('servers', 'address', `${device} ${address}`, { label: '' }, held);
    const isFirst = ![...stanzas.values()].some(stanza => stanza.device === device);
    const own = isFirst && device === ENDS.gue.device ? ports : [];
    if (!stanzas.has(`${device} ${address}`))
      stanzas.set(`${device} ${address}`, { device, address, ports: own });
  }
  const values = { cluster: wishes.name, stanzas: [...stanzas.values()] };
  if (system.tunnelsFile !== undefined)
    wishes.file('servers', system.tunnelsFile, render('network/tunnels', values), why);
  else ownAddresses(wishes, 'servers', values.stanzas, why);
  firewall(wishes, chains(topology, host, services), host, system, 'servers');
}

function chains({ directors }: Topology, host: RealServer, services: readonly Service[]): Chain[] {
  const { place } = services[0]!;
  const senders = directors.flatMap(({ address, outsideAddress = address }) => [address, outsideAddress]);
  const vips = [...new Set(services.map(({ vip }) => vip.address))];
  const packed = services.flatMap(({ tunnel }) =>
    senders.map(({ address }) => `-s ${address}/32 -d ${host.address.address}/32 ${protocolOf(tunnel)}`),
  );
  return [
    {
      table: 'filter',
      chain: 'LVSCTL-INPUT',
      hook: 'INPUT',
      rules: [
        ...new Set(packed),
        ...services.map(packets),
        // The way to a client is narrower than thought: without this its answers would never get smaller.
        ...vips.map(address => `-d ${address}/32 -p icmp -m icmp --icmp-type 3/4`),
      ].map(rule => `${rule} -j ACCEPT`),
      why: { reason: 'tunnel and requests come in whatever the INPUT policy', place },
    },
    {
      table: 'mangle',
      chain: 'LVSCTL-POSTROUTING',
      hook: 'POSTROUTING',
      rules: vips.map(address => {
        const sizes = services
          .filter(({ vip }) => vip.address === address)
          .map(({ tunnel }) => segment(tunnel));
        return `-s ${address}/32 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${Math.min(...sizes)}`;
      }),
      why: { reason: 'what clients send fits into the tunnel', place },
    },
  ];
}

/** The packets of a tunnel, as iptables-save prints them where /etc/protocols does not name their protocol. */
function protocolOf(tunnel: Tunnel): string {
  const port = guePort(tunnel);
  if (port !== undefined) return `-p udp -m udp --dport ${port}`;
  return tunnel.type === 'gre' ? '-p 47' : '-p 4';
}

function guePort({ type, port }: Tunnel): number | undefined {
  return type === 'gue' ? port : undefined;
}

/** The largest TCP segment, in bytes, that a client may send so that it passes the tunnel in one piece. */
export function segment({ type, checksum, mtu }: Tunnel): number {
  const ip = 20;
  const tcp = 20;
  // gue: UDP and its own header, and the option of remcsum; gre: its header (ip_vs_xmit.c).
  const wrap = { ipip: 0, gue: 8 + 4 + (checksum === 'remcsum' ? 8 : 0), gre: 4 }[type];
  return mtu - ip - wrap - ip - tcp;
}
