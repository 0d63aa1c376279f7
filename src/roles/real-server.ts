import type { HostFacts } from '../systems/facts.js';
import { linkOf } from '../systems/read-facts.js';
import type { System } from '../systems/system.js';
import { isSecure, servedBy } from '../topology/services.js';
import type { RealServer, Topology, WebServer } from '../topology/topology.js';
import { directAnswer } from './direct-answer.js';
import { managementRoute } from './management-route.js';
import { render } from './template.js';
import { tunnelEnds } from './tunnel.js';
import { unitName } from './unit-name.js';
import { Wishes } from './wish.js';

/** What a real server holds: its mounts, its way back (NAT) or the VIP itself (DR, TUN), the optional web server. */
export function realServer(topology: Topology, host: RealServer, facts: HostFacts, system: System): Wishes {
  const wishes = new Wishes(topology.name);
  const device = host.interface ?? linkOf(facts, host.address.address, host.address.prefix)!.name;
  if (host.mounts.length > 0) {
    wishes.packages(system.packages.nfsClient, { reason: 'mounts NFS shares', place: host.mounts[0]!.place });
  }
  if (host.web) {
    const reason = `${host.web.server} serves the pages`;
    wishes.packages(system.packages.web[host.web.server], { reason, place: host.web.place });
  }
  mounts(wishes, topology, host, system);
  tunnelEnds(wishes, topology, host, system);
  directAnswer(wishes, topology, host, system);
  if (host.gateway) managementRoute(wishes, topology, device, facts, system);
  gateway(wishes, topology, host, device);
  if (host.web) web(wishes, topology, host, host.web, system);
  return wishes;
}

function mounts(wishes: Wishes, topology: Topology, host: RealServer, system: System): void {
  for (const { share: name, at, options, place } of host.mounts) {
    const nfs = topology.nfs!;
    const share = nfs.shares.find(candidate => candidate.name === name)!;
    const why = { reason: `share ${name} of ${nfs.name}`, place };
    const source = `${nfs.address.address}:${share.path}`;
    const automount = options.includes('x-systemd.automount');
    wishes.add('servers', 'directory', at, { present: true }, why);
    const dropIn = `/etc/systemd/system/${unitName(at)}.mount.d/lvsctl.conf`;
    wishes.file('servers', dropIn, render('systemd/mount.conf', { cluster: wishes.name }), why);
    const line = { source, type: 'nfs4', options: options.join(',') };
    wishes.add('servers', 'fstab-entry', `${system.fstabFile} ${at}`, line, why);
    wishes.add('servers', 'mount', at, { source, type: 'nfs4', automount, mounted: true }, why);
  }
}

function gateway(wishes: Wishes, topology: Topology, host: RealServer, device: string): void {
  if (!host.gateway) return;
  const nat = servedBy(topology, host, 'nat').length > 0;
  const reason = nat ? 'NAT: answers go back through the director' : 'the gateway of the topology';
  const why = { reason, place: host.place };
  const route = { via: host.gateway, dev: device, rest: 'onlink' };
  wishes.add('servers', 'route', 'default', route, why);
  wishes.add('servers', 'gateway-entry', device, { gateway: host.gateway }, why);
}

function web(wishes: Wishes, topology: Topology, host: RealServer, site: WebServer, system: System): void {
  const { server, root, ports, page, place } = site;
  const { unit, site: path, template } = system.web[server];
  const why = { reason: `${server} serves ${root}`, place };
  const isMount = host.mounts.some(({ at }) => at === root);
  if (!isMount) wishes.add('servers', 'directory', root, { present: true }, why);
  if (page !== undefined) {
    wishes.file('servers', `${root}/index.html`, page.endsWith('\n') ? page : `${page}\n`, {
      reason: 'the page of the topology',
      place,
    });
  }
  const values = {
    cluster: wishes.name,
    root,
    listens: listens(topology, host, ports),
    tls: topology.tls,
  };
  wishes.file('servers', path(wishes.name), render(template, values), why);
  const follows = [{ kind: 'file', key: path(wishes.name) }];
  if (host.mounts.length > 0) {
    const all = host.mounts.map(({ at, options }) => ({
      unit: unitName(at),
      automount: options.includes('x-systemd.automount'),
    }));
    const dropIn = render('systemd/web-mounts.conf', { cluster: wishes.name, mounts: all });
    wishes.file('servers', `/etc/systemd/system/${unit}.d/lvsctl.conf`, dropIn, {
      reason: 'the web server requires the mount',
      place,
    });
  }
  wishes.unit('servers', unit, why, follows);
}

/** The host's own address, and the VIPs that it answers for itself. */
function listens(topology: Topology, host: RealServer, ports: readonly number[]) {
  const direct = servedBy(topology, host, 'dr', 'tun');
  const addresses = new Set([host.address.address, ...direct.map(({ vip }) => vip.address)]);
  return [...addresses].flatMap(address =>
    ports.map(port => ({ address, port, standard: port === 80, secure: isSecure(topology, port) })),
  );
}
