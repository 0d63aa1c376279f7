import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepalivedFiles } from '../../src/roles/keepalived.js';
import { configurationTest } from '../../src/roles/keepalived-check.js';
import { judgeTopology } from '../../src/rules/index.js';
import { loadTopology } from '../../src/topology/load.js';
import type { Topology } from '../../src/topology/topology.js';
import { random } from '../plan/random.js';
import { attempt, moved } from '../resources/law.js';
import { Namespace } from '../resources/namespace.js';

/** One seed a run, told when it fails; SEED=n repeats it. */
const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
const WANTED = 25;

let namespace: Namespace;
let folder: string;

beforeAll(async () => {
  namespace = await Namespace.make();
  folder = mkdtempSync(join(tmpdir(), 'lvsctl-keepalived-'));
  mkdirSync(join(folder, 'host'));
  for (const name of ['a.sh', 'b.sh', 'c.sh']) writeFileSync(join(folder, name), '#!/bin/sh\nexit 0\n');
  writeFileSync(join(folder, 'password'), 'a+b/c=:.\n');
});

afterAll(() => {
  namespace.end();
  rmSync(folder, { recursive: true, force: true });
});

/** What `keepalived -t` of this machine says of a topology's directors, the files as lvsctl would test them there. */
function tested(topology: Topology): { status: number | null; stderr: string }[] {
  return topology.directors.map(host => {
    const parts = keepalivedFiles(topology, host, { inside: 'v0', outside: host.outside ?? 'v0' });
    const command = moved(configurationTest(parts), '/var/lib/lvsctl', join(folder, 'host'));
    const { status, stderr } = attempt(command, namespace.within);
    return { status, stderr };
  });
}

function load(value: object): Topology {
  return loadTopology(join(folder, 'x.yaml'), JSON.stringify(value));
}

