import type { System } from '../systems/system.js';
import { isSecure } from '../topology/services.js';
import type { Director, Service, Topology } from '../topology/topology.js';
import { listening } from './nginx-sites.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/** What nginx calls the way in which a scheduler of ipvs chooses (ngx_http_upstream_module); '' is in turn, by weight. */
const METHODS: Readonly<Record<string, string>> = { lc: 'least_conn', wlc: 'least_conn', sh: 'ip_hash' };

/** Mode proxy: nginx on a director hands requests to the real servers; ipvs has no part in it. */
export function proxy(wishes: Wishes, topology: Topology, host: Director, system: System): void {
  const services = topology.services.filter(({ mode }) => mode === 'proxy');
  const [first] = services;
  if (first === undefined) return;
  const { place } = first;
  const why = { reason: 'nginx is the reverse proxy', place };
  const path = system.web.nginx.site(`${wishes.name}-proxy`);

  wishes.packages(system.packages.web.nginx, { ...why, place: host.place });
  const sites = listening(
    topology,
    services.map(service => site(service, topology)),
  );
  const values = { cluster: wishes.name, tls: topology.tls, sites };
  wishes.file('master', path, render('nginx/proxy.conf', values), why);
  wishes.unit('master', system.web.nginx.unit, why, [{ kind: 'file', key: path }]);
}

function site({ vip, port, scheduler, servers }: Service, topology: Topology) {
  const weighted = scheduler !== 'rr' && scheduler !== 'lc';
  return {
    upstream: `lvsctl_${vip.address.replaceAll('.', '_')}_${port}`,
    method: METHODS[scheduler] ?? '',
    servers: servers.map(({ address, port, weight }) => ({
      address,
      port,
      options: weight === 0 ? ' down' : weighted && weight !== 1 ? ` weight=${weight}` : '',
    })),
    address: vip.address,
    port,
    scheme: servers.some(server => isSecure(topology, server.port)) ? 'https' : 'http',
  };
}
