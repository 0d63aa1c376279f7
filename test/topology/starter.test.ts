import { expect, it } from 'vitest';
import { loadTopology } from '../../src/topology/load.js';
import { setups, starter } from '../../src/topology/starter.js';

it('offers the reference set-ups', () => {
  expect(setups()).toEqual(expect.arrayContaining(['nat', 'nat-gateway']));
});

it.each(setups())('%s is a sound file to start from, and its schema stands beside it', setup => {
  expect(starter(setup).split('\n')[0]).toBe('# yaml-language-server: $schema=topology.schema.json');
  expect(starter(setup)).not.toContain('../');
  expect(loadTopology('lvsctl.yaml', starter(setup)).services.length).toBeGreaterThan(0);
});

it('refuses a set-up that it does not have', () => {
  expect(() => starter('nat-gatewey')).toThrow(
    'there is no set-up `nat-gatewey`; did you mean `nat-gateway`?',
  );
});
