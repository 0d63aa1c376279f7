import { type HostOutcome, hostChanges, missing, type Outcome } from '../plan/outcome.js';
import type { Plan } from '../plan/plan.js';
import { count, duration } from './count.js';
import { changeTitle } from './event-text.js';
import { applyResults, exitCode, exitMeaning, outcomeResults } from './exit-code.js';
import { flow, sentence } from './flow.js';
import type { Palette } from './paint.js';
import { oneLine } from './printable.js';
import { notRead, tally, type Verb, verb } from './tally.js';

/** What an apply came to: one line when all went well, else what became of each host and what the exit code means. */
export function outcomeText(
  plan: Plan,
  outcome: Outcome,
  options: { paint: Palette; width?: number },
): string {
  const { paint } = options;
  if (outcomeResults(plan, outcome).length === 0) return `${paint.green(outcomeLine(plan, outcome))}\n`;
  const code = exitCode(applyResults(plan, outcome));
  return [
    paint.red(outcomeLine(plan, outcome)),
    '',
    ...[...outcome.hosts].flatMap(([name, host]) => hostLines(plan, name, host, options)),
    '',
    `Exit code ${code}: ${exitMeaning(code)}.`,
    '',
  ].join('\n');
}

/** `Apply complete! 3 created, 1 changed, 1 deleted on 2 hosts in 4.2s.`; what was put back does not count. */
export function outcomeLine(plan: Plan, outcome: Outcome): string {
  const failed = [...outcome.hosts].filter(([, host]) => host.failed).map(([name]) => name);
  const whole = outcomeResults(plan, outcome).length === 0;
  const told = whole
    ? 'Apply complete!'
    : failed.length > 0
      ? `Apply failed on ${failed.join(', ')}.`
      : 'Apply stopped early.';
  const standing = [...outcome.hosts].map(([name, host]) => {
    const all = hostChanges(plan, name);
    return host.done.flatMap(number => all[number] ?? []).map(verb);
  });
  const of = (wanted: Verb) => standing.flat().filter(each => each === wanted).length;
  const hosts = standing.filter(verbs => verbs.some(each => each !== 'stay')).length;
  const made = `${of('create')} created, ${of('update')} changed, ${of('delete')} deleted`;
  return [
    `${told} ${made} on ${count(hosts, 'host')} in ${duration(outcome.seconds)}.`,
    ...notRead(tally(plan)),
  ].join(' ');
}

function hostLines(
  plan: Plan,
  name: string,
  host: HostOutcome,
  options: { paint: Palette; width?: number },
): string[] {
  const { paint, width = 80 } = options;
  const role = plan.hosts.find(each => each.name === name)?.role;
  const title = `${paint.bold(name)}${role ? ` (${role.replaceAll('-', ' ')})` : ''}`;
  const all = hostChanges(plan, name);
  const { failed } = host;
  if (!failed) return [`  ${title}: ${ended(plan, name, host)}`];
  const at = failed.change === undefined ? '' : ` at ${changeTitle(all[failed.change])}`;
  const told = (text: string) => {
    const [first = '', ...rest] = flow(sentence(text), { column: 6, indent: 6, width });
    return [`      ${first}`, ...rest];
  };
  return [
    `  ${title}: ${paint.red(`FAILED${at}`)}`,
    ...told(oneLine(failed.message)),
    ...told(ended(plan, name, host)),
  ];
}

function ended(plan: Plan, name: string, host: HostOutcome): string {
  const all = hostChanges(plan, name).filter(change => change.stays === undefined).length;
  const rest = missing(plan, name, host).length;
  switch (host.ended) {
    case 'untouched':
      return 'nothing was changed';
    case 'applied':
      return rest === 0
        ? `applied, ${count(all, 'change')}`
        : `applied in part: ${all - rest} of ${count(all, 'change')}`;
    case 'restored':
      return host.done.length === 0
        ? `put back${host.byItself ? ' by the host itself' : ''}: ${count(host.undone.length, 'change')} undone, the host is as it was before`
        : `put back: ${count(host.undone.length, 'change')} undone, ${host.done.length} confirmed earlier stay`;
    case 'unknown':
      return `UNKNOWN: ${count(host.done.length, 'change')} made and not wholly put back, or nobody could see: look at the host, then plan again`;
  }
}
