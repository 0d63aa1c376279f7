import type { HostFacts } from '../systems/facts.js';
import { linkOf } from '../systems/read-facts.js';
import type { System } from '../systems/system.js';
import { cidr, contains } from '../topology/network.js';
import { answersItself, ipvsServices } from '../topology/services.js';
import type { Director, Interface4, Service, Topology } from '../topology/topology.js';
import { bootAddresses } from './boot-addresses.js';
import { directorChains } from './director-chains.js';
import { firewall } from './firewall.js';
import { forwarding, redirects } from './forwarding.js';
import { ipvs, ipvsSaved } from './ipvs.js';
import { ipvsSettings, ipvsUnsaved } from './ipvs-settings.js';
import { keepalived } from './keepalived.js';
import { proxy } from './proxy.js';
import { sorryPages } from './sorry-page.js';
import { render } from './template.js';
import { Wishes } from './wish.js';

/**
 * What a director holds: forwarding (NAT) or no redirects (DR, TUN), VIPs, chains, the ipvs table or the reverse proxy;
 * each now and at the next boot.
 */
export function director(topology: Topology, host: Director, facts: HostFacts, system: System): Wishes {
  const wishes = new Wishes(topology.name);
  const services = ipvsServices(topology);
  const why = { reason: 'a director balances with ipvs', place: host.place };
  const inside = host.interface ?? linkOf(facts, host.address.address, host.address.prefix)!.name;
  const outside = host.outside ?? inside;
  const nat = services.some(({ mode }) => mode === 'nat');
  const direct = services.find(answersItself);

  wishes.packages(services.length > 0 ? system.packages.director : system.packages.firewall, why);
  if (services.length > 0) modules(wishes, services, system);
  if (nat) forwarding(wishes, host, system);
  if (nat && inside === outside) {
    const reason = 'one network card: no redirects past the director';
    redirects(wishes, inside, { reason, place: host.place }, system);
  }
  if (direct) {
    const reason = `${direct.mode}: no redirects past the director`;
    redirects(wishes, outside, { reason, place: host.place }, system);
  }
  addresses(wishes, topology, host, inside, outside, system);
  firewall(wishes, directorChains(topology, outside), host, system);
  proxy(wishes, topology, host, system);
  if (services.length > 0) ipvsSettings(wishes, topology, host, system);
  if (topology.keepalived) {
    sorryPages(wishes, topology, host, system);
    keepalived(wishes, topology, host, { inside, outside }, system);
    ipvs(wishes, services, 'keepalived');
  } else if (services.length > 0) {
    ipvs(wishes, services);
    ipvsSaved(wishes, services, host, system);
    ipvsUnsaved(wishes, topology, host, system);
  }
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

function addresses(
  wishes: Wishes,
  topology: Topology,
  host: Director,
  inside: string,
  outside: string,
  system: System,
): void {
  const stanzas = new Map<string, { device: string; address: string; before: readonly string[] }>();
  type Because = { reason: string; place: Director['place'] };
  const hold = (stage: 'storage' | 'master', device: string, at: Interface4, why: Because) => {
    const address = beside(device === inside ? host.address : host.outsideAddress, at);
    wishes.add(stage, 'address', `${device} ${address}`, { label: '' }, why);
    stanzas.set(`${device} ${address}`, { device, address, before: [] });
  };
  if (outside !== inside) {
    const { place } = topology.services[0]!;
    wishes.add('master', 'link', outside, { up: true }, { reason: 'the interface of the VIP', place });
  }
  for (const { vip, place } of topology.services) {
    const why = { reason: 'the VIP', place };
    if (!topology.vrrp) hold('master', outside, vip, why);
    else {
      const label = vip.address === topology.services[0]!.vip.address ? (topology.vrrp.label ?? '') : '';
      const beside = { heldBy: 'keepalived' } as const;
      wishes.add('master', 'address', `${outside} ${cidr(vip)}`, { label }, why, beside);
    }
  }
  if (topology.vrrp && topology.gatewayVip) {
    const why = { reason: "the real servers' gateway", place: topology.vrrp.place };
    const key = `${inside} ${cidr(topology.gatewayVip)}`;
    wishes.add('master', 'address', key, { label: '' }, why, { heldBy: 'keepalived' });
  }
  if (host.gateway) {
    hold('storage', inside, host.gateway, { reason: "the real servers' gateway", place: host.place });
  }
  if (stanzas.size === 0) return;
  const why = { reason: 'the VIP at the next boot', place: host.place };
  bootAddresses(wishes, 'master', [...stanzas.values()], why, system);
}

/**
 * An address as it is set beside the base address of its interface: as /32 in the same network. Otherwise the one that
 * a boot sets first would be the network's primary one, and the director would ask for real servers by ARP as the VIP,
 * which they hold themselves and do not answer.
 */
function beside(base: Interface4 | undefined, at: Interface4): string {
  return base && contains(base, at.address) ? `${at.address}/32` : cidr(at);
}
