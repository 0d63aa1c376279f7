import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { loadTopology } from '../../src/topology/load.js';
import { besideStarter, setups, starter } from '../../src/topology/starter.js';

it('offers the reference set-ups', () => {
  expect(setups()).toEqual(expect.arrayContaining(['nat', 'nat-gateway']));
});

it.each(setups())('%s is a sound file to start from, and its schema stands beside it', setup => {
  expect(starter(setup).split('\n')[0]).toBe('# yaml-language-server: $schema=topology.schema.json');
  expect(starter(setup)).not.toContain('../');
  const file = join(mkdtempSync(join(tmpdir(), 'lvsctl-starter-')), 'lvsctl.yaml');
  for (const { path, text } of besideStarter(setup)) {
    mkdirSync(dirname(join(file, '..', path)), { recursive: true });
    writeFileSync(join(file, '..', path), text);
  }
  expect(loadTopology(file, starter(setup)).services.length).toBeGreaterThan(0);
});

it('has a fresh secret each time, that only its owner reads, and scripts that can be run', () => {
  const once = besideStarter('ha-dr');
  const [secret] = once.filter(({ path }) => path.endsWith('password'));
  expect(secret).toMatchObject({ text: expect.stringMatching(/^[\w-]{8}\n$/), mode: 0o600 });
  expect(besideStarter('ha-dr').map(({ text }) => text)).not.toContain(secret!.text);
  expect(once.filter(({ path }) => path.endsWith('.sh')).map(({ mode }) => mode)).toEqual([
    0o755, 0o755, 0o755,
  ]);
  expect(besideStarter('nat')).toEqual([]);
});

it('refuses a set-up that it does not have', () => {
  expect(() => starter('nat-gatewey')).toThrow(
    'there is no set-up `nat-gatewey`; did you mean `nat-gateway`?',
  );
});
