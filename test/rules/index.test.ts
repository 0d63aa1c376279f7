import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { judgeTopology, rules } from '../../src/rules/index.js';
import { loadTopology } from '../../src/topology/load.js';
import { edited, sound } from '../topology/sound.js';

it('registers every rule, each with a test of its own', () => {
  const ids = rules.map(({ id }) => id).sort();
  const other = ['rule', 'index', 'addresses'];
  const files = namesIn('../../src/rules');
  const tests = namesIn('.');
  expect(ids).toEqual(files.filter(name => !other.includes(name)).sort());
  expect(ids).toEqual(tests.filter(name => !['cases', 'index'].includes(name)).sort());
});

it('has nothing to say of a sound topology', () => {
  expect(judgeTopology(loadTopology('x.yaml', sound))).toEqual([]);
});

it('says what it finds in the order of the file', () => {
  const text = edited({ 'port: 80': 'port: 0', '12.0.0.12/24': '192.168.80.12/24', ', outside: ens37': '' });
  expect(judgeTopology(loadTopology('x.yaml', text)).map(({ id }) => id)).toEqual([
    'outside-interface-missing',
    'port-zero-without-persistence',
    'client-in-server-network',
  ]);
});

it.each([
  ['nat', ['mounts-differ']],
  ['nat-gateway', []],
  ['ha-dr', []],
])('finds in the reference set-up %s only what is meant', (setup, ids) => {
  const file = new URL(`../../inventories/${setup}.yaml`, import.meta.url).pathname;
  expect(judgeTopology(loadTopology(file)).map(({ id }) => id)).toEqual(ids);
});

function namesIn(folder: string): string[] {
  const names = readdirSync(new URL(folder, import.meta.url)).filter(name => name.endsWith('.ts'));
  return names.map(name => name.replace(/(\.test)?\.ts$/, ''));
}
