import type { Change } from '../plan/plan.js';
import { address } from './address.js';
import { attributes, mask } from './attributes.js';
import { reason } from './change-words.js';
import { type Verb, verb } from './tally.js';

const actions: Readonly<Record<Verb, string>> = {
  create: 'create',
  update: 'update',
  delete: 'delete',
  reload: 'reload',
  stay: 'no-op',
};

/** One change as Terraform's plans tell it (`resource_changes`), secrets masked on both sides. */
export function changeJson(change: Change): object {
  const { host, kind, key, layer, stage, why, secret } = change;
  const diffs = attributes(change).flatMap(({ name, diff }) => (diff ? [[name, diff.join('\n')]] : []));
  return {
    address: address(change),
    host,
    type: kind,
    name: key,
    layer,
    stage,
    change: {
      actions: [actions[verb(change)]],
      before: mask(change.before, secret) ?? null,
      after: mask(change.after, secret) ?? null,
      before_sensitive: hidden(change.before, secret),
      after_sensitive: hidden(change.after, secret),
      ...(diffs.length > 0 ? { diff: Object.fromEntries(diffs) } : {}),
    },
    action_reason: actionReason(change),
    reason: reason(change),
    ...(typeof why === 'string' ? {} : { source: why.place }),
    ...(change.stays === undefined ? {} : { stays: change.stays }),
  };
}

function hidden(state: Change['before'], secret: Change['secret']): Record<string, true> {
  return Object.fromEntries(
    Object.keys(state ?? {}).flatMap(name => (secret?.includes(name) ? [[name, true]] : [])),
  );
}

function actionReason(change: Change): string {
  if (change.action === 'reload') return 'files_changed';
  if (typeof change.why === 'string') return change.why;
  const reasons = { live: 'runtime_differs', persisted: 'persist_differs', installed: 'not_installed' };
  return reasons[change.layer];
}
