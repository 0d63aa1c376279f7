import type { Event } from '../plan/event.js';

/** What the supervisor writes, one line each; `phase-end` and `end` are for us, the others are events. */
export type Entry =
  | { type: 'begin' | 'done' | 'taken-back'; change: number }
  | { type: 'waiting'; change: number; connections: number; left: number }
  | { type: 'failed' | 'undo-failed'; change: number; message: string }
  | { type: 'phase-end'; phase: number; code: number }
  | { type: 'undone'; whole: boolean; by: 'client' | 'switch' }
  | { type: 'confirmed' }
  | { type: 'end'; how: 'confirmed' | 'undone' | 'kept' };

/** One line of the journal; undefined when it is none (a line cut off by a crash). */
export function parseEntry(line: string): Entry | undefined {
  const [word, first = '', second = '', third = ''] = line.split(' ');
  const message = () => Buffer.from(second, 'base64').toString('utf8').trim();
  switch (word) {
    case 'begin':
    case 'done':
    case 'taken-back':
      return { type: word, change: Number(first) };
    case 'waiting':
      return { type: word, change: Number(first), connections: Number(second), left: Number(third) };
    case 'failed':
    case 'undo-failed':
      return { type: word, change: Number(first), message: message() };
    case 'phase-end':
      return { type: word, phase: Number(first), code: Number(second) };
    case 'undone':
      return { type: word, whole: first === 'yes', by: second === 'switch' ? 'switch' : 'client' };
    case 'confirmed':
      return { type: word };
    case 'end':
      return { type: word, how: first === 'confirmed' || first === 'kept' ? first : 'undone' };
    default:
      return undefined;
  }
}

/** The event that an entry is, for whoever shows progress; undefined for those that are not shown. */
export function eventOf(host: string, entry: Entry): Event | undefined {
  const at = new Date().toISOString();
  switch (entry.type) {
    case 'begin':
    case 'done':
      return { at, host, type: entry.type, change: entry.change };
    case 'waiting':
      return { at, host, ...entry };
    case 'failed':
    case 'undo-failed': {
      const change = entry.change < 0 ? {} : { change: entry.change };
      const message = entry.type === 'failed' ? entry.message : `not taken back: ${entry.message}`;
      return { at, host, type: 'failed', ...change, message: message || 'the command said nothing' };
    }
    case 'undone':
      return { at, host, type: 'undone', whole: entry.whole, by: entry.by };
    case 'confirmed':
      return { at, host, type: 'confirmed' };
    default:
      return undefined;
  }
}
