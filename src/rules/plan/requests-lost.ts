import { holds } from '../../plan/holds.js';
import { isMaster } from '../../plan/master.js';
import { type Change, changes } from '../../plan/plan.js';
import type { Resource } from '../../resources/kind.js';
import { splitServerKey } from '../../resources/server-key.js';
import { cidr } from '../../topology/network.js';
import { preferredMaster } from '../../topology/preferred-master.js';
import { serverName, vips } from '../../topology/services.js';
import type { PlanRule } from './plan-rule.js';

/** Tells that new connections are refused while the kernel waits for the last user of the old scheduler (ip_vs_edit_service). */
export const schedulerExchanged: PlanRule = {
  id: 'scheduler-exchanged',
  title: 'No service gets another scheduler while clients use it.',
  severity: 'warning',
  judge: ({ plan }) =>
    once(changes(plan), 'virtual-service', 'update')
      .filter(({ before, after }) => before?.scheduler !== after?.scheduler)
      .map(({ key, before, after, place }) => ({
        ...(place && { place }),
        message: `the kernel refuses new connections to ${key} for a moment, between ${before?.scheduler} and ${after?.scheduler}`,
        remedy: 'choose a quiet hour; a new weight costs nothing',
      })),
};

/** Tells that what ipvs remembers of a removed real server drops who comes again from the same port (ipvs-sysctl.txt). */
export const nodestDropped: PlanRule = {
  id: 'nodest-dropped',
  title: 'ipvs forgets the connections of a real server that is removed.',
  severity: 'warning',
  judge: ({ topology, plan, desired }) =>
    topology.vs.expire_nodest_conn === '1'
      ? []
      : once(changes(plan), 'real-server', 'delete')
          .map(({ key, host }) => ({ service: splitServerKey(key)[0], server: splitServerKey(key)[1], host }))
          .filter(({ service, host }) => stays(desired.get(host) ?? [], service))
          .map(({ service, server }) => ({
            message: `ipvs remembers the connections of ${serverName(topology, server)} for two minutes, and drops a new one to ${service} from the same address and port`,
            remedy: 'with `vs: { expire_nodest_conn: 1 }` it forgets them with the server',
          })),
};

/** Tells that a service ends with its connections although its VIP goes on. */
export const serviceReplaced: PlanRule = {
  id: 'service-replaced',
  title: 'No service ends that clients use.',
  severity: 'warning',
  judge: ({ plan, desired }) =>
    once(changes(plan), 'virtual-service', 'delete')
      .filter(({ host }) => desired.get(host)?.some(({ kind }) => kind === 'virtual-service'))
      .map(({ key }) => ({
        message: `${key} ends, and its open connections with it`,
        remedy: 'choose a quiet hour, or let clients go to the new service first',
      })),
};

/** Tells that VRRP moves the VIP because of what this plan changes: from who is master now, also when that one leaves. */
export const masterMoves: PlanRule = {
  id: 'master-moves',
  title: 'The VIP stays where it is.',
  severity: 'warning',
  judge({ topology, plan, observed }) {
    const { vrrp } = topology;
    const names = new Set(topology.directors.map(({ name }) => name));
    if (!vrrp || !changes(plan).some(({ host }) => names.has(host))) return [];
    const then = preferredMaster(topology).name;
    return vips(topology).flatMap(({ vip }) => {
      const now = observed.find(
        each => each.status === 'ok' && holds(each, cidr(vip)) && (names.has(each.host) || isMaster(each)),
      )?.host;
      if (!now || now === then || (vrrp.preempt === 'none' && names.has(now))) return [];
      const message = `the VIP ${vip.address} moves from ${now} to ${then}: requests under way at that moment may be lost`;
      return [{ place: vrrp.place, message, remedy: 'choose a quiet hour' }];
    });
  },
};

/** Changes of one kind, each entry once for all directors; its place in the topology where it has one there. */
function once(all: readonly Change[], kind: string, action: Change['action']) {
  const found = all.filter(change => change.kind === kind && change.action === action);
  return [...new Map(found.map(change => [change.key, change])).values()].map(({ why, ...change }) => ({
    ...change,
    ...(typeof why === 'object' && { place: why.place }),
  }));
}

function stays(wanted: readonly Resource[], service: string): boolean {
  return wanted.some(({ kind, key }) => kind === 'virtual-service' && key === service);
}
