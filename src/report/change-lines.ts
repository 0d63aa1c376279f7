import { basename } from 'node:path';
import type { Change } from '../plan/plan.js';
import { kinds } from '../resources/index.js';
import { attributes, attributeWords } from './attributes.js';
import { glyphs, layers, more, reason, verbStyle } from './change-words.js';
import { columns, flow, sentence, span, type Word } from './flow.js';
import type { Palette } from './paint.js';
import { printable } from './printable.js';
import { verb } from './tally.js';
import { paintDiff } from './unified-diff.js';

/** How a plan is shown; `width` in columns, Infinity to wrap nothing. */
export interface PlanTextOptions {
  paint: Palette;
  width?: number;
  verbose?: boolean;
  unicode?: boolean;
}

const longestAligned = 24;
const longestDiff = 60;
const widest = 110;

/** The lines of one host's changes, in the order of the plan, in columns. */
export function changeLines(changes: readonly Change[], options: PlanTextOptions): string[] {
  const work = changes.filter(change => verb(change) !== 'stay');
  const kindWidth = Math.max(0, ...changes.map(change => columns(change.kind)));
  const keys = work.map(change => columns(printable(change.key))).filter(size => size <= longestAligned);
  const key = 2 + 2 + 4 + 2 + kindWidth + 2;
  const places = { kindWidth, key, detail: key + Math.max(0, ...keys) + 2 };
  return [
    ...work.flatMap(change => [...entryLines(change, places, options), ...diffLines(change, options)]),
    ...stayLines(changes, places, options),
  ];
}

interface Columns {
  kindWidth: number;
  key: number;
  detail: number;
}

function entryLines(change: Change, places: Columns, options: PlanTextOptions): string[] {
  const { paint, width = 80, verbose = false, unicode = false } = options;
  const style = verbStyle(paint)[verb(change)];
  const key = printable(change.key);
  const head = [
    `  ${style(glyphs[verb(change)])} `,
    paint.dim(layers[change.layer].padEnd(4)),
    `  ${change.kind.padEnd(places.kindWidth)}  `,
    style(key),
  ].join('');
  const keyEnd = places.key + columns(key);
  const usual = kinds.get(change.kind)?.usual;
  const whole = attributeWords(change, { paint, verbose, unicode, ...(usual && { usual }) });
  const aligned = Math.max(keyEnd + 2, places.detail);
  const column = aligned + span(whole) > width ? keyEnd + 2 : aligned;
  const details = verb(change) === 'create' && !verbose ? cut(whole, width - column) : whole;
  const indent = places.key + 2;
  if (details.length === 0) return withReason([head], keyEnd, change, indent, options);
  if (column + span(details) > width) {
    const [first = '', ...rest] = flow(details, { column: indent, indent, width });
    return withReason([head, ' '.repeat(indent) + first, ...rest], width, change, indent, options);
  }
  const [text = ''] = flow(details, { column, indent, width });
  const end = column + span(details);
  return withReason([`${head}${' '.repeat(column - keyEnd)}${text}`], end, change, indent, options);
}

/** As many words as have room, and a mark when some have not. */
function cut(words: readonly Word[], room: number): readonly Word[] {
  if (span(words) <= room) return words;
  const kept = words.findLastIndex((_, at) => span([...words.slice(0, at + 1), { text: more }]) <= room);
  return span([{ text: more }]) <= room ? [...words.slice(0, kept + 1), { text: more }] : [];
}

/** Sets the reason at the right edge; without room, creations go without it and others have it on its own line. */
function withReason(
  lines: readonly string[],
  end: number,
  change: Change,
  indent: number,
  options: PlanTextOptions,
): string[] {
  const { paint, width = 80, verbose } = options;
  const place =
    typeof change.why === 'string'
      ? ''
      : `${printable(basename(change.why.place.file))}:${change.why.place.line}`;
  const why = `# ${reason(change)}`;
  if (!verbose) {
    const right = [
      place ? `${why}  ${place}` : why,
      ...(verb(change) === 'create' && place ? [place] : []),
    ].find(text => end + 2 + columns(text) <= Math.min(width, widest));
    if (right !== undefined) {
      const gap = Math.min(width, widest) - end - columns(right);
      return [...lines.slice(0, -1), `${lines.at(-1)}${' '.repeat(gap)}${paint.dim(right)}`];
    }
    if (verb(change) === 'create') return [...lines];
  }
  const words = [...sentence(why, paint.dim), ...(place ? [{ text: place, style: paint.dim, gap: 2 }] : [])];
  const [first = '', ...rest] = flow(words, { column: indent, indent: indent + 2, width });
  return [...lines, ' '.repeat(indent) + first, ...rest];
}

function diffLines(change: Change, options: PlanTextOptions): string[] {
  if (!options.verbose && (change.before === undefined || change.after === undefined)) return [];
  return attributes(change).flatMap(({ diff }) => {
    if (!diff) return [];
    const shown = options.verbose ? diff : diff.slice(0, longestDiff);
    const rest = diff.length - shown.length;
    return [
      ...paintDiff(shown, options.paint).map(line => `      ${line}`),
      ...(rest > 0 ? [options.paint.dim(`      ${more} ${rest} more lines, --verbose shows them`)] : []),
    ];
  });
}

/** What is left on the host, all keys of one kind and reason together. */
function stayLines(changes: readonly Change[], places: Columns, options: PlanTextOptions): string[] {
  const { paint, width = 80 } = options;
  const groups = new Map<string, Change[]>();
  for (const change of changes.filter(change => verb(change) === 'stay')) {
    const group = `${change.kind}\n${change.stays}`;
    groups.set(group, [...(groups.get(group) ?? []), change]);
  }
  return [...groups.values()].flatMap(group => {
    const { kind, stays } = group[0]!;
    const keys = group.map((change, at) => printable(change.key) + (at < group.length - 1 ? ',' : ''));
    const [why, ...rest] = sentence(`# ${printable(stays!)}`, paint.dim);
    const words = [...keys.map(text => ({ text })), { ...why!, gap: 2 }, ...rest];
    const lines = flow(words, { column: places.key, indent: places.key, width });
    const head = `  ${glyphs.stay}       ${kind.padEnd(places.kindWidth)}  `;
    return lines.map((line, at) => (at === 0 ? paint.dim(head) + line : line));
  });
}
