import type { Desired, Finding, Observed, Plan } from '../../plan/plan.js';
import type { Topology } from '../../topology/topology.js';
import type { Said } from '../rule.js';

/** What a rule on a plan may look at. */
export interface Seen {
  topology: Topology;
  plan: Plan;
  observed: readonly Observed[];
  desired: Desired;
}

/** Something that only the hosts or the plan can tell. `error` is refused unless allowed by its id. */
export interface PlanRule {
  id: string;
  /** The sound state, in one sentence. */
  title: string;
  severity: Finding['severity'];
  judge(seen: Seen): readonly Said[];
}
