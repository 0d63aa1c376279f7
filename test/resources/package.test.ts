import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debianPackage, installAll } from '../../src/resources/package.js';
import { attempt, carryOut, lawOfKind } from './law.js';

const after = { installed: true } as const;

it('packages that are installed are printed, unknown ones and patterns are not an error', () => {
  expect(carryOut(debianPackage.probe(['dpkg', 'no-such-package', '-x']))).toBe('dpkg\n');
  expect(carryOut(debianPackage.probe([]))).toBe('');
  expect([...debianPackage.parse('dpkg\ng++\n')]).toEqual([
    ['dpkg', after],
    ['g++', after],
  ]);
  expect(() => debianPackage.parse('dpkg-query: error: x\n')).toThrow('not the name of a package');
});

it('a package stays when it is no longer wanted', () => {
  expect(debianPackage.steps({ key: 'ipvsadm', before: after })).toEqual([]);
  expect(debianPackage.steps({ key: 'ipvsadm', after })).toEqual([installAll(['ipvsadm'])]);
});

lawOfKind(debianPackage, [{ key: 'ipvsadm', after }]);

/** A host whose apt-get prints what a file says, and installs by making a file. */
describe('an installation', () => {
  let host = '';
  beforeEach(() => {
    host = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    for (const folder of ['bin', 'installed', 'usr/sbin', 'var/lib/dpkg'])
      mkdirSync(join(host, folder), { recursive: true });
    write('log', '');
    write(
      'bin/dpkg-query',
      `for last do :; done; [ -e ${host}/installed/$last ] && echo 'install ok installed'`,
    );
    write(
      'bin/apt-get',
      `echo "$*" | sed 's/.*--no-remove //' >>${host}/log
      [ ! -e ${host}/usr/sbin/policy-rc.d ] || echo held >>${host}/log
      case "$*" in
        *update) [ ! -e ${host}/no-network ] && rm -f ${host}/unknown ;;
        *) if [ -e ${host}/unknown ]; then echo 'E: Unable to locate package ipvsadm'; exit 100; fi
           case "$*" in
             *' -s install '*) cat ${host}/simulated ;;
             *) touch ${host}/installed/ipvsadm ${host}/installed/nginx ;;
           esac ;;
      esac`,
    );
    write('simulated', 'Inst ipvsadm (1:1.31-1+b1 Debian:12/stable [amd64])\nConf ipvsadm (1:1.31-1+b1)\n');
  });
  afterEach(() => rmSync(host, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(host, path)), { recursive: true });
    writeFileSync(join(host, path), path.startsWith('bin/') ? `#!/bin/sh\n${text}\n` : text);
    if (path.startsWith('bin/')) chmodSync(join(host, path), 0o755);
  }
  const go = (change = (run: string) => run) => {
    const command = installAll(['ipvsadm', 'nginx']);
    const run = change(command.run)
      .replaceAll('/usr/sbin/', `${host}/usr/sbin/`)
      .replaceAll('/var/lib/dpkg/', `${host}/var/lib/dpkg/`);
    return attempt({ ...command, run }, ['env', `PATH=${host}/bin:${process.env.PATH}`]);
  };
  const log = () => readFileSync(join(host, 'log'), 'utf8').split('\n').filter(Boolean);
  const policy = () => join(host, 'usr/sbin/policy-rc.d');

  it('is one run for all packages, with services held back meanwhile', () => {
    expect(go()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(log()).toEqual(['-s install -- ipvsadm nginx', 'install -- ipvsadm nginx', 'held']);
    expect(existsSync(policy())).toBe(false);
  });

  it('upgrades and removes nothing, keeps configuration, asks nothing', () => {
    expect(installAll(['x']).run).toMatch(
      /--force-confold[\s\S]*--no-install-recommends --no-upgrade --no-remove[\s\S]*<\/dev\/null/,
    );
  });

  it('does nothing when all are there', () => {
    write('installed/ipvsadm', '');
    write('installed/nginx', '');
    expect(go()).toMatchObject({ status: 0 });
    expect(log()).toEqual([]);
  });

  it('reads the package lists anew, once, when they lack a package', () => {
    write('unknown', '');
    expect(go()).toMatchObject({ status: 0 });
    expect(log().slice(0, 3)).toEqual([
      '-s install -- ipvsadm nginx',
      'update',
      '-s install -- ipvsadm nginx',
    ]);
  });

  it('says which packages no source has', () => {
    write('unknown', '');
    write('bin/rm', `case $* in *unknown) ;; *) exec /bin/rm "$@" ;; esac`);
    expect(go()).toMatchObject({
      status: 1,
      stderr: 'no package source has all of: ipvsadm nginx\nE: Unable to locate package ipvsadm\n',
    });
  });

  it('says that the sources cannot be reached', () => {
    write('unknown', '');
    write('no-network', '');
    expect(go()).toMatchObject({
      status: 1,
      stderr: 'apt-get update failed: are the package sources reachable?\n',
    });
  });

  it('refuses when another package would be upgraded or removed', () => {
    write(
      'simulated',
      'Remv apache2 [2.4.57-2]\nInst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst nginx (1.22.1-9)\n',
    );
    expect(go()).toMatchObject({
      status: 1,
      stderr: 'installing ipvsadm nginx would also remove apache2, upgrade libc6: do that by hand first\n',
    });
    expect(log()).toEqual(['-s install -- ipvsadm nginx']);
  });

  it('leaves another’s policy-rc.d, and takes away one that a crash of ours left', () => {
    write('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 0\n');
    expect(go()).toMatchObject({ status: 0 });
    expect(readFileSync(policy(), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    rmSync(join(host, 'installed/nginx'));
    write(
      'usr/sbin/policy-rc.d',
      '#!/bin/sh\n# lvsctl: services are configured before they start\nexit 101\n',
    );
    expect(go()).toMatchObject({ status: 0 });
    expect(existsSync(policy())).toBe(false);
  });

  it('names who holds the lock', async () => {
    write('var/lib/dpkg/lock-frontend', '');
    const lock =
      'use Fcntl; open my $f, "+<", $ARGV[0]; my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; $| = 1; print "held\n"; sleep 60';
    const holder = spawn('/usr/bin/perl', ['-e', lock, join(host, 'var/lib/dpkg/lock-frontend')]);
    await new Promise(held => holder.stdout.once('data', held));
    expect(go(run => run.replace(':-60}', ':-0}'))).toMatchObject({
      status: 1,
      stderr: `the package manager is locked by process ${holder.pid} (perl) for 0 s now: wait for it or end it\n`,
    });
    holder.kill();
    expect(log()).toEqual([]);
  });
});
