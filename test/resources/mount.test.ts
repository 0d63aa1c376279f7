import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edit } from '../../src/resources/kind.js';
import { type MountState, mount } from '../../src/resources/mount.js';
import { attempt, lawOfKind, moved } from './law.js';

const key = '/var/www/my html';
const wanted: MountState = {
  source: '192.168.80.30:/opt/kgc',
  type: 'nfs4',
  automount: true,
  mounted: true,
};
const trapped: MountState = { source: '', type: '', automount: true, mounted: false };

/** /proc/self/mountinfo of Debian 12: an automount, and an NFS mount over it. */
const root = '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw';
const trap =
  '60 22 0:45 / /var/www/my\\040html rw,relatime shared:30 - autofs systemd-1 rw,fd=46,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=14117';
const nfs = (source: string) =>
  `75 60 0:46 / /var/www/my\\040html rw,relatime shared:33 - nfs4 ${source} rw,vers=4.2,hard,proto=tcp,addr=192.168.80.30`;

it('the layers of a mount point are one entry', () => {
  expect(mount.parse(`${trap}\n${nfs(wanted.source)}\n`).get(key)).toEqual(wanted);
  expect(mount.parse(`${trap}\n`).get(key)).toEqual(trapped);
  expect([...mount.parse(`${nfs('a:/x\\040y')}\n`)]).toEqual([
    [key, { source: 'a:/x y', type: 'nfs4', automount: false, mounted: true }],
  ]);
  expect(() => mount.parse('/dev/vda on / type ext4\n')).toThrow('not a mount');
});

lawOfKind(mount, [
  { key, after: wanted },
  { key, before: trapped, after: wanted },
]);

