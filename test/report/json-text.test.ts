import { expect, it } from 'vitest';
import { jsonText } from '../../src/report/json-text.js';

const odd = {
  '\u009b31m': [
    '\u001b]0;x\u0007',
    '\u007f\u0085',
    'a\u202eb\ufeff\u2028',
    '\u{e0001}',
    '\ud800',
    'größe 😀\n\t',
  ],
};

it.each([undefined, 2])(
  'JSON with the indent %s means what it is made of and cannot move a cursor',
  indent => {
    const text = jsonText(odd, indent);
    expect(JSON.parse(text)).toEqual(odd);
    expect(text).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
    expect(text).toContain('größe 😀');
  },
);
