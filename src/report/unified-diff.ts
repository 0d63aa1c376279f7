import { structuredPatch } from 'diff';
import type { Palette } from './paint.js';
import { printable } from './printable.js';

/** What changed between two texts, as `diff -u` tells it with three lines of context and without its file names. */
export function unifiedDiff(before: string, after: string): string[] {
  return structuredPatch('', '', before, after, '', '', { context: 3 }).hunks.flatMap(hunk => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines,
  ]);
}

/** How many lines a diff adds and takes away: `+3 -1`. */
export function diffSize(diff: readonly string[]): string {
  const added = diff.filter(line => line.startsWith('+')).length;
  const removed = diff.filter(line => line.startsWith('-')).length;
  return `+${added} -${removed}`;
}

/** A diff for a terminal: escape characters written out, additions green, removals red. */
export function paintDiff(diff: readonly string[], paint: Palette): string[] {
  const styles: Record<string, (text: string) => string> = {
    '+': paint.green,
    '-': paint.red,
    '@': paint.cyan,
  };
  return diff.map(line => (styles[line[0] ?? ''] ?? paint.dim)(printable(line)));
}

function range(start: number, lines: number): string {
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? `${start}` : `${start},${lines}`;
}
