import { compare } from '../src/plan/compare.js';
import { changes, type Observed } from '../src/plan/plan.js';
import { kinds } from '../src/resources/index.js';
import type { Resource, State } from '../src/resources/kind.js';
import { type Spread, spread } from './measure.js';

/** The differ alone: so many services with ten real servers each, all as wanted but every hundredth server. */
export interface Differ {
  services: number;
  /** Seconds. */
  wall: Spread;
  changes: number;
}

const SERVERS = 10;

export function measureDiffer(): Differ[] {
  return [100, 1000, 10_000].map(services => {
    const { desired, observed, cluster } = scene(services);
    const walls: number[] = [];
    let found = 0;
    for (let round = 0; round < 5; round++) {
      const begun = process.hrtime.bigint();
      found = changes(compare(cluster, desired, observed, kinds)).length;
      walls.push(Number(process.hrtime.bigint() - begun) / 1e9);
    }
    return { services, wall: spread(walls), changes: found };
  });
}

function scene(services: number) {
  const why = { reason: 'a real server', place: { file: 'bench.yaml', line: 1, column: 1 } };
  const wanted: Resource[] = [];
  const tables = { 'virtual-service': new Map<string, State>(), 'real-server': new Map<string, State>() };
  const want = (kind: keyof typeof tables, key: string, state: State, live = state) => {
    wanted.push({ kind, key, state, why, stage: 'master' });
    tables[kind].set(key, live);
  };
  for (let index = 0; index < services; index++) {
    const service = `tcp 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:80`;
    want('virtual-service', service, {
      scheduler: 'rr',
      flags: '',
      persistence: 0,
      netmask: '',
      onePacket: false,
      engine: '',
    });
    for (let server = 0; server < SERVERS; server++) {
      const state = { forward: 'dr', weight: 1, upper: 0, lower: 0, tunnel: '' };
      const moved = (index * SERVERS + server) % 100 === 0;
      want('real-server', `${service} 192.168.${server}.1:80`, state, { ...state, weight: moved ? 2 : 1 });
    }
  }
  const facts = {
    host: 'lb1',
    machineId: 'm',
    family: 'debian',
    release: '12',
    network: 'ifupdown',
    kernel: '6.1',
    bootId: 'b',
    links: [],
    dhcp: [],
    missing: [],
    root: true,
    ssh: { local: '', port: 22, peer: '', byDefaultRoute: false },
  } as const;
  const observed: Observed[] = [
    { host: 'lb1', status: 'ok', facts, entries: new Map(Object.entries(tables)), unreadable: new Map() },
  ];
  return {
    desired: new Map([['lb1', wanted]]),
    observed,
    cluster: { name: 'bench', file: 'bench.yaml', roles: new Map([['lb1', 'director']]) },
  };
}
