import { describe, expect, it } from 'vitest';
import { eventOf, parseEntry } from '../../src/hosts/journal.js';

const told = (text: string) => Buffer.from(text).toString('base64');

describe('a line of the journal', () => {
  it.each([
    ['begin 3', { type: 'begin', change: 3 }],
    ['done 0', { type: 'done', change: 0 }],
    ['taken-back 3', { type: 'taken-back', change: 3 }],
    [`failed 3 ${told('target is busy\n')}`, { type: 'failed', change: 3, message: 'target is busy' }],
    [`undo-failed 3 ${told('é')}`, { type: 'undo-failed', change: 3, message: 'é' }],
    ['waiting 3 12 25', { type: 'waiting', change: 3, connections: 12, left: 25 }],
    ['phase-end 2 137', { type: 'phase-end', phase: 2, code: 137 }],
    ['undone yes client', { type: 'undone', whole: true, by: 'client' }],
    ['undone no switch', { type: 'undone', whole: false, by: 'switch' }],
    ['confirmed', { type: 'confirmed' }],
    ['end confirmed', { type: 'end', how: 'confirmed' }],
    ['end undone', { type: 'end', how: 'undone' }],
    ['end kept', { type: 'end', how: 'kept' }],
  ])('%s', (line, entry) => {
    expect(parseEntry(line)).toEqual(entry);
  });

  it.each(['', 'nonsense 3', 'beg'])('that a crash cut off is none: "%s"', line => {
    expect(parseEntry(line)).toBeUndefined();
  });

  it('is an event of its host, and a failure that belongs to no change names none', () => {
    const { at: _, ...event } = eventOf('lb1', { type: 'failed', change: -1, message: '' })!;
    expect(event).toEqual({ host: 'lb1', type: 'failed', message: 'the command said nothing' });
    expect(eventOf('lb1', { type: 'taken-back', change: 1 })).toBeUndefined();
  });
});
