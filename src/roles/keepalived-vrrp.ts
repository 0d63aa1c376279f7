import { basename } from 'node:path';
import { cidr } from '../topology/network.js';
import { preferredMaster } from '../topology/preferred-master.js';
import type { Director, Interface4, Topology, TrackedScript, Vrrp } from '../topology/topology.js';
import { KEEPALIVED, scriptPath } from './keepalived-places.js';
import { nginxWatch } from './nginx-watch.js';

/** The password, in a file of its own that only root reads. */
export const AUTH = `${KEEPALIVED}/lvsctl-auth.conf`;

/** Which interface of a director holds what. */
interface Cards {
  inside: string;
  outside: string;
}

/** What templates/keepalived/vrrp.conf needs: one instance for the VIPs, with a gateway VIP one more, both moving together. */
export function instances(topology: Topology, vrrp: Vrrp, host: Director, cards: Cards): object {
  const { gatewayVip } = topology;
  const scripts = named(trackedScripts(topology, vrrp));
  const processes = vrrp.track.processes.map((tracked, index) => ({
    ...tracked,
    name: `process_${index + 1}`,
    weight: tracked.weight ?? 0,
  }));
  const common = {
    state: isMaster(topology, host) && vrrp.preempt === 'now' ? 'MASTER' : 'BACKUP',
    priority: host.priority,
    advertInt: vrrp.advertInt,
    preempt:
      vrrp.preempt === 'none' ? 'nopreempt' : vrrp.preempt === 'now' ? '' : `preempt_delay ${vrrp.preempt}`,
    auth: vrrp.authPass ? AUTH : '',
  };
  const tracked = (own: string) => [
    ...list(
      'track_interface',
      // An instance follows its own interface anyway.
      vrrp.track.interfaces.filter(({ interface: name }) => name !== own),
      // In quotes: keepalived takes `include weight -10` for the name of a file to read.
      ({ interface: name, weight }) => (weight === undefined ? name : `"${name}" weight ${weight}`),
    ),
    ...list('track_script', scripts, ({ name }) => name),
    ...list('track_process', processes, ({ name }) => name),
  ];
  const [first, ...further] = vips(topology).map(vip => `${cidr(vip)} dev ${cards.outside}`);
  const outside = {
    ...common,
    ...speaks(topology, vrrp, host, director => vrrpAddress(director)),
    name: vrrp.instance,
    interface: cards.outside,
    id: vrrp.virtualRouterId,
    address: `${first}${vrrp.label ? ` label ${vrrp.label}` : ''}`,
    // Not in the advertisements, which a director drops that expects other addresses: one more moves nothing.
    further,
    tracked: tracked(cards.outside),
    notify: Object.entries(vrrp.notify).map(([state, script]) => ({ state, path: scriptPath(script) })),
  };
  const inside = gatewayVip && {
    ...common,
    ...speaks(topology, vrrp, host, ({ address }) => address),
    name: `${vrrp.instance}_gateway`,
    interface: cards.inside,
    id: vrrp.gatewayVirtualRouterId,
    address: `${cidr(gatewayVip)} dev ${cards.inside}`,
    further: [],
    tracked: tracked(cards.inside),
    notify: [],
  };
  return {
    scripts: scripts.map(script => ({
      ...script,
      path: scriptPath(script.script),
      weight: script.weight ?? 0,
    })),
    processes,
    together: inside ? `${vrrp.instance}_group` : '',
    instances: inside ? [outside, inside] : [outside],
  };
}

/** The director that becomes master first: the highest priority, and the first of equals. */
export function isMaster(topology: Pick<Topology, 'directors'>, host: Director): boolean {
  return preferredMaster(topology).name === host.name;
}

/** The address of `outside` that VRRP speaks from; undefined when the topology does not say. */
export function vrrpAddress({ address, outside, interface: inside, outsideAddress }: Director) {
  return outsideAddress ?? (outside === undefined || outside === inside ? address : undefined);
}

/** Every VIP once, in the order of the services. */
export function vips({ services }: Pick<Topology, 'services'>): readonly Interface4[] {
  return [...new Map(services.map(({ vip }) => [vip.address, vip])).values()];
}

/** Every script that VRRP runs. */
export function vrrpScripts(topology: Topology, vrrp: Vrrp): readonly { path: string; content: string }[] {
  return [...Object.values(vrrp.notify), ...trackedScripts(topology, vrrp).map(({ script }) => script)];
}

function trackedScripts(topology: Topology, vrrp: Vrrp): readonly TrackedScript[] {
  return [...vrrp.track.scripts, ...nginxWatch(topology)];
}

function speaks(
  { directors }: Topology,
  vrrp: Vrrp,
  host: Director,
  from: (director: Director) => Interface4 | undefined,
): { source: string; peers: readonly string[] } {
  const peers = directors.filter(({ name }) => name !== host.name).flatMap(peer => from(peer)?.address ?? []);
  return vrrp.peers === 'unicast' ? { source: from(host)?.address ?? '', peers } : { source: '', peers: [] };
}

/** Scripts by their file's name; one that is tracked twice has a number as well. */
function named(scripts: readonly TrackedScript[]): (TrackedScript & { name: string })[] {
  return scripts.map((tracked, index) => {
    const name = basename(tracked.script.path);
    const before = scripts.slice(0, index).filter(({ script }) => script.path === tracked.script.path);
    return { ...tracked, name: before.length > 0 ? `${name}_${before.length + 1}` : name };
  });
}

function list<T>(kind: string, entries: readonly T[], word: (entry: T) => string): object[] {
  return entries.length > 0 ? [{ kind, entries: [...new Set(entries.map(word))] }] : [];
}
