import { splitServerKey } from '../../resources/server-key.js';
import { serverName } from '../../topology/services.js';
import type { Place, Topology } from '../../topology/topology.js';
import type { PlanRule, Seen } from './plan-rule.js';

/** Guards the last real server of a service that clients are served by. */
export const lastServer: PlanRule = {
  id: 'last-server',
  title: 'What clients are served by keeps a real server.',
  severity: 'error',
  judge: seen =>
    losses(seen)
      .filter(({ left }) => left === 0)
      .map(({ service, place, servers }) => ({
        ...(place && { place }),
        message: `nobody answers ${service} any more after this: ${servers.join(', ')} served it`,
        remedy: 'keep a real server with a weight above 0 in it',
      })),
};

/** Guards more than a third of what serves a service: the others may not carry it. */
export const weightLost: PlanRule = {
  id: 'weight-lost',
  title: 'No apply takes more than a third of its weight out of a service.',
  severity: 'error',
  judge: seen =>
    losses(seen)
      .filter(({ left, lost, before }) => left > 0 && lost * 3 > before)
      .map(({ service, place, servers, lost, before }) => ({
        ...(place && { place }),
        message: `${service} loses ${lost} of its weight of ${before} at once: ${servers.join(', ')}`,
        remedy: 'take fewer real servers out with one apply',
      })),
};

interface Loss {
  /** As ipvs names it: `tcp 12.0.0.1:80`. */
  service: string;
  place?: Place;
  /** Those that leave or get weight 0, by name. */
  servers: readonly string[];
  /** In weight: what served, what of it goes, and what is to serve then. */
  before: number;
  lost: number;
  left: number;
}

/** What a plan takes out of each service of ours, once for all directors; nothing with a destroy. */
function losses({ topology, observed, desired, plan }: Seen): readonly Loss[] {
  const found = new Map<string, Loss>();
  for (const seen of observed) {
    const wanted = (desired.get(seen.host) ?? []).filter(({ kind }) => kind === 'real-server');
    if (seen.status !== 'ok' || !desired.get(seen.host)?.length) continue;
    const marked = plan.marks.get(seen.host)?.before?.entries ?? [];
    const ours = new Set(marked.filter(({ kind }) => kind === 'real-server').map(({ key }) => key));
    const stays = new Map(wanted.map(({ key, state }) => [key, Number(state.weight)]));
    const serving = [...(seen.entries.get('real-server') ?? [])]
      .map(([key, { weight }]) => ({ key, weight: Number(weight) }))
      .filter(({ key, weight }) => ours.has(key) && weight > 0);
    for (const service of new Set(serving.map(({ key }) => serviceOf(key)))) {
      const all = serving.filter(({ key }) => serviceOf(key) === service);
      const gone = all.filter(({ key }) => !stays.get(key));
      const then = wanted.filter(({ key }) => serviceOf(key) === service);
      if (gone.length === 0 || (then.length === 0 && isServed(topology, service))) continue;
      const left = sum(then.map(({ state }) => Number(state.weight)));
      const place = then[0]?.why.place;
      const [before, lost] = [sum(all.map(({ weight }) => weight)), sum(gone.map(({ weight }) => weight))];
      const servers = gone.map(({ key }) => serverName(topology, splitServerKey(key)[1]));
      found.set(service, { service, ...(place && { place }), servers, before, lost, left });
    }
  }
  return [...found.values()];
}

/** Whether somebody else is to answer there: nginx, a firewall mark, a service for every port. What a mark stood for is not known. */
function isServed({ services }: Topology, service: string): boolean {
  const [protocol, address = ''] = service.split(' ');
  const [vip, port] = address.split(':');
  return services
    .filter(({ servers }) => servers.some(({ weight }) => weight > 0))
    .some(
      ({ ports, ...other }) =>
        protocol === 'fwm' ||
        (other.protocol === protocol &&
          other.vip.address === vip &&
          (ports.includes(Number(port)) || ports.includes(0))),
    );
}

const serviceOf = (key: string) => splitServerKey(key)[0];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
