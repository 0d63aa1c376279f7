import { describe, expect, it } from 'vitest';
import { parseCards, parseWays } from '../../src/plan/arp-answer.js';
import { Unreadable } from '../../src/resources/kind.js';

describe('who answered ARP for a VIP', () => {
  it('is told by the card of each that has one', () => {
    const printed = `192.168.127.100 dev eth0 lladdr 52:54:00:5f:00:01 REACHABLE 
192.168.127.101 dev eth0 lladdr 52:54:00:5f:00:02 STALE
192.168.127.102 dev eth0  FAILED
192.168.127.103 dev eth0 INCOMPLETE
`;
    expect([...parseWays(printed)]).toEqual([
      ['192.168.127.100', '52:54:00:5f:00:01'],
      ['192.168.127.101', '52:54:00:5f:00:02'],
    ]);
    expect(parseWays('').size).toBe(0);
    expect(() => parseWays('Error: any valid prefix is expected\n')).toThrow(Unreadable);
  });

  it('is one of the cards of a host', () => {
    expect(parseCards('00:00:00:00:00:00\n52:54:00:5f:00:01\n')).toEqual([
      '00:00:00:00:00:00',
      '52:54:00:5f:00:01',
    ]);
  });
});
