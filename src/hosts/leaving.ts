import type { Plan } from '../plan/plan.js';
import type { Mark } from '../systems/facts.js';

/**
 * The hosts that give back all they hold. The topology may name them no more, and then only the marks of the others
 * lead to them.
 */
export function leaving(plan: Plan): string[] {
  return [...plan.marks].filter(([, { before, after }]) => before && !after).map(([host]) => host);
}

/**
 * The mark of a host that keeps its changes while these, which were to leave, go back: they stay among its members.
 * Undefined where it is the mark that was planned.
 */
export function remembering({ before, after }: { before?: Mark; after?: Mark }, hosts: readonly string[]) {
  const known = Object.entries(before?.members ?? {}).filter(([name]) => hosts.includes(name));
  if (!after || known.length === 0) return undefined;
  return { ...after, members: { ...after.members, ...Object.fromEntries(known) } };
}
