import { compare } from '../src/plan/compare.js';
import { changes } from '../src/plan/plan.js';
import { kinds } from '../src/resources/index.js';
import type { Resource, State } from '../src/resources/kind.js';
import { seen, wish } from '../test/plan/host.js';
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
  const wanted: Resource[] = [];
  const live = { 'virtual-service': {} as Record<string, State>, 'real-server': {} as Record<string, State> };
  const want = (kind: keyof typeof live, key: string, state: State, now = state) => {
    wanted.push(wish(kind, key, state));
    live[kind][key] = now;
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
  return {
    desired: new Map([['lb1', wanted]]),
    observed: [seen('lb1', { live })],
    cluster: { name: 'bench', file: 'bench.yaml', roles: new Map([['lb1', 'director']]) },
  };
}
