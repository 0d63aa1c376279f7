/** The set-ups whose applies are broken off. */
export const setUps = ['nat', 'dr', 'ha-dr'] as const;
export type SetUp = (typeof setUps)[number];

export type Role = 'director' | 'real server' | 'NFS server';

/**
 * Two topologies of one set-up, and the hosts whose changes between them are tried: on the way to the one, and on the way
 * back.
 */
export interface Way {
  setup: SetUp;
  name: string;
  from: string;
  to: string;
  hosts: Readonly<Record<string, Role>>;
  /** Whether every mixed state on the way still answers on the VIP: not where the VIP itself comes and goes. */
  answers: boolean;
}

/** What a topology of these ways says beside what its set-up is. */
interface Parts {
  directors: readonly string[];
  servers: readonly string[];
  shares?: readonly string[];
  services?: readonly string[];
  further?: readonly string[];
}

const list = (name: string, items: readonly string[] = []) =>
  items.length === 0 ? [] : [`${name}:`, ...items.map(item => `  - ${item}`)];

const text = (head: string, client: string, { directors, servers, services, further = [] }: Parts) =>
  [
    head,
    ...list('directors', directors),
    ...list('realServers', servers),
    ...list('services', services),
    ...further,
    `client: { address: ${client} }`,
    '',
  ].join('\n');

const PAGE = '{ port: 80 }';

// ---- LVS-NAT

const lb = (name: string, address: string, more = '') =>
  `{ name: ${name}, address: ${address}/24, interface: ens33, outside: ens37${more} }`;
const nat = (parts: Partial<Parts>) => {
  const { shares = [] } = parts;
  const whole = {
    directors: [lb('lb1', '192.168.80.80')],
    servers: [web('web1', '192.168.80.10/24', 'web1')],
    services: [PAGE],
    ...parts,
  };
  const head = ['name: web', 'mode: nat', 'vip: 12.0.0.1/24'];
  const nas =
    shares.length > 0
      ? [
          'nfs:',
          '  name: nas',
          '  address: 192.168.80.30/24',
          ...list(
            '  shares',
            shares.map(share => `  ${share}`),
          ),
        ]
      : [];
  return text([...head, ...nas].join('\n'), '12.0.0.12/24', whole);
};
const web = (name: string, address: string, page: string, more = '') =>
  `{ name: ${name}, address: ${address}, web: { server: nginx, root: /srv/www, page: ${page} }${more} }`;
const share = (name: string, options: string) =>
  `{ name: ${name}, path: /srv/${name}, clients: 192.168.80.0/24, options: [${options}] }`;

const [natWeb1, natWeb2] = [
  web('web1', '192.168.80.10/24', 'web1'),
  (page: string, from: string) =>
    web('web2', '192.168.80.20/24', page, `, mounts: [{ share: ${from}, at: /srv/pages }]`),
] as const;
const [one, other] = [share('one', 'rw, no_subtree_check'), share('other', 'rw, no_subtree_check')];

const SETTINGS = [
  'vs: { expire_nodest_conn: 1, drop_entry: 0 }',
  'timeouts: { tcp: 600, tcpfin: 60, udp: 200 }',
];

const natWays: readonly Way[] = [
  {
    setup: 'nat',
    name: 'a real server',
    from: nat({ shares: [one] }),
    to: nat({ shares: [one], servers: [natWeb1, natWeb2('web2', 'one')] }),
    hosts: { web2: 'real server' },
    answers: true,
  },
  {
    setup: 'nat',
    name: 'what a real server holds',
    from: nat({ shares: [one, other], servers: [natWeb1, natWeb2('web2', 'one')] }),
    to: nat({ shares: [one, other], servers: [natWeb1, natWeb2('another', 'other')] }),
    hosts: { web2: 'real server' },
    answers: true,
  },
  {
    setup: 'nat',
    name: 'the NFS server',
    from: nat({}),
    to: nat({ shares: [one] }),
    hosts: { nas: 'NFS server' },
    answers: true,
  },
  {
    setup: 'nat',
    name: 'the options of a share',
    from: nat({ shares: [one] }),
    to: nat({ shares: [share('one', 'ro, no_subtree_check')] }),
    hosts: { nas: 'NFS server' },
    answers: true,
  },
  {
    setup: 'nat',
    name: 'what a director holds',
    from: nat({}),
    to: nat({
      directors: [lb('lb1', '192.168.80.80', ', gateway: 192.168.80.254/24')],
      servers: [web('web1', '192.168.80.10/24', 'web1', ', weight: 2')],
      services: [PAGE, '{ port: 8080, targetPort: 80 }'],
      further: ['scheduler: wrr', 'snat: false', ...SETTINGS],
    }),
    hosts: { lb1: 'director' },
    answers: true,
  },
  {
    setup: 'nat',
    name: 'a director in the place of another',
    from: nat({}),
    to: nat({ directors: [lb('lb2', '192.168.80.81')] }),
    hosts: { lb2: 'director' },
    answers: false,
  },
];

// ---- LVS-DR

const dr = (parts: Partial<Parts>) =>
  text(['name: web', 'mode: dr', 'vip: 192.168.127.100/32'].join('\n'), '192.168.127.40/24', {
    directors: ['{ name: lb1, address: 192.168.127.10/24 }'],
    servers: [web('web1', '192.168.127.20/24', 'web1')],
    services: [PAGE],
    ...parts,
  });
const drWeb2 = (page: string) => web('web2', '192.168.127.30/24', page);

