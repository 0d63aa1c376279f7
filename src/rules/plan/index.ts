import type { Finding } from '../../plan/plan.js';
import { directorAlone } from './director-alone.js';
import { drained } from './drained.js';
import { foreignFile } from './foreign-file.js';
import { foreignVirtualService } from './foreign-virtual-service.js';
import { lastServer, weightLost } from './lost-weight.js';
import { massDelete } from './mass-delete.js';
import { moduleMissing } from './module-missing.js';
import { ownSshPath } from './own-ssh-path.js';
import { packageMissing } from './package-missing.js';
import type { PlanRule, Seen } from './plan-rule.js';
import { masterMoves, nodestDropped, schedulerExchanged, serviceReplaced } from './requests-lost.js';
import { serverDown } from './server-down.js';
import { unconfirmedApply } from './unconfirmed-apply.js';
import { vipNowhere, vipOnBackup, vipTwice } from './vip-holder.js';
import { vrrpUnheard } from './vrrp-unheard.js';

const rules: readonly PlanRule[] = [
  packageMissing,
  moduleMissing,
  foreignFile,
  foreignVirtualService,
  unconfirmedApply,
  lastServer,
  weightLost,
  massDelete,
  ownSshPath,
  directorAlone,
  schedulerExchanged,
  nodestDropped,
  serviceReplaced,
  masterMoves,
  vrrpUnheard,
  drained,
  serverDown,
  vipOnBackup,
  vipNowhere,
  vipTwice,
];

/** What the rules say of a plan and the hosts that it was made from. */
export function judgePlan(seen: Seen): Finding[] {
  return rules.flatMap(({ id, severity, judge }) => judge(seen).map(said => ({ id, severity, ...said })));
}
