import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/roles/template.js';
import { loadTopology } from '../../src/topology/load.js';
import { Namespace } from '../resources/namespace.js';
import { saidOf } from '../topology/faults.js';
import { edited, sound } from '../topology/sound.js';
import { desiredOf } from './portrait.js';

const cluster = 'web';
const chain = { table: 'nat', chain: 'LVSCTL-POSTROUTING', hook: 'POSTROUTING', rules: ['-j RETURN'] };
const listens = [{ address: '10.0.0.1', port: 8080, standard: false, secure: true }];
const tls = { certificate: '/etc/ssl/web.pem', key: '/etc/ssl/web.key' };
const limited = [{ service: '-f 50', server: '-r 10.0.0.1:0 -g -w 1', upper: 9, lower: 3 }];
const site = { cluster, listens, tls, root: '/srv' };

/** Everything that each template needs. */
const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'apache/site.conf': site,
  'network/ifcfg': { cluster, name: 'lo:0', address: '10.0.0.100', netmask: '255.255.255.255' },
  block: { cluster, lines: ['a'] },
  'iptables/load.sh': { cluster, chains: [chain], pick: 'tool=iptables' },
  'iptables/rules': { cluster, tables: [{ table: 'nat', chains: [chain] }] },
  'ipvsadm/unsaved.sh': { cluster, timeouts: { tcp: 0, tcpfin: 0, udp: 30 }, limited },
  'keepalived/auth.conf': { cluster, password: 'p' },
  'keepalived/check-nginx.sh': { cluster, selfHealing: true },
  'keepalived/keepalived.conf': {
    cluster,
    folder: '/etc/keepalived',
    router: 'lb1',
    fractions: true,
    group: '239.1.1.1',
    sync: { interface: 'eth0', instance: 'VI_1', id: 50 },
    timeouts: 'tcp 900',
    mail: { to: ['a@b.c'], from: 'a@b.c', server: '10.0.0.1', port: 25 },
  },
  'keepalived/services.conf': {
    cluster,
    services: [
      {
        name: '10.0.0.9 80',
        lines: ['lvs_sched rr'],
        servers: [
          { name: '10.0.0.1 80', lines: ['weight 1'], checks: [{ type: 'TCP_CHECK', lines: ['retry 1'] }] },
        ],
      },
    ],
  },
  'keepalived/vrrp.conf': {
    cluster,
    scripts: [{ name: 'a', path: '/a', interval: 1, timeout: 1, weight: 0, fall: 1, rise: 1 }],
    processes: [{ name: 'p', process: 'nginx', weight: 0 }],
    together: 'g',
    instances: [
      {
        name: 'VI_1',
        state: 'BACKUP',
        interface: 'eth0',
        id: 50,
        priority: 100,
        advertInt: 1,
        preempt: 'nopreempt',
        source: '10.0.0.1',
        peers: ['10.0.0.2'],
        auth: '/a',
        address: '10.0.0.9/24',
        further: ['10.0.0.8/24'],
        tracked: [{ kind: 'track_interface', entries: ['eth1'] }],
        notify: [{ state: 'master', path: '/a' }],
      },
    ],
  },
  'modprobe.conf': { cluster, connTabBits: 16 },
  'modules.conf': { cluster, modules: ['ip_vs'] },
  'network/if-up.sh': { cluster, device: 'eth0', network: '10.9.0.0/16', via: '10.0.0.254' },
  'network/interfaces': { cluster, stanzas: [{ device: 'eth0', address: '10.0.0.1/24', before: ['true'] }] },
  'network/route': { cluster, device: 'eth0', network: '10.9.0.0/16', via: '10.0.0.254' },
  'network/tunnels': { cluster, stanzas: [{ device: 'tunl0', ports: [6080], address: '10.0.0.9/32' }] },
  'nginx/sorry.conf': {
    cluster,
    tls,
    sites: [{ any: true, address: '10.0.0.9', port: 443, secure: true, page: 'sorry.html' }],
  },
  'nginx/proxy.conf': {
    cluster,
    tls,
    sites: [
      {
        upstream: 'u',
        method: 'ip_hash',
        servers: [{ address: '10.0.0.1', port: 80, options: '' }],
        any: true,
        address: '10.0.0.9',
        port: 443,
        secure: true,
        scheme: 'http',
      },
    ],
  },
  'nginx/site.conf': site,
  'systemd/iptables-again.service': { cluster },
  'systemd/iptables.service': { cluster },
  'systemd/ipvs.service': { cluster, unit: 'ipvsadm.service' },
  'systemd/mount.conf': { cluster },
  'systemd/web-mounts.conf': { cluster, mounts: [{ unit: 'srv', automount: true }] },
};

