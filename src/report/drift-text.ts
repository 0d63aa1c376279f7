import { basename } from 'node:path';
import { hostChanges } from '../plan/outcome.js';
import type { Change, Plan } from '../plan/plan.js';
import { attributes, value } from './attributes.js';
import { reason } from './change-words.js';
import { count } from './count.js';
import { findingText } from './finding-text.js';
import { palette } from './paint.js';
import { oneLine, printable } from './printable.js';
import { notRead, tally, verb } from './tally.js';
import { diffSize } from './unified-diff.js';

const labels = { live: 'lost now', persisted: 'lost at the next reboot', installed: 'lost now' };

/**
 * Drift for cron's mail: nothing when all was read and is in sync, else one plain line for each difference
 * (`lb1: lost now: sysctl net.ipv4.ip_forward is 0, should be 1`) and one that counts them.
 */
export function driftText(plan: Plan, options: { verbose?: boolean } = {}): string {
  const differences = plan.hosts.flatMap(host => differencesOf(plan, host.name));
  const gaps = plan.hosts.flatMap(host => [
    ...(host.status === 'ok' ? [] : [`${host.name}: ${host.status}: ${oneLine(host.message ?? '')}`]),
    ...[...host.unreadable].map(([kind, message]) => `${host.name}: not read: ${kind}: ${oneLine(message)}`),
  ]);
  const told = differences.length > 0 || options.verbose === true;
  const findings = plan.findings
    .filter(finding => told || finding.severity === 'error')
    .map(finding => findingText(finding, { paint: palette(false), width: Number.POSITIVE_INFINITY }));
  const lines = [...differences.map(difference), ...gaps, ...findings];
  if (lines.length === 0) return '';
  return `${[...lines, summary(plan, differences)].join('\n')}\n`;
}

/** A reload is only a consequence, and told when nothing else on its host is; a drain is a step on the way. */
function differencesOf(plan: Plan, host: string): readonly Change[] {
  const all = hostChanges(plan, host).filter(({ action }) => action !== 'drain');
  const causes = all.filter(change => change.action !== 'reload');
  return causes.length > 0 ? causes : all;
}

function difference(change: Change): string {
  const subject = `${change.kind} ${printable(change.key)}`;
  if (change.stays !== undefined) return `${change.host}: left over: ${subject} (${oneLine(change.stays)})`;
  return `${change.host}: ${labels[change.layer]}: ${subject} ${predicate(change)}`;
}

function predicate(change: Change): string {
  if (change.action === 'reload') return 'has not read its files again';
  if (change.kind === 'mark') return 'is out of date';
  switch (verb(change)) {
    case 'create':
      return 'is missing';
    case 'delete':
      return change.why === 'extra'
        ? 'is there, and not in the topology'
        : `is still there: ${reason(change)}`;
    default:
      return attributes(change)
        .map(({ name, before, after, diff }) => {
          const single = Object.keys(change.after ?? {}).length === 1;
          if (diff) return `${name} differs (${diffSize(diff)} to repair)`;
          return `${single ? '' : `${name} `}is ${value(before)}, should be ${value(after)}`;
        })
        .join('; ');
  }
}

function summary(plan: Plan, differences: readonly Change[]): string {
  const numbers = tally(plan);
  const hosts = new Set(differences.map(change => change.host)).size;
  if (differences.length === 0) {
    const gaps = notRead(numbers);
    if (gaps.length > 0) return `No difference seen, but not all was read. ${gaps.join(' ')}`;
    return `No drift. ${count(numbers.hosts, 'host')} ${numbers.hosts === 1 ? 'matches' : 'match'} ${printable(basename(plan.file))}.`;
  }
  const gone = differences.filter(change => change.stays === undefined);
  const boot = gone.filter(change => change.layer === 'persisted').length;
  const parts = [
    ...(gone.length > boot ? [`${gone.length - boot} lost now`] : []),
    ...(boot > 0 ? [`${boot} lost at the next reboot`] : []),
    ...(differences.length > gone.length ? [`${differences.length - gone.length} left over`] : []),
  ];
  return [
    `Drift: ${count(differences.length, 'difference')} on ${hosts} of ${count(numbers.hosts, 'host')}: ${parts.join(', ')}.`,
    ...notRead(numbers),
  ].join(' ');
}
