import { describe, expect, it } from 'vitest';
import {
  contains,
  covers,
  matches,
  networkOf,
  notHostAddress,
  parseInterface4,
} from '../../src/topology/network.js';

it.each([
  ['192.168.80.10/24', '192.168.80.0/24'],
  ['10.1.2.3/20', '10.1.0.0/20'],
  ['12.0.0.1/32', '12.0.0.1/32'],
])('%s stands in the network %s', (at, network) => {
  expect(networkOf(parseInterface4(at))).toBe(network);
});

it('tells what lies in a network', () => {
  expect(contains(parseInterface4('192.168.80.10/24'), '192.168.80.255')).toBe(true);
  expect(contains(parseInterface4('192.168.80.10/24'), '192.168.81.1')).toBe(false);
  expect(matches('192.168.80.0/25', '192.168.80.127')).toBe(true);
  expect(matches('192.168.80.0/25', '192.168.80.128')).toBe(false);
  expect(matches('192.168.80.10', '192.168.80.11')).toBe(false);
});

it.each([
  ['10.9.3.1/16', true],
  ['10.0.0.1/8', true],
  ['10.9.0.1/24', false],
  ['10.8.0.1/16', false],
  ['nonsense', false],
])('a host at %s stands in the whole of 10.9.0.0/16: %s', (printed, isIn) => {
  expect(covers(printed, parseInterface4('10.9.0.0/16'))).toBe(isIn);
});

describe('no machine can hold', () => {
  it.each([
    ['192.168.80.0/24', 'the address of the network 192.168.80.0/24 itself'],
    ['192.168.80.255/24', 'the broadcast address of 192.168.80.0/24'],
    ['127.0.0.1/8', 'a loopback address'],
    ['0.1.2.3/24', 'an address of 0.0.0.0/8'],
    ['224.0.0.18/24', 'a multicast address'],
    ['250.0.0.1/24', 'a reserved address'],
  ])('%s: %s', (at, reason) => {
    expect(notHostAddress(parseInterface4(at))).toBe(reason);
  });

  it.each(['192.168.80.255/23', '10.0.0.0/31', '10.0.0.1/31', '12.0.0.0/32'])('but one can hold %s', at => {
    expect(notHostAddress(parseInterface4(at))).toBeUndefined();
  });
});
