import type { Fault, Topology } from '../topology/topology.js';

/** What a rule has to say of one place; its id and severity are added by the registry. */
export type Said = Fault & { host?: string };

/** A known mistake. `error` is refused unless allowed by its id. */
export interface Rule {
  id: string;
  /** The sound state, in one sentence. */
  title: string;
  severity: 'error' | 'warning';
  judge(topology: Topology): readonly Said[];
}
