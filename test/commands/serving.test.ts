import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Served, servesLess, serving } from '../../src/commands/serving.js';
import type { Connector } from '../../src/hosts/connect.js';
import { look } from '../../src/hosts/look.js';
import { type Session, Unreachable } from '../../src/hosts/session.js';
import { loadTopology } from '../../src/topology/load.js';
import type { Topology } from '../../src/topology/topology.js';
import { edited } from '../topology/sound.js';

// Fake timers leave out those of node:timers/promises.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown) => new Promise(end => setTimeout(() => end(value), ms)),
}));
vi.mock('../../src/hosts/look.js', () => ({ look: vi.fn() }));

const topology = loadTopology('web.yaml', edited({ '- { port: 80 }': '- { port: 80 }\n  - { port: 8080 }' }));
const served = (doors: Record<string, 'each' | 'some'>, cards: Record<string, string> = {}): Served => ({
  doors: new Map(Object.entries(doors)),
  cards: new Map(Object.entries(cards)),
});
const both = served({ '12.0.0.1:80': 'each', '12.0.0.1:8080': 'each' });
const nobody: ReadonlyMap<string, Session> = new Map();

/**
 * A client to whom these ports of the VIP are open, those of `half` at every other connection; undefined: it cannot be
 * reached. `answer`: what an open port does.
 */
function clientOf(
  open: () => readonly number[] | undefined,
  { half = [], answer = async () => new Duplex() }: { half?: number[]; answer?: () => Promise<Duplex> } = {},
) {
  const asked: string[] = [];
  const line = {
    async open(host: string) {
      if (!open()) throw new Unreachable(`${host}: no route to host`, 'start it');
      const tunnel = (address: string, port: number) => {
        asked.push(`${host} ${address}:${port}`);
        const taken = open()!.includes(port) && !(half.includes(port) && asked.length % 2 === 0);
        return taken ? answer() : Promise.reject(new Error('refused'));
      };
      return { host, tunnel, close: async () => {} };
    },
  } as unknown as Connector;
  return { line, asked };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
/** What a promise comes to when time passes. */
async function later<T>(promise: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(120_000);
  return promise;
}

describe('the services that take connections at their VIP', () => {
  it('are asked for from the client, once for each real server', async () => {
    const { line, asked } = clientOf(() => [80]);
    expect(await later(serving(topology, line))).toEqual(served({ '12.0.0.1:80': 'each' }));
    const round = ['12.0.0.1:80', '12.0.0.1:80', '12.0.0.1:8080', '12.0.0.1:8080'];
    expect(asked.sort()).toEqual(round.map(door => `client ${door}`));
  });

  it('are none when nobody answers, without a client, or when it cannot be reached', async () => {
    const silent = clientOf(() => [80, 8080], { answer: () => new Promise(() => {}) });
    expect(await later(serving(topology, silent.line))).toEqual(served({}));
    const { line } = clientOf(() => [80]);
    expect(await later(serving({ ...topology, client: undefined }, line))).toEqual(served({}));
    expect(await later(serving(topology, clientOf(() => undefined).line))).toEqual(served({}));
  });

  it('must be the same after an apply; others are not asked again', async () => {
    const { line, asked } = clientOf(() => [80]);
    const one = served({ '12.0.0.1:80': 'each' });
    expect(await later(servesLess(one, topology, line, nobody))).toBeUndefined();
    expect(asked).toEqual(['client 12.0.0.1:80', 'client 12.0.0.1:80']);
    expect(await later(servesLess(both, topology, line, nobody))).toBe(
      'as client finds it, 12.0.0.1:8080 took connections before the apply, and takes none now',
    );
  });

  it('must give every real server its share where each had it before', async () => {
    const { line } = clientOf(() => [80], { half: [80] });
    const some = served({ '12.0.0.1:80': 'some' });
    expect(await later(serving(topology, line))).toEqual(some);
    expect(await later(servesLess(some, topology, line, nobody))).toBeUndefined();
    const each = served({ '12.0.0.1:80': 'each' });
    expect(await later(servesLess(each, topology, line, nobody))).toBe(
      'as client finds it, 12.0.0.1:80 took every connection before the apply, and only some now: not each real server takes its share',
    );
  });

  it('have some seconds to come back, and are not missed when the topology names them no more', async () => {
    let seconds = 0;
    const { line } = clientOf(() => (seconds++ < 8 ? [] : [80, 8080]));
    expect(await later(servesLess(both, topology, line, nobody))).toBeUndefined();
    const gone = served({ '12.0.0.9:80': 'each' });
    expect(await later(servesLess(gone, topology, line, nobody))).toBeUndefined();
  });

  it('are not taken for the same when the client is gone', async () => {
    const { line } = clientOf(() => undefined);
    expect(await later(servesLess(both, topology, line, nobody))).toContain('any more');
  });
});

describe('a VIP that real servers hold too', () => {
  const direct: Topology = {
    ...topology,
    services: topology.services.map(service => ({ ...service, mode: 'dr' })),
  };
  const [client, web1, lb1] = ['52:54:00:00:00:01', '52:54:00:00:00:11', '52:54:00:00:00:21'];
  const sessions = new Map(['web1', 'web2'].map(host => [host, { host } as Session]));
  /** The client finds the VIP behind this card. */
  const behind = (card: string | undefined) =>
    vi.mocked(look).mockImplementation(async ({ host }, _cluster, _command, parse) => {
      const way = `12.0.0.1 dev eth0 ${card ? `lladdr ${card} REACHABLE` : 'FAILED'} \n`;
      return parse(host === 'client' ? way : `00:00:00:00:00:00\n${host === 'web1' ? web1 : client}\n`);
    });
  const { line } = clientOf(() => [80, 8080]);

  it('is looked for in the tables of the client, which asked it', async () => {
    behind(lb1);
    expect((await later(serving(direct, line))).cards).toEqual(new Map([['12.0.0.1', lb1]]));
    behind(undefined);
    expect((await later(serving(direct, line))).cards).toEqual(new Map());
  });

  it('must not be answered for by a real server, unless it was before', async () => {
    const less = (card: string | undefined) =>
      later(
        servesLess(
          served({ '12.0.0.1:80': 'each' }, card ? { '12.0.0.1': card } : {}),
          direct,
          line,
          sessions,
        ),
      );
    behind(web1);
    expect(await less(lb1)).toBe(
      `web1 answers ARP for 12.0.0.1, in place of a director: its card is ${web1}`,
    );
    expect(await less(web1)).toBeUndefined();
    behind(lb1);
    expect(await less(undefined)).toBeUndefined();
  });
});