/** A host whose systemctl and umount change a file that stands for /proc/self/mountinfo. */
describe('a mount is carried out by systemd:', () => {
  let host = '';
  beforeEach(() => {
    host = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    mkdirSync(join(host, 'bin'));
    mkdirSync(join(host, 'proc/self'), { recursive: true });
    writeFileSync(join(host, 'log'), '');
    tool('stat', `[ ! -e ${host}/dead ]`);
    tool('umount', `sed -i '$d' ${host}/proc/self/mountinfo`);
    tool(
      'systemctl',
      `table=${host}/proc/self/mountinfo
      unit='var-www-my\\x20html'
      has() { grep -q " - $1 " $table; }
      now() { has $1 && echo ActiveState=active || echo ActiveState=inactive; }
      case "$*" in
        "show -p ActiveState -p Job -- $unit.automount") now autofs ;;
        "show -p ActiveState -p Job -- $unit.mount") cat ${host}/starting 2>/dev/null || now nfs4 ;;
        "start -- $unit.automount") ! has nfs4 && printf '%s\\n' '${trap}' >>$table ;;
        "start -- $unit.mount") [ ! -e ${host}/dead ] && printf '%s\\n' '${nfs(wanted.source)}' >>$table ;;
        "stop -- $unit.automount") [ ! -e ${host}/busy ] && sed -i '2,$d' $table ;;
        "stop -- $unit.mount") [ ! -e ${host}/busy ] && sed -i '/ - nfs4 /d' $table ;;
        daemon-reload | "reset-failed "* | "show "*) ;;
        *) exit 99 ;;
      esac`,
    );
  });
  afterEach(() => rmSync(host, { recursive: true }));

  function tool(name: string, text: string): void {
    const path = join(host, 'bin', name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>${host}/log\n${text}\n`);
    chmodSync(path, 0o755);
  }
  const within = () => ['env', `PATH=${host}/bin:${process.env.PATH}`];
  const stands = (...lines: string[]) =>
    writeFileSync(join(host, 'proc/self/mountinfo'), [root, ...lines, ''].join('\n'));
  const go = (edit: Edit<MountState>) =>
    attempt(moved(mount.steps(edit)[0]!, '/proc/self/mountinfo', host), within());
  const look = () =>
    mount.parse(attempt(moved(mount.probe([key]), '/proc/self/mountinfo', host)).stdout).get(key);
  const log = () => readFileSync(join(host, 'log'), 'utf8');

  for (const [what, lines] of [
    ['nothing', []],
    ['only the trap', [trap]],
    ['a mount without its trap', [nfs(wanted.source)]],
    ['another source', [trap, nfs('192.168.80.30:/opt/benet')]],
    ['two mounts over each other', [trap, nfs(wanted.source), nfs('192.168.80.30:/opt/benet')]],
    ['what is wanted', [trap, nfs(wanted.source)]],
  ] as const)
    it(`from ${what} to what is wanted, to the trap alone, to nothing`, () => {
      stands(...lines);
      expect(go({ key, after: wanted })).toMatchObject({ status: 0, stderr: '' });
      expect(look()).toEqual(wanted);
      expect(go({ key, before: wanted, after: trapped })).toMatchObject({ status: 0, stderr: '' });
      expect(look()).toEqual(trapped);
      expect(go({ key, before: trapped })).toMatchObject({ status: 0, stderr: '' });
      expect(look()).toBeUndefined();
      expect(go({ key, before: trapped })).toMatchObject({ status: 0, stderr: '' });
    });

  it('what is right is left alone', () => {
    stands(trap, nfs(wanted.source));
    go({ key, after: wanted });
    expect(log()).not.toMatch(/start|stop|umount/);
  });

  it('a silent server is a failure that names it; the trap stays set', () => {
    stands();
    writeFileSync(join(host, 'dead'), '');
    const { status, stderr } = go({ key, after: wanted });
    expect(status).toBe(1);
    expect(stderr).toContain('192.168.80.30:/opt/kgc is not mounted on /var/www/my html: systemctl status');
    expect(look()).toEqual(trapped);
  });

  it('what a silent server holds is detached before systemd gets to wait for it', () => {
    stands(trap, nfs(wanted.source));
    writeFileSync(join(host, 'dead'), '');
    expect(go({ key, before: wanted })).toMatchObject({ status: 0, stderr: '' });
    expect(look()).toBeUndefined();
    expect(log().match(/^(umount|systemctl stop) .*$/gm)).toEqual([
      'umount -f -l -c -i -- /var/www/my html',
      'systemctl stop -- var-www-my\\x20html.automount',
    ]);
  });

  it('a trap alone is not looked into: that would mount', () => {
    stands(trap);
    expect(go({ key, before: trapped }).status).toBe(0);
    expect(log()).not.toContain('stat ');
  });

  for (const state of ['ActiveState=activating\nJob=7\n', 'Job=7\nActiveState=inactive\n'])
    it(`what systemd is about to mount is called off: ${state.trim().replace('\n', ' ')}`, () => {
      stands();
      writeFileSync(join(host, 'starting'), state);
      expect(go({ key, before: wanted }).status).toBe(0);
      expect(log()).toContain('systemctl stop -- var-www-my\\x20html.mount\n');
      expect(log()).not.toContain('stop -- var-www-my\\x20html.automount');
    });

  it('what does not stop is detached', () => {
    stands(trap, nfs(wanted.source));
    writeFileSync(join(host, 'busy'), '');
    expect(go({ key, before: wanted }).status).toBe(0);
    expect(look()).toBeUndefined();
    expect(log().match(/^umount -l -c -i -- \/var\/www\/my html$/gm)).toHaveLength(2);
  });

  it('what cannot even be detached is a failure', () => {
    stands(trap, nfs(wanted.source));
    writeFileSync(join(host, 'busy'), '');
    tool('umount', 'false');
    expect(go({ key, before: wanted })).toMatchObject({
      status: 1,
      stderr: '/var/www/my html cannot be unmounted: nfs4 192.168.80.30:/opt/kgc\n',
    });
    expect(existsSync(join(host, 'busy'))).toBe(true);
  });
});