const drWays: readonly Way[] = [
  {
    setup: 'dr',
    name: 'a real server',
    from: dr({}),
    to: dr({ servers: [web('web1', '192.168.127.20/24', 'web1'), drWeb2('web2')] }),
    hosts: { web2: 'real server' },
    answers: true,
  },
  {
    setup: 'dr',
    name: 'what a real server holds',
    from: dr({ servers: [web('web1', '192.168.127.20/24', 'web1'), drWeb2('web2')] }),
    to: dr({
      servers: [web('web1', '192.168.127.20/24', 'web1'), drWeb2('another')],
      services: [PAGE, '{ port: 80, vip: 192.168.127.101/32 }'],
    }),
    hosts: { web2: 'real server' },
    answers: true,
  },
  {
    setup: 'dr',
    name: 'what a director holds',
    from: dr({}),
    to: dr({
      servers: [web('web1', '192.168.127.20/24', 'web1', ', weight: 2')],
      services: [PAGE, '{ port: 80, vip: 192.168.127.101/32 }'],
      further: ['scheduler: wrr', ...SETTINGS],
    }),
    hosts: { lb1: 'director' },
    answers: true,
  },
  {
    setup: 'dr',
    name: 'a director in the place of another',
    from: dr({}),
    to: dr({ directors: ['{ name: lb2, address: 192.168.127.11/24 }'] }),
    hosts: { lb2: 'director' },
    answers: false,
  },
];

// ---- keepalived with LVS-DR

const CHECKED = [
  'port: 80',
  'delayLoop: 3',
  'checks: [{ type: HTTP_GET, path: /index.html, status: 200, connectTimeout: 3, retry: 3, delayBeforeRetry: 1 }]',
];
const checked = (...more: string[]) => `{ ${[...CHECKED, ...more].join(', ')} }`;
const vrrp = (...more: string[]) =>
  `vrrp: { ${['instance: VI_1', 'virtualRouterId: 50', 'authPass: { file: ha-dr/vrrp-password }', 'preempt: now', ...more].join(', ')} }`;
const NOTIFY = `notify: { ${['master', 'backup', 'fault'].map(state => `${state}: ha-dr/notify-${state}.sh`).join(', ')} }`;
const pair = (second: string, address: string) => [
  '{ name: lb1, address: 10.0.0.200/24, interface: eth0, priority: 100 }',
  `{ name: ${second}, address: ${address}/24, interface: eth0, priority: 80 }`,
];
const ha = (parts: Partial<Parts>) =>
  text(['name: ha', 'mode: dr', 'vip: 10.0.0.100/24'].join('\n'), '10.0.0.50/24', {
    directors: pair('lb2', '10.0.0.201'),
    servers: [haWeb1()],
    services: [checked('sorryPage: sorry')],
    further: [vrrp(NOTIFY)],
    ...parts,
  });
const haWeb1 = (more = '') => web('web1', '10.0.0.10/24', 'web1', `, interface: eth0${more}`);
const haWeb2 = (page: string) => web('web2', '10.0.0.20/24', page, ', interface: eth0');

const haWays: readonly Way[] = [
  {
    setup: 'ha-dr',
    name: 'a real server',
    from: ha({}),
    to: ha({ servers: [haWeb1(), haWeb2('web2')] }),
    hosts: { web2: 'real server', lb1: 'director' },
    answers: true,
  },
  {
    setup: 'ha-dr',
    name: 'what a real server holds',
    from: ha({ servers: [haWeb1(), haWeb2('web2')] }),
    to: ha({ servers: [haWeb1(), haWeb2('another')] }),
    hosts: { web2: 'real server' },
    answers: true,
  },
  {
    setup: 'ha-dr',
    name: 'what a director holds',
    from: ha({ services: [checked()], further: [vrrp()] }),
    to: ha({
      servers: [haWeb1(', weight: 2')],
      services: [checked('sorryPage: sorry'), checked('vip: 10.0.0.101/24')],
      further: ['scheduler: wrr', vrrp(NOTIFY, 'connectionSync: true'), ...SETTINGS],
    }),
    hosts: { lb1: 'director' },
    answers: true,
  },
  {
    setup: 'ha-dr',
    name: 'a backup director in the place of another',
    from: ha({}),
    to: ha({ directors: pair('lb3', '10.0.0.202') }),
    hosts: { lb3: 'director' },
    answers: true,
  },
];

export const ways: readonly Way[] = [...natWays, ...drWays, ...haWays];

/** For each set-up a topology with every host of its ways: the machines of its lab. */
export const machines: Readonly<Record<SetUp, string>> = {
  nat: nat({
    directors: [lb('lb1', '192.168.80.80'), lb('lb2', '192.168.80.81')],
    servers: [natWeb1, natWeb2('web2', 'one')],
    shares: [one],
    further: ['vrrp: { virtualRouterId: 50 }'],
  }),
  dr: dr({
    directors: ['{ name: lb1, address: 192.168.127.10/24 }', '{ name: lb2, address: 192.168.127.11/24 }'],
    servers: [web('web1', '192.168.127.20/24', 'web1'), drWeb2('web2')],
    further: ['vrrp: { virtualRouterId: 50 }'],
  }),
  'ha-dr': ha({
    directors: [
      ...pair('lb2', '10.0.0.201'),
      '{ name: lb3, address: 10.0.0.202/24, interface: eth0, priority: 60 }',
    ],
    servers: [haWeb1(), haWeb2('web2')],
  }),
};

/** Where clients of a set-up ask. */
export const urls: Readonly<Record<SetUp, string>> = {
  nat: 'http://12.0.0.1/',
  dr: 'http://192.168.127.100/',
  'ha-dr': 'http://10.0.0.100/',
};
