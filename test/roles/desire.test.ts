import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/plan/compare.js';
import { hostChanges } from '../../src/plan/outcome.js';
import type { Desired } from '../../src/plan/plan.js';
import { kinds } from '../../src/resources/index.js';
import type { Resource } from '../../src/resources/kind.js';
import { desire, rolesOf } from '../../src/roles/index.js';
import { parseFacts } from '../../src/systems/read-facts.js';
import { loadTopology } from '../../src/topology/load.js';
import { setups } from '../../src/topology/starter.js';
import { entry, seen } from '../plan/host.js';
import { printedFacts } from '../systems/recorded-facts.js';
import { edited, sound } from '../topology/sound.js';
import { desiredOf, factsOf, portrait } from './portrait.js';

const inventories = setups();
const load = (name: string) => loadTopology(`inventories/${name}.yaml`);

describe.each(inventories)('inventories/%s.yaml', name => {
  it('is these things on Debian hosts, each for a line of the file', async () => {
    await expect(portrait(load(name))).toMatchFileSnapshot(`recorded/${name}.txt`);
  });

  it('drops no packet in a chain of ours: none can cut SSH', () => {
    const chains = [...desiredOf(load(name)).values()].flat().filter(({ kind }) => kind === 'chain');
    const rules = chains.flatMap(({ state }) => String(state.rules).split('\n'));
    for (const rule of rules) expect(rule).toMatch(/ -j (ACCEPT|SNAT|MARK|TCPMSS)( |$)/);
  });

  it('names kinds that exist, and each thing once a host', () => {
    for (const [host, wanted] of desiredOf(load(name))) {
      expect(wanted.map(({ kind }) => kind).filter(kind => !kinds.has(kind))).toEqual([]);
      const names = wanted.map(({ kind, key }) => `${host} ${kind} ${key}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('says of each thing why it is wanted, at a line that says something', () => {
    const lines = readFileSync(`inventories/${name}.yaml`, 'utf8').split('\n');
    for (const { why } of [...desiredOf(load(name)).values()].flat()) {
      expect(why.reason).not.toBe('');
      expect(why.place.file).toBe(`inventories/${name}.yaml`);
      expect(lines[why.place.line - 1]).toMatch(/^ *(- )?(\{ )?[a-zA-Z]+: /);
    }
  });

  it('follows and restarts only what is wanted on the same host', () => {
    for (const wanted of desiredOf(load(name)).values())
      for (const { kind, key } of wanted.flatMap(({ follows = [] }) => follows))
        expect(wanted.some(other => other.kind === kind && other.key === key)).toBe(true);
  });
});

/** What each kind's probe prints of one entry. */
const printed: Readonly<Record<string, string>> = {
  package: 'nginx\n',
  directory: '/opt/kgc\n',
  file: 'file 644 root root\n/etc/issue\nRGViaWFuCg==\n',
  module: 'ip_vs\n',
  'ipvs-timeout': 'Timeout (tcp tcpfin udp): 900 120 300\n',
  forwarding: 'ip_forward:1\nconf/all/accept_redirects:0\nconf/all/forwarding:1\nconf/lo/forwarding:1\n',
  sysctl: '/proc/sys/net/ipv4/conf/all/send_redirects:0\n',
  'sysctl-entry': '>/etc/sysctl.conf\n|net.ipv4.ip_forward = 1\n',
  link: '3: ens37: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP\\    link/ether 52:54:00:00:00:01\n',
  'fou-port': 'port 6080 gue\n',
  address: '3: ens37    inet 12.0.0.1/24 brd 12.0.0.255 scope global ens37\\       valid_lft forever\n',
  route: 'default via 192.168.80.80 dev ens33 onlink \n',
  'gateway-entry': 'ens33 192.168.80.80\n',
  'fstab-entry': '>/etc/fstab\n|192.168.80.30:/opt/kgc /var/www/html nfs4 _netdev,nofail 0 0\n',
  mount: '75 60 0:46 / /var/www/html rw,relatime shared:33 - nfs4 192.168.80.30:/opt/kgc rw,vers=4.2,hard\n',
  'export-entry': '>/etc/exports\n|/opt/kgc 192.168.80.0/24(rw,sync)\n',
  export: '/opt/kgc\t192.168.80.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,root_squash)\n',
  chain: '*nat\n:LVSCTL-POSTROUTING - [0:0]\n-A POSTROUTING -j LVSCTL-POSTROUTING\n',
  'virtual-service': '-A -t 12.0.0.1:80 -s rr\n# thresholds\nIP Virtual Server version 1.2.1\n',
  'real-server':
    '-A -t 12.0.0.1:80 -s rr\n-a -t 12.0.0.1:80 -r 192.168.80.10:80 -m -w 1\n# thresholds\nTCP  12.0.0.1:80 rr\n  -> 192.168.80.10:80 0 0 0 0\n',
  'saved-service': '>/etc/ipvsadm.rules tcp 12.0.0.1:80\n|-A -t 12.0.0.1:80 -s rr\n',
  variable: '/etc/default/ipvsadm AUTO\ndouble true\n',
  'service-boot': 'enabled nginx.service\n',
  service: 'nginx.service\n\nLoadState=loaded\nActiveState=active\nSubState=running\n',
};
/** What is never wished for has no wish to compare with. */
const wished = [...kinds.values()].filter(({ evidence }) => !evidence).map(({ name }) => name);

describe('states are total: wanted and read they have the same attributes', () => {
  const wanted = inventories.flatMap(name => [...desiredOf(load(name)).values()].flat());
  const odd = desiredOf(
    loadTopology(
      'x.yaml',
      edited({
        'outside: ens37': 'gateway: 192.168.80.1/24',
        '12.0.0.1/24': '192.168.80.8/24',
        'scheduler: rr': 'timeouts: { tcp: 600 }\nscheduler: rr',
      }),
    ),
  );

  const gue = desiredOf(
    loadTopology('x.yaml', edited({ 'mode: nat': 'mode: tun\ntunnel: { type: gue, port: 6080 }' })),
  );

  it.each(wished)('%s', name => {
    const read = [...kinds.get(name)!.parse(printed[name]!).values()];
    expect(read).not.toEqual([]);
    const attributes = (state: object) =>
      Object.entries(state)
        .map(([attribute, value]) => `${attribute}: ${typeof value}`)
        .sort();
    const states = [...wanted, ...[odd, gue].flatMap(all => [...all.values()].flat())].filter(
      ({ kind }) => kind === name,
    );
    expect(states).not.toEqual([]);
    for (const { state } of states) expect(attributes(state)).toEqual(attributes(read[0]!));
  });
});

describe('the topology decides', () => {
  const things = (text: string, host: string) => desiredOf(loadTopology('x.yaml', text)).get(host)!;
  const keys = (wanted: readonly Resource[], kind: string) =>
    wanted.filter(thing => thing.kind === kind).map(({ key }) => key);

  it('without snat there is no chain that rewrites sources', () => {
    const without = edited({ 'mode: nat': 'mode: nat\nsnat: false' });
    expect(keys(things(sound, 'lb1'), 'chain')).toContain('nat LVSCTL-POSTROUTING');
    expect(keys(things(without, 'lb1'), 'chain')).toEqual(['filter LVSCTL-INPUT', 'filter LVSCTL-FORWARD']);
    expect(JSON.stringify(things(without, 'lb1'))).not.toContain('SNAT');
  });

  it('with one network card the director sends no redirects', () => {
    const single = edited({ ', outside: ens37': '', '12.0.0.1/24': '192.168.80.8/24' });
    expect(keys(things(sound, 'lb1'), 'sysctl')).toEqual([]);
    expect(keys(things(single, 'lb1'), 'sysctl')).toEqual(
      ['all', 'default', 'ens33'].map(device => `net.ipv4.conf.${device}.send_redirects`),
    );
    expect(keys(things(single, 'lb1'), 'address')).toEqual(['ens33 192.168.80.8/32']);
  });

  it('a gateway of its own is one more address of the director, and the way of the real servers', () => {
    const gateway = edited({ 'outside: ens37': 'outside: ens37, gateway: 192.168.80.1/24' });
    expect(keys(things(gateway, 'lb1'), 'address')).toEqual(['ens37 12.0.0.1/24', 'ens33 192.168.80.1/32']);
    expect(things(gateway, 'web1').find(({ kind }) => kind === 'route')?.state).toEqual({
      via: '192.168.80.1',
      dev: 'ens33',
      rest: 'onlink',
    });
  });

  describe('with management', () => {
    const managed = loadTopology(
      'x.yaml',
      edited({
        'mode: nat': 'mode: nat\nmanagement: { network: 10.9.0.0/16, via: 192.168.80.253 }',
        '192.168.80.20/24,': '192.168.80.20/24, gateway: 192.168.80.81,',
      }),
    );
    const script = '/etc/network/if-up.d/lvsctl';
    const isWay = ({ kind, key }: { kind: string; key: string }) =>
      key === script || kind === 'route' || kind === 'gateway-entry';
    const ways = (wanted: readonly Resource[]) =>
      wanted.filter(isWay).map(({ kind, key }) => `${kind} ${key}`);
    const wanted = desiredOf(managed);

    it('hosts whose default route is ours hold one to operators, now and at boot; the others keep their own', () => {
      const both = [`file ${script}`, 'route 10.9.0.0/16', 'route default', 'gateway-entry ens33'];
      expect(Object.fromEntries([...wanted].map(([host, things]) => [host, ways(things)]))).toEqual({
        lb1: [],
        web1: both,
        web2: both,
        nas: [],
      });
      expect(wanted.get('web1')!.filter(isWay)).toMatchObject([
        { stage: 'servers', state: { mode: '0755', owner: 'root' }, why: { place: { line: 3 } } },
        { stage: 'servers', state: { via: '192.168.80.253', dev: 'ens33', rest: '' } },
        { stage: 'servers', state: { via: '192.168.80.80' } },
        { stage: 'servers' },
      ]);
    });

    it('the way to them is there before the default route changes, and goes after that is back', () => {
      const cluster = { name: 'web', file: 'x.yaml', roles: rolesOf(managed) };
      const order = (desired: Desired, host: Parameters<typeof seen>[1]) => {
        const plan = compare(cluster, desired, [seen('web1', host)], kinds);
        return hostChanges(plan, 'web1')
          .filter(isWay)
          .map(({ action, kind, key }) => `${action} ${kind} ${key}`);
      };
      const things = wanted.get('web1')!.filter(isWay);
      const old = { via: '192.168.80.253', dev: 'ens33', rest: 'onlink' };
      expect(order(new Map([['web1', things]]), { live: { route: { default: old } } })).toEqual([
        `create file ${script}`,
        'create route 10.9.0.0/16',
        'update route default',
        'create gateway-entry ens33',
      ]);
      const marked = things.map(({ kind, key }) => entry(kind, key, key === 'default' ? old : null));
      const live = Object.fromEntries(
        ['file', 'route', 'gateway-entry'].map(kind => [
          kind,
          Object.fromEntries(
            things.filter(thing => thing.kind === kind).map(({ key, state }) => [key, state]),
          ),
        ]),
      );
      expect(order(new Map([['web1', []]]), { live, marked })).toEqual([
        'delete gateway-entry ens33',
        'restore route default',
        'delete route 10.9.0.0/16',
        `delete file ${script}`,
      ]);
    });

    it.each([
      ['10.9.0.5', '10.9.0.5'],
      ['10.9.0.5/32', '10.9.0.5'],
      ['10.0.0.0/8', '10.0.0.0/8'],
    ])('%s is %s, as `ip route` prints it', (network, key) => {
      const text = edited({
        'mode: nat': `mode: nat\nmanagement: { network: ${network}, via: 192.168.80.253 }`,
      });
      expect(keys(things(text, 'web1'), 'route')).toEqual([key, 'default']);
    });

    it('a host that stands in their network itself keeps its own way there', () => {
      const routes = (address: string) => {
        const facts = printedFacts('192.168.80.10/24', ['link ens40', `address ens40 ${address}`]);
        return keys(desire(managed, parseFacts('web1', facts)) as readonly Resource[], 'route');
      };
      expect(routes('10.9.1.2/16')).toEqual(['default']);
      expect(routes('10.9.1.2/24')).toEqual(['10.9.0.0/16', 'default']);
    });
  });

  it('without a web server no web server, page or site is touched', () => {
    const without = things(edited({ ', web: { server: nginx } }': ' }' }), 'web1');
    expect(keys(without, 'package')).toEqual(['nfs-common']);
    expect(keys(without, 'service')).toEqual([]);
  });

  it('every port with persistence has no --dport, and the saved table the words of ipvsadm', () => {
    const all = things(
      edited({ '{ port: 80 }': '{ port: 0, persistence: 300, weights: { web2: 3 } }' }),
      'lb1',
    );
    expect(all.find(({ key }) => key === 'filter LVSCTL-INPUT')?.state.rules).toBe(
      '-d 12.0.0.1/32 -p tcp -m tcp -j ACCEPT',
    );
    expect(all.find(({ kind }) => kind === 'saved-service')?.state.rules).toBe(
      [
        '-A -t 12.0.0.1:0 -s rr -p 300',
        '-a -t 12.0.0.1:0 -r 192.168.80.10:0 -m -w 1',
        '-a -t 12.0.0.1:0 -r 192.168.80.20:0 -m -w 3',
      ].join('\n'),
    );
  });

  it.each(['lb1', 'lb2'])(
    'who is drained has weight 0 in the table and in the files of keepalived on %s',
    name => {
      const ha = load('ha-dr');
      const host = ha.directors.find(director => director.name === name)!;
      const all = desire(ha, factsOf(ha, host), ['web2']) as readonly Resource[];
      const weights = all
        .filter(({ kind }) => kind === 'real-server')
        .map(({ key, state }) => [key, state.weight]);
      expect(weights).toEqual([
        ['tcp 10.0.0.100:80 10.0.0.10:80', 1],
        ['tcp 10.0.0.100:80 10.0.0.20:80', 0],
      ]);
      const conf = all
        .map(({ state }) => String(state.content))
        .find(text => text.includes('virtual_server '))!;
      expect(conf.match(/real_server \S+|weight \d+/g)).toEqual([
        ...['real_server 10.0.0.10', 'weight 1', 'real_server 10.0.0.20', 'weight 0'],
      ]);
    },
  );

  it('what the saved table cannot hold is set after each restore of it', () => {
    const text = edited({
      'scheduler: rr': 'scheduler: rr\ntimeouts: { udp: 30 }\nconnTabBits: 16\nvs: { expire_nodest_conn: 1 }',
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, upperThreshold: 100, lowerThreshold: 50,',
    });
    const all = things(text, 'lb1');
    const content = (key: string) => all.find(thing => thing.key === key)?.state.content;
    expect(content('/etc/lvsctl/ipvs.sh')).toContain(
      'ipvsadm --set 0 0 30\nipvsadm -e -t 12.0.0.1:80 -r 192.168.80.10:80 -m -w 1 -x 100 -y 50\n',
    );
    expect(content('/etc/systemd/system/lvsctl-ipvs.service')).toContain('WantedBy=ipvsadm.service');
    expect(content('/etc/modprobe.d/lvsctl.conf')).toContain('options ip_vs conn_tab_bits=16\n');
    expect(keys(all, 'sysctl')).toEqual(['net.ipv4.vs.expire_nodest_conn']);
    expect(keys(all, 'ipvs-timeout')).toEqual(['udp']);
    expect(all.find(({ kind }) => kind === 'real-server')?.state).toMatchObject({ upper: 100, lower: 50 });
    expect(keys(things(sound, 'lb1'), 'file')).not.toContain('/etc/lvsctl/ipvs.sh');
  });

  it('timeouts are keepalived’s where it has them in its file', () => {
    const ha = { ...load('ha-dr'), timeouts: { udp: 30 } };
    const all = desire(ha, factsOf(ha, ha.directors[0]!)) as readonly Resource[];
    expect(all.find(({ kind }) => kind === 'ipvs-timeout')).toMatchObject({
      key: 'udp',
      heldBy: 'keepalived',
    });
  });

  it('thresholds set after the restore keep the tunnel, and pass over what is nginx’s', () => {
    const limited = {
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, upperThreshold: 100, lowerThreshold: 50,',
    };
    const text = edited({
      ...limited,
      'mode: nat': 'mode: tun\ntunnel: { type: gue, port: 6080 }',
      '- { port: 80 }': '- { port: 80 }\n  - { port: 81, mode: proxy }',
    });
    const script = things(text, 'lb1').find(({ key }) => key === '/etc/lvsctl/ipvs.sh')!.state.content;
    expect(
      String(script)
        .split('\n')
        .filter(line => line.startsWith('ipvsadm')),
    ).toEqual([
      'ipvsadm -e -t 12.0.0.1:80 -r 192.168.80.10:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum -x 100 -y 50',
    ]);
  });

  it('a reverse proxy has nothing of ipvs, and listens on the VIP also where it is not', () => {
    const all = things(
      edited({
        'mode: nat': 'mode: proxy',
        '{ port: 80 }': '{ port: 80, scheduler: wlc, weights: { web1: 3, web2: 0 } }',
      }),
      'lb1',
    );
    expect(
      all.filter(({ kind }) => ['module', 'virtual-service', 'real-server', 'saved-service'].includes(kind)),
    ).toEqual([]);
    expect(keys(all, 'package')).toEqual(['iptables', 'nginx']);
    expect(all.find(({ key }) => key === '/etc/nginx/conf.d/lvsctl-web-proxy.conf')?.state.content).toMatch(
      /least_conn;\n {4}server 192\.168\.80\.10:80 .* weight=3;\n {4}server 192\.168\.80\.20:80 .* down;\n}\nserver {\n {4}listen 80;\n {4}listen 12\.0\.0\.1:80;/,
    );
    expect(keys(things(edited({ 'mode: nat': 'mode: proxy' }), 'web1'), 'route')).toEqual([]);
  });

  it('a firewall mark is one service for its ports, and the packets are marked beforehand', () => {
    const all = things(
      edited({
        '{ port: 80 }':
          '{ fwmark: 50, ports: [80, 443], persistence: { timeout: 60, netmask: 255.255.255.0 } }',
      }),
      'lb1',
    );
    expect(all.find(({ key }) => key === 'mangle LVSCTL-PREROUTING')?.state.rules).toBe(
      '-d 12.0.0.1/32 -p tcp -m multiport --dports 80,443 -j MARK --set-xmark 0x32/0xffffffff',
    );
    expect(keys(all, 'real-server')).toEqual(['fwm 50 192.168.80.10:0', 'fwm 50 192.168.80.20:0']);
    expect(all.find(({ kind }) => kind === 'saved-service')).toMatchObject({
      key: '/etc/ipvsadm.rules fwm 50',
      state: {
        rules: [
          '-A -f 50 -s rr -p 60 -M 255.255.255.0',
          '-a -f 50 -r 192.168.80.10:0 -m -w 1',
          '-a -f 50 -r 192.168.80.20:0 -m -w 1',
        ].join('\n'),
      },
    });
  });

  it('scheduler flags and udp are in the table, live and saved', () => {
    const text = edited({
      'scheduler: rr': 'scheduler: sh',
      '{ port: 80 }': '{ port: 53, protocol: udp, flags: [sh-port, sh-fallback] }',
    });
    const all = things(text, 'lb1');
    expect(keys(all, 'module')).toEqual(['ip_vs', 'ip_vs_sh']);
    expect(keys(all, 'virtual-service')).toEqual(['udp 12.0.0.1:53']);
    expect(all.find(({ kind }) => kind === 'virtual-service')?.state.flags).toBe('sh-port,sh-fallback');
    expect(all.find(({ kind }) => kind === 'saved-service')?.state.rules).toMatch(
      /^-A -u 12\.0\.0\.1:53 -s sh -b sh-port,sh-fallback\n-a -u /,
    );
  });

  it('says what each host is', () => {
    expect([...rolesOf(loadTopology('x.yaml', sound))]).toEqual([
      ['lb1', 'director'],
      ['web1', 'real server'],
      ['web2', 'real server'],
      ['nas', 'NFS server'],
    ]);
  });
});

describe('a host that cannot be what the topology calls it', () => {
  const refused = (host: string, edits: Readonly<Record<string, string>>, facts: string) => {
    const wanted = desire(loadTopology('x.yaml', edited(edits)), parseFacts(host, facts));
    return 'message' in wanted ? `${wanted.message} (${wanted.remedy})` : wanted.length;
  };
  const lb1 = '192.168.80.80/24';
  it.each<[string, string, Record<string, string>, string, string | RegExp]>([
    [
      'lacks its base address',
      'web1',
      {},
      printedFacts('10.0.0.5/24'),
      'web1 does not hold its address 192.168.80.10/24; it holds 10.0.0.5/24, 192.168.7.7/32 (give the host that address, or correct the topology: lvsctl never writes base addresses)',
    ],
    [
      'holds it with another prefix',
      'web1',
      {},
      printedFacts('192.168.80.10/16'),
      /^web1 does not hold its address/,
    ],
    [
      'holds it elsewhere',
      'lb1',
      { 'interface: ens33': 'interface: ens99' },
      printedFacts(lb1),
      'lb1 holds 192.168.80.80/24 on ens33, not on ens99 (write `interface: ens33`, or leave it out)',
    ],
    [
      'lacks the outside interface',
      'lb1',
      { 'outside: ens37': 'outside: ens99' },
      printedFacts(lb1),
      'lb1 has no interface ens99; it has lo, ens33, ens37 (correct `outside`)',
    ],
    [
      'lacks its own address outside',
      'lb1',
      { 'outside: ens37': 'outside: ens37, outsideAddress: 12.0.0.2/24' },
      printedFacts(lb1),
      /^lb1 does not hold its outside address 12\.0\.0\.2\/24 on ens37 \(give the interface that address/,
    ],
    [
      'holds its address outside elsewhere',
      'lb1',
      { 'outside: ens37': 'outside: ens37, outsideAddress: 12.0.0.2/24' },
      printedFacts(lb1, ['address ens33 12.0.0.2/24']),
      /^lb1 does not hold its outside address 12\.0\.0\.2\/24 on ens37/,
    ],
    [
      'gets its gateway by DHCP',
      'web1',
      {},
      printedFacts('192.168.80.10/24', ['dhcp ens33']),
      /^web1 gets its address and gateway on ens33 by DHCP \(let DHCP hand out the gateway 192\.168\.80\.80/,
    ],
  ])('%s', (_, host, edits, facts, said) => {
    expect(refused(host, edits, facts)).toEqual(
      typeof said === 'string' ? said : expect.stringMatching(said),
    );
  });

  it('may get its address by DHCP when no gateway of ours is wanted there', () => {
    expect(refused('nas', {}, printedFacts('192.168.80.30/24', ['dhcp ens33']))).toBeGreaterThan(0);
  });

  it('holds nothing when the topology does not name it', () => {
    expect(desire(loadTopology('x.yaml', sound), parseFacts('other', printedFacts('1.2.3.4/8')))).toEqual([]);
  });
});
