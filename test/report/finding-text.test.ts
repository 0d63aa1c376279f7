import { expect, it } from 'vitest';
import { findingText } from '../../src/report/finding-text.js';
import { palette } from '../../src/report/paint.js';

const paint = palette(false);
const place = { file: 'nat.yaml', line: 14, column: 5 };

it('a finding is told as compilers tell theirs, the remedy below', () => {
  const finding = {
    id: 'vip-is-host-address',
    severity: 'error' as const,
    place,
    message: '12.0.0.1 is also the address of web1',
    remedy: 'give the VIP an address of its own',
  };
  expect(`\n${findingText(finding, { paint })}\n`).toMatchInlineSnapshot(`
    "
    nat.yaml:14:5: error vip-is-host-address: 12.0.0.1 is also the address of web1
        give the VIP an address of its own
    "
  `);
});

it('a fault is an error without an id, and may have no place', () => {
  expect(findingText({ message: 'no such file: x.yaml', remedy: 'name one with -f' }, { paint })).toBe(
    'error: no such file: x.yaml\n    name one with -f',
  );
});

it('the host is named unless the message does', () => {
  const finding = { id: 'x', severity: 'degraded' as const, host: 'web1', message: 'is down', remedy: '' };
  expect(findingText(finding, { paint })).toBe('degraded x: web1: is down');
  expect(findingText({ ...finding, message: 'web1 is down' }, { paint })).toBe('degraded x: web1 is down');
});

it('a severity is painted, and said in words too', () => {
  const finding = { id: 'x', severity: 'warning' as const, place, message: 'm', remedy: 'r' };
  expect(findingText(finding, { paint: palette(true) })).toBe(
    '\x1b[1mnat.yaml:14:5:\x1b[22m \x1b[33mwarning\x1b[39m \x1b[33mx:\x1b[39m m\n    \x1b[2mr\x1b[22m',
  );
});
