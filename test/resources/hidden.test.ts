import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { directory } from '../../src/resources/directory.js';
import { file } from '../../src/resources/file.js';
import { gatewayEntry } from '../../src/resources/gateway-entry.js';
import type { Kind, State } from '../../src/resources/kind.js';
import { sysctlEntry } from '../../src/resources/sysctl-entry.js';
import { moved } from './law.js';

const root = mkdtempSync(join(tmpdir(), 'lvsctl-hidden-'));
afterAll(() => rmSync(root, { recursive: true }));
chmodSync(root, 0o755);
mkdirSync(join(root, 'etc/network'), { recursive: true });
mkdirSync(join(root, 'closed/below'), { recursive: true });
mkdirSync(join(root, 'bin'));
writeFileSync(join(root, 'secret'), 'geheim\n');
writeFileSync(join(root, 'open'), 'open\n');
writeFileSync(join(root, 'etc/network/interfaces'), 'iface e inet static\n  address 10.0.0.1/8\n');
for (const path of ['closed', 'secret', 'etc/network/interfaces']) chmodSync(join(root, path), 0);
writeFileSync(
  join(root, 'bin/sudo'),
  `#!/bin/sh\n[ "$*" = "-n base64 -w 0 ${root}/secret" ] && printf Z2VoZWltCg== && exit\necho "sudo: a password is required" >&2\nexit 1\n`,
  { mode: 0o755 },
);

/** What a probe prints for somebody who is not root. `sudo`: whether he may read root's file `secret`. */
function look<S extends State>(kind: Kind<S>, key: string, sudo = true) {
  const probe = moved(kind.probe([key]), '/etc/network', root);
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { status, stdout, stderr } = spawnSync('sh', ['-c', probe.run, 'sh', ...(probe.args ?? [])], {
    encoding: 'utf8',
    ...nobody,
    env: {
      PATH: `${sudo ? join(root, 'bin') : ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LC_ALL: 'C',
      LVSCTL_SUDO: 'sudo -n',
    },
  });
  return {
    status,
    said: stderr.trim().split('\n').at(-1),
    found: status === 0 ? [...kind.parse(stdout)] : [],
  };
}

describe('for somebody who is not root', () => {
  it('what everybody may read needs no sudo', () => {
    expect(look(file, join(root, 'open'), false)).toMatchObject({
      status: 0,
      found: [[join(root, 'open'), { content: 'open\n' }]],
    });
    expect(look(file, join(root, 'none'), false)).toMatchObject({ status: 0, found: [] });
    expect(look(directory, join(root, 'bin'), false)).toMatchObject({
      status: 0,
      found: [[join(root, 'bin'), {}]],
    });
  });

  it("root's own file is read through sudo, the command line whole", () => {
    expect(look(file, join(root, 'secret'))).toMatchObject({
      status: 0,
      found: [[join(root, 'secret'), { content: 'geheim\n', mode: '0000' }]],
    });
  });

  it('what sudo does not give is an error and not an absence', () => {
    const { status, said } = look(file, join(root, 'secret'), false);
    expect({ status, said }).toEqual({ status: 1, said: `sudo does not let us read ${root}/secret` });
  });

  it.each([
    ['a file', file],
    ['a folder', directory],
  ])('%s below a folder that is closed is not taken for absent', (_, kind) => {
    const { status, said } = look(kind as never, join(root, 'closed/below/x'));
    expect({ status, said }).toEqual({ status: 1, said: `root alone may look into ${root}/closed` });
  });

  it.each([
    ['network', gatewayEntry, 'e', 'root alone may read ROOT/etc/network/interfaces'],
    ['settings', sysctlEntry, 'ROOT/secret a.b', 'cannot open ROOT/secret: Permission denied'],
  ])('a file of the %s that is closed is not taken for an empty one', (_, kind, key, why) => {
    const { status, said } = look(kind as never, key.replace('ROOT', root));
    expect(status).not.toBe(0);
    expect(said).toContain(why.replace('ROOT', root));
  });
});
