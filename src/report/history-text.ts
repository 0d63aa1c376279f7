import { basename } from 'node:path';
import type { ApplyRecord } from '../plan/record.js';
import { count } from './count.js';
import type { Palette } from './paint.js';
import { oneLine } from './printable.js';

/** One apply as the hosts keep it: what they say is the same on all, but for their own changes. */
export interface Kept {
  record: ApplyRecord;
  /** host -> entries that it changed there and that can be changed back */
  entries: ReadonlyMap<string, number>;
}

/** The applies that can be undone, the newest first: id, by whom and since when, from which file, where. */
export function historyText(all: readonly Kept[], { paint }: { paint: Palette }): string {
  if (all.length === 0) return 'The hosts keep no apply that can be undone.\n';
  return all
    .map(({ record, entries }) => {
      const { owner, source } = record;
      const where = [...entries].map(([host, changed]) => `${host} ${changed}`).join(', ');
      const from = `${basename(source.file)} (sha256 ${source.sha256.slice(0, 12)})`;
      return [
        paint.bold(record.id),
        `    by ${oneLine(owner)}, from ${oneLine(from)}`,
        `    ${count(
          [...entries.values()].reduce((sum, each) => sum + each, 0),
          'change',
        )}: ${where}`,
      ]
        .map(line => `${line}\n`)
        .join('');
    })
    .join('');
}
