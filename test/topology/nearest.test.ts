import { expect, it } from 'vitest';
import { nearest } from '../../src/topology/nearest.js';

const words = ['name', 'address', 'interface', 'realServers', 'rr', 'wrr', 'port', 'at'];

it.each([
  ['nmae', 'name'],
  ['addr', 'address'],
  ['intreface', 'interface'],
  ['real_servers', 'realServers'],
  ['RR', 'rr'],
  ['wwrr', 'wrr'],
  ['ports', 'port'],
  ['colour', undefined],
  ['x', undefined],
  ['zz', undefined],
  ['', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, words)).toBe(meant);
});
