import type { HostFacts } from '../systems/facts.js';
import { linkOf } from '../systems/read-facts.js';
import type { System } from '../systems/system.js';
import { networkOf } from '../topology/network.js';
import type { Director, Service, Topology } from '../topology/topology.js';
import { type Chain, firewall } from './firewall.js';
import { ipvs, ipvsSaved } from './ipvs.js';
import { render } from './template.js';
import { Wishes } from './wish.js';

/** What a director holds for LVS-NAT: forwarding, VIPs, SNAT, the ipvs table; each now and at the next boot. */
export function director(topology: Topology, host: Director, facts: HostFacts, system: System): Wishes {
  const wishes = new Wishes(topology.name);
  const why = { reason: 'a director balances with ipvs', place: host.place };
  const inside = host.interface ?? linkOf(facts, host.address.address, host.address.prefix)!.name;
  const outside = host.outside ?? inside;

  wishes.packages(system.packages.director, why);
  modules(wishes, topology.services, system);
  forwarding(wishes, inside === outside ? inside : undefined, host, system);
  addresses(wishes, topology, host, inside, outside, system);
  firewall(wishes, chains(topology, outside), host, system);
  ipvs(wishes, topology.services);
  ipvsSaved(wishes, topology.services, host, system);
  return wishes;
}

function modules(wishes: Wishes, services: readonly Service[], system: System): void {
  const why = { reason: 'ipvs and its scheduler', place: services[0]!.place };
  const names = ['ip_vs', ...new Set(services.map(service => `ip_vs_${service.scheduler}`))];
  for (const name of names) wishes.add('master', 'module', name, { loaded: true }, why);
  wishes.file(
    'master',
    system.modulesFile,
    render('modules.conf', { cluster: wishes.name, modules: names }),
    why,
  );
}

/**
 * ip_forward first: the kernel resets other values with it (net/ipv4/devinet.c, inet_forward_change). It and the
 * gateway address come before the real servers, which without them would lose their way to whoever is off their network.
 */
function forwarding(wishes: Wishes, single: string | undefined, host: Director, system: System): void {
  const why = { reason: 'NAT needs forwarding', place: host.place };
  const router = { value: '1', accept_redirects: '0', exceptions: '' };
  wishes.add('storage', 'forwarding', 'net.ipv4.ip_forward', router, why);
  const entry = (name: string, value: string, reason: string) =>
    wishes.add('master', 'sysctl-entry', `${system.sysctlFile} ${name}`, { value }, { ...why, reason });
  entry('net.ipv4.ip_forward', '1', why.reason);
  entry('net.ipv4.conf.all.accept_redirects', '0', 'a router takes no redirects');
  if (!single) return;
  // Effective is `all` or the interface (kernel: ip-sysctl), so every one has to be off.
  for (const device of ['all', 'default', single]) {
    const name = `net.ipv4.conf.${device.replaceAll('.', '/')}.send_redirects`;
    const reason = 'one network card: no redirects past the director';
    wishes.add('master', 'sysctl', name, { value: '0' }, { ...why, reason });
    entry(name, '0', reason);
  }
}

function addresses(
  wishes: Wishes,
  topology: Topology,
  host: Director,
  inside: string,
  outside: string,
  system: System,
): void {
  const stanzas = new Map<string, { device: string; address: string }>();
  type Because = { reason: string; place: Director['place'] };
  const hold = (stage: 'storage' | 'master', device: string, address: string, why: Because) => {
    wishes.add(stage, 'address', `${device} ${address}`, { label: '' }, why);
    stanzas.set(`${device} ${address}`, { device, address });
  };
  if (outside !== inside) {
    const { place } = topology.services[0]!;
    wishes.add('master', 'link', outside, { up: true }, { reason: 'the interface of the VIP', place });
  }
  for (const { vip, place } of topology.services) {
    hold('master', outside, `${vip.address}/${vip.prefix}`, { reason: 'the VIP', place });
  }
  if (host.gateway) {
    const { address, prefix } = host.gateway;
    hold('storage', inside, `${address}/${prefix}`, {
      reason: "the real servers' gateway",
      place: host.place,
    });
  }
  const values = { cluster: wishes.name, stanzas: [...stanzas.values()] };
  const why = { reason: 'the VIP at the next boot', place: host.place };
  wishes.file('master', system.interfacesFile, render('network/interfaces', values), why);
}

/** SNAT for what real servers start, and the pairs that a dropping INPUT or FORWARD policy needs. */
function chains(topology: Topology, outside: string): Chain[] {
  const { services, realServers } = topology;
  const inside = [...new Set(realServers.map(server => networkOf(server.address)))];
  const vips = [...new Set(services.map(service => service.vip.address))];
  const place = topology.directors[0]!.place;
  const input: Chain = {
    table: 'filter',
    chain: 'LVSCTL-INPUT',
    hook: 'INPUT',
    rules: services.map(
      ({ vip, protocol, port }) =>
        `-d ${vip.address}/32 -p ${protocol} -m ${protocol}${port ? ` --dport ${port}` : ''} -j ACCEPT`,
    ),
    why: { reason: 'clients reach the VIP whatever the INPUT policy', place: services[0]!.place },
  };
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
    rules: inside.map(from => `-s ${from} -o ${outside} -j SNAT --to-source ${vips[0]}`),
    why: { reason: 'connections that real servers start leave with the VIP', place },
  };
  return topology.snat ? [input, forward, postrouting] : [input, forward];
}
