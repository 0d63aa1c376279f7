import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edit, type State, Unreadable } from '../../src/resources/kind.js';
import { route } from '../../src/resources/route.js';
import { attempt, carryOut, inverse, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

const key = 'default';
const ours = { via: '12.0.0.80', dev: 'v0', rest: 'onlink' };
const dhcp = { via: '12.0.0.254', dev: 'v0', rest: 'proto dhcp src 12.0.0.2 metric 100' };
lawOfKind(route, [
  { key, after: ours },
  { key, before: dhcp, after: ours },
  { key: '10.9.0.0/16', after: { ...ours, rest: '' } },
]);

describe('the default route', () => {
  const read: Record<string, State> = {
    'default via 192.168.80.80 dev ens33 onlink \n': { via: '192.168.80.80', dev: 'ens33', rest: 'onlink' },
    'default via 10.0.2.2 dev ens3 proto dhcp src 10.0.2.15 metric 100\ndefault via 10.0.0.1 dev ens4 metric 200\n':
      { via: '10.0.2.2', dev: 'ens3', rest: 'proto dhcp src 10.0.2.15 metric 100' },
    'default via 10.0.0.1 dev eth0 linkdown \n': { via: '10.0.0.1', dev: 'eth0', rest: '' },
    'default dev ppp0 scope link \n': { via: '', dev: 'ppp0', rest: 'scope link' },
    'default via inet6 fe80::1 dev eth0 \n': { via: 'inet6 fe80::1', dev: 'eth0', rest: '' },
    'default proto static \n\tnexthop via 10.0.0.1 dev a weight 1 \n\tnexthop via 10.0.0.2 dev b weight 2 \ndefault via 10.0.0.9 dev c metric 9 \n':
      {
        via: '',
        dev: '',
        rest: 'proto static nexthop via 10.0.0.1 dev a weight 1 nexthop via 10.0.0.2 dev b weight 2',
      },
  };
  it('is the first line of ip route, with all its words but those that only tell how it is', () => {
    for (const [output, state] of Object.entries(read))
      expect(route.parse(output).get(key), output).toEqual(state);
    expect(route.parse('').size).toBe(0);
  });

  it('is read beside the route to a network, each by the first of its lines', () => {
    const printed = `default via 192.168.80.80 dev ens33 onlink \ndefault via 10.0.0.9 dev c metric 9 \n10.9.0.0/16 \n\tnexthop via 10.0.0.1 dev a weight 1 \n\tnexthop via 10.0.0.2 dev b weight 2 \n10.9.0.0/16 via 10.0.0.9 dev c metric 9 \n10.7.0.5 via 10.0.0.7 dev c \n`;
    expect(Object.fromEntries(route.parse(printed))).toEqual({
      default: { via: '192.168.80.80', dev: 'ens33', rest: 'onlink' },
      '10.9.0.0/16': {
        via: '',
        dev: '',
        rest: 'nexthop via 10.0.0.1 dev a weight 1 nexthop via 10.0.0.2 dev b weight 2',
      },
      '10.7.0.5': { via: '10.0.0.7', dev: 'c', rest: '' },
    });
  });

  it('that is not a way out cannot be put back, so it is not read', () => {
    for (const output of ['unreachable default metric 4278198272 \n', 'blackhole 10.9.0.0/16 \n'])
      expect(() => route.parse(output), output).toThrow(Unreadable);
  });
});

describe('really run, route:', () => {
  let space: Namespace;
  beforeEach(async () => {
    space = await Namespace.make();
    space.run('ip addr add 12.0.0.2/24 brd + dev v0');
  });
  afterEach(() => space.end());
  const look = () => route.parse(carryOut(route.probe([key]), space.within)).get(key);
  const shown = () => space.run('ip -4 route show');
  const go = (edit: Edit<typeof ours>) => {
    for (const step of route.steps(edit)) carryOut(step, space.within);
  };

  for (const [title, words] of Object.entries({
    'from DHCP, with a metric': 'via 12.0.0.254 dev v0 proto dhcp src 12.0.0.2 metric 100',
    'of the same gateway, not onlink': 'via 12.0.0.80 dev v0',
    'of the same gateway, with a metric': 'via 12.0.0.80 dev v0 onlink metric 7',
    'by two gateways': 'nexthop via 12.0.0.7 dev v0 weight 1 nexthop via 12.0.0.8 dev v0 weight 1',
    'without a gateway': 'dev v0 scope link',
  }))
    it(`takes the place of a default route ${title}, and gives it back as it was`, () => {
      space.run(`ip route add default ${words}; ip route add default via 12.0.0.77 dev v0 metric 900`);
      const origin = shown();
      const edit = { key, before: look()!, after: ours };
      for (let time = 0; time < 2; time++) {
        go(edit);
        expect(look()).toEqual(ours);
        expect(shown().match(/default/g)).toHaveLength(2);
      }
      for (let time = 0; time < 2; time++) {
        go(inverse(edit));
        expect(shown()).toBe(origin);
      }
    });

  it('comes where there was none and goes again, also when a metric is what differs', () => {
    const origin = shown();
    const edit = { key, after: ours };
    for (const each of [edit, edit, inverse(edit), inverse(edit), edit]) {
      go(each);
      expect(look()).toEqual(each.after);
    }
    const later = { key, before: ours, after: { ...ours, rest: 'proto static metric 100' } };
    for (const each of [later, later, inverse(later), inverse(later), later, { key, before: later.after }]) {
      go(each);
      expect(look()).toEqual(each.after);
    }
    expect(shown()).toBe(origin);
  });

  for (const [title, network, words] of [
    ['to a network that nobody had a route to', '10.9.0.0/16', undefined],
    ['to one address, before somebody else’s', '10.9.0.5', 'via 12.0.0.254 dev v0 proto static metric 50'],
    ['to a network, before somebody else’s', '10.9.0.0/16', 'via 12.0.0.254 dev v0'],
  ] as const)
    it(`leads ${title}, and gives back what was there; the default route and its neighbours stay`, () => {
      space.run(
        'ip route add default via 12.0.0.77 dev v0; ip route add 10.9.0.0/24 via 12.0.0.78; ip route add 10.0.0.0/8 via 12.0.0.79',
      );
      if (words) space.run(`ip route add ${network} ${words}`);
      const origin = shown();
      const read = () => route.parse(carryOut(route.probe([network]), space.within));
      const before = read().get(network);
      const after = { via: '12.0.0.253', dev: 'v0', rest: '' };
      const edit = { key: network, ...(before && { before }), after };
      expect(before?.via).toBe(words && '12.0.0.254');
      for (let time = 0; time < 2; time++) {
        go(edit);
        expect([...read()]).toEqual([[network, after]]);
      }
      expect([...route.parse(carryOut(route.probe(['default', network]), space.within)).keys()]).toEqual([
        'default',
        network,
      ]);
      for (let time = 0; time < 2; time++) {
        go(inverse(edit));
        expect(shown()).toBe(origin);
      }
    });

  it('fails with the word of ip when its device is not there', () => {
    const { status, stderr } = attempt(
      route.steps({ key, after: { ...ours, dev: 'gone' } })[0]!,
      space.within,
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain('Cannot find device "gone"');
  });
});
