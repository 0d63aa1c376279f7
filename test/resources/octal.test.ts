import { expect, it } from 'vitest';
import { fromOctal, toOctal } from '../../src/resources/octal.js';

it('white space and backslashes are written as octal and read back', () => {
  const path = '/srv/a b\tc\nd\\040 größe';
  expect(toOctal(path)).toBe('/srv/a\\040b\\011c\\012d\\134040\\040größe');
  expect(fromOctal(toOctal(path))).toBe(path);
});
