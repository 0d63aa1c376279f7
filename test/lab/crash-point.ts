import { kinds } from '../../src/resources/index.js';
import type { Role, SetUp, Way } from './crash-way.js';

/** What happens to an apply while one of its hosts stands between two of its changes. */
export const faults = ['kill', 'cut', 'reboot', 'full-disk'] as const;
export type CrashFault = (typeof faults)[number];

/** Which way an apply goes. */
export const directions = ['to', 'from'] as const;
export type Direction = (typeof directions)[number];

/** The host's change `number` (counted from 0) is not yet made, and all before it are. */
export interface Boundary {
  number: number;
  /** `after create file`, `before create mount`: of several neighbours that are carried out in one run, each. */
  sides: readonly string[];
}

export interface Point extends Boundary {
  setup: SetUp;
  way: string;
  direction: Direction;
  host: string;
  role: Role;
  fault: CrashFault;
}

/** A change as `plan --json` and `apply --json` tell it. */
export interface PlannedChange {
  host: string;
  type: string;
  name: string;
  action_reason: string;
  change: { actions: string[]; before: object | null; after: { weight?: number } | null };
}

/** By set-up, way, direction and host: what each change of the host does, in order, and `-` for what changes nothing. */
export type Plans = { [setup in SetUp]?: Record<string, Record<Direction, Record<string, string[]>>> };

/** `create mount`: what a change does to which kind of thing; `-` for the mark and for what is left where it is. */
export function deed({ type, change, action_reason }: PlannedChange): string {
  const [action = ''] = change.actions;
  if (type === 'mark' || action === 'no-op') return '-';
  if (action_reason !== 'orphan' || action === 'delete' || action === 'reload') return `${action} ${type}`;
  return type === 'real-server' && change.after?.weight === 0 ? `drain ${type}` : `restore ${type}`;
}

/**
 * Where one host's apply can be broken off, at most one place between two runs of changes: neighbours that are carried
 * out together have nothing between them.
 */
export function boundaries(deeds: readonly string[]): Boundary[] {
  const runs: { number: number; deeds: string[] }[] = [];
  for (const [number, deed] of deeds.entries()) {
    const last = runs.at(-1);
    if (last && together(last.deeds.at(-1)!, deed)) last.deeds.push(deed);
    else runs.push({ number, deeds: [deed] });
  }
  const sides = (word: string, run?: { deeds: string[] }) =>
    [...new Set(run?.deeds)].filter(each => each !== '-').map(each => `${word} ${each}`);
  return [...runs, { number: deeds.length, deeds: [] }].map((run, index) => ({
    number: run.number,
    sides: [...sides('after', runs[index - 1]), ...sides('before', runs[index])],
  }));
}

function together(one: string, other: string): boolean {
  const [[action, kind], [next, same]] = [one.split(' '), other.split(' ')];
  if (kind !== same || (action === 'drain') !== (next === 'drain')) return false;
  return action === 'drain' || kinds.get(kind ?? '')?.together !== undefined;
}

/**
 * The points with which for every role of a set-up each side of each deed is tried by every fault: in each way those that
 * no way before it has, in as few points as taking the richest next finds. The faults of a place come in an order of its own.
 */
export function pointsOf(setup: SetUp, ways: readonly Way[], plans: Plans): Point[] {
  const covered = new Set<string>();
  const gain = ({ role, sides }: Omit<Point, 'fault'>) =>
    sides.filter(side => !covered.has(`${role} ${side}`)).length;
  const places = ways
    .filter(way => way.setup === setup)
    .flatMap(way => {
      const candidates = placesOf(way, plans);
      const chosen = new Set<(typeof candidates)[number]>();
      for (;;) {
        const most = Math.max(0, ...candidates.map(gain));
        if (most === 0) return candidates.filter(each => chosen.has(each));
        const next = candidates.find(each => gain(each) === most)!;
        chosen.add(next);
        for (const side of next.sides) covered.add(`${next.role} ${side}`);
      }
    });
  return places.flatMap((place, index) =>
    faults.map((_, turn) => ({ ...place, fault: faults[(index + turn) % faults.length]! })),
  );
}

/** Every place where the applies of a way can be broken off. */
function placesOf({ setup, name: way, hosts }: Way, plans: Plans): Omit<Point, 'fault'>[] {
  return directions.flatMap(direction =>
    Object.entries(hosts).flatMap(([host, role]) =>
      boundaries(plans[setup]?.[way]?.[direction][host] ?? []).map(boundary => ({
        ...{ setup, way, direction, host, role },
        ...boundary,
      })),
    ),
  );
}

/** What tells a place from all others, also after other changes have come into its plan. */
export function placeOf({ setup, way, direction, host, sides }: Point): string {
  return [setup, way, direction, host, sides.join(', ')].join(' / ');
}

export function idOf(point: Point): string {
  return `${placeOf(point)} / ${point.fault}`;
}
