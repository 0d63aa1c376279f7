import { describe, expect, it } from 'vitest';
import type { Change, Observed, Plan } from '../../../src/plan/plan.js';
import { judgePlan } from '../../../src/rules/plan/index.js';
import { loadTopology } from '../../../src/topology/load.js';
import { entry, seen } from '../../plan/host.js';
import { change, plan } from '../../report/sample.js';
import { edited, sound } from '../../topology/sound.js';

const topology = loadTopology('x.yaml', sound);
const content = { content: 'theirs' };

function judge(
  changes: readonly Change[],
  more: { observed?: readonly Observed[]; marks?: Plan['marks']; text?: string } = {},
) {
  const { observed = [], marks = new Map(), text } = more;
  return judgePlan({
    topology: text ? loadTopology('x.yaml', text) : topology,
    observed,
    desired: new Map(),
    plan: { ...plan(changes), marks },
  });
}

describe('package-missing', () => {
  const changes = [
    change('web1', { kind: 'package', key: 'nginx', stage: 'packages', after: { installed: true } }),
    change('web1', { kind: 'package', key: 'old', stage: 'packages', before: { installed: true } }),
  ];

  it('says nothing when packages may be installed', () => {
    expect(judge(changes)).toEqual([]);
  });

  it('refuses what it may not install, and nothing else', () => {
    expect(judge(changes, { text: edited({ 'mode: nat': 'mode: nat\npackages: require' }) })).toEqual([
      {
        id: 'package-missing',
        severity: 'error',
        host: 'web1',
        message: 'web1 lacks the package nginx',
        remedy: expect.stringContaining('packages: install'),
      },
    ]);
  });
});

describe('module-missing', () => {
  const wanted = { kind: 'module', key: 'ip_vs_twos', after: { loaded: true } };

  it('refuses a scheduler that the kernel lacks, and names both', () => {
    const lacking = change('lb1', { ...wanted, before: { loaded: false } });
    expect(judge([lacking], { observed: [seen('lb1')] })).toMatchObject([
      {
        id: 'module-missing',
        severity: 'error',
        host: 'lb1',
        message: 'the kernel 6.1.0 of lb1 has no module ip_vs_twos',
        remedy: expect.stringContaining('another scheduler than twos'),
      },
    ]);
  });

  it('says nothing of one that has only to be loaded', () => {
    expect(judge([change('lb1', wanted)])).toEqual([]);
  });
});

describe('foreign-file', () => {
  const replaced = change('lb1', {
    kind: 'file',
    key: '/etc/f',
    before: content,
    after: { content: 'ours' },
  });

  it('warns before it replaces what somebody else wrote', () => {
    expect(judge([replaced])).toMatchObject([
      {
        id: 'foreign-file',
        severity: 'warning',
        host: 'lb1',
        message: expect.stringContaining('/etc/f'),
        remedy: expect.stringContaining('lvsctl destroy'),
      },
    ]);
  });

  it.each<[string, Change[], Plan['marks']]>([
    [
      'ours that somebody edited',
      [replaced],
      new Map([
        [
          'lb1',
          { before: { format: 1, cluster: 'web', members: {}, entries: [entry('file', '/etc/f', null)] } },
        ],
      ]),
    ],
    ['a new file', [change('lb1', { kind: 'file', key: '/etc/f', after: content })], new Map()],
    [
      'a value of another kind',
      [change('lb1', { kind: 'sysctl', key: 'a', before: content, after: content })],
      new Map(),
    ],
  ])('has nothing against %s', (_, changes, marks) => {
    expect(judge(changes, { marks })).toEqual([]);
  });
});

describe('foreign-virtual-service', () => {
  const live = { 'virtual-service': { 'tcp 12.0.0.1:80': {}, 'tcp 9.9.9.9:9': {}, 'udp 12.0.0.1:80': {} } };

  it('shows what else the director balances; ours and the former ones are ours', () => {
    const marks: Plan['marks'] = new Map([
      [
        'lb1',
        {
          before: {
            format: 1,
            cluster: 'web',
            members: {},
            entries: [entry('virtual-service', 'udp 12.0.0.1:80', null)],
          },
        },
      ],
    ]);
    expect(judge([], { observed: [seen('lb1', { live })], marks })).toEqual([
      {
        id: 'foreign-virtual-service',
        severity: 'warning',
        host: 'lb1',
        message: 'lb1 also balances tcp 9.9.9.9:9, which is not in the topology; it is left alone',
        remedy: expect.any(String),
      },
    ]);
  });
});

describe('unconfirmed-apply', () => {
  it('names the apply that a host still waits for', () => {
    const host = seen('lb1');
    const waiting = { ...host, facts: { ...host.facts, pending: '20260101-abc' } };
    expect(judge([], { observed: [host, waiting] })).toMatchObject([
      {
        id: 'unconfirmed-apply',
        severity: 'warning',
        host: 'lb1',
        message: expect.stringContaining('20260101-abc'),
      },
    ]);
  });
});
