import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lockProbe } from '../src/hosts/lock.js';
import { answeringProbe, sentOnProbe } from '../src/plan/lost-answer.js';
import { kinds } from '../src/resources/index.js';
import { factsProbe } from '../src/systems/read-facts.js';
import { loadTopology } from '../src/topology/load.js';
import { setups } from '../src/topology/starter.js';
import { desiredOf } from './roles/portrait.js';

const FILE = 'docs/sudoers-drift';
const lines = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'));
const ACCOUNT = 'lvsctl-drift ALL=(root) NOPASSWD: ';

/** The paths of every file that lvsctl writes for some set-up and lets only root read. */
const closed = [
  ...new Set(
    setups()
      .flatMap(name => [...desiredOf(loadTopology(`inventories/${name}.yaml`)).values()].flat())
      .filter(({ kind, state }) => kind === 'file' && (Number.parseInt(String(state.mode), 8) & 4) === 0)
      .map(({ key }) => key),
  ),
];

/** Every command line that a reading script runs through sudo. */
function asked(): string[] {
  const probes = [...kinds.values()].map(kind => kind.probe(['/etc/x y z']));
  const texts = [factsProbe, lockProbe, sentOnProbe, answeringProbe('', ''), ...probes].map(({ run }) => run);
  const found = texts.flatMap(text => [...text.matchAll(/\$LVSCTL_SUDO (?:-l )?([^|;&<>)\n]+)/g)]);
  return [...new Set(found.map(([, words]) => words!.replace(/ 2$/, '').trim()))].flatMap(words => {
    if (words === '"$1-save"') return ['', '-nft', '-legacy'].map(which => `iptables${which}-save`);
    if (words.endsWith('"$path"')) return closed.map(path => words.replace('"$path"', path));
    return words;
  });
}

it('the sudoers file of the drift account has just the command lines that a reading runs as root', () => {
  const allowed = lines.map(line => line.slice(ACCOUNT.length).replace(/^\/usr\/s?bin\//, ''));
  expect(allowed.map(line => line.replace(/ ""$/, '')).sort()).toEqual(asked().sort());
});

it('each is complete: one account, a whole path, arguments or none at all, nothing that stands for more', () => {
  for (const line of lines) {
    expect(line.startsWith(ACCOUNT), line).toBe(true);
    const command = line.slice(ACCOUNT.length);
    expect(command).toMatch(/^\/usr\/s?bin\/[a-z0-9-]+ (""|[A-Za-z0-9 ./_-]+)$/);
  }
});

it('the paths of what only root reads have no variables in them', () => {
  expect(closed).toEqual(['/etc/keepalived/lvsctl-auth.conf']);
});

it.runIf(spawnSync('visudo', ['--version']).status === 0)('sudo takes it', () => {
  const { status, stdout, stderr } = spawnSync('visudo', ['-cf', FILE], { encoding: 'utf8' });
  expect({ status, said: stdout + stderr }).toMatchObject({ status: 0, said: expect.stringContaining('OK') });
});
