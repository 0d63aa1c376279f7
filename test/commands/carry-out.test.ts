import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type CarryOutOptions, carryOut } from '../../src/commands/carry-out.js';
import { read } from '../../src/commands/cluster.js';
import { NOTHING, type Served, servesLess, serving } from '../../src/commands/serving.js';
import { apply } from '../../src/hosts/apply.js';
import { compare } from '../../src/plan/compare.js';
import { hostChanges } from '../../src/plan/outcome.js';
import type { Observed, Plan } from '../../src/plan/plan.js';
import { kinds } from '../../src/resources/index.js';
import type { Resource } from '../../src/resources/kind.js';
import { rolesOf } from '../../src/roles/index.js';
import { loadTopology } from '../../src/topology/load.js';
import { entry, seen, wish } from '../plan/host.js';
import { sound } from '../topology/sound.js';
import { bareHosts } from './bare-hosts.js';
import { world } from './world.js';

vi.mock('../../src/hosts/apply.js', () => ({ apply: vi.fn() }));
vi.mock('../../src/commands/cluster.js', () => ({ read: vi.fn() }));
vi.mock('../../src/commands/serving.js', async actual => ({
  ...(await actual<object>()),
  serving: vi.fn(),
  servesLess: vi.fn(),
}));

const topology = loadTopology('web.yaml', sound);
const options = { file: 'web.yaml', parallelism: 4, confirmTimeout: 60, lockTimeout: 60, rollback: true };
const line = bareHosts({});

const served: Served = { doors: new Map([['12.0.0.1:80', 'each']]), cards: new Map() };

/** Plans that were carried out, in order; every host confirms them unless `fails` is among their changes. */
let runs: { plan: Plan; patience: number }[] = [];
let fails = '';
beforeEach(() => {
  runs = [];
  fails = '';
  vi.mocked(serving).mockReset().mockResolvedValue(served);
  vi.mocked(servesLess).mockReset().mockResolvedValue(undefined);
  vi.mocked(apply).mockImplementation(async (plan, _, { tell, patience, check }) => {
    runs.push({ plan, patience });
    await check();
    for (const host of new Set(plan.phases.flatMap(({ changes }) => [...changes.keys()]))) {
      const at = new Date(0).toISOString();
      const keys = hostChanges(plan, host).map(({ key }) => key);
      const failed = keys.indexOf(fails);
      for (const change of keys.keys()) tell({ at, host, type: 'begin', change });
      if (failed >= 0) {
        tell({ at, host, type: 'failed', change: failed, message: 'no package source has it' });
        tell({ at, host, type: 'undone', whole: true, by: 'client' });
        continue;
      }
      for (const change of keys.keys()) tell({ at, host, type: 'done', change });
      tell({ at, host, type: 'confirmed' });
    }
  });
});

function planned(wanted: readonly Resource[], host: Observed): Plan {
  const cluster = { name: 'web', file: 'web.yaml', roles: rolesOf(topology) };
  return compare(cluster, new Map([['web1', wanted]]), [host], kinds);
}

/** Carries out the first of these plans; the others are what is read afterwards, one after the other. */
async function carried(...plans: Plan[]) {
  return carriedWith({}, ...plans);
}

async function carriedWith(more: Partial<CarryOutOptions>, ...plans: Plan[]) {
  const [first, ...later] = plans.map(plan => ({
    plan,
    desired: new Map(),
    observed: [],
    sessions: new Map(),
  }));
  const last = later.at(-1) ?? first!;
  vi.mocked(read)
    .mockReset()
    .mockImplementation(async () => later.shift() ?? last);
  const io = world();
  return { code: await carryOut(first!, topology, line, { ...options, ...more }, io), said: io.said };
}

const installed = { installed: true };
const on = { value: '1' };
const nginx = wish('package', 'nginx', installed, { stage: 'packages' });
const sysctl = wish('sysctl', 'a', on);
const keys = () => runs.map(({ plan }) => hostChanges(plan, 'web1').map(({ key }) => key));
const settled = planned([], seen('web1'));

