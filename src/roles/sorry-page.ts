import type { System } from '../systems/system.js';
import type { Director, Service, Topology } from '../topology/topology.js';
import { listening } from './nginx-sites.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/**
 * nginx on a director, which answers every path with the apology and 503 when keepalived sends it what no real server
 * answers: on the VIP for DR and TUN, whose packets arrive as the client sent them, and for NAT on its own address.
 */
export function sorryPages(wishes: Wishes, topology: Topology, host: Director, system: System): void {
  const pages = topology.services.filter(({ sorryPage }) => sorryPage !== undefined);
  const [first] = pages;
  if (first === undefined) return;
  const why = { reason: 'the page for when no real server is left', place: first.place };
  const { unit, site } = system.web.nginx;
  const sites = pages.flatMap(service => sitesOf(host, service));
  for (const { page, text, place } of sites) {
    wishes.file('master', `/etc/lvsctl/${page}`, text.endsWith('\n') ? text : `${text}\n`, { ...why, place });
  }
  const path = site(`${wishes.name}-sorry`);
  const values = { cluster: wishes.name, sites: listening(topology, sites), tls: topology.tls };
  wishes.packages(system.packages.web.nginx, why);
  wishes.file('master', path, render('nginx/sorry.conf', values), why);
  wishes.unit('master', unit, why, [{ kind: 'file', key: path }]);
}

function sitesOf(host: Director, { vip, mode, ports, sorryPage, place }: Service) {
  const address = mode === 'nat' ? host.address.address : vip.address;
  return ports.filter(Boolean).map(port => ({
    address,
    port,
    page: `sorry-${vip.address}-${port}.html`,
    text: sorryPage!,
    place,
  }));
}
