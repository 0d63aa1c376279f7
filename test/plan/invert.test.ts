import { expect, it } from 'vitest';
import { invert } from '../../src/plan/invert.js';
import type { State } from '../../src/resources/kind.js';
import { change } from '../report/sample.js';

type Edit = { before?: State; after?: State };
const [before, after] = [{ value: '0' }, { value: '1' }];

it.each<[string, Edit, Edit]>([
  ['an update is taken back to what was there', { before, after }, { before: after, after: before }],
  ['a creation is removed again', { after }, { before: after, after: undefined }],
  ['a removal is made again', { before }, { before: undefined, after: before }],
])('%s', (_, edit, back) => {
  const made = change('lb1', { kind: 'sysctl', key: 'a', ...edit });
  expect(invert(made)).toEqual({ ...made, ...back });
  expect(invert(invert(made))).toEqual({ ...made, before: edit.before, after: edit.after });
});
