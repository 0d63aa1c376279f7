import { changes, type Finding, type Plan } from '../plan/plan.js';
import { changeJson } from './change-json.js';
import { complete, tally } from './tally.js';

/** Who made a report, when (ISO time), and of which file. */
export interface Imprint {
  version: string;
  timestamp: string;
  topology: { path: string; sha256: string };
}

/** A plan for machines: schemas/plan-report.schema.json; the names are those of Terraform's plans where it has one. */
export function planJson(plan: Plan, imprint: Imprint): object {
  const numbers = tally(plan);
  const errored = numbers.errors > 0 || plan.hosts.some(host => host.status === 'refused');
  return {
    format_version: '1.0',
    lvsctl_version: imprint.version,
    timestamp: imprint.timestamp,
    topology: imprint.topology,
    cluster: plan.cluster,
    digest: plan.digest,
    complete: complete(numbers),
    applyable: numbers.total > 0 && !errored,
    errored,
    hosts: plan.hosts.map(host => ({
      name: host.name,
      role: host.role,
      status: host.status,
      unchanged: host.same,
      diagnostics: hostDiagnostics(host),
    })),
    resource_changes: changes(plan).map((change, at) => ({ ...changeJson(change), step: at + 1 })),
    diagnostics: plan.findings.map(diagnostic),
    summary: summaryJson(plan),
  };
}

/** The numbers of a plan as its JSON reports name them. */
export function summaryJson(plan: Plan): Record<string, number> {
  const numbers = tally(plan);
  return {
    create: numbers.create,
    update: numbers.update,
    delete: numbers.delete,
    reload: numbers.reload,
    stay: numbers.stay,
    no_op: numbers.same,
    unreachable: numbers.unchecked,
    incomplete: numbers.partly,
  };
}

/** What a rule said, as Terraform's diagnostics are written. */
export function diagnostic(finding: Finding): object {
  const { severity, id, message, remedy, host, place } = finding;
  return {
    severity,
    id,
    summary: message,
    detail: remedy,
    ...(host === undefined ? {} : { host }),
    ...(place ? { source: place } : {}),
  };
}

/** What of a host could not be read: the host itself, or some kinds of things on it. */
export function hostDiagnostics(
  host: Plan['hosts'][number],
): { severity: string; summary: string; detail: string }[] {
  return [
    ...(host.status === 'ok'
      ? []
      : [{ severity: 'error', summary: host.message ?? host.status, detail: host.remedy ?? '' }]),
    ...[...host.unreadable].map(([kind, message]) => ({
      severity: 'error',
      summary: `${kind} could not be read`,
      detail: message,
    })),
  ];
}
