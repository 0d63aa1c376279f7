import { hostChanges } from '../plan/outcome.js';
import { changes, type Plan } from '../plan/plan.js';
import { kinds } from '../resources/index.js';
import { changeLines, type PlanTextOptions } from './change-lines.js';
import { glyphs, layers, more, verbStyle } from './change-words.js';
import { count } from './count.js';
import { findingText } from './finding-text.js';
import { columns, flow, sentence, span, type Word } from './flow.js';
import { oneLine } from './printable.js';
import { planSummary, type Verb, verb } from './tally.js';

type Host = Plan['hosts'][number];

const meanings: Readonly<Record<Verb, string>> = {
  create: 'create',
  update: 'change',
  delete: 'delete',
  reload: 'reload',
  stay: 'stays',
};

/** A plan for people: legend, hosts in the order of the file, what the rules say, one summary line. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const { paint } = options;
  const wide = Math.max(0, ...plan.hosts.map(host => columns(title(host))));
  const blocks = plan.hosts.map(host => hostBlock(plan, host, wide, options));
  const hosts = blocks.flatMap((lines, at) => {
    const apart = at > 0 && (lines.length > 1 || blocks[at - 1]!.length > 1);
    return apart ? ['', ...lines] : lines;
  });
  const findings = plan.findings.map(finding => findingText(finding, options));
  const errors = [
    ...new Set(plan.findings.filter(finding => finding.severity === 'error').map(({ id }) => id)),
  ];
  const sections = [
    legend(plan, hosts, options),
    hosts,
    lasting(plan, options),
    findings,
    [
      paint.bold(planSummary(plan)),
      ...(errors.length > 0
        ? [
            paint.red(
              `${count(errors.length, 'error')}: apply refuses unless allowed (--allow ${errors.join(',')}).`,
            ),
          ]
        : []),
    ],
  ];
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What of this plan a destroy will not take back, said before it is done. */
function lasting(plan: Plan, { paint, width = 80 }: PlanTextOptions): string[] {
  const made = new Set(changes(plan).flatMap(change => (verb(change) === 'create' ? change.kind : [])));
  const said = [...made].flatMap(kind => kinds.get(kind)?.stays ?? []);
  if (said.length === 0) return [];
  const words = sentence(`Even after a destroy: ${said.join('; ')}.`, paint.dim);
  return flow(words, { column: 0, indent: 0, width });
}

function legend(plan: Plan, hosts: readonly string[], options: PlanTextOptions): string[] {
  const all = changes(plan);
  if (all.length === 0) return [];
  const verbs = (['create', 'update', 'delete', 'reload', 'stay'] as const).filter(wanted =>
    all.some(change => verb(change) === wanted),
  );
  const attention = plan.hosts.some(host => host.status !== 'ok' || host.unreadable.size > 0);
  const { paint, width = 80 } = options;
  const symbols = [
    ...verbs.map(each => ({ text: `${glyphs[each]} ${meanings[each]}`, style: verbStyle(paint)[each] })),
    ...(attention ? [{ text: '! attention', style: paint.red }] : []),
    ...(hosts.some(line => line.includes(` ${more}`)) ? [{ text: `${more} more with --verbose` }] : []),
  ];
  const known = [...plan.marks.values()].some(mark => mark.before !== undefined);
  const words = known
    ? { live: 'lost now', persisted: 'lost at the next reboot' }
    : { live: 'in the running system', persisted: 'at the next reboot' };
  const used = (['live', 'persisted'] as const)
    .filter(layer => all.some(change => change.layer === layer))
    .map(layer => ({ text: `${layers[layer]} = ${words[layer]}`, style: paint.dim }));
  const apart = (items: Word[]) => items.map(item => ({ ...item, gap: 3 }));
  const place = { column: 10, indent: 10, width };
  const [first = '', ...rest] = flow(apart(symbols), place);
  const [second = '', ...others] = flow(apart(used), place);
  return [
    `Symbols:  ${first}`,
    ...rest,
    ...(used.length > 0 ? [`${' '.repeat(10)}${second}`, ...others] : []),
  ];
}

function hostBlock(plan: Plan, host: Host, wide: number, options: PlanTextOptions): string[] {
  const { paint } = options;
  const name = `${paint.bold(host.name)} (${host.role.replaceAll('-', ' ')})`;
  const status = `${name}${' '.repeat(wide - columns(title(host)) + 3)}`;
  if (host.status !== 'ok') {
    return [
      ...told(
        `${status}${paint.red(host.status.toUpperCase())}  `,
        wide + 3 + host.status.length + 2,
        host.message,
        options,
      ),
      ...(host.remedy ? told('    ', 4, host.remedy, options).map(paint.dim) : []),
    ];
  }
  const work = changeLines(hostChanges(plan, host.name), options);
  const unreadable = [...host.unreadable].flatMap(([kind, message]) =>
    told(`  ${paint.red('!')} ${kind}  `, columns(kind) + 6, `could not be read: ${message}`, options),
  );
  if (work.length + unreadable.length === 0) return [`${status}${paint.green('in sync')}`];
  return [name, ...work, ...unreadable];
}

/** A message behind its head, or below it when it is long. */
function told(head: string, column: number, message: string | undefined, options: PlanTextOptions): string[] {
  const { width = 80 } = options;
  const words = sentence(oneLine(message ?? ''));
  if (column + span(words) <= width)
    return [`${head}${flow(words, { column, indent: 0, width })[0]}`.trimEnd()];
  const [first = '', ...rest] = flow(words, { column: 4, indent: 4, width });
  return [head.trimEnd(), `    ${first}`, ...rest];
}

function title(host: Host): string {
  return `${host.name} (${host.role})`;
}
