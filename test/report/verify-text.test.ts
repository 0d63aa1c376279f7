import { expect, it } from 'vitest';
import { palette } from '../../src/report/paint.js';
import { verifyText } from '../../src/report/verify-text.js';

const paint = palette(false);
const result = {
  vip: '12.0.0.1',
  port: 80,
  protocol: 'tcp' as const,
  scheduler: 'wrr',
  sent: 60,
  answered: 60,
  failed: [],
  byServer: [
    { name: 'web1', weight: 1, answered: 20, expected: 20 },
    { name: 'web2', weight: 2, answered: 40, expected: 40 },
  ],
  verdict: 'as promised' as const,
  seconds: 1.23,
};

it('shows a bar for each server and the verdict', () => {
  expect(`\n${verifyText(result, { paint })}`).toMatchInlineSnapshot(`
    "
    tcp 12.0.0.1:80 wrr: 60 of 60 requests answered in 1.2s

      server  weight  answered  expected
      web1         1        20        20  ###############
      web2         2        40        40  ##############################

    As promised by wrr and the weights.
    "
  `);
});

it('names what went wrong and what was answered', () => {
  const failed = [{ message: 'connection refused', count: 3 }];
  const bodies = [{ text: 'kgc\n', count: 57 }];
  expect(
    `\n${verifyText({ ...result, answered: 57, failed, bodies, verdict: 'not as promised' }, { paint })}`,
  ).toMatchInlineSnapshot(`
    "
    tcp 12.0.0.1:80 wrr: 57 of 60 requests answered in 1.2s

      server  weight  answered  expected
      web1         1        20        20  ###############
      web2         2        40        40  ##############################

      ! 3 without an answer: connection refused
      57 x "kgc"

    Not as promised by wrr and the weights.
    "
  `);
});

it('expects nothing where the scheduler promises nothing', () => {
  const shown = verifyText({ ...result, scheduler: 'lc', verdict: 'no promise' }, { paint });
  expect(shown).not.toContain('expected');
  expect(shown).toContain('lc promises no shares');
});

it('says where requests were lost, and what to do about it', () => {
  const lost = [{ host: 'web1', message: 'web1 answered, and the answer was lost', remedy: 'let it pass' }];
  expect(verifyText({ ...result, lost }, { paint })).toContain(
    '\n  web1 answered, and the answer was lost\n    let it pass\n\nAs promised',
  );
});
