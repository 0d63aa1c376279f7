import type { Stage } from '../resources/kind.js';
import type { Change, Phase } from './plan.js';

/** The stages of the cluster, in the order in which things are made. */
const STAGES: readonly Stage[] = ['packages', 'storage', 'servers', 'backup', 'master'];

const TITLES: Readonly<Record<Stage, string>> = {
  packages: 'Packages',
  storage: 'Storage and gateway',
  servers: 'Real servers',
  backup: 'Backup director',
  master: 'Director',
};

/**
 * Puts changes into phases: creations and updates down the stages, then removals up them, so that a server is
 * ready before the director sends to it, and the director has let go before a server is taken down. Within a host:
 * the order of the kinds, then the order in which the role wrote; drains; removals backwards; reloads last, those of
 * what nobody wants any more after the removals; then what keepalived holds, and drains first where it removes.
 */
export function order(changes: readonly Change[], kinds: readonly string[]): Phase[] {
  const down = STAGES.map(stage => ({
    stage,
    changes: changes.filter(c => c.stage === stage && !goesUp(c)),
  }));
  const up = STAGES.toReversed().map(stage => ({
    stage,
    changes: changes.filter(c => c.stage === stage && goesUp(c)),
  }));
  const [first, ...rest] = up;
  const last = down.pop()!;
  // The turn: what is made last and what is removed first are the same hosts, so one phase carries both.
  const turn = { stage: last.stage, changes: [...last.changes, ...(first?.changes ?? [])] };
  return [
    ...down.map(part => phase(part, false, kinds)),
    phase(turn, turn.changes.length > 0 && turn.changes.every(goesUp), kinds),
    ...rest.map(part => phase(part, true, kinds)),
  ].filter(({ changes }) => changes.size > 0);
}

function phase(part: { stage: Stage; changes: Change[] }, removal: boolean, kinds: readonly string[]): Phase {
  const sorted = part.changes
    .map((change, index) => ({ change, index }))
    .sort((a, b) => rank(a.change) - rank(b.change) || place(a, kinds) - place(b, kinds))
    .map(({ change }) => change);
  const byHost = new Map<string, Change[]>();
  for (const change of sorted) byHost.set(change.host, [...(byHost.get(change.host) ?? []), change]);
  const title = TITLES[part.stage];
  return { name: removal ? `${title}: removals` : title, stage: part.stage, changes: byHost };
}

/** What keepalived holds comes last: it makes and removes most of that itself when it starts or reads its files. */
function rank(change: Change): number {
  if (change.action === 'drain') return change.heldBy ? 0 : 2;
  if (change.heldBy) return isRemoval(change) ? 6 : 5;
  if (change.action === 'reload') return 4;
  return isRemoval(change) ? 3 : 1;
}

function place({ change, index }: { change: Change; index: number }, kinds: readonly string[]): number {
  const forwards = kinds.indexOf(change.kind) * 1e6 + index;
  return isRemoval(change) ? -forwards : forwards;
}

/** Whether it belongs to the way back: a service that stays reads its files again after ours are gone. */
function goesUp(change: Change): boolean {
  return isRemoval(change) || (change.action === 'reload' && change.why === 'orphan');
}

function isRemoval(change: Change): boolean {
  return change.action === 'delete' || change.action === 'restore';
}
