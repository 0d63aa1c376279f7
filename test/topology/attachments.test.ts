import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTopology } from '../../src/topology/load.js';
import { saidOf } from './faults.js';
import { edited } from './sound.js';

const folder = mkdtempSync(join(tmpdir(), 'attachments-'));
const file = join(folder, 'x.yaml');
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
put('notify.sh', '#!/bin/sh\nlogger "$1"\n');
put('plain.txt', 'no script\n');
put('pass', 's3cret\nmore\n');
put('long', 'ninechars\n');
writeFileSync(join(folder, 'binary'), Buffer.from('#!/bin/sh\n\xff', 'latin1'));
symlinkSync('/dev/zero', join(folder, 'zero'));
execFileSync('mkfifo', [join(folder, 'pipe')]);

const vrrp = (settings: string) =>
  edited({ 'services:\n': `vrrp: { virtualRouterId: 50, ${settings} }\nservices:\n` });

describe('what a topology refers to', () => {
  it('is read from its own folder, and a secret never prints', () => {
    const topology = loadTopology(file, vrrp('authPass: { file: pass }, notify: { master: notify.sh }'));
    expect(topology.vrrp!.notify.master).toEqual({ path: 'notify.sh', content: '#!/bin/sh\nlogger "$1"\n' });
    expect(topology.vrrp!.authPass!.reveal()).toBe('s3cret');
    expect(`${topology.vrrp!.authPass} ${JSON.stringify(topology)}`).not.toContain('s3cret');
  });

  it('comes from the environment where the topology says so', () => {
    process.env.LVSCTL_TEST_PASS = 'abc';
    expect(loadTopology(file, vrrp('authPass: { env: LVSCTL_TEST_PASS }')).vrrp!.authPass!.reveal()).toBe(
      'abc',
    );
    delete process.env.LVSCTL_TEST_PASS;
    expect(saidOf(file, vrrp('authPass: { env: LVSCTL_TEST_PASS }'))).toEqual([
      expect.stringContaining('the environment has no LVSCTL_TEST_PASS'),
    ]);
  });

  it.each([
    [
      'in place of its reference',
      'authPass: s3cret',
      '`vrrp.authPass` is the text `(sensitive)`, not a reference to a secret',
    ],
    ['as a number', 'authPass: 31337', 'is the text `(sensitive)`'],
    [
      'in place of a name',
      'authPass: { env: s3cret! }',
      '`(sensitive)` is not a name of an environment variable',
    ],
  ])('a secret %s is refused and not repeated', (_, settings, said) => {
    const all = saidOf(file, vrrp(settings));
    expect(all).toEqual([expect.stringContaining(said)]);
    expect(all[0]).not.toMatch(/s3cret|31337/);
  });

  it.each([
    ['a script that is not there', 'notify: { master: gone.sh }', 'the script gone.sh does not exist'],
    ['a folder', 'notify: { master: . }', 'the script . is a folder'],
    ['a pipe, without waiting for it', 'notify: { master: pipe }', 'the script pipe is not a plain file'],
    ['what never ends', 'notify: { master: zero }', 'the script zero is not a plain file'],
    ['what is no text', 'notify: { master: binary }', 'the script binary is not text in UTF-8'],
    ['a text that the kernel cannot run', 'notify: { backup: plain.txt }', 'plain.txt has no #! line'],
    ['a secret that is not there', 'authPass: { file: gone }', 'the file gone does not exist'],
    ['what no environment holds', 'authPass: { env: toString }', 'the environment has no toString'],
    ['a password that VRRP cannot carry', 'authPass: { file: long }', 'is not 1 to 8 letters'],
  ])('refuses %s, with its place', (_, settings, said) => {
    expect(saidOf(file, vrrp(settings))).toEqual([expect.stringMatching(/x\.yaml:14:\d+: /)]);
    expect(saidOf(file, vrrp(settings))[0]).toContain(said);
  });
});
