import type { Resource } from '../resources/kind.js';
import type { HostFacts } from '../systems/facts.js';
import { systemOf } from '../systems/families.js';
import { withDrained } from '../topology/services.js';
import { type Director, hosts, type Topology } from '../topology/topology.js';
import { director } from './director.js';
import { unfit } from './fitness.js';
import { isMaster } from './keepalived-vrrp.js';
import { nfsServer } from './nfs-server.js';
import { realServer } from './real-server.js';

/**
 * What one host should hold, from the topology and the host's own facts; nothing for a host it does not name, and
 * a fault for one that cannot be what the topology calls it. `drained`: real servers that get no new connections from it.
 */
export function desire(
  whole: Topology,
  facts: HostFacts,
  drained: readonly string[] = facts.mark?.drained ?? [],
): readonly Resource[] | { message: string; remedy: string } {
  const topology = withDrained(whole, drained);
  const named = hosts(topology).find(({ name }) => name === facts.host);
  const fault = named && unfit(topology, named, facts);
  if (fault) return fault;
  const system = systemOf(facts);
  const is = ({ name }: { name: string }) => name === facts.host;
  const [balancer, server] = [topology.directors.find(is), topology.realServers.find(is)];
  return [
    ...(balancer ? inTurn(topology, balancer, director(topology, balancer, facts, system).all) : []),
    ...(server ? realServer(topology, server, facts, system).all : []),
    ...(topology.nfs && is(topology.nfs) ? nfsServer(topology, topology.nfs, system).all : []),
  ];
}

/** Of several directors only one changes at a time: the others before the one that is master, by priority. */
function inTurn(topology: Topology, host: Director, wishes: readonly Resource[]): readonly Resource[] {
  if (isMaster(topology, host)) return wishes;
  return wishes.map(wish => (wish.stage === 'master' ? { ...wish, stage: 'backup' } : wish));
}

/** Host name -> what it is in the cluster, in the order of the file. */
export function rolesOf(topology: Topology): ReadonlyMap<string, string> {
  return new Map([
    ...topology.directors.map(({ name }) => [name, 'director'] as const),
    ...topology.realServers.map(({ name }) => [name, 'real server'] as const),
    ...(topology.nfs ? [[topology.nfs.name, 'NFS server'] as const] : []),
  ]);
}
