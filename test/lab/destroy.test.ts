import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

/** What others put on the hosts before lvsctl ever came: odd bytes, odd rights, live things that no file names. */
const foreign: Readonly<Record<string, string>> = {
  lb1: `
mkdir -p /etc/site
printf '# site: caf\\351 \\377\\nnet.ipv4.tcp_syncookies = 1\\r\\n\\n  # kept\\nvm.swappiness=10' >/etc/site/sysctl.conf
chown root:adm /etc/site/sysctl.conf
chmod 640 /etc/site/sysctl.conf
ln -sf site/sysctl.conf /etc/sysctl.conf
sysctl -q -w net.ipv4.conf.all.accept_redirects=0
iptables -N SITE
iptables -A SITE -s 203.0.113.0/24 -j DROP
iptables -A FORWARD -j SITE
iptables -t nat -N SITE-NAT
iptables -t nat -A SITE-NAT -p tcp --dport 2222 -j REDIRECT --to-ports 22
iptables -t nat -A PREROUTING -j SITE-NAT
ipvsadm -A -t 12.0.0.99:8080 -s wlc
ipvsadm -a -t 12.0.0.99:8080 -r 192.168.80.77:8080 -m -w 3
printf '%s\\n' '-A -t 12.0.0.99:8080 -s wlc' '-a -t 12.0.0.99:8080 -r 192.168.80.77:8080 -m -w 3' >>/etc/ipvsadm.rules
chmod 600 /etc/ipvsadm.rules`,
  web1: `
mkdir -p /srv/scratch /var/www/html
printf '# site: \\377\\376 old disk\\r\\ntmpfs /srv/scratch tmpfs size=1m 0 0 # made by hand' >>/etc/fstab
chown root:disk /etc/fstab
chmod 664 /etc/fstab
systemctl daemon-reload
mount /srv/scratch
echo 'the page below the share' >/var/www/html/index.html`,
  nas: `
mkdir -p /srv/x /srv/y /opt/kgc
echo kgc >/opt/kgc/index.html
printf '# site \\351\\r\\n/srv/y\\t192.168.80.0/24(ro,no_subtree_check)' >>/etc/exports
chmod 640 /etc/exports
systemctl start nfs-server
exportfs -o ro,no_subtree_check 192.168.80.99:/srv/x`,
};
const hosts = Object.keys(foreign);

/** Foreign files in which ours stand too while the cluster is up: what they hold without our block. */
const shared = [
  ['lb1', '/etc/sysctl.conf'],
  ['web1', '/etc/fstab'],
  ['nas', '/etc/exports'],
] as const;

/** The only differences that a destroy may leave, each with its reason. */
const unavoidable: readonly [RegExp, string][] = [
  [/^\+ module /, 'a loaded module is left loaded: somebody else may use it by now'],
  [/^\+ kernel /, 'values that came with a module; one that existed before shows up as a `-` as well'],
  [/^\+ unit network-online\.target active$/, 'a target that was reached once; nothing runs because of it'],
];

let c: Cluster;
const before = new Map<string, string[]>();
const take = async () =>
  new Map(await Promise.all(hosts.map(async host => [host, await portrait(c, host)] as const)));
const left = (after: ReadonlyMap<string, string[]>) =>
  hosts.flatMap(host =>
    differences(before.get(host)!, after.get(host)!)
      .filter(line => !unavoidable.some(([pattern]) => pattern.test(line)))
      .map(line => `${host} ${line}`),
  );
const hex = (host: string, path: string) => c.on(host, `od -An -v -tx1 ${path} | tr -d ' \\n'`);

beforeAll(async () => {
  c = await cluster('nat');
  await Promise.all(hosts.map(host => c.on(host, `set -e${foreign[host]}`)));
  for (const [host, facts] of await take()) before.set(host, facts);
});

afterAll(() => c?.down());

