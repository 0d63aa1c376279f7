import type { Resource, Stage, State } from '../resources/kind.js';
import type { Place } from '../topology/topology.js';

type Beside = Pick<Resource, 'follows' | 'check' | 'secret' | 'heldBy'>;

/** Collects what one host should hold, in the order in which it is to be made. */
export class Wishes {
  readonly all: Resource[] = [];

  constructor(private readonly cluster: string) {}

  /** Adds one entry; the same kind and key twice is the same wish. */
  add(
    stage: Stage,
    kind: string,
    key: string,
    state: State,
    why: { reason: string; place: Place },
    beside: Beside = {},
  ): void {
    if (this.all.some(wish => wish.kind === kind && wish.key === key)) return;
    this.all.push({ kind, key, state, why, stage, ...beside });
  }

  /** Adds packages, each once. */
  packages(names: readonly string[], why: { reason: string; place: Place }): void {
    for (const name of names) this.add('packages', 'package', name, { installed: true }, why);
  }

  /** Adds a whole file of ours. */
  file(
    stage: Stage,
    path: string,
    content: string,
    why: { reason: string; place: Place },
    beside: Beside = {},
    mode = '0644',
  ): void {
    this.add(stage, 'file', path, ownFile(content, mode), why, beside);
  }

  /** Adds a unit that runs now and at boot. */
  unit(
    stage: Stage,
    unit: string,
    why: { reason: string; place: Place },
    follows: Resource['follows'] = [],
  ): void {
    this.add(stage, 'service-boot', unit, { enabled: true }, why);
    this.add(stage, 'service', unit, { active: true }, why, follows.length > 0 ? { follows } : {});
  }

  get name(): string {
    return this.cluster;
  }
}

function ownFile(content: string, mode: string): State {
  return { content, encoding: 'utf8', link: '', mode, owner: 'root', group: 'root' };
}