describe('a template', () => {
  it('stands in this table', () => {
    const there = readdirSync('templates', { recursive: true, encoding: 'utf8' });
    expect(Object.keys(values).sort()).toEqual(
      there.flatMap(path => (path.endsWith('.hbs') ? [path.replace('.hbs', '')] : [])).sort(),
    );
  });

  it.each(Object.keys(values))(
    '%s needs no more than these values, and says so when one is missing',
    name => {
      const text = render(name, values[name]!);
      expect(text).toContain('lvsctl');
      expect(text).not.toMatch(/\{\{|undefined|\[object/);
      expect(text.endsWith('\n')).toBe(true);
      const { cluster: _, ...without } = values[name]!;
      expect(() => render(name, without)).toThrow(/"cluster" not defined/);
    },
  );
});

/** The file with this path on this host. */
function file(text: string, host: string, path: string): string {
  const wanted = desiredOf(loadTopology('x.yaml', text)).get(host)!;
  return String(wanted.find(({ kind, key }) => kind === 'file' && key === path)!.state.content);
}

describe('the loader of our chains', () => {
  const script = file(sound, 'lb1', '/etc/lvsctl/iptables.sh');
  const rules = file(sound, 'lb1', '/etc/lvsctl/iptables.rules');

  it('is a script that every POSIX shell can read', () => {
    for (const shell of ['dash', 'bash'])
      expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
  });

  it('really run twice leaves one jump to each chain, and what others put there', () => {
    const user = process.getuid?.() === 0 ? [] : ['-r'];
    const load = script.replace('/etc/lvsctl/iptables.rules', '/dev/fd/3');
    const run = `iptables -A FORWARD -s 9.9.9.9 -j DROP
      for time in 1 2; do sh -c "$1" 3<<EOF || exit 1
$2
EOF
      done
      iptables -S; iptables -t nat -S`;
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      [...user, '-n', 'sh', '-ec', run, 'sh', load, rules],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n').filter(line => line.startsWith('-A'));
    expect(lines).toEqual([
      '-A INPUT -j LVSCTL-INPUT',
      '-A FORWARD -j LVSCTL-FORWARD',
      '-A FORWARD -s 9.9.9.9/32 -j DROP',
      ...lines.slice(3, 6),
      '-A POSTROUTING -j LVSCTL-POSTROUTING',
      '-A LVSCTL-POSTROUTING -s 192.168.80.0/24 -o ens37 -j SNAT --to-source 12.0.0.1',
    ]);
    expect(lines.slice(3, 6).every(line => line.startsWith('-A LVSCTL-'))).toBe(true);
  });
});

describe('the script of ifup for a route of ours', () => {
  const managed = edited({
    'mode: nat': 'mode: nat\nmanagement: { network: 10.9.0.0/16, via: 192.168.80.253 }',
    '192.168.80.10/24,': '192.168.80.10/24, interface: v0,',
  }).replaceAll('interface: ens33', 'interface: v0');
  const script = file(managed, 'web1', '/etc/network/if-up.d/lvsctl');

  it('sets it when its interface comes up with IPv4, in the place of another, and at no other time', async () => {
    const space = await Namespace.make();
    try {
      const [name, ...words] = [...space.within, 'sh', '-c', script];
      const ifup = (IFACE: string, ADDRFAM: string) => {
        const { status } = spawnSync(name!, words, { env: { PATH: process.env.PATH, IFACE, ADDRFAM } });
        expect(status).toBe(0);
        return space.run('ip -4 route show 10.9.0.0/16').trim();
      };
      expect(ifup('v0', 'inet'), 'without an address').toBe('');
      space.run('ip addr add 192.168.80.10/24 dev v0');
      for (const [iface, family] of [
        ['--all', 'meta'],
        ['lo', 'inet'],
        ['v0:0', 'inet'],
        ['v0', 'inet6'],
      ] as const)
        expect(ifup(iface, family), iface).toBe('');
      space.run('ip route add 10.9.0.0/16 via 192.168.80.99');
      for (let time = 0; time < 2; time++)
        expect(ifup('v0', 'inet')).toBe('10.9.0.0/16 via 192.168.80.253 dev v0');
    } finally {
      space.end();
    }
  });
});

describe('a tracked interface whose name is a word of keepalived', () => {
  it('is between quotes where more words follow', () => {
    const text = edited({
      'services:\n':
        'vrrp: { virtualRouterId: 50, track: { interfaces: [{ interface: include, weight: 5 }] } }\nservices:\n',
    });
    const lines = file(text, 'lb1', '/etc/keepalived/conf.d/lvsctl-vrrp.conf').split('\n');
    expect(lines.map(line => line.trim())).toContain('"include" weight 5');
  });
});

describe('an advertisement', () => {
  it('holds the first VIP alone, so that a further one comes and goes without a transition', () => {
    const text = edited({
      'services:\n':
        "vrrp: { virtualRouterId: 50, label: 'ens33:1' }\nservices:\n  - { vip: 12.0.0.2/24, port: 443 }\n",
    });
    expect(file(text, 'lb1', '/etc/keepalived/conf.d/lvsctl-vrrp.conf')).toContain(
      `    virtual_ipaddress {
        12.0.0.2/24 dev ens37 label ens33:1
    }
    virtual_ipaddress_excluded {
        12.0.0.1/24 dev ens37
    }
`,
    );
  });
});

describe('a tracked script', () => {
  it('is called by the name of its file, however its path is written', () => {
    const path = 'inventories/ha-dr/notify-master.sh//';
    const text = edited({
      'services:\n': `vrrp: { virtualRouterId: 50, track: { scripts: [{ script: ${path} }] } }\nservices:\n`,
    });
    const lines = file(text, 'lb1', '/etc/keepalived/conf.d/lvsctl-vrrp.conf').split('\n');
    expect(lines).toContain('vrrp_script notify-master.sh {');
  });
});

describe('a web root that is odd but right', () => {
  const root = "/srv/größe; } location / { root '/etc' } # &amp; <b>";
  const under = (server: string) =>
    edited({
      'mounts: [{ share: kgc, at: /var/www/html }], web: { server: nginx }': `web: { server: ${server}, root: ${JSON.stringify(root)} }`,
    });

  it('is one word between quotes for nginx', () => {
    const text = file(under('nginx'), 'web1', '/etc/nginx/conf.d/lvsctl-web.conf');
    expect(text.split('\n')).toContain(`    root "${root}";`);
    expect(text.split('"')).toHaveLength(3);
  });

  it('is one word between quotes for Apache, twice', () => {
    const text = file(under('apache'), 'web1', '/etc/apache2/sites-enabled/lvsctl-web.conf');
    const lines = text.split('\n').map(line => line.trim());
    expect(lines).toContain(`DocumentRoot "${root}"`);
    expect(lines).toContain(`<Directory "${root}">`);
    expect(text.split('"')).toHaveLength(5);
  });

  it.each([...'"$\\*?[]'])('must not hold %s, which web servers read as more than a character', char => {
    const text = edited({
      'web: { server: nginx }': `web: { server: nginx, root: ${JSON.stringify(`/srv/a${char}b`)} }`,
    });
    expect(saidOf('x.yaml', text)).toEqual([
      expect.stringContaining(
        `\`/srv/a${char}b\` is not a path for a web server (An absolute path without " $`,
      ),
    ]);
  });
});

describe('a mount point that is odd but right', () => {
  const at = '/srv/my "files" 100% $x\\y;{}';
  const text = edited({
    'at: /var/www/html }': `at: ${JSON.stringify(at)}, options: [nofail] }`,
  });

  it('reaches systemd as the name of its unit, without a quote or a blank', () => {
    const dropIn = file(text, 'web1', '/etc/systemd/system/nginx.service.d/lvsctl.conf');
    const unit = 'srv-my\\x20\\x22files\\x22\\x20100\\x25\\x20\\x24x\\x5cy\\x3b\\x7b\\x7d';
    expect(dropIn.split('\n')).toEqual(
      expect.arrayContaining([`Requires=${unit}.mount`, `After=${unit}.mount`]),
    );
    expect(() => file(text, 'web1', `/etc/systemd/system/${unit}.mount.d/lvsctl.conf`)).not.toThrow();
  });
});
