import { describe, expect, it } from 'vitest';
import type { Change, Desired, Observed, Plan } from '../../../src/plan/plan.js';
import { judgePlan } from '../../../src/rules/plan/index.js';
import type { HostFacts } from '../../../src/systems/facts.js';
import { loadTopology } from '../../../src/topology/load.js';
import { away, entry, seen, wish } from '../../plan/host.js';
import { change, plan } from '../../report/sample.js';
import { edited, sound } from '../../topology/sound.js';

const topology = loadTopology('x.yaml', sound);
const content = { content: 'theirs' };

function judge(
  changes: readonly Change[],
  more: { observed?: readonly Observed[]; desired?: Desired; marks?: Plan['marks']; text?: string } = {},
) {
  const { observed = [], desired = new Map(), marks = new Map(), text } = more;
  return judgePlan({
    topology: text ? loadTopology('x.yaml', text) : topology,
    observed,
    desired,
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
    const desired = new Map([['lb1', [wish('virtual-service', 'tcp 12.0.0.1:80', {})]]]);
    expect(judge([], { observed: [seen('lb1', { live })], desired, marks })).toEqual([
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

describe('guards of what serves', () => {
  const VIP = 'tcp 12.0.0.1:80';
  type Weights = Readonly<Record<string, number>>;
  const states = (weights: Weights) =>
    Object.entries(weights).map(([key, weight]) => [key, { weight }] as const);
  /** What is said when the live table goes to the wanted one; `ours`: what the mark holds, all of it unless said. */
  const said = (
    live: Weights,
    wanted: Weights,
    more: { ours?: readonly string[]; destroy?: boolean; text?: string } = {},
  ) => {
    const { ours = Object.keys(live), destroy, text } = more;
    const entries = ours.map(key => entry('real-server', key, null));
    const wishes = states(wanted).map(([key, state]) => wish('real-server', key, state));
    const found = judge([], {
      observed: [seen('lb1', { live: { 'real-server': Object.fromEntries(states(live)) } })],
      desired: new Map([['lb1', destroy ? [] : [wish('sysctl', 'x', {}), ...wishes]]]),
      marks: new Map([['lb1', { before: { format: 1 as const, cluster: 'web', members: {}, entries } }]]),
      ...(text && { text }),
    });
    return found.map(({ id, severity, message }) => `${severity} ${id}: ${message}`);
  };
  const [web1, web2, web3] = [10, 20, 30].map(last => `${VIP} 192.168.80.${last}:80`) as [
    string,
    string,
    string,
  ];
  const two = { [web1]: 1, [web2]: 1 };
  const three = { ...two, [web3]: 1 };

  it.each<[string, string[]]>([
    ['takes all that stays', said(two, two)],
    ['takes one of three', said(three, two)],
    ['takes another weight, whatever its share', said({ [web1]: 10, [web2]: 1 }, two)],
    ['takes the end of what served nobody', said({ [web1]: 1, [web2]: 0 }, { [web1]: 1 })],
    ['takes the end of what is not ours', said(three, { [web1]: 1, [web2]: 1 }, { ours: [web1, web2] })],
    ['leaves a destroy alone', said(two, {}, { destroy: true })],
    ['takes nginx in the place of ipvs', said(two, {}, { text: edited({ 'mode: nat': 'mode: proxy' }) })],
    [
      'takes a mark in the place of a port',
      said(two, {}, { text: edited({ 'port: 80': 'fwmark: 50, ports: [80, 443]' }) }),
    ],
  ])('%s', (_, found) => {
    expect(found).toEqual([]);
  });

  it('refuses to take one of two out, and names it', () => {
    expect(said(two, { [web1]: 1 })).toEqual([
      'error weight-lost: tcp 12.0.0.1:80 loses 1 of its weight of 2 at once: web2',
    ]);
    expect(said(two, { [web1]: 1, [web2]: 0 })).toHaveLength(1);
  });

  it('refuses to take all out for others that nobody has tried', () => {
    expect(said(two, { [web3]: 5 })).toEqual([
      'error weight-lost: tcp 12.0.0.1:80 loses 2 of its weight of 2 at once: web1, web2',
    ]);
  });

  it('refuses to take the last one, also with its service', () => {
    const last =
      'error last-server: nobody answers tcp 12.0.0.1:80 any more after this: web1, web2 served it';
    expect(said(two, { [web1]: 0, [web2]: 0 })).toEqual([last]);
    expect(said(two, {}, { text: edited({ 'port: 80': 'port: 81' }) })).toEqual([last]);
  });
});

describe('mass-delete', () => {
  const gone = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      change('lb1', { kind: 'sysctl', key: `s${at}`, before: {}, why: 'orphan' }),
    );
  const said = (count: number, of: number, desired: Desired) => {
    const entries = Array.from({ length: of }, (_, at) => entry('sysctl', `s${at}`, null));
    const marks = new Map([
      ['lb1', { before: { format: 1 as const, cluster: 'web', members: {}, entries } }],
    ]);
    return judge(gone(count), { marks, desired }).map(({ id }) => id);
  };
  const some: Desired = new Map([['lb1', [wish('sysctl', 'x', {})]]]);

  it('refuses the end of more than the half, and leaves a destroy and small clusters alone', () => {
    expect(said(11, 21, some)).toEqual(['mass-delete']);
    expect(said(10, 20, some)).toEqual([]);
    expect(said(9, 9, some)).toEqual([]);
    expect(said(21, 21, new Map([['lb1', []]]))).toEqual([]);
  });
});

describe('own-ssh-path', () => {
  const reached = (host: string, ssh: Partial<HostFacts['ssh']> = {}) => {
    const read = seen(host);
    const way = { local: '192.168.80.10', port: 22, peer: '10.9.9.9', byDefaultRoute: true, ...ssh };
    return { ...read, facts: { ...read.facts, ssh: way } };
  };
  const route = (via: string) => ({ via, dev: 'ens33', rest: 'onlink' });
  const gateway = (via: string, more: Partial<Change> = {}) =>
    change('web1', {
      kind: 'route',
      key: 'default',
      before: route('192.168.80.1'),
      after: route(via),
      ...more,
    });
  const address = change('web1', {
    kind: 'address',
    key: 'ens33 192.168.80.10/24',
    before: { onlink: true },
    why: 'orphan',
  });
  const sshd = change('lb1', { kind: 'virtual-service', key: 'tcp 12.0.0.1:22', after: {} });
  const said = (found: Change, more: Partial<HostFacts['ssh']> = {}, text?: string) =>
    judge([found], { observed: [reached(found.host, more), reached('lb1')], ...(text && { text }) })
      .filter(({ id }) => id === 'own-ssh-path')
      .map(({ message }) => message);

  const network = (key: string, after: string | undefined, more: Partial<Change> = {}) =>
    change('web1', {
      kind: 'route',
      key,
      before: route('192.168.80.253'),
      after: after === undefined ? undefined : route(after),
      ...more,
    });
  const kept = (key: string, peer: string) =>
    judge([gateway('192.168.80.99')], {
      observed: [reached('web1', { peer })],
      desired: new Map([
        ['web1', [wish('route', key, route('192.168.80.253')), wish('route', 'default', {})]],
      ]),
    }).map(({ id }) => id);
  /** What is said when the route to operators goes while the default route is, or becomes, this. */
  const without = (found: Change[], general = '192.168.80.99') =>
    judge(found, {
      observed: [
        {
          ...reached('web1', { byDefaultRoute: false }),
          entries: new Map([['route', new Map([['default', route(general)]])]]),
        },
        reached('lb1'),
      ],
    }).map(({ message }) => message);

  it.each<[string, string, string, boolean]>([
    ['in the network', '10.9.0.0/16', '10.9.9.9', true],
    ['who is the network', '10.9.9.9', '10.9.9.9', true],
    ['from elsewhere', '10.9.0.0/16', '10.8.9.9', false],
    ['who comes by IPv6', '10.9.0.0/16', 'fe80::1', false],
  ])('of a wanted route past the default one, a peer %s', (_, key, peer, isKept) => {
    expect(kept(key, peer)).toEqual(isKept ? [] : ['own-ssh-path']);
  });

  it('guards the route to a network that we come from, unless answers find the way without it', () => {
    const gone = network('10.9.0.0/16', undefined);
    const removed =
      'web1: its answers to 10.9.9.9, which is us, take the route to 10.9.0.0/16, which is removed';
    expect(without([gone])).toEqual([removed]);
    expect(without([gone, gateway('192.168.80.98')])).toEqual([removed]);
    expect(without([network('10.9.0.0/16', '192.168.80.98')])).toEqual([
      'web1: its answers to 10.9.9.9, which is us, take the route to 10.9.0.0/16, which leads to 192.168.80.98 then',
    ]);
    expect(without([gone], '192.168.80.253')).toEqual([]);
    expect(without([gone], '192.168.80.80')).toEqual([]);
    expect(without([gone, gateway('192.168.80.253')])).toEqual([]);
    expect(without([gone, gateway('192.168.80.98', { action: 'restore' })])).toEqual([]);
    expect(without([network('10.9.0.0/16', '192.168.80.98', { action: 'restore' })])).toEqual([]);
    expect(without([network('10.8.0.0/16', undefined)])).toEqual([]);
  });

  it('tells how a route is kept, where that is what is cut', () => {
    const [ofRoute, ofAddress] = [gateway('192.168.80.99'), address].map(found =>
      judge([found], { observed: [reached('web1')] }).map(({ remedy }) => remedy),
    );
    expect(ofRoute![0]).toMatch(
      /^keep a route to where you are \(`management`\), reach the host another way/,
    );
    expect(ofAddress![0]).toMatch(/^reach the host another way/);
  });

  it.each<[string, string[], string]>([
    [
      'a gateway that leads elsewhere',
      said(gateway('192.168.80.99')),
      'web1: its answers to 10.9.9.9, which is us, take the default route, which leads to 192.168.80.99 then',
    ],
    [
      'a default route that goes',
      said({ ...gateway(''), action: 'delete', after: undefined }),
      'web1: its answers to 10.9.9.9, which is us, take the default route, which is removed',
    ],
    ['its own address', said(address), 'web1: lvsctl reaches it at 192.168.80.10, which is removed'],
    [
      'the port of its sshd as a virtual service',
      said(sshd, { local: '12.0.0.1' }, edited({ 'port: 80': 'port: 22' })),
      'lb1: lvsctl reaches it at 12.0.0.1 port 22, which becomes a virtual service',
    ],
  ])('guards against %s', (_, found, message) => {
    expect(found[0]).toBe(message);
  });

  it.each<[string, string[]]>([
    ['a director that answers us too', said(gateway('192.168.80.80'))],
    ['a gateway that does not lead to us', said(gateway('192.168.80.99'), { byDefaultRoute: false })],
    [
      'the route that was there before us',
      said(gateway('192.168.80.99', { action: 'restore', why: 'orphan' })),
    ],
    ['another address', said({ ...address, key: 'lo 12.0.0.1/32' })],
    ['another port', said(sshd, { local: '12.0.0.1', port: 2222 }, edited({ 'port: 80': 'port: 22' }))],
  ])('lets %s pass', (_, found) => {
    expect(found).toEqual([]);
  });
});

describe('director-alone', () => {
  const pair = edited({
    'mode: nat': 'mode: dr\nvrrp: { virtualRouterId: 50 }',
    '  - { name: lb1':
      '  - { name: lb2, address: 192.168.80.81/24, interface: ens33, priority: 80 }\n  - { name: lb1',
  });
  const change1 = change('lb1', { kind: 'sysctl', key: 'a', after: {} });
  const said = (
    observed: readonly Observed[],
    more: { marked?: boolean; destroy?: boolean; text?: string } = {},
  ) => {
    const { marked = true, destroy = false, text = pair } = more;
    const before = { format: 1 as const, cluster: 'web', members: {}, entries: [] };
    const desired = new Map([['lb1', destroy ? [] : [wish('sysctl', 'a', {})]]]);
    return judge([change1], { observed, text, desired, marks: new Map(marked ? [['lb1', { before }]] : []) })
      .filter(({ id }) => id === 'director-alone')
      .map(({ message }) => message);
  };

  it('guards the one that could be read', () => {
    expect(said([seen('lb1'), away('lb2')])).toEqual([
      'lb1 would be changed while lb2 cannot take over: it could not be read',
    ]);
  });

  it.each<[string, string[]]>([
    ['two that could be read', said([seen('lb1'), seen('lb2')])],
    ['one that holds nothing yet', said([seen('lb1'), away('lb2')], { marked: false })],
    ['a destroy', said([seen('lb1'), away('lb2')], { destroy: true })],
    ['a cluster of one', said([seen('lb1')], { text: sound })],
    ['a real server that is away', said([seen('lb1'), seen('lb2'), away('web1')])],
  ])('lets %s pass', (_, found) => {
    expect(found).toEqual([]);
  });
});

describe('what a plan says of requests that it costs', () => {
  const service = 'tcp 12.0.0.1:80';
  const stays = new Map([['lb1', [wish('virtual-service', service, {})]]]);
  const said = (found: Change, more: Parameters<typeof judge>[1] = {}) =>
    judge([found], { desired: stays, ...more }).map(({ id, severity, message }) => [id, severity, message]);
  const scheduler = (before: string, after: string) =>
    change('lb1', {
      kind: 'virtual-service',
      key: service,
      before: { scheduler: before },
      after: { scheduler: after },
    });
  const gone = (kind: string, key: string) => change('lb1', { kind, key, before: {}, why: 'orphan' });
  const server = gone('real-server', `${service} 192.168.80.10:80`);

  it('a scheduler is exchanged', () => {
    expect(said(scheduler('rr', 'wrr'))).toEqual([
      [
        'scheduler-exchanged',
        'warning',
        'the kernel refuses new connections to tcp 12.0.0.1:80 for a moment, between rr and wrr',
      ],
    ]);
    expect(said(scheduler('rr', 'rr'))).toEqual([]);
  });

  it('a real server leaves whose connections ipvs does not forget', () => {
    expect(said(server)).toEqual([
      [
        'nodest-dropped',
        'warning',
        'ipvs remembers the connections of web1 for two minutes, and drops a new one to tcp 12.0.0.1:80 from the same address and port',
      ],
    ]);
    expect(said(server, { desired: new Map([['lb1', []]]) })).toEqual([]);
    const text = edited({ 'scheduler: rr': 'scheduler: rr\nvs: { expire_nodest_conn: 1 }' });
    expect(said(server, { text })).toEqual([]);
  });

  it('a service ends, and another goes on', () => {
    const old = gone('virtual-service', 'tcp 12.0.0.1:8080');
    expect(said(old)).toEqual([
      ['service-replaced', 'warning', 'tcp 12.0.0.1:8080 ends, and its open connections with it'],
    ]);
    expect(said(old, { desired: new Map([['lb1', []]]) })).toEqual([]);
  });

  it.each<[string, string, 'now' | 'none', string[]]>([
    [
      'when another is to be master',
      'lb2',
      'now',
      ['the VIP 12.0.0.1 moves from lb2 to lb1: requests under way at that moment may be lost'],
    ],
    ['not from who is master', 'lb1', 'now', []],
    ['not from somebody who keeps it', 'lb2', 'none', []],
    [
      'when the master leaves',
      'lb9',
      'now',
      ['the VIP 12.0.0.1 moves from lb9 to lb1: requests under way at that moment may be lost'],
    ],
    [
      'when somebody who would keep it leaves',
      'lb9',
      'none',
      ['the VIP 12.0.0.1 moves from lb9 to lb1: requests under way at that moment may be lost'],
    ],
    ['not from a real server that answers to it as well', 'web1', 'now', []],
  ])('the VIP moves, %s', (_, holder, preempt, messages) => {
    const text = edited({
      'mode: nat': `mode: dr\nvrrp: { virtualRouterId: 50, preempt: ${preempt} }`,
      '  - { name: lb1':
        '  - { name: lb2, address: 192.168.80.81/24, interface: ens33, priority: 80 }\n  - { priority: 100, name: lb1',
    });
    const held = { address: { 'ens37 12.0.0.1/24': {} } };
    const master = { verdict: { 'vrrp VI_1': { says: 'MASTER', line: '(VI_1) Entering MASTER STATE' } } };
    const holds = (name: string) =>
      seen(name, { live: name === holder ? { ...held, ...(name !== 'web1' && master) } : {} });
    const found = judge(
      [change('lb1', { kind: 'file', key: '/etc/keepalived/keepalived.conf', after: {} })],
      {
        text,
        observed: ['lb1', 'lb2', 'lb9', 'web1'].map(holds),
      },
    );
    expect(found.filter(({ id }) => id === 'master-moves').map(({ message }) => message)).toEqual(messages);
  });

  describe('directors do not hear each other', () => {
    const path = '/etc/keepalived/conf.d/lvsctl-vrrp.conf';
    const sources: Readonly<Record<string, string>> = { lb1: '192.168.80.80', lb2: '192.168.80.81' };
    const instance = (id: number, more = '') =>
      `vrrp_instance VI_1 {\n    virtual_router_id ${id}\n    virtual_ipaddress {\n        12.0.0.1/24 dev ens37\n    }\n${more}}\n`;
    const unicast = (source: string, peer: string) =>
      instance(50, `    unicast_src_ip ${source}\n    unicast_peer {\n        ${peer}\n    }\n`);
    const text = edited({
      'mode: nat': 'mode: dr\nvrrp: { virtualRouterId: 50 }',
      '  - { name: lb1':
        '  - { name: lb2, address: 192.168.80.81/24, interface: ens33, priority: 80 }\n  - { priority: 100, name: lb1',
    });
    const both = (of: (name: string) => string) =>
      new Map(Object.keys(sources).map(name => [name, of(name)]));
    const unheard = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
      judge([], {
        text,
        observed: Object.keys(sources).map(name => {
          const content = before.get(name);
          return seen(name, { live: { file: content === undefined ? {} : { [path]: { content } } } });
        }),
        desired: new Map([...after].map(([name, content]) => [name, [wish('file', path, { content })]])),
      })
        .filter(({ id }) => id === 'vrrp-unheard')
        .map(({ message }) => message);
    const cost = 'each takes the VIP for some seconds, and requests under way may be lost';

    it.each([
      ['virtualRouterId', (old: string) => old.replace('id 50', 'id 51')],
      ['advertInt', (old: string) => `${old}    advert_int 2\n`],
      ['vip', (old: string) => old.replace('12.0.0.1/24', '12.0.0.2/24')],
      ['peers', (old: string) => `${old}    unicast_peer {\n    }\n`],
      ['multicastGroup', (old: string) => `vrrp_mcast_group4 224.0.0.19\n${old}`],
      ['authPass', (old: string) => `${old}auth_pass secret\n`],
    ])('while %s changes', (word, edit) => {
      const old = instance(50);
      expect(
        unheard(
          both(() => old),
          both(() => edit(old)),
        ),
      ).toEqual([`lb2 and lb1 do not hear each other until all have the same ${word}: ${cost}`]);
    });

    it('while one joins that the other does not send to yet', () => {
      const before = new Map([['lb1', unicast('192.168.80.80', '192.168.80.82')]]);
      const after = both(name => unicast(sources[name]!, sources[name === 'lb1' ? 'lb2' : 'lb1']!));
      expect(unheard(before, after)).toEqual([
        `lb2 and lb1 do not hear each other until all have the same peers: ${cost}`,
      ]);
    });

    it.each([
      [
        'of what no advertisement holds',
        both(() => instance(50)),
        both(() => instance(50, '    preempt_delay 5\n')),
      ],
      [
        'of one director that said what it should not',
        both(name => instance(name === 'lb1' ? 50 : 51)),
        both(() => instance(50)),
      ],
      ['where one joins by multicast', new Map([['lb1', instance(50)]]), both(() => instance(50))],
      ['where the first is made', new Map(), both(() => instance(50))],
    ])('is not said %s', (_, before, after) => {
      expect(unheard(before, after)).toEqual([]);
    });
  });
});