describe('hosts on which others had put things', () => {
  const bytes = new Map<string, string>();

  it('become the cluster, and the plan shows what is not ours', async () => {
    for (const [host, path] of shared) bytes.set(path, await hex(host, path));
    await applied(c);
    await c.on('nas', 'echo benet >/opt/benet/index.html');
    const { out, code } = await c.lvsctl('plan');
    expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({
      code: 0,
      last: 'No changes. 4 hosts match cluster.yaml.',
    });
    expect(out).toMatch(/warning foreign-virtual-service: lb1 also balances tcp 12\.0\.0\.99:8080/);
    expect((await c.requests(4)).sort()).toEqual(['benet', 'benet', 'kgc', 'kgc']);
  });

  it('keep what others put there, live and in files, byte for byte', async () => {
    const now = await take();
    const gone = (host: string) =>
      differences(before.get(host)!, now.get(host)!).filter(line => line.startsWith('-'));
    const kept = (kind: string) => hosts.flatMap(gone).filter(line => line.startsWith(`- ${kind} `));
    for (const kind of [
      'file',
      'folder',
      'address',
      'rule',
      'route',
      'mount',
      'export',
      'unit',
      'ipvs',
      'module',
    ])
      expect({ kind, gone: kept(kind) }).toEqual({ kind, gone: [] });
    // Our jump stands first, so the rule of others in the same chain is its second now.
    expect(kept('iptables')).toEqual(['- iptables *filter 1 -A FORWARD -j SITE']);
    expect(now.get('lb1')).toContain('iptables *filter 2 -A FORWARD -j SITE');
    expect(now.get('lb1')).toContain('kernel /proc/sys/net/ipv4/conf/all/accept_redirects:0');
    expect(await c.on('lb1', 'readlink /etc/sysctl.conf')).toBe('site/sysctl.conf\n');
    expect(await c.on('lb1', 'grep -c 12.0.0.99:8080 /etc/ipvsadm.rules')).toBe('2\n');
    for (const [host, path] of shared) {
      const all = await hex(host, path);
      expect(all.startsWith(bytes.get(path)!), path).toBe(true);
      const added = Buffer.from(all.slice(bytes.get(path)!.length), 'hex').toString();
      expect(added).toMatch(/^\n# BEGIN lvsctl web \(no newline before\)\n[^#]+# END lvsctl web\n$/);
    }
  });

  it('are refused to a cluster of another name, and nothing changes', async () => {
    await c.edit(yaml => yaml.replace('name: web #', 'name: other #'));
    const marks = await c.on('lb1', 'sha256sum /var/lib/lvsctl/mark');
    for (const words of [['plan'], ['apply', '--auto-approve'], ['destroy', '--auto-approve']]) {
      const { code, out } = await c.lvsctl(words[0]!, ...words.slice(1));
      expect({ words, code }).toEqual({ words, code: 1 });
      expect(out.replace(/\s+/g, ' ')).toContain('lb1 belongs to the cluster web, not other');
    }
    expect(await c.on('lb1', 'sha256sum /var/lib/lvsctl/mark')).toBe(marks);
    await c.edit(yaml => yaml.replace('name: other #', 'name: web #'));
    expect(await planned(c)).toEqual([]);
  });

  it('are given back by destroy as they were', async () => {
    const { code, out, err } = await c.lvsctl('destroy', '--auto-approve');
    expect({ code, out, err }).toMatchObject({ code: 0 });
    expect(left(await take())).toEqual([]);
    expect(await c.on('web1', 'cat /var/www/html/index.html')).toBe('the page below the share\n');
    expect(await c.on('nas', 'cat /opt/kgc/index.html /opt/benet/index.html')).toBe('kgc\nbenet\n');
  });

  it('hold nothing more to destroy', async () => {
    const { code, out } = await c.lvsctl('destroy', '--auto-approve');
    expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({
      code: 0,
      last: 'No changes. 4 hosts match cluster.yaml.',
    });
  });
});
