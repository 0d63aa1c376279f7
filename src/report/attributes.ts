import type { State } from '../resources/kind.js';
import type { Word } from './flow.js';
import type { Palette } from './paint.js';
import { masked, withoutPasswords } from './passwords.js';
import { printable } from './printable.js';
import { diffSize, unifiedDiff } from './unified-diff.js';

/** One attribute of a change, secrets already masked; `diff` when it is a text of several lines. */
interface Attribute {
  name: string;
  before?: State[string];
  after?: State[string];
  diff?: string[];
}

/** The parts of a change that a report needs to show its attributes. */
export interface Shown {
  before?: State;
  after?: State;
  secret?: readonly string[];
}

/** A state with its secret attributes masked. */
export function mask(state: State | undefined, secret: readonly string[] = []): State | undefined {
  const shown = withoutPasswords(state);
  return (
    shown &&
    Object.fromEntries(
      Object.entries(shown).map(([name, value]) => [name, secret.includes(name) ? masked : value]),
    )
  );
}

/** What a change does to its entry's attributes: for an update the changed ones, else all of them. */
export function attributes(change: Shown): Attribute[] {
  const { before = {}, after = {} } = change;
  const shown = { before: mask(before, change.secret)!, after: mask(after, change.secret)! };
  const both = change.before !== undefined && change.after !== undefined;
  return [...new Set([...Object.keys(after), ...Object.keys(before)])]
    .filter(name => !both || before[name] !== after[name])
    .map(name => {
      const [was, is] = [shown.before[name], shown.after[name]];
      // Only what must not be seen differs.
      if (both && was === is) return { name, before: masked, after: masked };
      const long = [was, is].some(value => typeof value === 'string' && value.includes('\n'));
      const diff = long && unifiedDiff(String(was ?? ''), String(is ?? ''));
      return { name, before: was, after: is, ...(diff && { diff }) };
    });
}

/**
 * The attributes of a change as words: `weight 1 -> 3` for an update, `masq weight=1` or `+14 lines` for a creation
 * (whose texts, and what is as `usual`, are left out unless verbose), nothing for a removal unless verbose.
 */
export function attributeWords(
  change: Shown,
  options: { paint: Palette; verbose: boolean; unicode: boolean; usual?: Partial<State> },
): Word[] {
  const { paint, unicode, verbose, usual = {} } = options;
  const arrow = unicode ? '\u2192' : '->';
  const shown = attributes(change);
  const single = Object.keys(change.after ?? change.before ?? {}).length === 1;
  if (change.before && change.after) {
    return shown.flatMap(({ name, before, after, diff }): Word[] => [
      ...(single ? [] : [{ text: name, gap: 2 }]),
      ...(diff
        ? [{ text: diffSize(diff), gap: single ? 2 : 1 }]
        : [
            { text: side(name, before, single), style: paint.red, gap: single ? 2 : 1 },
            { text: arrow },
            { text: side(name, after, single), style: paint.green },
          ]),
    ]);
  }
  if (change.after === undefined && !verbose) return [];
  const sign = change.after ? '+' : '-';
  const texts = shown.filter(attribute => attribute.diff).length;
  return shown.flatMap(({ name, before, after, diff }): Word[] => {
    const content = after ?? before;
    if (diff) {
      const lines = diff.filter(line => line.startsWith(sign)).length;
      const size = `${sign}${lines} ${lines === 1 ? 'line' : 'lines'}`;
      return [{ text: texts > 1 ? `${name} ${size}` : size }];
    }
    if (!verbose && texts > 0) return [];
    if (!verbose && (content === '' || content === false || content === usual[name])) return [];
    if (content === true) return single && !verbose ? [] : [{ text: name }];
    const bare = single || (typeof content === 'string' && !verbose);
    return [{ text: bare ? value(content) : `${name}=${value(content)}` }];
  });
}

/** One side of a change; a state that is just yes or no is said by its name. */
function side(name: string, content: State[string] | undefined, single: boolean): string {
  if (!single || typeof content !== 'boolean') return value(content);
  return content ? name : `not ${name}`;
}

/** One value as a word: quoted when it is empty or has spaces in it. */
export function value(content: State[string] | undefined): string {
  if (content === undefined) return 'none';
  if (typeof content !== 'string' || content === masked) return String(content);
  return /^$|["\s]/.test(content) ? JSON.stringify(printable(content)) : printable(content);
}
