import type { Event } from '../plan/event.js';
import type { Outcome } from '../plan/outcome.js';
import { changes, type Plan } from '../plan/plan.js';
import { address } from './address.js';
import { changeJson } from './change-json.js';
import { changeOf, eventLine } from './event-text.js';
import { applyResults, exitCode } from './exit-code.js';
import { outcomeLine } from './outcome-text.js';
import { diagnostic, hostDiagnostics, summaryJson } from './plan-json.js';
import { planSummary } from './tally.js';

const types: Readonly<Record<Event['type'], string>> = {
  phase: 'phase',
  locked: 'lock',
  armed: 'confirm_wait',
  confirmed: 'confirmed',
  unlocked: 'unlock',
  begin: 'apply_start',
  done: 'apply_complete',
  waiting: 'drain_wait',
  failed: 'apply_errored',
  lost: 'connection_lost',
  undone: 'rolled_back',
};

/**
 * The first lines of `apply --json`: version, every planned change, what could not be read, findings, their sum. `at` is
 * an ISO time.
 */
export function openingJson(plan: Plan, version: string, at: string): object[] {
  return [
    { ...line('info', `lvsctl ${version}`, at, 'version'), lvsctl: version, ui: '1.0' },
    ...changes(plan).map(change => ({
      ...line('info', `${address(change)}: plan to ${change.action}`, at, 'planned_change'),
      change: changeJson(change),
    })),
    ...plan.hosts.flatMap(host =>
      hostDiagnostics(host).map(said => ({
        ...line('error', `${host.name}: ${said.summary}`, at, 'diagnostic'),
        host: host.name,
        diagnostic: said,
      })),
    ),
    ...plan.findings.map(finding => ({
      ...line(finding.severity === 'error' ? 'error' : 'warn', finding.message, at, 'diagnostic'),
      diagnostic: diagnostic(finding),
    })),
    {
      ...line('info', planSummary(plan), at, 'change_summary'),
      changes: { ...summaryJson(plan), operation: 'plan' },
    },
  ];
}

/** One event as an object for a line of NDJSON, named as Terraform's machine-readable UI names it. */
export function eventJson(event: Event, plan: Plan): object {
  const bad = event.type === 'failed' || event.type === 'lost' || (event.type === 'undone' && !event.whole);
  const change = changeOf(event, plan);
  return {
    ...line(bad ? 'error' : 'info', eventLine(event, plan), event.at, types[event.type]),
    ...(event.host === undefined ? {} : { host: event.host }),
    ...(change
      ? {
          hook: {
            resource: {
              addr: address(change),
              host: change.host,
              resource_type: change.kind,
              resource_name: change.key,
            },
            action: change.action,
          },
        }
      : {}),
    ...(event.type === 'waiting' ? { connections: event.connections, seconds_left: event.left } : {}),
    ...('message' in event ? { diagnostic: { severity: 'error', summary: event.message } } : {}),
    ...(event.type === 'phase' ? { phase: event.name, hosts: event.hosts } : {}),
    ...(event.type === 'undone' ? { whole: event.whole, by: event.by } : {}),
  };
}

/** The last line of `apply --json`: what became of every host, and the exit code. */
export function closingJson(plan: Plan, outcome: Outcome, at: string): object {
  const code = exitCode(applyResults(plan, outcome));
  return {
    ...line(code === 0 ? 'info' : 'error', outcomeLine(plan, outcome), at, 'apply_summary'),
    hosts: [...outcome.hosts].map(([name, host]) => ({ name, ...host })),
    seconds: outcome.seconds,
    exit_code: code,
  };
}

function line(level: 'info' | 'warn' | 'error', message: string, at: string, type: string): object {
  return { '@level': level, '@message': message, '@timestamp': at, type };
}
