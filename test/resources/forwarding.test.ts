import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forwarding } from '../../src/resources/forwarding.js';
import { type Edit, Unreadable } from '../../src/resources/kind.js';
import { carryOut, inverse, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

const key = 'net.ipv4.ip_forward';
const router = { value: '1', accept_redirects: '0', exceptions: '' };
lawOfKind(forwarding, [
  { key, before: { value: '0', accept_redirects: '1', exceptions: 'eth0' }, after: router },
]);

describe('forwarding', () => {
  it('names what differs from ip_forward, sorted, without `all`', () => {
    const output = `ip_forward:0
conf/all/accept_redirects:1
conf/all/forwarding:0
conf/default/forwarding:0
conf/eth1/forwarding:1
conf/br:a.100/forwarding:1
conf/lo/forwarding:0
`;
    expect(forwarding.parse(output).get(key)).toEqual({
      value: '0',
      accept_redirects: '1',
      exceptions: 'br:a.100 eth1',
    });
  });

  it('does not guess', () => {
    expect(() => forwarding.parse('conf/lo/forwarding:0\n')).toThrow(Unreadable);
    expect(() => forwarding.parse('grep: what\n')).toThrow(Unreadable);
  });
});

describe('really run, forwarding:', () => {
  let space: Namespace;
  beforeAll(async () => {
    space = await Namespace.make();
  });
  afterAll(() => space.end());
  const look = () => forwarding.parse(carryOut(forwarding.probe([key]), space.within)).get(key)!;
  const all = () =>
    space.run('grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv4/ip_forward 2>/dev/null; :');
  const go = (edit: Edit<typeof router>) => {
    for (const step of forwarding.steps(edit)) carryOut(step, space.within);
  };

  it('brings back every value that the kernel changed along with ip_forward', () => {
    space.run(
      'cd /proc/sys/net/ipv4/conf; echo 0 >all/accept_redirects; echo 1 >v1/forwarding; echo 1 >default/forwarding',
    );
    const origin = all();
    const before = look();
    expect(before).toEqual({ value: '0', accept_redirects: '0', exceptions: 'default v1' });
    const edit = { key, before, after: router };
    for (let time = 0; time < 2; time++) {
      go(edit);
      expect(look()).toEqual(router);
    }
    space.run('ip link add gone type veth peer name gone1 && ip link del gone');
    for (let time = 0; time < 2; time++) {
      go(inverse(edit));
      expect(all()).toBe(origin);
    }
  });

  it('passes over an exception whose interface is gone', () => {
    go({ key, before: look(), after: { ...router, exceptions: 'gone9 v0' } });
    expect(look()).toEqual({ ...router, exceptions: 'v0' });
  });
});
