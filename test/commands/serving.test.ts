import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { servesLess, serving } from '../../src/commands/serving.js';
import type { Connector } from '../../src/hosts/connect.js';
import { Unreachable } from '../../src/hosts/session.js';
import { loadTopology } from '../../src/topology/load.js';
import { edited } from '../topology/sound.js';

const topology = loadTopology('web.yaml', edited({ '- { port: 80 }': '- { port: 80 }\n  - { port: 8080 }' }));
const both = new Set(['12.0.0.1:80', '12.0.0.1:8080']);

/** A client to whom these ports of the VIP are open; undefined: it cannot be reached. `answer`: what an open port does. */
function clientOf(open: () => readonly number[] | undefined, answer = () => Promise.resolve(new Duplex())) {
  const asked: string[] = [];
  const line = {
    async open(host: string) {
      const ports = open();
      if (!ports) throw new Unreachable(`${host}: no route to host`, 'start it');
      const tunnel = (address: string, port: number) => {
        asked.push(`${host} ${address}:${port}`);
        return open()!.includes(port) ? answer() : Promise.reject(new Error('refused'));
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
  it('are asked for from the client', async () => {
    const { line, asked } = clientOf(() => [80]);
    expect(await later(serving(topology, line))).toEqual(new Set(['12.0.0.1:80']));
    expect(asked.sort()).toEqual(['client 12.0.0.1:80', 'client 12.0.0.1:8080']);
  });

  it('are none when nobody answers, without a client, or when it cannot be reached', async () => {
    const silent = clientOf(
      () => [80, 8080],
      () => new Promise(() => {}),
    );
    expect(await later(serving(topology, silent.line))).toEqual(new Set());
    const { line } = clientOf(() => [80]);
    expect(await later(serving({ ...topology, client: undefined }, line))).toEqual(new Set());
    expect(await later(serving(topology, clientOf(() => undefined).line))).toEqual(new Set());
  });

  it('must be the same after an apply; others are not asked again', async () => {
    const { line, asked } = clientOf(() => [80]);
    expect(await later(servesLess(new Set(['12.0.0.1:80']), topology, line))).toBeUndefined();
    expect(asked).toEqual(['client 12.0.0.1:80']);
    expect(await later(servesLess(both, topology, line))).toBe(
      '12.0.0.1:8080 took connections from client before the apply, and takes none now',
    );
  });

  it('have some seconds to come back, and are not missed when the topology names them no more', async () => {
    let seconds = 0;
    const { line } = clientOf(() => (seconds++ < 8 ? [] : [80, 8080]));
    expect(await later(servesLess(both, topology, line))).toBeUndefined();
    expect(await later(servesLess(new Set(['12.0.0.9:80']), topology, line))).toBeUndefined();
  });

  it('are not taken for the same when the client is gone', async () => {
    expect(await later(servesLess(both, topology, clientOf(() => undefined).line))).toContain('any more');
  });
});
