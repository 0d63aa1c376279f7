import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { directory } from '../../src/resources/directory.js';
import { attempt, carryOut, lawOfKind, runs } from './law.js';

const after = { present: true } as const;

it('paths that are printed are present', () => {
  expect([...directory.parse('/opt/kgc\n/srv/a b\n')]).toEqual([
    ['/opt/kgc', after],
    ['/srv/a b', after],
  ]);
  expect(() => directory.parse('test: command not found\n')).toThrow('not a path');
});

it('a mount point is present without a look at it', () => {
  const probe = directory.probe(['/proc']);
  expect(carryOut({ ...probe, run: probe.run.replace('test -d', 'false') })).toBe('/proc\n');
});

it('one that does not answer is told by its name, after those that did', () => {
  const probe = directory.probe(['/proc', '/tmp', '/nowhere', '/silent', '/usr']);
  const run = probe.run
    .replace('KILL 10', 'KILL 0.3')
    .replace('test -d', '{ case $path in *silent) sleep 5 ;; esac; } && test -d');
  expect(attempt({ ...probe, run })).toMatchObject({
    status: 1,
    stdout: '/proc\n/tmp\n',
    stderr: expect.stringMatching(/^\/silent does not answer: .*\n$/m),
  });
});

it('what is not empty is left, and said', () => {
  const root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'd/foreign'), '');
  const { status, stderr } = attempt(directory.steps({ key: `${root}/d`, before: after })[0]!);
  expect({ status, stderr }).toEqual({ status: 0, stderr: `${root}/d is left: it is not empty\n` });
  expect(existsSync(join(root, 'd/foreign'))).toBe(true);
  rmSync(root, { recursive: true });
});

lawOfKind(directory, [{ key: '/opt/kgc', after }]);
runs(directory, [
  { title: 'a new directory', key: root => `${root}/a b`, before: null, after },
  { title: 'a directory that is there', folders: ['d'], key: root => `${root}/d`, before: after, after },
]);
