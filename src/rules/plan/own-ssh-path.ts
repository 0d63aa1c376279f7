import { type Change, changes, type Observed } from '../../plan/plan.js';
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
            const remedy =
              'reach the host another way (ssh_config), or see that the new way works: if it does not, the host takes the apply back by itself';
            return [{ host: read.host, message: `${read.host}: ${cut}`, remedy }];
          }),
      ),
};

/**
 * How a change ends the SSH connection by which the host was read; undefined when it does not. A route
 * that goes back to its origin is the one by which the host was reached at first.
 */
function cutBy({ kind, key, action, before, after }: Change, read: Read, seen: Seen): string | undefined {
  const { local, port, peer, byDefaultRoute } = read.facts.ssh;
  if (!peer) return undefined;
  if (kind === 'address' && !after && key.includes(` ${local}/`))
    return `lvsctl reaches it at ${local}, which is removed`;
  if (
    kind === 'route' &&
    action !== 'restore' &&
    byDefaultRoute &&
    before &&
    before.via !== after?.via &&
    !leadsBack(after?.via, peer, seen)
  ) {
    const then = after ? `leads to ${after.via} then` : 'is removed';
    return `its answers to ${peer}, which is us, take the default route, which ${then}`;
  }
  if (kind === 'virtual-service' && !before && isBalanced(seen.topology, local, port))
    return `lvsctl reaches it at ${local} port ${port}, which becomes a virtual service`;
  return undefined;
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