describe('packages', () => {
  it('leave what they switch on with the origin that it had without them', async () => {
    const unit = wish('service-boot', 'nginx.service', { enabled: true });
    const whole = planned([nginx, unit], seen('web1'));
    await carried(whole, settled, settled);
    expect(runs[0]!.plan.marks.get('web1')?.after?.entries.map(({ key, origin }) => [key, origin])).toEqual([
      ['nginx', null],
      ['nginx.service', null],
    ]);
  });

  it('come first and alone; they are not taken back, and the mark names nothing else by then', async () => {
    const whole = planned([nginx, sysctl], seen('web1'));
    const rest = planned([nginx, sysctl], seen('web1', { live: { package: { nginx: installed } } }));
    const { code } = await carried(whole, rest, settled);
    expect(code).toBe(0);
    expect(keys()).toEqual([['nginx'], ['a']]);
    expect(runs.map(({ patience }) => patience)).toEqual([0, 60]);
    expect(runs[0]!.plan.marks.get('web1')?.after?.entries.map(({ key }) => key)).toEqual(['nginx']);
  });

  it('that bring what nobody approved end with 3, and nothing more is done', async () => {
    const whole = planned([nginx], seen('web1'));
    const more = planned([nginx, sysctl], seen('web1', { live: { package: { nginx: installed } } }));
    const { code, said } = await carried(whole, more);
    expect(code).toBe(3);
    expect(said.err).toContain('beyond what was approved');
    expect(keys()).toEqual([['nginx']]);
  });

  it('that cannot be installed end the run', async () => {
    fails = 'nginx';
    const { code, said } = await carried(planned([nginx, sysctl], seen('web1')));
    expect(code).not.toBe(0);
    expect(said.out).toContain('no package source has it');
    expect(keys()).toEqual([['nginx']]);
  });

  it('that stay when all is destroyed are no phase of their own: the mark is needed until the end', async () => {
    const marked = [
      entry('package', 'nginx', null, { stage: 'packages' }),
      entry('sysctl', 'a', { value: '0' }),
    ];
    const host = seen('web1', { live: { package: { nginx: installed }, sysctl: { a: on } }, marked });
    const { code } = await carried(planned([], host), settled);
    expect(code).toBe(0);
    expect(keys()).toEqual([['a', 'nginx']]);
    expect(runs[0]!.patience).toBe(60);
  });
});

describe('the check before anything is confirmed', () => {
  it('passes when the hosts that were changed are as planned', async () => {
    const whole = planned([sysctl], seen('web1'));
    let fault: string | undefined = 'not asked';
    vi.mocked(apply).mockImplementationOnce(async (_, __, { check }) => {
      fault = await check();
    });
    await carried(whole, settled);
    expect(fault).toBeUndefined();
  });

  it('names what still differs', async () => {
    const whole = planned([sysctl], seen('web1'));
    let fault: string | undefined;
    vi.mocked(apply).mockImplementationOnce(async (_, __, { check }) => {
      fault = await check();
    });
    await carried(whole, whole);
    expect(fault).toMatch(/^after the apply the hosts still differ: web1: .*a/);
  });

  it('asks what took connections at the VIP before the first write, and says what takes none any more', async () => {
    const less = 'as client finds it, 12.0.0.1:80 took connections before the apply, and takes none now';
    vi.mocked(servesLess).mockResolvedValue(less);
    let fault: string | undefined;
    vi.mocked(apply).mockImplementationOnce(async (_, __, { check }) => {
      expect(serving).toHaveBeenCalledOnce();
      fault = await check();
    });
    await carried(planned([sysctl], seen('web1')), settled);
    expect(fault).toBe(less);
    expect(vi.mocked(servesLess).mock.calls[0]![0]).toBe(served);
  });

  it.each<Partial<CarryOutOptions>>([{ destroy: true }, { allow: ['last-server'] }])(
    'asks for nothing at the VIP when all that it serves may end: %o',
    async more => {
      await carriedWith(more, planned([sysctl], seen('web1')), settled);
      expect(serving).not.toHaveBeenCalled();
      expect(vi.mocked(servesLess).mock.calls[0]![0]).toBe(NOTHING);
    },
  );

  it('names a host that can no longer be read', async () => {
    const away: Observed = { host: 'web1', status: 'unreachable', message: 'no route', remedy: 'look' };
    let fault: string | undefined;
    vi.mocked(apply).mockImplementationOnce(async (_, __, { check }) => {
      fault = await check();
    });
    await carried(planned([sysctl], seen('web1')), planned([], away));
    expect(fault).toBe('web1 cannot be read over a new connection: no route');
  });
});
