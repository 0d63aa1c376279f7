import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { reload, service } from '../../src/resources/service.js';
import { attempt, lawOfKind } from './law.js';

const key = 'nginx.service';
lawOfKind(service, [
  { key, before: { active: false }, after: { active: true } },
  { key, after: { active: true } },
]);

describe('a service', () => {
  it('is read by the name it was asked for; one that systemd does not know is absent', () => {
    const output = `nginx.service
nfs-kernel-server.service
nosuch.service
ipvsadm.service
crash.service
web.service

LoadState=loaded
ActiveState=active
SubState=running

LoadState=loaded
ActiveState=inactive
SubState=dead

LoadState=not-found
ActiveState=inactive
SubState=dead

LoadState=loaded
ActiveState=active
SubState=exited

LoadState=loaded
ActiveState=activating
SubState=auto-restart

LoadState=loaded
ActiveState=reloading
SubState=reload
`;
    expect(Object.fromEntries(service.parse(output))).toEqual({
      'nginx.service': { active: true },
      'nfs-kernel-server.service': { active: false },
      'ipvsadm.service': { active: true },
      'crash.service': { active: false },
      'web.service': { active: true },
    });
    expect(service.parse('').size).toBe(0);
  });

  it('is unreadable when systemd answered for fewer units than it was asked for', () => {
    expect(() => service.parse('a.service\nb.service\n\nLoadState=loaded\nActiveState=active\n')).toThrow(
      Unreadable,
    );
    expect(() => service.parse('a.service\n\nnonsense\n')).toThrow(Unreadable);
  });

  it('reads its files again by reload-or-restart', () => {
    expect(reload(key)).toEqual({
      run: expect.stringContaining('systemctl reload-or-restart -- "$1"'),
      args: [key],
    });
  });
});

describe('carried out with a systemctl that writes down what it is asked:', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsctl-service-'));
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  function asked(unit: string, wanted: boolean, now: 'absent' | 'active' | 'inactive', starts = true) {
    writeFileSync(
      join(folder, 'systemctl'),
      `#!/bin/sh
case $* in
show*) [ ${now} = absent ] && echo LoadState=not-found || echo LoadState=loaded ;;
*is-active*) [ ${now} = active ] ;;
reset-failed*) ;;
status*) echo 'why it did not start' ;;
*) echo "$*" >>${folder}/asked; ${starts} ;;
esac
`,
    );
    chmodSync(join(folder, 'systemctl'), 0o755);
    writeFileSync(join(folder, 'asked'), '');
    const { status, stderr } = attempt(service.steps({ key: unit, after: { active: wanted } })[0]!);
    return { status, stderr, asked: readFileSync(join(folder, 'asked'), 'utf8') };
  }

  it('starts and stops where it has to', () => {
    expect(asked(key, true, 'inactive')).toEqual({ status: 0, stderr: '', asked: `start -- ${key}\n` });
    expect(asked(key, true, 'active')).toEqual({ status: 0, stderr: '', asked: '' });
    expect(asked(key, false, 'active')).toEqual({ status: 0, stderr: '', asked: `stop -- ${key}\n` });
    expect(asked(key, false, 'absent')).toEqual({ status: 0, stderr: '', asked: '' });
  });

  it('says why a unit did not start, and that one is not installed', () => {
    expect(asked(key, true, 'inactive', false)).toMatchObject({
      status: 1,
      stderr: 'why it did not start\n',
    });
    expect(asked(key, true, 'absent')).toMatchObject({
      status: 1,
      stderr: `systemd knows no unit ${key}; is its package installed?\n`,
    });
  });
});
