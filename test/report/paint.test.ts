import { describe, expect, it } from 'vitest';
import { colourWanted, palette } from '../../src/report/paint.js';

describe('colour', () => {
  it('is no escape sequence of any kind when off', () => {
    const off = palette(false);
    expect(Object.values(off).map(style => style('x'))).toEqual(Object.keys(off).map(() => 'x'));
  });

  it('is ended where it began when on', () => {
    expect(palette(true).red('x')).toBe('\x1b[31mx\x1b[39m');
    expect(palette(true).bold('')).toBe('');
  });

  it.each([
    ['the flag beats NO_COLOR', 'always', { NO_COLOR: '1' }, false, true],
    ['the flag beats the terminal', 'never', { FORCE_COLOR: '1' }, true, false],
    ['NO_COLOR beats FORCE_COLOR', 'auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['an empty NO_COLOR is none', 'auto', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR beats TERM=dumb', 'auto', { FORCE_COLOR: '1', TERM: 'dumb' }, false, true],
    ['CLICOLOR_FORCE needs no terminal', 'auto', { CLICOLOR_FORCE: '1' }, false, true],
    ['FORCE_COLOR=0 forces nothing', 'auto', { FORCE_COLOR: '0' }, false, false],
    ['a dumb terminal has none', 'auto', { TERM: 'dumb' }, true, false],
    ['a terminal has it', 'auto', { TERM: 'xterm' }, true, true],
    ['a pipe has not, in CI neither', 'auto', { CI: 'true' }, false, false],
  ] as const)('%s', (_, flag, env, isTTY, wanted) => {
    expect(colourWanted({ flag, env, isTTY })).toBe(wanted);
  });
});
