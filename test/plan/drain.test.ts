import { describe, expect, it } from 'vitest';
import { compare } from '../../src/plan/compare.js';
import { drains } from '../../src/plan/drain.js';
import { drainPlan } from '../../src/plan/drain-plan.js';
import { changes } from '../../src/plan/plan.js';
import type { Resource } from '../../src/resources/kind.js';
import { entry, kinds, line, seen, type Table, wish } from './host.js';

const service = 'tcp 12.0.0.1:80';
const [web1, web2] = [`${service} 10.0.0.1:80`, `${service} 10.0.0.2:80`];
const at = (weight: number) => ({ weight });
const roles = new Map([
  ['lb1', 'director'],
  ['web1', 'real server'],
  ['web2', 'real server'],
]);
const cluster = { name: 'web', file: 'x.yaml', roles };

describe('a real server that leaves a service', () => {
  const live = { 'virtual-service': { [service]: {} }, 'real-server': { [web1]: at(1), [web2]: at(2) } };
  const marked = [web1, web2].map(key => entry('real-server', key, null));
  const left = (wanted: readonly Resource[], table: Table = live, more = {}) => {
    const host = seen('lb1', { live: table, marked: [...marked.map(each => ({ ...each, ...more }))] });
    const plan = compare(cluster, new Map([['lb1', wanted]]), [host], kinds);
    return changes(plan)
      .filter(({ kind }) => kind === 'real-server')
      .map(line);
  };
  const goesOn = wish('virtual-service', service, {});
  const stays = wish('real-server', web1, at(1));
  const gone = `delete real-server ${web2} (orphan)`;

  it('is drained first', () => {
    expect(left([goesOn, stays])).toEqual([`drain real-server ${web2} (orphan)`, gone]);
  });

  it('gets weight 0 and is else as it was', () => {
    const host = seen('lb1', { live });
    const change = { host: 'lb1', kind: 'real-server', key: web2, action: 'delete', layer: 'live' } as const;
    const away = { ...change, stage: 'master', why: 'orphan', before: { weight: 2, forward: 'dr' } } as const;
    expect(drains([away], [stays], host)).toEqual([
      { ...away, action: 'drain', after: { weight: 0, forward: 'dr' } },
    ]);
  });

  it.each<[string, string[]]>([
    ['not when its service ends as well', left([])],
    ['not when nobody else serves meanwhile', left([goesOn, wish('real-server', web1, at(0))])],
    [
      'not when it gets no new connections as it is',
      left([goesOn, stays], { ...live, 'real-server': { [web1]: at(1), [web2]: at(0) } }),
    ],
    [
      'not on a backup director, whose connections are copies',
      left([goesOn, stays], live, { stage: 'backup' }),
    ],
  ])('%s', (_, found) => {
    expect(found.filter(each => each.startsWith('drain'))).toEqual([]);
  });

  it('of keepalived waits only where another one serves already', () => {
    const held = { heldBy: 'keepalived' as const };
    const other = wish('real-server', `${service} 10.0.0.3:80`, at(1), held);
    const drained = (wanted: readonly Resource[]) =>
      left(wanted, live, held).filter(each => /^drain/.test(each));
    expect(drained([wish('virtual-service', service, {}, held), other])).toEqual([]);
    expect(drained([wish('virtual-service', service, {}, held), { ...stays, ...held }])).toHaveLength(1);
  });
});

describe('what drains a real server by hand', () => {
  const marked = [entry('real-server', web1, null), entry('sysctl', 'a', null)];
  const host = (weight: number) =>
    seen('lb1', {
      live: { 'real-server': { [web1]: at(weight) }, sysctl: { a: at(9) } },
      marked,
      members: { lb1: 'id-lb1' },
    });
  const planned = (weight: number, now: number) =>
    compare(
      cluster,
      new Map([['lb1', [wish('real-server', web1, at(weight)), wish('sysctl', 'a', at(1))]]]),
      [host(now)],
      kinds,
    );
  const drained = new Map([['lb1', ['web1']]]);

  it('is only that, whatever else differs, and is kept in the mark', () => {
    const { plan, differs } = drainPlan(planned(1, 1), planned(0, 1), drained, kinds);
    expect(changes(plan).map(line)).toEqual([`update real-server ${web1}`]);
    expect(differs).toEqual([]);
    expect(plan.marks.get('lb1')?.after).toMatchObject({ entries: marked, drained: ['web1'] });
    expect(plan.marks.get('lb1')?.before).not.toHaveProperty('drained');
  });

  it('says what differs already in the same place', () => {
    expect(drainPlan(planned(1, 5), planned(0, 5), drained, kinds).differs.map(line)).toEqual([
      `update real-server ${web1}`,
    ]);
  });

  it('is the mark alone where its weight is 0 already', () => {
    const { plan } = drainPlan(planned(0, 0), planned(0, 0), drained, kinds);
    expect(changes(plan).map(line)).toEqual(['update mark /var/lib/lvsctl/mark (orphan)']);
  });
});
