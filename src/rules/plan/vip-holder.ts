import { holds } from '../../plan/holds.js';
import { changes, type Observed } from '../../plan/plan.js';
import { said } from '../../plan/verdicts.js';
import { cidr } from '../../topology/network.js';
import { preferredMaster } from '../../topology/preferred-master.js';
import { vips } from '../../topology/services.js';
import type { Director } from '../../topology/topology.js';
import type { PlanRule, Seen } from './plan-rule.js';

type Read = Extract<Observed, { status: 'ok' }>;

/** Finds a VIP that another director holds than the one with the highest priority. */
export const vipOnBackup: PlanRule = {
  id: 'vip-on-backup',
  title: 'The director with the highest priority holds the VIP.',
  severity: 'degraded',
  judge: seen =>
    held(seen).flatMap(({ vip, holders }) => {
      const [holder] = holders;
      const { vrrp } = seen.topology;
      const master = preferredMaster(seen.topology);
      if (holders.length !== 1 || vrrp?.preempt === 'none' || holder!.director.priority === master.priority)
        return [];
      const line = said(holder!.read, `vrrp ${vrrp!.instance}`, 'MASTER');
      return [
        {
          host: holder!.director.name,
          place: vrrp!.place,
          message: `${holder!.director.name} holds the VIP ${vip}, not ${master.name}${line ? `: ${line}` : ''}`,
          remedy: `look at keepalived on ${master.name}`,
        },
      ];
    }),
};

/** Finds a VIP that no director holds although keepalived runs on all of them. */
export const vipNowhere: PlanRule = {
  id: 'vip-nowhere',
  title: 'One of the directors holds the VIP.',
  severity: 'error',
  judge: seen =>
    held(seen)
      .filter(({ holders }) => holders.length === 0)
      .map(({ vip, all }) => {
        const { instance, place } = seen.topology.vrrp!;
        const states = all.map(({ director, read }) => {
          const line = read.entries.get('verdict')?.get(`vrrp ${instance}`)?.line;
          return `${director.name}: ${line ?? 'keepalived says nothing'}`;
        });
        return {
          place,
          message: `no director holds the VIP ${vip} (${states.join('; ')})`,
          remedy: 'look at the interfaces and trackers that keepalived names; right after a start, try again',
        };
      }),
};

/** Finds a VIP that several directors hold at once: they do not hear each other. */
export const vipTwice: PlanRule = {
  id: 'vip-twice',
  title: 'Only one of the directors holds the VIP.',
  severity: 'error',
  judge: seen =>
    held(seen)
      .filter(({ holders }) => holders.length > 1)
      .map(({ vip, holders }) => ({
        place: seen.topology.vrrp!.place,
        message: `${holders.map(({ director }) => director.name).join(' and ')} both hold the VIP ${vip}: they do not hear each other`,
        remedy: 'let VRRP (protocol 112) pass between them, or use `peers: unicast` where multicast does not',
      })),
};

/** Who holds each VIP; nothing while not every director was read, or while a plan still changes what runs there. */
function held({ topology, observed, plan, desired }: Seen): {
  vip: string;
  holders: readonly { director: Director; read: Read }[];
  all: readonly { director: Director; read: Read }[];
}[] {
  if (!topology.vrrp) return [];
  const all = topology.directors.flatMap(director => {
    const read = observed.find(({ host }) => host === director.name);
    return read?.status === 'ok' && read.entries.has('address') ? [{ director, read }] : [];
  });
  const names = new Set(topology.directors.map(({ name }) => name));
  const wished = [...names].every(name => desired.get(name)?.some(({ heldBy }) => heldBy));
  if (!wished || all.length < names.size || changes(plan).some(({ host }) => names.has(host))) return [];
  const inside = topology.gatewayVip ? [topology.gatewayVip] : [];
  return [...vips(topology).map(({ vip }) => vip), ...inside].map(address => {
    const holders = all.filter(({ read }) => holds(read, cidr(address)));
    return { vip: address.address, holders, all };
  });
}
