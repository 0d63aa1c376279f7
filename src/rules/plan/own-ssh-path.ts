import { isIPv4 } from 'node:net';
import { type Change, changes, type Observed } from '../../plan/plan.js';
import { matches } from '../../topology/network.js';
import type { Topology } from '../../topology/topology.js';
import type { PlanRule, Seen } from './plan-rule.js';

type Read = Extract<Observed, { status: 'ok' }>;

/** Guards the way by which lvsctl itself reaches a host: its address, the route back, the port of its sshd. */
export const ownSshPath: PlanRule = {
  id: 'own-ssh-path',
  title: 'An apply leaves the way by which lvsctl reaches a host.',
  severity: 'error',
  judge: seen =>
    seen.observed
      .filter(each => each.status === 'ok')
      .flatMap(read =>
        changes(seen.plan)
          .filter(({ host }) => host === read.host)
          .flatMap(change => {
            const cut = cutBy(change, read, seen);
            if (cut === undefined) return [];
            const keep = change.kind === 'route' ? 'keep a route to where you are (`management`), ' : '';
            return [{ host: read.host, message: `${read.host}: ${cut}`, remedy: keep + REMEDY }];
          }),
      ),
};

const REMEDY =
  'reach the host another way (ssh_config), or see that the new way works: if it does not, the host takes the apply back by itself';

/** How a change ends the SSH connection by which the host was read; undefined when it does not. */
function cutBy(change: Change, read: Read, seen: Seen): string | undefined {
  const { kind, key, before, after } = change;
  const { local, port, peer } = read.facts.ssh;
  if (!peer) return undefined;
  if (kind === 'address' && !after && key.includes(` ${local}/`))
    return `lvsctl reaches it at ${local}, which is removed`;
  if (kind === 'route') return cutByRoute(change, read, seen);
  if (kind === 'virtual-service' && !before && isBalanced(seen.topology, local, port))
    return `lvsctl reaches it at ${local} port ${port}, which becomes a virtual service`;
  return undefined;
}

/**
 * Where a network's route goes, answers take the default route as it is then. A default route that goes back to its origin
 * is the one by which the host was reached at first.
 */
function cutByRoute(change: Change, read: Read, seen: Seen): string | undefined {
  const { host, key, before, after } = change;
  const { peer, byDefaultRoute } = read.facts.ssh;
  const isTaken = key === 'default' ? byDefaultRoute && !keepsRoute(host, peer, seen) : leadsTo(key, peer);
  const general = changes(seen.plan).find(
    each => each.host === host && each.kind === 'route' && each.key === 'default',
  );
  if (!isTaken || !before || [change, general].some(each => each?.action === 'restore')) return undefined;
  const then = after ?? (general ? general.after : read.entries.get('route')?.get('default'));
  if (then?.via === before.via || leadsBack(then?.via, peer, seen)) return undefined;
  const way = key === 'default' ? 'the default route' : `the route to ${key}`;
  return `its answers to ${peer}, which is us, take ${way}, which ${after ? `leads to ${after.via} then` : 'is removed'}`;
}

/** Whether the host is to hold a route to the peer that no default route changes. */
function keepsRoute(host: string, peer: string, { desired }: Seen): boolean {
  return desired.get(host)?.some(({ kind, key }) => kind === 'route' && leadsTo(key, peer)) ?? false;
}

function leadsTo(key: string, peer: string): boolean {
  return key !== 'default' && isIPv4(peer) && matches(key, peer);
}

/** Whether this gateway is a director that answers the same peer, and goes on doing so. */
function leadsBack(via: unknown, peer: string, { topology, observed, plan }: Seen): boolean {
  const { directors, gatewayVip } = topology;
  const known = directors.filter(({ address, gateway }) =>
    [address, gateway, gatewayVip].some(each => each && each.address === via),
  );
  return known.some(({ name }) => {
    const read = observed.find(({ host }) => host === name);
    if (read?.status !== 'ok' || read.facts.ssh.peer !== peer) return false;
    return !changes(plan).some(({ host, kind, before }) => host === name && kind === 'route' && before);
  });
}

function isBalanced(topology: Topology, address: string, port: number): boolean {
  return topology.services.some(
    ({ vip, protocol, ports }) =>
      vip.address === address && protocol === 'tcp' && (ports.includes(port) || ports.includes(0)),
  );
}
