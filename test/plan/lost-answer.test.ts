import { describe, expect, it } from 'vitest';
import {
  answeringProbe,
  type Evidence,
  lostAnswers,
  parseAnswering,
  parseSentOn,
  sentOnProbe,
} from '../../src/plan/lost-answer.js';
import { Unreadable } from '../../src/resources/kind.js';
import { loadTopology } from '../../src/topology/load.js';
import { carryOut } from '../resources/law.js';

const topology = loadTopology('inventories/tun.yaml');
const [service] = topology.services;
const client = '10.9.0.10';
const virtual = '10.1.0.100:80';
const half = [{ virtual, client: '10.9.0.10:40000' }];
const sentTo = (server: string) => ({ ...half[0]!, server });

const said = (evidence: Partial<Evidence>, from = client) =>
  lostAnswers(topology, service!, from, { sentOn: [], servers: new Map(), ...evidence }).map(
    ({ host, message }) => `${host}: ${message}`,
  );
const servers = (web1: object = {}, web2: object = {}): Evidence['servers'] =>
  new Map([
    ['web1', { halfOpen: [], via: '10.2.0.254', ...web1 }],
    ['web2', { halfOpen: [], via: '10.3.0.254', ...web2 }],
  ]);

describe('what hosts know of connections', () => {
  it('is, on a director, what it sent on and is not open', () => {
    const table = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A09000A 9C40 0A010064 0050 0A02000A 0050 SYN_RECV         57
TCP 0A09000A 9C42 0A010064 0050 0A03000A 0050 ESTABLISHED     898
TCP 0A09000A 0000 0A010064 0050 0A02000A 0050 NONE             12
UDP 0A09000A 0035 0A010064 0035 0A02000A 0035 UDP              12
TCP [2001:0db8:0000:0000:0000:0000:0000:0001] 9C40 [2001:0db8:0000:0000:0000:0000:0000:0002] 0050 [2001:0db8:0000:0000:0000:0000:0000:0003] 0050 SYN_RECV 57
`;
    expect(parseSentOn(table)).toEqual([sentTo('10.2.0.10')]);
    expect(parseSentOn('')).toEqual([]);
    expect(() => parseSentOn('cat: denied\n')).toThrow(Unreadable);
  });

  it('is, on a real server, what it answered and heard no more of, and its way back', () => {
    const printed = `half-open 6400010A:0050 0A00090A:9C40
half-open 0000000000000000FFFF00006400010A:0050 0000000000000000FFFF00000A00090A:9C42
via 10.2.0.254
`;
    expect(parseAnswering(printed)).toEqual({
      halfOpen: [...half, { virtual, client: '10.9.0.10:40002' }],
      via: '10.2.0.254',
    });
    expect(parseAnswering('')).toEqual({ halfOpen: [], via: '' });
    expect(() => parseAnswering('half-open x y\n')).toThrow(Unreadable);
  });

  it('can be read on any Linux, also without ipvs', () => {
    expect(parseSentOn(carryOut(sentOnProbe))).toEqual([]);
    expect(() => parseAnswering(carryOut(answeringProbe('10.1.0.100', '127.0.0.1')))).not.toThrow();
  });
});

describe('a request without an answer', () => {
  it('whose answer was lost names the router of the real server', () => {
    const evidence = { sentOn: [sentTo('10.2.0.10')], servers: servers({ halfOpen: half }) };
    expect(said(evidence)).toEqual([
      'web1: web1 got the request and answered, and the answer was lost on its way back: does the router r1 (10.2.0.254) drop packets with the source 10.1.0.100?',
    ]);
  });

  it('names the next hop when the topology has no such router, and the network when there is none', () => {
    expect(said({ servers: servers({ halfOpen: half, via: '10.2.0.1' }) })[0]).toContain(
      'does the router 10.2.0.1 drop',
    );
    expect(said({ servers: servers({ halfOpen: half, via: '' }) })[0]).toContain('does the network drop');
  });

  it('that a real server has not seen names the tunnel', () => {
    expect(said({ sentOn: [sentTo('10.2.0.10'), sentTo('10.3.0.10')], servers: servers() })).toEqual([
      'web1: lb1 sent the request on to web1, which has not answered it: IP in IP (protocol 4) did not arrive, or web1 drops what they hold',
      'web2: lb1 sent the request on to web2, which has not answered it: IP in IP (protocol 4) did not arrive, or web2 drops what they hold',
    ]);
  });

  it('that no director has seen never came there', () => {
    expect(said({ servers: servers() })).toEqual([
      'lb1: lb1 knows of no request: none arrived for 10.1.0.100:80',
    ]);
  });

  it('is not told from those of another client, unless any may have sent it', () => {
    const other = [{ virtual, client: '10.9.0.1:40000' }];
    expect(said({ servers: servers({ halfOpen: other }) })[0]).toContain('none arrived');
    expect(said({ servers: servers({ halfOpen: other }) }, '')[0]).toContain('web1 got the request');
  });

  it('is nobody’s fault as long as no host could be read', () => {
    expect(said({})).toEqual([]);
  });
});
