import type { Command, Why } from '../resources/kind.js';
import type { System } from '../systems/system.js';
import { ipvsServices } from '../topology/services.js';
import type { Director, Topology } from '../topology/topology.js';
import { configurationTest } from './keepalived-check.js';
import { KEEPALIVED, scriptPath } from './keepalived-places.js';
import { checkScripts, SERVICES, virtualServers } from './keepalived-services.js';
import { AUTH, instances, vrrpScripts } from './keepalived-vrrp.js';
import { render } from './template.js';
import type { Wishes } from './wish.js';

/** One file of keepalived's configuration. */
export interface Part {
  path: string;
  content: string;
  mode: '0644' | '0600' | '0755';
  secret?: true;
}

/**
 * keepalived's files on one director and its service, which reads them again when one changes. The configuration is
 * tested by keepalived itself, as a whole, before the first of them is written. The saved ipvs table is nobody's here:
 * two who fill the kernel's table would undo each other's work.
 */
export function keepalived(
  wishes: Wishes,
  topology: Topology,
  host: Director,
  cards: { inside: string; outside: string },
  system: System,
): void {
  const why = {
    reason: 'keepalived checks the real servers and holds the table',
    place: topology.keepalived!.place,
  };
  wishes.packages(system.packages.keepalived, why);
  const parts = keepalivedFiles(topology, host, cards);
  const check: Command = configurationTest(parts);
  for (const { path, content, mode, secret } of parts) {
    wishes.file('master', path, content, why, { check, ...(secret && { secret: ['content'] }) }, mode);
  }
  const follows = parts.map(({ path }) => ({ kind: 'file', key: path }));
  if (ipvsServices(topology).length > 0)
    idle(wishes, system.ipvsUnit, { ...why, reason: 'keepalived alone fills the ipvs table' });
  wishes.unit('master', 'keepalived.service', why, follows);
}

/** The files of one director, each whole. */
export function keepalivedFiles(
  topology: Topology,
  host: Director,
  cards: { inside: string; outside: string },
): Part[] {
  const { vrrp, name: cluster } = topology;
  const scripts = [...checkScripts(topology), ...(vrrp ? vrrpScripts(topology, vrrp) : [])];
  const programs = new Map(scripts.map(script => [scriptPath(script), script.content]));
  return [
    ...[...programs].map(([path, content]) => ({ path, content, mode: '0755' as const })),
    ...(vrrp?.authPass
      ? [
          {
            path: AUTH,
            content: render('keepalived/auth.conf', { cluster, password: vrrp.authPass.reveal() }),
            mode: '0600' as const,
            secret: true as const,
          },
        ]
      : []),
    ...(vrrp
      ? [
          {
            path: `${KEEPALIVED}/conf.d/lvsctl-vrrp.conf`,
            content: render('keepalived/vrrp.conf', { cluster, ...instances(topology, vrrp, host, cards) }),
            mode: '0644' as const,
          },
        ]
      : []),
    ...(ipvsServices(topology).length > 0
      ? [
          {
            path: SERVICES,
            content: render('keepalived/services.conf', {
              cluster,
              services: virtualServers(topology, host),
            }),
            mode: '0644' as const,
          },
        ]
      : []),
    {
      path: `${KEEPALIVED}/keepalived.conf`,
      content: render('keepalived/keepalived.conf', globals(topology, host, cards)),
      mode: '0644',
    },
  ];
}

function globals(topology: Topology, host: Director, { outside }: { outside: string }): object {
  const { vrrp, timeouts, keepalived } = topology;
  const words = Object.entries(timeouts).map(([name, seconds]) => `${name} ${seconds}`);
  return {
    cluster: topology.name,
    folder: KEEPALIVED,
    router: host.name,
    fractions: vrrp !== undefined && !Number.isInteger(vrrp.advertInt),
    group: vrrp?.peers === 'multicast' && vrrp.multicastGroup !== '224.0.0.18' ? vrrp.multicastGroup : '',
    // Bound to the instance, so that only the master sends and only the backup receives.
    sync: vrrp?.connectionSync && {
      interface: outside,
      instance: vrrp.instance,
      id: vrrp.virtualRouterId,
    },
    timeouts: words.join(' '),
    mail: keepalived?.mail,
  };
}

/** Neither now nor at boot. */
function idle(wishes: Wishes, unit: string, why: Why): void {
  wishes.add('master', 'service-boot', unit, { enabled: false }, why);
  wishes.add('master', 'service', unit, { active: false }, why);
}
