import type { Director, Topology } from './topology.js';

/** The director that VRRP makes master when all are well: the first of those with the highest priority. */
export function preferredMaster({ directors }: Pick<Topology, 'directors'>): Director {
  return directors.reduce((first, each) => (each.priority > first.priority ? each : first));
}
