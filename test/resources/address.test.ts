import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { address } from '../../src/resources/address.js';
import { type Edit, Unreadable } from '../../src/resources/kind.js';
import { attempt, carryOut, inverse, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

const key = 'ens37 12.0.0.1/24';
lawOfKind(address, [
  { key, after: { label: '' } },
  { key, before: { label: '' }, after: { label: 'ens37:vip' } },
]);

describe('an address', () => {
  it('is read from ip -o, with its label when it has one of its own', () => {
    const output = String.raw`1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
1: lo    inet 10.0.0.100/32 brd 10.0.0.100 scope global lo:0\       valid_lft forever preferred_lft forever
2: ens33    inet 10.0.2.15/24 metric 100 brd 10.0.2.255 scope global dynamic noprefixroute ens33\       valid_lft 86395sec preferred_lft 86395sec
3: ens37    inet 12.0.0.1/24 brd 12.0.0.255 scope global secondary ens37:vip\       valid_lft forever preferred_lft forever
4: ppp0    inet 10.8.0.1 peer 10.8.0.2/32 scope global ppp0\       valid_lft forever preferred_lft forever
`;
    expect(Object.fromEntries(address.parse(output))).toEqual({
      'lo 127.0.0.1/8': { label: '' },
      'lo 10.0.0.100/32': { label: 'lo:0' },
      'ens33 10.0.2.15/24': { label: '' },
      'ens37 12.0.0.1/24': { label: 'ens37:vip' },
      'ppp0 10.8.0.1 peer 10.8.0.2/32': { label: '' },
    });
    expect(() => address.parse('Object "addr" is unknown')).toThrow(Unreadable);
  });

  it('gets a broadcast address unless its network has none', () => {
    const args = (key: string) => address.steps({ key, after: { label: '' } })[0]?.args;
    expect(args(key)).toEqual(['ens37', '12.0.0.1/24', 'ens37', 'brd', '+']);
    expect(args('lo 10.0.0.100/32')).toEqual(['lo', '10.0.0.100/32', 'lo']);
  });
});

describe('really run, address:', () => {
  let space: Namespace;
  beforeEach(async () => {
    space = await Namespace.make();
  });
  afterEach(() => space.end());
  const look = (key: string) => address.parse(carryOut(address.probe([key]), space.within)).get(key);
  const go = (edit: Edit<{ label: string }>) => {
    for (const step of address.steps(edit)) carryOut(step, space.within);
  };
  const all = () =>
    space.run(
      'ip -o -4 addr show dev v0; ip -4 route show; cat /proc/sys/net/ipv4/conf/v0/promote_secondaries',
    );

  it('is what ifupdown makes of it, on an interface that was down', () => {
    space.run(
      'ip link set dev v0 down; ip addr add 12.0.0.1/24 broadcast 12.0.0.255 dev v0 label v0; ip link set dev v0 up',
    );
    const made = all();
    space.run('ip addr flush dev v0; ip link set dev v0 down');
    go({ key: 'v0 12.0.0.1/24', after: { label: '' } });
    expect(all()).toBe(made);
  });

  it('announces itself to its neighbours when it comes, and where nobody is to know it does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsctl-address-'));
    const log = join(folder, 'log');
    writeFileSync(join(folder, 'arping'), `#!/bin/sh\necho "$*" >>'${log}'\n`, { mode: 0o755 });
    const hold = (key: string) => {
      for (const { run, ...rest } of address.steps({ key, after: { label: '' } }))
        carryOut({ run: `PATH='${folder}':$PATH\n${run}`, ...rest }, space.within);
    };
    space.run('ip link set dev v1 arp off');
    for (const key of ['lo 12.0.0.3/32', 'v1 12.0.0.4/32', 'v0 12.0.0.1/24', 'v0 12.0.0.1/24']) hold(key);
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8')).toBe('-q -U -c 2 -I v0 12.0.0.1\n');
    rmSync(folder, { recursive: true });
  });

  it('comes, changes its label, goes, and leaves its neighbours and their routes as they are', () => {
    const key = 'v0 12.0.0.1/24';
    space.run('ip addr add 12.0.0.2/24 brd + dev v0; ip route add default via 12.0.0.9 dev v0 onlink');
    const origin = all();
    const edit = { key, after: { label: '' } };
    for (const each of [edit, edit, inverse(edit), inverse(edit), edit]) {
      go(each);
      expect(look(key)).toEqual(each.after);
    }
    const label = { key, before: { label: '' }, after: { label: 'v0:vip' } };
    for (const each of [label, label, inverse(label), label]) {
      go(each);
      expect(look(key)).toEqual(each.after);
    }
    go({ key, before: { label: 'v0:vip' } });
    expect(all()).toBe(origin);
  });

  it('goes alone, also when it came first in its network', () => {
    space.run('ip addr add 12.0.0.1/24 brd + dev v0; ip addr add 12.0.0.2/24 brd + dev v0 label v0:a');
    space.run('ip addr add 12.0.0.3/24 dev v0; ip route add default via 12.0.0.9 dev v0');
    go({ key: 'v0 12.0.0.1/24', before: { label: '' } });
    expect(look('v0 12.0.0.1/24')).toBeUndefined();
    expect(look('v0 12.0.0.2/24')).toEqual({ label: 'v0:a' });
    expect(look('v0 12.0.0.3/24')).toEqual({ label: '' });
    expect(all()).toContain('default via 12.0.0.9 dev v0');
    expect(all()).toMatch(/\n0\n$/);
  });

  it('keeps the routes of its device over a change of its label when it is the only one', () => {
    space.run('ip addr add 12.0.0.1/24 brd + dev v0; ip route add default via 12.0.0.9 dev v0 onlink');
    const origin = space.run('ip -4 route show');
    go({ key: 'v0 12.0.0.1/24', before: { label: '' }, after: { label: 'v0:1' } });
    expect(space.run('ip -4 route show')).toBe(origin);
  });

  it('is no trouble to remove with its interface gone, and an error to make', () => {
    go({ key: 'gone 12.0.0.1/24', before: { label: '' } });
    const { status, stderr } = attempt(
      address.steps({ key: 'gone 12.0.0.1/24', after: { label: '' } })[0]!,
      space.within,
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain('Cannot find device "gone"');
  });
});
