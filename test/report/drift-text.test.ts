import { describe, expect, it } from 'vitest';
import { driftText } from '../../src/report/drift-text.js';
import { change, plan } from './sample.js';

const degraded = {
  id: 'server-down',
  severity: 'degraded' as const,
  message: 'keepalived took web2 out',
  remedy: 'look at web2',
};
const lost = change('lb1', {
  kind: 'sysctl',
  key: 'net.ipv4.ip_forward',
  before: { value: '0' },
  after: { value: '1' },
});

describe('the text of drift', () => {
  it('is nothing when all was read and is in sync, whatever is degraded', () => {
    expect(driftText(plan([], { findings: [degraded] }))).toBe('');
  });

  it('has one line for each difference and says when it is lost', () => {
    const drift = plan([
      lost,
      change('lb1', { kind: 'real-server', key: 'tcp 12.0.0.1:80 192.168.80.10:80', after: { weight: 1 } }),
      change('lb1', {
        kind: 'real-server',
        key: 'tcp 12.0.0.1:80 192.168.80.99:80',
        before: { weight: 1 },
        why: 'extra',
      }),
      change('lb1', {
        kind: 'saved-table',
        key: '/etc/ipvsadm.rules',
        layer: 'persisted',
        before: { content: 'a\nb\n', mode: '600' },
        after: { content: 'a\nc\n', mode: '644' },
      }),
      change('lb1', {
        kind: 'service',
        key: 'ipvsadm.service',
        action: 'reload',
        before: { active: true },
        after: { active: true },
      }),
      change('lb1', {
        kind: 'real-server',
        key: 'tcp 12.0.0.1:80 192.168.80.77:80',
        action: 'drain',
        before: { weight: 1 },
        after: { weight: 0 },
      }),
      change('web1', { kind: 'mount', key: '/srv', before: { source: 'a' }, why: 'orphan' }),
      change('web1', {
        kind: 'package',
        key: 'nginx',
        before: { installed: true },
        why: 'orphan',
        stays: 'packages stay installed',
      }),
    ]);
    expect(`\n${driftText(drift)}`).toMatchInlineSnapshot(`
      "
      lb1: lost now: sysctl net.ipv4.ip_forward is 0, should be 1
      lb1: lost now: real-server tcp 12.0.0.1:80 192.168.80.10:80 is missing
      lb1: lost now: real-server tcp 12.0.0.1:80 192.168.80.99:80 is there, and not in the topology
      lb1: lost at the next reboot: saved-table /etc/ipvsadm.rules content differs (+1 -1 to repair); mode is 600, should be 644
      web1: lost now: mount /srv is still there: ours, no longer wanted
      web1: left over: package nginx (packages stay installed)
      Drift: 6 differences on 2 of 4 hosts: 4 lost now, 1 lost at the next reboot, 1 left over.
      "
    `);
  });

  it('tells of a reload that is due although no file differs', () => {
    const due = change('lb1', {
      kind: 'service',
      key: 'keepalived.service',
      action: 'reload',
      before: { active: true },
      after: { active: true },
    });
    expect(driftText(plan([due]))).toContain(
      'lb1: lost now: service keepalived.service has not read its files again',
    );
  });

  it('is never silent about what it could not read', () => {
    const hosts = [
      { name: 'lb1', status: 'unreachable' as const, message: 'no answer in 10s' },
      { name: 'web1', unreadable: new Map([['mount', 'NFS server does not answer']]) },
    ];
    expect(`\n${driftText(plan([], { hosts }))}`).toMatchInlineSnapshot(`
      "
      lb1: unreachable: no answer in 10s
      web1: not read: mount: NFS server does not answer
      No difference seen, but not all was read. 1 host not checked. 1 host read in part.
      "
    `);
  });

  it('mentions what is degraded beside drift, or when asked', () => {
    expect(driftText(plan([lost], { findings: [degraded] }))).toContain(
      'degraded server-down: keepalived took web2 out',
    );
    expect(`\n${driftText(plan([], { findings: [degraded] }), { verbose: true })}`).toMatchInlineSnapshot(`
      "
      degraded server-down: keepalived took web2 out
          look at web2
      No drift. 4 hosts match nat.yaml.
      "
    `);
  });

  it('does not tell secrets', () => {
    const secret = change('lb1', {
      kind: 'vrrp',
      key: 'VI_1',
      secret: ['password'],
      before: { password: 'hunter2' },
      after: { password: 'hunter3' },
    });
    expect(driftText(plan([secret]))).toContain('vrrp VI_1 is (sensitive), should be (sensitive)');
  });
});
