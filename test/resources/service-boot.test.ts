import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { serviceBoot } from '../../src/resources/service-boot.js';
import { carryOut, lawOfKind } from './law.js';

const key = 'nginx.service';
lawOfKind(serviceBoot, [
  { key, before: { enabled: false }, after: { enabled: true } },
  { key, after: { enabled: true } },
]);

describe('a service at boot', () => {
  it('counts as enabled when it comes up, whether by itself or by others', () => {
    const said = { enabled: true, static: true, indirect: true, generated: true, alias: true };
    const not = { disabled: false, masked: false, linked: false, 'enabled-runtime': false };
    for (const [word, enabled] of Object.entries({ ...said, ...not }))
      expect([...serviceBoot.parse(`${word} a.service\n`)], word).toEqual([['a.service', { enabled }]]);
    expect(serviceBoot.parse('not-found a.service\n').size).toBe(0);
    expect(() => serviceBoot.parse('perhaps a.service\n')).toThrow(Unreadable);
  });
});

describe('carried out with a systemctl that writes down what it is asked:', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsctl-boot-'));
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    writeFileSync(
      join(folder, 'systemctl'),
      `#!/bin/sh
for last do :; done
case $*,$last in
'show -p Id -p FragmentPath'*,ipvsadm.service)
  echo Id=ipvsadm.service; echo FragmentPath=/run/systemd/generator.late/ipvsadm.service ;;
'show -p Id --'*,nfs-kernel-server.service) echo Id=nfs-server.service ;;
show*,nfs-kernel-server.service) echo Id=nfs-server.service; echo FragmentPath=/lib/systemd/system/nfs-server.service ;;
show*) echo "Id=$last"; echo "FragmentPath=/lib/systemd/system/$last" ;;
is-enabled*,nfs-kernel-server.service) echo alias ;;
is-enabled*,nfs-server.service) echo enabled ;;
is-enabled*,gone.service) echo 'Failed to get unit file state' >&2; exit 1 ;;
is-enabled*,ipvsadm.service) echo 'not a native service, redirecting' >&2; echo disabled; exit 1 ;;
*) echo "\${SYSTEMCTL_SKIP_SYSV:+native }$*" >>${folder}/asked ;;
esac
`,
    );
    chmodSync(join(folder, 'systemctl'), 0o755);
    writeFileSync(join(folder, 'asked'), '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it('asks for each unit, follows an alias, and leaves out what is not there', () => {
    const units = ['nfs-kernel-server.service', 'gone.service', 'ipvsadm.service'];
    expect(Object.fromEntries(serviceBoot.parse(carryOut(serviceBoot.probe(units))))).toEqual({
      'nfs-kernel-server.service': { enabled: true },
      'ipvsadm.service': { enabled: false },
    });
  });

  it('asks for all at once, which counts only when all have the same answer: scripts come first in it', () => {
    const said = (scripts: string, others: string) => {
      writeFileSync(
        join(folder, 'systemctl'),
        `#!/bin/sh
echo "$*" >>${folder}/asked
shift 2
for unit do case $unit in script*) echo ${scripts} ;; esac; done
for unit do case $unit in script*) ;; *) echo ${others} ;; esac; done
`,
      );
      writeFileSync(join(folder, 'asked'), '');
      const output = carryOut(serviceBoot.probe(['a.service', 'script.service']));
      return [output, readFileSync(join(folder, 'asked'), 'utf8').split('\n').length - 1];
    };
    expect(said('enabled', 'enabled')).toEqual(['enabled a.service\nenabled script.service\n', 1]);
    expect(said('disabled', 'enabled')).toEqual(['enabled a.service\ndisabled script.service\n', 3]);
  });

  const asked = (...edits: [unit: string, enabled?: boolean][]) => {
    writeFileSync(join(folder, 'asked'), '');
    const all = edits.map(([unit, enabled]) => ({
      key: unit,
      ...(enabled !== undefined && { after: { enabled } }),
    }));
    for (const step of serviceBoot.together!(all)) carryOut(step);
    return readFileSync(join(folder, 'asked'), 'utf8').split('\n').filter(Boolean);
  };

  it('enables and disables by the real name, a script with its hook alone, and does nothing for a unit that is gone', () => {
    expect(asked(['nfs-kernel-server.service', true])).toEqual([
      `native -q --no-reload enable -- nfs-server.service`,
      'daemon-reload',
    ]);
    expect(asked(['ipvsadm.service', true])).toEqual(['-q --no-reload enable -- ipvsadm.service']);
    expect(asked(['nfs-kernel-server.service', false])).toEqual([
      `native -q --no-reload disable -- nfs-server.service`,
      'daemon-reload',
    ]);
    expect(asked(['ipvsadm.service'])).toEqual(['-q --no-reload disable -- ipvsadm.service']);
    expect(asked(['gone.service'])).toEqual([]);
  });

  it('makes systemd read its units again once for all that change together, by the hook of a script if there is one', () => {
    expect(asked(['nginx.service', true], ['ipvsadm.service', false], ['b.service', true])).toEqual([
      'native -q --no-reload enable -- nginx.service',
      'native -q --no-reload enable -- b.service',
      '-q --no-reload disable -- ipvsadm.service',
    ]);
  });
});
