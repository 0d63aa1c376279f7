import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Numbered, phaseScript, undoScript } from '../../src/hosts/phase-script.js';
import type { Change } from '../../src/plan/plan.js';
import type { Kind } from '../../src/resources/kind.js';
import { change } from '../report/sample.js';

/** Writes `KEY BEFORE AFTER` to a file that the test reads. */
const step: Kind<{ value: string }> = {
  name: 'step',
  layer: 'live',
  probe: () => ({ run: ':' }),
  parse: () => new Map(),
  reload: key => [{ run: 'echo "reload $1" >>"$OUT"', args: [key] }],
  steps: ({ key, before, after }) => [
    {
      run: 'printf "%s\\n" "$1 $2 $3" >>"$OUT"; [ "$3" != bad ] || { echo why >&2; false; }',
      args: [key, before?.value ?? '-', after?.value ?? '-'],
    },
  ],
};
const both: Kind<{ value: string }> = {
  ...step,
  name: 'both',
  together: edits => [{ run: 'echo "$*" >>"$OUT"', args: edits.map(({ key }) => key) }],
};
const leaving: Kind<{ value: string }> = {
  ...step,
  name: 'leaving',
  drain: edits => [
    {
      run: 'echo "drain $*" >>"$OUT"; echo "waiting $LVSCTL_CHANGE 7 $LVSCTL_DRAIN_TIMEOUT" >&3',
      args: edits.map(({ key }) => key),
    },
  ],
};
const lasting: Kind<{ value: string }> = { ...step, name: 'lasting', stays: 'it stays' };
const kinds = new Map([step, both, leaving, lasting].map(kind => [kind.name, kind as unknown as Kind]));

describe('the scripts of an apply', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'phase script-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const numbered = (...changes: Change[]): Numbered[] =>
    changes.map((each, number) => ({ number, change: each }));
  const make = (kind: string, key: string, value = 'new') => change('lb1', { kind, key, after: { value } });
  const sh = (script: string, word: string): number => {
    const options = { env: { ...process.env, OUT: join(directory, 'out') }, stdio: 'ignore' as const };
    try {
      execFileSync('sh', ['-c', script, 'phase', word], options);
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  };

  it('journal each change before and after, and the end of the phase', () => {
    const part = numbered(make('step', 'a'), make('step', "it's $(b)"));
    expect(sh(phaseScript('web', directory, part, kinds), '1')).toBe(0);
    expect(read('out')).toEqual(['a - new', "it's $(b) - new"]);
    expect(read('journal')).toEqual(['begin 0', 'done 0', 'begin 1', 'done 1', 'phase-end 1 0']);
  });

  it('end at the first failure, with what the command said', () => {
    const part = numbered(make('step', 'a', 'bad'), make('step', 'b'));
    expect(sh(phaseScript('web', directory, part, kinds), '1')).toBe(1);
    const why = Buffer.from('why\n').toString('base64');
    expect(read('journal')).toEqual(['begin 0', `failed 0 ${why}`, 'phase-end 1 1']);
    expect(read('out')).toEqual(['a - bad']);
  });

  it('begin no further change once they are to stop', () => {
    execFileSync('touch', [join(directory, 'stop')]);
    expect(sh(phaseScript('web', directory, numbered(make('step', 'a')), kinds), '1')).toBe(130);
    expect(read('journal')).toEqual(['phase-end 1 130']);
  });

  it('carry out neighbours of a kind in one run', () => {
    const part = numbered(make('both', 'a'), make('both', 'b'), make('step', 'c'), make('both', 'd'));
    sh(phaseScript('web', directory, part, kinds), '1');
    expect(read('out')).toEqual(['a b', 'c - new', 'd']);
    expect(read('journal').slice(0, 4)).toEqual(['begin 0', 'begin 1', 'done 0', 'done 1']);
  });

  it('drain neighbours in one run, which tells the journal for what it waits, before they are removed', () => {
    const was = { before: { value: 'old' } };
    const [a, b] = ['a', 'b'].map(key => change('lb1', { kind: 'leaving', key, ...was }));
    const drains = [a!, b!].map(each => ({ ...each, action: 'drain' as const, after: { value: 'none' } }));
    const script = phaseScript('web', directory, numbered(...drains, a!, b!), kinds);
    expect(sh(`export LVSCTL_DRAIN_TIMEOUT=9\n${script}`, '1')).toBe(0);
    expect(read('out')).toEqual(['drain a b', 'a old -', 'b old -']);
    expect(read('journal').slice(0, 5)).toEqual(['begin 0', 'begin 1', 'waiting 0 7 9', 'done 0', 'done 1']);
  });

  it('write nothing when a check does not pass', () => {
    const checked = { ...make('step', 'a'), check: { run: 'echo broken; false' } };
    sh(phaseScript('web', directory, numbered(make('step', 'b'), checked), kinds), '1');
    expect(read('out')).toEqual([]);
    expect(read('journal')[0]).toBe(`failed -1 ${Buffer.from('broken\n').toString('base64')}`);
  });

  it('take a change back by its number, swapped; what stays and what is not theirs is left', () => {
    const all = numbered(
      change('lb1', { kind: 'step', key: 'a', before: { value: 'old' }, after: { value: 'new' } }),
      make('lasting', 'b'),
      make('step', 'c'),
    );
    const undo = undoScript('web', all, kinds);
    for (const number of ['2', '1', '0', '7']) expect(sh(undo, number)).toBe(0);
    expect(read('out')).toEqual(['c new -', 'a new old']);
  });

  it('make services read the old files again', () => {
    const reload: Change = { ...make('step', 'unit'), action: 'reload' };
    expect(sh(undoScript('web', numbered(make('step', 'a'), reload), kinds), 'reloads')).toBe(0);
    expect(read('out')).toEqual(['reload unit']);
  });
});
