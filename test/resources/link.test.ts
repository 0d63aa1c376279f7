import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edit, Unreadable } from '../../src/resources/kind.js';
import { link } from '../../src/resources/link.js';
import { attempt, carryOut, inverse, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

lawOfKind(link, [{ key: 'ens37', before: { up: false }, after: { up: true } }]);

describe('a link', () => {
  it('is read from ip -o, also when it hangs on another', () => {
    const output = String.raw`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
3: ens37: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\    link/ether 52:54:1f:48:01:02 brd ff:ff:ff:ff:ff:ff
4: ens37.5@ens37: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default\    link/ether 52:54:1f:48:01:02 brd ff:ff:ff:ff:ff:ff
`;
    expect(Object.fromEntries(link.parse(output))).toEqual({
      lo: { up: true },
      ens37: { up: false },
      'ens37.5': { up: true },
    });
    expect(() => link.parse('Object "link" is unknown')).toThrow(Unreadable);
  });
});

describe('really run, link:', () => {
  let space: Namespace;
  beforeEach(async () => {
    space = await Namespace.make();
  });
  afterEach(() => space.end());
  const look = () => link.parse(carryOut(link.probe(['v0']), space.within)).get('v0');
  const go = (edit: Edit<{ up: boolean }>) => {
    for (const step of link.steps(edit)) carryOut(step, space.within);
  };
  const edit = { key: 'v0', before: { up: false }, after: { up: true } };

  it('goes up, down and up, each time as if for the first time', () => {
    for (const each of [edit, edit, inverse(edit), inverse(edit), edit]) {
      go(each);
      expect(look()).toEqual(each.after);
    }
  });

  it('that came with a module goes down again, and may be gone by then', () => {
    go(edit);
    go({ key: 'v0', before: { up: true } });
    expect(look()).toEqual({ up: false });
    go({ key: 'no-such', before: { up: true } });
  });

  it('is not set down when somebody else holds an address there by now', () => {
    space.run('ip addr add 10.0.0.7/24 dev v0');
    const { status, stderr } = attempt(link.steps(inverse(edit))[0]!, space.within);
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 1,
      stderr: 'v0 was down at first and holds addresses of others now: remove 10.0.0.7/24 there',
    });
    expect(look()).toEqual({ up: true });
  });
});
