import type { Style } from './paint.js';

/** A piece of text that is never broken, with the gap (in columns, default 1) before it. */
export interface Word {
  text: string;
  style?: Style;
  gap?: number;
}

/** How many columns a text takes (every character one: keys, paths and words of ours are plain). */
export function columns(text: string): number {
  return [...text].length;
}

/** How many columns words take on one line. */
export function span(words: readonly Word[]): number {
  return words.reduce(
    (sum, word, index) => sum + columns(word.text) + (index === 0 ? 0 : (word.gap ?? 1)),
    0,
  );
}

/** The words of a sentence, all in one style. */
export function sentence(text: string, style?: Style): Word[] {
  return text
    .split(' ')
    .filter(word => word !== '')
    .map(text => (style ? { text, style } : { text }));
}

/**
 * Sets words one after another behind `column` columns that are taken already; what passes `width` goes to
 * the next line, `indent` columns in. Gives the first line's text and then the following lines'.
 */
export function flow(
  words: readonly Word[],
  place: { column: number; indent: number; width: number },
): string[] {
  const lines = [''];
  let at = place.column;
  let empty = true;
  for (const word of words) {
    const gap = empty ? 0 : (word.gap ?? 1);
    const size = columns(word.text);
    if (at + gap + size > place.width && (!empty || at > place.indent)) {
      lines.push(' '.repeat(place.indent));
      at = place.indent;
      empty = true;
    }
    const space = empty ? 0 : gap;
    lines[lines.length - 1] += ' '.repeat(space) + (word.style?.(word.text) ?? word.text);
    at += space + size;
    empty = false;
  }
  return lines;
}