/** Builds one topology that the schema takes, of everything that reaches keepalived.conf. */
function generated(seed: number): object {
  const below = random(seed);
  const chance = (percent: number) => below(100) < percent;
  const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
  const maybe = <T extends object>(value: () => T): T | object => (chance(40) ? value() : {});
  const flag = () => chance(30);
  const mode = pick(['nat', 'dr', 'tun'] as const);
  const two = mode === 'nat' && flag();
  const vip = two ? '12.0.0.1/24' : '10.0.0.100/24';
  const directors = Array.from({ length: 1 + below(3) }, (_, index) => ({
    name: `lb${index + 1}`,
    address: `10.0.0.${200 + index}/24`,
    interface: 'v0',
    ...(two && { outside: 'v1', outsideAddress: `12.0.0.${2 + index}/24` }),
    ...(flag() && { priority: 1 + below(254) }),
  }));
  const realServers = Array.from({ length: 1 + below(3) }, (_, index) => ({
    name: `web${index + 1}`,
    address: `10.0.0.${10 + index}/24`,
    weight: pick([0, 1, 1, 3, 65535]),
    ...maybe(() => ({ upperThreshold: below(1000), lowerThreshold: below(1000) })),
  }));
  const check = () => {
    const type = pick([
      'HTTP_GET',
      'SSL_GET',
      'TCP_CHECK',
      'MISC_CHECK',
      'DNS_CHECK',
      'SMTP_CHECK',
      'PING_CHECK',
      'UDP_CHECK',
    ]);
    const web = {
      path: pick(['/', '/index.html', '/a!b#c"d\\e$f@~SEQ{1}', '/?x=1&y=%20']),
      ...maybe(() => ({ status: 100 + below(500) })),
      ...maybe(() => ({ virtualhost: 'www.example.org' })),
      ...maybe(() => ({ digest: 'd41d8cd98f00b204e9800998ecf8427e' })),
    };
    return {
      type,
      ...maybe(() => ({ port: 1 + below(65535) })),
      ...(/GET/.test(type) ? maybe(() => web) : {}),
      ...(type === 'MISC_CHECK' && {
        script: pick(['a.sh', 'b.sh']),
        ...maybe(() => ({ timeout: 1 + below(99) })),
      }),
      ...(type === 'DNS_CHECK' && {
        ...maybe(() => ({
          name: 'example.org.',
          recordType: pick(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'SOA', 'TXT']),
        })),
      }),
      ...(type === 'SMTP_CHECK' && maybe(() => ({ heloName: 'lb.example.org' }))),
      ...maybe(() => ({ connectTimeout: 1 + below(3600), retry: below(256), delayBeforeRetry: below(3601) })),
      // Sometimes one that belongs elsewhere: then the rules must say so.
      ...(chance(3) && { heloName: 'x' }),
    };
  };
  const services = Array.from({ length: 1 + below(3) }, (_, index) => {
    const scheduler = pick([
      'rr',
      'wrr',
      'lc',
      'wlc',
      'lblc',
      'lblcr',
      'dh',
      'sh',
      'sed',
      'nq',
      'fo',
      'ovf',
      'mh',
      'twos',
    ]);
    const udp = flag();
    return {
      ...(flag() ? { fwmark: 1 + index, ports: [80 + index, 443 + index] } : { port: 80 + 10 * index }),
      protocol: udp ? 'udp' : 'tcp',
      scheduler,
      ...(/sh|mh/.test(scheduler) &&
        scheduler !== 'dh' &&
        maybe(() => ({ flags: [`${scheduler}-port`, `${scheduler}-fallback`] }))),
      ...maybe(() => ({
        persistence: pick<unknown>([1, 300, 2678400, { timeout: 60, netmask: '255.255.255.0' }]),
      })),
      ...(udp && maybe(() => ({ onePacket: true }))),
      ...maybe(() => ({ checks: Array.from({ length: below(4) }, check) })),
      ...maybe(() => ({ delayLoop: 1 + below(3600) })),
      ...maybe(() => ({ quorum: 1 + below(3), hysteresis: below(2) })),
      inhibitOnFailure: flag(),
      alpha: flag(),
      omega: flag(),
      ...(flag()
        ? { sorryPage: 'sorry' }
        : maybe(() => ({
            sorryServer: { address: pick(['127.0.0.1', '10.0.0.99']), ...maybe(() => ({ port: 80 })) },
          }))),
    };
  });
  const tracked = () => ({
    interfaces: flag() ? [{ interface: 'v1', ...maybe(() => ({ weight: below(507) - 253 })) }] : [],
    processes: flag()
      ? [{ process: pick(['nginx', '/usr/sbin/nginx']), ...maybe(() => ({ weight: below(507) - 253 })) }]
      : [],
    scripts: Array.from({ length: below(3) }, () => ({
      script: pick(['a.sh', 'c.sh']),
      ...maybe(() => ({
        interval: 1 + below(3600),
        timeout: 1 + below(3600),
        weight: below(507) - 253,
        fall: 1 + below(255),
        rise: 1 + below(255),
      })),
    })),
  });
  return {
    name: 'any',
    mode,
    vip,
    directors,
    realServers,
    services,
    keepalived: {
      ...maybe(() => ({
        mail: { to: ['a@example.org', 'b@example.org'], from: 'lb@example.org', server: '10.0.0.25' },
      })),
    },
    ...((directors.length > 1 || flag()) && {
      vrrp: {
        virtualRouterId: 1 + below(255),
        advertInt: pick([1, 1, 2, 40, 0.5]),
        preempt: pick(['now', 'none', 1, 1000]),
        peers: pick(['multicast', 'unicast']),
        connectionSync: flag(),
        ...maybe(() => ({ authPass: { file: 'password' } })),
        ...maybe(() => ({ label: pick(['v0:1', 'vip', 'v0:longest.name']) })),
        ...maybe(() => ({ instance: 'web.VI-1' })),
        ...maybe(() => ({ multicastGroup: '239.1.2.3' })),
        ...maybe(() => ({ notify: { master: 'a.sh', backup: 'b.sh', fault: 'a.sh', stop: 'c.sh' } })),
        track: tracked(),
      },
      ...(two && { gatewayVip: '10.0.0.254/24' }),
    }),
    ...maybe(() => ({
      tunnel: pick<object>([
        { type: 'ipip' },
        { type: 'gue', port: 5555, checksum: 'csum' },
        { type: 'gre', checksum: 'nocsum' },
      ]),
    })),
    ...maybe(() => ({ timeouts: { tcp: 1 + below(9999), ...maybe(() => ({ udp: 300 })) } })),
  };
}

describe('keepalived itself', () => {
  it(`takes every topology that validates, without a word (SEED=${SEED})`, { timeout: 300_000 }, () => {
    const left = new Map<string, number>();
    let taken = 0;
    for (let seed = SEED; taken < WANTED && seed < SEED + 2000; seed++) {
      const value = generated(seed);
      const topology = load(value);
      const errors = judgeTopology(topology).filter(({ severity }) => severity === 'error');
      for (const { id } of errors) left.set(id, (left.get(id) ?? 0) + 1);
      if (errors.length > 0) continue;
      taken++;
      const all = topology.directors.map(() => ({ status: 0, stderr: '' }));
      expect({ seed, said: tested(topology) }, JSON.stringify(value)).toEqual({ seed, said: all });
    }
    expect({ taken, left: [...left] }).toMatchObject({ taken: WANTED });
  });
});
