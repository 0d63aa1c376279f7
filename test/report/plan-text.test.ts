import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../src/plan/plan.js';
import { palette } from '../../src/report/paint.js';
import { planText } from '../../src/report/plan-text.js';
import { change, line, plan } from './sample.js';

const why = (reason: string, at: number) => ({ reason, place: line(at) });
const text = (seen: Plan, options = {}) => `\n${planText(seen, { paint: palette(false), ...options })}`;
const numbered = (changed?: number) =>
  Array.from({ length: 12 }, (_, at) => (at === changed ? 'by hand\n' : `rule ${at}\n`)).join('');

const sysctl = change('lb1', {
  kind: 'sysctl',
  key: 'net.ipv4.ip_forward',
  before: { value: '0' },
  after: { value: '1' },
  why: why('nat forwards', 4),
});

describe('the text of a plan', () => {
  it('shows a pristine cluster with one line for each creation', () => {
    const pristine = plan([
      change('lb1', {
        kind: 'package',
        key: 'ipvsadm',
        layer: 'installed',
        after: { installed: true },
        why: why('ipvs', 5),
      }),
      change('lb1', {
        kind: 'sysctl-entry',
        key: 'net.ipv4.ip_forward',
        layer: 'persisted',
        after: { value: '1' },
        why: why('nat', 4),
      }),
      sysctl,
      change('lb1', {
        kind: 'virtual-service',
        key: 'tcp 12.0.0.1:80',
        after: { scheduler: 'rr', flags: '', persistence: 0 },
        why: why('service', 20),
      }),
      change('lb1', {
        kind: 'real-server',
        key: 'tcp 12.0.0.1:80 192.168.80.10:80',
        after: { forward: 'masq', weight: 1 },
        why: why('web1', 12),
      }),
      change('lb1', {
        kind: 'file',
        key: '/etc/systemd/system/lvsctl-firewall.service',
        layer: 'persisted',
        after: { content: numbered(), mode: '644' },
        why: why('SNAT at boot', 9),
      }),
      change('web1', {
        kind: 'fstab-entry',
        key: '/var/www/html',
        layer: 'persisted',
        after: {
          source: '192.168.80.30:/opt/kgc',
          type: 'nfs',
          options: '_netdev,nofail,x-systemd.automount,x-systemd.mount-timeout=30',
        },
        why: why('share kgc', 12),
      }),
    ]);
    expect(text(pristine)).toMatchInlineSnapshot(`
      "
      Symbols:  + create   ~ change   .. more with --verbose
                now = in the running system   boot = at the next reboot

      lb1 (director)
        +       package          ipvsadm                            # ipvs  nat.yaml:5
        + boot  sysctl-entry     net.ipv4.ip_forward  1              # nat  nat.yaml:4
        ~ now   sysctl           net.ipv4.ip_forward  0 -> 1
                                   # nat forwards  nat.yaml:4
        + now   virtual-service  tcp 12.0.0.1:80      rr        # service  nat.yaml:20
        + now   real-server      tcp 12.0.0.1:80 192.168.80.10:80  masq weight=1
        + boot  file             /etc/systemd/system/lvsctl-firewall.service  ..

      web1 (real server)
        + boot  fstab-entry  /var/www/html  192.168.80.30:/opt/kgc nfs ..  nat.yaml:12

      web2 (real server)   in sync
      nas (NFS server)     in sync

      Even after a destroy: packages stay installed.

      Plan: 6 to create, 1 to change, 0 to delete on 2 of 4 hosts.
      "
    `);
  });

  it('shows what was lost, what is extra, what goes back and what stays', () => {
    const drift = plan(
      [
        sysctl,
        change('lb1', {
          kind: 'real-server',
          key: 'tcp 12.0.0.1:80 192.168.80.20:80',
          before: { forward: 'masq', weight: 7 },
          after: { forward: 'masq', weight: 2 },
          why: why('web2 serves tcp 12.0.0.1:80', 13),
        }),
        change('lb1', {
          kind: 'real-server',
          key: 'tcp 12.0.0.1:80 192.168.80.99:80',
          before: { forward: 'masq', weight: 1 },
          why: 'extra',
        }),
        change('lb1', {
          kind: 'saved-table',
          key: '/etc/ipvsadm.rules',
          layer: 'persisted',
          before: { content: numbered(5) },
          after: { content: numbered() },
          why: why('service', 20),
        }),
        change('lb1', {
          kind: 'service',
          key: 'ipvsadm.service',
          action: 'reload',
          before: { active: true },
          after: { active: true },
          why: why('service', 20),
        }),
        change('web1', {
          kind: 'sysctl',
          key: 'net.ipv4.conf.lo.arp_ignore',
          action: 'restore',
          before: { value: '1' },
          after: { value: '0' },
          why: 'orphan',
        }),
        change('web1', { kind: 'mount', key: '/srv', before: { source: 'a' }, why: 'orphan' }),
        change('web1', {
          kind: 'package',
          key: 'nginx',
          before: { installed: true },
          why: 'orphan',
          stays: 'packages stay installed',
        }),
        change('web1', {
          kind: 'package',
          key: 'nfs-common',
          before: { installed: true },
          why: 'orphan',
          stays: 'packages stay installed',
        }),
      ],
      { marked: true },
    );
    expect(text(drift)).toMatchInlineSnapshot(`
      "
      Symbols:  ~ change   - delete   * reload   = stays
                now = lost now   boot = lost at the next reboot

      lb1 (director)
        ~ now   sysctl       net.ipv4.ip_forward  0 -> 1    # nat forwards  nat.yaml:4
        ~ now   real-server  tcp 12.0.0.1:80 192.168.80.20:80  weight 7 -> 2
                               # web2 serves tcp 12.0.0.1:80  nat.yaml:13
        - now   real-server  tcp 12.0.0.1:80 192.168.80.99:80
                               # not in the topology, hangs on ours
        ~ boot  saved-table  /etc/ipvsadm.rules   +1 -1         # service  nat.yaml:20
            @@ -3,7 +3,7 @@
             rule 2
             rule 3
             rule 4
            -by hand
            +rule 5
             rule 6
             rule 7
             rule 8
        * now   service      ipvsadm.service      # reads its files again  nat.yaml:20

      web1 (real server)
        ~ now   sysctl   net.ipv4.conf.lo.arp_ignore  1 -> 0
                           # put back to what stood there before
        - now   mount    /srv                                 # ours, no longer wanted
        =       package  nginx, nfs-common  # packages stay installed

      web2 (real server)   in sync
      nas (NFS server)     in sync

      Plan: 0 to create, 4 to change, 2 to delete, 1 to reload on 2 of 4 hosts. 2 stay.
      "
    `);
  });

  it('never says "No changes." when a host or a kind was not read, and says what to do', () => {
    const partly = plan([], {
      hosts: [
        { name: 'lb1' },
        {
          name: 'web1',
          status: 'unreachable',
          message: 'connect to 192.168.80.10 port 22: no answer in 10s',
          remedy: 'see whether ssh web1 works',
        },
        { name: 'web2', status: 'refused', message: 'sudo asks for a password', remedy: 'allow sudo -n' },
        { name: 'nas', unreadable: new Map([['export', 'exportfs: not\nfound']]) },
      ],
    });
    expect(text(partly)).toMatchInlineSnapshot(`
      "
      lb1 (director)       in sync

      web1 (real server)   UNREACHABLE
          connect to 192.168.80.10 port 22: no answer in 10s
          see whether ssh web1 works

      web2 (real server)   REFUSED  sudo asks for a password
          allow sudo -n

      nas (NFS server)
        ! export  could not be read: exportfs: not | found

      No difference seen, but not all was read. 2 hosts not checked. 1 host read in part.
      "
    `);
  });

  it('says in one sentence that nothing differs', () => {
    expect(text(plan())).toMatchInlineSnapshot(`
      "
      lb1 (director)       in sync
      web1 (real server)   in sync
      web2 (real server)   in sync
      nas (NFS server)     in sync

      No changes. 4 hosts match nat.yaml.
      "
    `);
    expect(planText(plan([], { hosts: [{ name: 'lb1' }] }), { paint: palette(false) })).toContain(
      'No changes. 1 host matches nat.yaml.',
    );
  });

  it('puts what the rules say after the hosts', () => {
    const findings = [
      {
        id: 'rp-filter',
        severity: 'warning' as const,
        host: 'web1',
        message: 'rp_filter is 1 on ens33, so replies to clients of other networks may be dropped',
        remedy: 'set it to 2',
        place: line(12),
      },
      {
        id: 'last-server',
        severity: 'error' as const,
        message: 'no real server would be left',
        remedy: 'keep one',
      },
    ];
    expect(text(plan([sysctl], { hosts: [{ name: 'lb1' }], findings }))).toMatchInlineSnapshot(`
      "
      Symbols:  ~ change
                now = in the running system

      lb1 (director)
        ~ now   sysctl  net.ipv4.ip_forward  0 -> 1         # nat forwards  nat.yaml:4

      inventories/nat.yaml:12:5: warning rp-filter: web1: rp_filter is 1 on ens33, so
          replies to clients of other networks may be dropped
          set it to 2
      error last-server: no real server would be left
          keep one

      Plan: 0 to create, 1 to change, 0 to delete on 1 of 1 host.
      1 error: apply refuses unless allowed (--allow last-server).
      "
    `);
  });

  it('shows every attribute, reason and text when verbose', () => {
    const file = change('lb1', {
      kind: 'file',
      key: '/etc/x',
      layer: 'persisted',
      after: { content: 'one\ntwo\n', mode: '644', label: '' },
      why: why('SNAT at boot', 9),
    });
    expect(text(plan([file], { hosts: [{ name: 'lb1' }] }), { verbose: true })).toMatchInlineSnapshot(`
      "
      Symbols:  + create
                boot = at the next reboot

      lb1 (director)
        + boot  file  /etc/x  +2 lines mode=644 label=""
                        # SNAT at boot  nat.yaml:9
            @@ -0,0 +1,2 @@
            +one
            +two

      Plan: 1 to create, 0 to change, 0 to delete on 1 of 1 host.
      "
    `);
  });

  it('never shows a secret, whichever side it is on, in a diff neither', () => {
    const secret = ['password', 'content'];
    const edits: Pick<Change, 'before' | 'after'>[] = [
      { before: { password: 'hunter2', n: 1 }, after: { password: 'hunter3', n: 1 } },
      { after: { password: 'hunter2', n: 1 } },
      { before: { content: 'a\nhunter2\n', n: 1 }, after: { content: 'a\nhunter3\n', n: 1 } },
      { before: { password: 'hunter2', n: 1 } },
    ];
    const changes = edits.map((edit, at) =>
      change('lb1', { kind: 'vrrp', key: `VI_${at}`, secret, ...edit }),
    );
    const shown = text(plan(changes, { hosts: [{ name: 'lb1' }] }), { verbose: true });
    expect(shown).not.toContain('hunter');
    expect(shown).toMatchInlineSnapshot(`
      "
      Symbols:  + create   ~ change   - delete
                now = in the running system

      lb1 (director)
        ~ now   vrrp  VI_0  password (sensitive) -> (sensitive)
                        # wanted  nat.yaml:1
        + now   vrrp  VI_1  password=(sensitive) n=1
                        # wanted  nat.yaml:1
        ~ now   vrrp  VI_2  content (sensitive) -> (sensitive)
                        # wanted  nat.yaml:1
        - now   vrrp  VI_3  password=(sensitive) n=1
                        # wanted  nat.yaml:1

      Plan: 1 to create, 2 to change, 1 to delete on 1 of 1 host.
      "
    `);
  });

  it('writes out what would move the cursor of a terminal', () => {
    const hostile = change('lb1', {
      kind: 'file',
      key: '/tmp/\x1b[2J',
      before: { content: 'a\n\x1b]0;x\x07\n' },
      after: { content: 'a\n' },
    });
    const shown = text(plan([hostile]));
    expect(shown).toContain('/tmp/\\x1b[2J');
    expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  it('is the same text in colour', () => {
    const shown = planText(plan([sysctl], { hosts: [{ name: 'lb1' }] }), { paint: palette(true) });
    expect(shown.split('\n')[4]).toMatchInlineSnapshot(
      `"  [33m~[39m [2mnow [22m  sysctl  [33mnet.ipv4.ip_forward[39m  [31m0[39m -> [32m1[39m         [2m# nat forwards  nat.yaml:4[22m"`,
    );
    expect(shown.replace(/\x1b\[\d+m/g, '')).toBe(
      planText(plan([sysctl], { hosts: [{ name: 'lb1' }] }), { paint: palette(false) }),
    );
  });

  it('keeps to its width but for words that are longer', () => {
    const long = change('web1', {
      kind: 'fstab-entry',
      key: '/var/www/html',
      layer: 'persisted',
      before: { source: 'a', options: 'defaults' },
      after: { source: 'b', options: 'x'.repeat(30) },
      why: why('a reason that goes on for quite a while, and then on for some more of it', 12),
    });
    for (const width of [60, 80, 132]) {
      const lines = text(plan([long, sysctl], { hosts: [{ name: 'lb1' }, { name: 'web1' }] }), {
        width,
      }).split('\n');
      expect(lines.filter(shown => shown.length > width)).toEqual([]);
    }
  });
});
