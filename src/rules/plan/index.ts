import type { Finding } from '../../plan/plan.js';
import { foreignFile } from './foreign-file.js';
import { foreignVirtualService } from './foreign-virtual-service.js';
import { moduleMissing } from './module-missing.js';
import { packageMissing } from './package-missing.js';
import type { PlanRule, Seen } from './plan-rule.js';
import { unconfirmedApply } from './unconfirmed-apply.js';

const rules: readonly PlanRule[] = [
  packageMissing,
  moduleMissing,
  foreignFile,
  foreignVirtualService,
  unconfirmedApply,
];

/** What the rules say of a plan and the hosts that it was made from. */
export function judgePlan(seen: Seen): Finding[] {
  return rules.flatMap(({ id, severity, judge }) => judge(seen).map(said => ({ id, severity, ...said })));
}
