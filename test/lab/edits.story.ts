import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

const LB1 = `name: web
mode: nat
vip: 12.0.0.1/24
scheduler: rr
directors:
  - { name: lb1, address: 192.168.80.80/24, interface: ens33, outside: ens37 }
`;
const WEB3 = `  - name: web3
    address: 192.168.80.40/24
    web: { server: nginx, root: /srv/web3, page: web3 }
`;
const TWO = `${LB1}realServers:
  - name: web1
    address: 192.168.80.10/24
    mounts: [{ share: kgc, at: /var/www/html }]
    web: { server: nginx, root: /var/www/html }
  - name: web2
    address: 192.168.80.20/24
    mounts: [{ share: benet, at: /var/www/html }]
    web: { server: nginx, root: /var/www/html }
nfs:
  name: nas
  address: 192.168.80.30/24
  shares:
    - { name: kgc, path: /opt/kgc, clients: 192.168.80.0/24 }
    - { name: benet, path: /opt/benet, clients: 192.168.80.0/24 }
    - { name: spare, path: /opt/spare, clients: 192.168.80.0/24 }
services:
  - { port: 80 }
client: { address: 12.0.0.12/24 }
`;
const THREE = TWO.replace('nfs:', `${WEB3}nfs:`);

const marks = (...hosts: string[]) => hosts.map(host => `${host} mark /var/lib/lvsctl/mark`);
const service = (port: number) => `tcp 12.0.0.1:${port}`;
const saved = (port: number) => `lb1 saved-service /etc/ipvsadm.rules ${service(port)}`;

/** Where a host may differ from how it was on the first day, each with its reason. */
const unavoidable: readonly [RegExp, string][] = [
  [/^\+ module /, 'a loaded module is left loaded: somebody else may use it by now'],
  [/^\+ kernel /, 'values that came with a module; one that existed before shows up as a `-` as well'],
  [/^\+ unit \S+\.target active$/, 'a target that was reached once; nothing runs because of it'],
];

describe('a running cluster follows its edited file in place', () => {
  let c: Cluster;
  const pristine = new Map<string, string[]>();

  beforeAll(async () => {
    c = await cluster(THREE);
    for (const host of ['web1', 'web3', 'nas']) pristine.set(host, await portrait(c, host));
    await c.edit(() => TWO);
    await applied(c);
    await c.on('nas', 'for share in kgc benet spare; do echo $share >/opt/$share/index.html; done');
    expect(tally(await c.requests(6))).toEqual({ kgc: 3, benet: 3 });
  });
  afterAll(() => c?.down());

  it('a real server joins', async () => {
    await edited(
      yaml => yaml.replace('nfs:', `${WEB3}nfs:`),
      [
        'web3 directory /srv/web3',
        'web3 file /etc/nginx/conf.d/lvsctl-web.conf',
        'web3 file /srv/web3/index.html',
        'web3 route default',
        'web3 gateway-entry ens33',
        'web3 service-boot nginx.service',
        'web3 service nginx.service',
        `lb1 real-server ${service(80)} 192.168.80.40:80`,
        saved(80),
        ...marks('web1', 'web2', 'nas'),
      ],
    );
    expect(tally(await c.requests(9))).toEqual({ kgc: 3, benet: 3, web3: 3 });
  });

  it('a host that is dropped from the file goes back to what it was, and is not asked again', async () => {
    await edited(
      yaml => yaml.replace(WEB3, ''),
      [
        // Drained, then removed.
        `lb1 real-server ${service(80)} 192.168.80.40:80`,
        `lb1 real-server ${service(80)} 192.168.80.40:80`,
        saved(80),
        'web3 service nginx.service',
        'web3 service-boot nginx.service',
        'web3 gateway-entry ens33',
        'web3 route default',
        'web3 file /srv/web3/index.html',
        'web3 file /etc/nginx/conf.d/lvsctl-web.conf',
        'web3 directory /srv/web3',
        ...marks('web1', 'web2', 'nas'),
      ],
    );
    expect(await leftOn('web3')).toEqual([]);
    expect(tally(await c.requests(6))).toEqual({ kgc: 3, benet: 3 });
    expect((await c.lvsctl('plan')).out).not.toContain('web3');
  });

  it('another scheduler', async () => {
    await edited(
      yaml => yaml.replace('scheduler: rr', 'scheduler: wrr'),
      [
        'lb1 file /etc/modules-load.d/lvsctl.conf',
        'lb1 module ip_vs_wrr',
        // Named as what stays: a loaded module is left loaded.
        'lb1 module ip_vs_rr',
        `lb1 virtual-service ${service(80)}`,
        saved(80),
      ],
    );
    expect(tally(await c.requests(6))).toEqual({ kgc: 3, benet: 3 });
  });

  it('another weight', async () => {
    await edited(
      yaml => yaml.replace('name: web1\n', 'name: web1\n    weight: 2\n'),
      [`lb1 real-server ${service(80)} 192.168.80.10:80`, saved(80)],
    );
    expect(tally(await c.requests(12))).toEqual({ kgc: 8, benet: 4 });
  });

  it('another port, once it is allowed that nobody answers the old one', async () => {
    const elsewhere = (yaml: string) => yaml.replace('port: 80', 'port: 8080, targetPort: 80');
    const before = await readFile(c.file, 'utf8');
    await c.edit(elsewhere);
    const { code, out } = await c.lvsctl('apply', '--auto-approve');
    expect(code).toBe(3);
    expect(out.replace(/\s+/g, ' ')).toContain(`nobody answers ${service(80)} any more`);
    await c.edit(() => before);
    await edited(
      elsewhere,
      [
        'lb1 file /etc/lvsctl/iptables.rules',
        'lb1 chain filter LVSCTL-INPUT',
        `lb1 virtual-service ${service(8080)}`,
        `lb1 real-server ${service(8080)} 192.168.80.10:80`,
        `lb1 real-server ${service(8080)} 192.168.80.20:80`,
        saved(8080),
        saved(80),
        `lb1 real-server ${service(80)} 192.168.80.20:80`,
        `lb1 real-server ${service(80)} 192.168.80.10:80`,
        `lb1 virtual-service ${service(80)}`,
      ],
      ['--allow', 'last-server'],
    );
    expect(tally(await c.requests(6, 'http://12.0.0.1:8080/'))).toEqual({ kgc: 4, benet: 2 });
    expect(await c.requests(1)).toEqual(['-']);
    expect(
      await c.on('lb1', 'grep -c ":80 " /etc/ipvsadm.rules; iptables -S | grep -c "dport 80 " || :'),
    ).toBe('2\n0\n');
  });

  it('another share', async () => {
    await edited(
      yaml => yaml.replace('share: kgc', 'share: spare'),
      ['web1 fstab-entry /etc/fstab /var/www/html', 'web1 mount /var/www/html'],
    );
    expect(tally(await c.requests(6, 'http://12.0.0.1:8080/'))).toEqual({ spare: 4, benet: 2 });
    expect(await c.on('web1', 'grep -c kgc /etc/fstab /proc/self/mountinfo || :')).toBe(
      '/etc/fstab:0\n/proc/self/mountinfo:0\n',
    );
  });

  it('another mount point', async () => {
    const unit = (name: string) => `web1 file /etc/systemd/system/${name}.mount.d/lvsctl.conf`;
    await edited(
      yaml =>
        yaml
          .replace(/spare, at: \/var\/www\/html/, 'spare, at: /srv/pages')
          .replace('root: /var/www/html', 'root: /srv/pages'),
      [
        'web1 directory /srv/pages',
        unit('srv-pages'),
        'web1 file /etc/nginx/conf.d/lvsctl-web.conf',
        'web1 file /etc/systemd/system/nginx.service.d/lvsctl.conf',
        'web1 fstab-entry /etc/fstab /srv/pages',
        'web1 mount /srv/pages',
        'web1 service nginx.service',
        'web1 mount /var/www/html',
        'web1 fstab-entry /etc/fstab /var/www/html',
        unit('var-www-html'),
      ],
    );
    expect(tally(await c.requests(6, 'http://12.0.0.1:8080/'))).toEqual({ spare: 4, benet: 2 });
    const left =
      'grep -c " /var/www/html " /etc/fstab /proc/self/mountinfo; ls -d /etc/systemd/system/var-www-html*';
    expect(await c.on('web1', `${left} 2>/dev/null || :`)).toBe('/etc/fstab:0\n/proc/self/mountinfo:0\n');
  });

  it('a host’s new name is all that changes: nothing is torn down', async () => {
    const config = `${c.directory}/ssh_config`;
    const blocks = (await readFile(config, 'utf8')).split(/^(?=Host )/m);
    const renamed = blocks.find(block => block.startsWith('Host web2\n'))!.replace('Host web2', 'Host shop2');
    await writeFile(config, [...blocks, renamed].join('\n'));
    const boots = await c.on('web2', 'systemctl show -p ActiveEnterTimestampMonotonic nginx');
    await edited(yaml => yaml.replace('name: web2', 'name: shop2'), marks('lb1', 'web1', 'shop2', 'nas'));
    expect(await c.on('web2', 'systemctl show -p ActiveEnterTimestampMonotonic nginx')).toBe(boots);
    expect(tally(await c.requests(6, 'http://12.0.0.1:8080/'))).toEqual({ spare: 4, benet: 2 });
    expect(await c.on('nas', 'grep -c web2 /var/lib/lvsctl/mark || :')).toBe('0\n');
  });

  it('the NFS server and its mounts leave the file: it goes back too, but for the pages in its shares', async () => {
    await c.on('web1', 'systemctl is-active nginx');
    const own = (yaml: string) =>
      yaml
        .replace(/nfs:[\s\S]*(?=services:)/, '')
        .replace(/ {4}mounts: .*\n/g, '')
        .replace(/root: \S+ }/g, 'root: /srv/own, page: own }');
    const changed = await change(own);
    expect(changed.filter(line => line.startsWith('nas '))).toEqual([
      'nas service nfs-server.service',
      ...['rpc-statd', 'rpc-statd-notify', 'nfsdcld', 'rpcbind'].map(name => `nas service ${name}.service`),
      ...['rpcbind.socket', 'proc-fs-nfsd.mount', 'run-rpc_pipefs.mount'].map(unit => `nas service ${unit}`),
      'nas service-boot nfs-server.service',
      ...['spare', 'benet', 'kgc'].map(share => `nas export /opt/${share} 192.168.80.0/24`),
      ...['spare', 'benet', 'kgc'].map(
        share => `nas export-entry /etc/exports /opt/${share} 192.168.80.0/24`,
      ),
      ...['spare', 'benet', 'kgc'].map(share => `nas directory /opt/${share}`),
    ]);
    expect(await leftOn('nas')).toEqual([]);
    expect(await c.on('nas', 'cat /opt/*/index.html')).toBe('benet\nkgc\nspare\n');
    expect(await c.on('web1', 'grep -c nfs4 /etc/fstab /proc/self/mountinfo || :')).toBe(
      '/etc/fstab:0\n/proc/self/mountinfo:0\n',
    );
    expect(tally(await c.requests(4, 'http://12.0.0.1:8080/'))).toEqual({ own: 4 });
  });

  /** Edits the file and applies it: the changes that were planned, as `host kind key`; nothing is left to do. */
  async function change(edit: (yaml: string) => string, options: readonly string[] = []): Promise<string[]> {
    const was = await readFile(c.file, 'utf8');
    await c.edit(edit);
    expect(await readFile(c.file, 'utf8')).not.toBe(was);
    const { out } = await applied(c, '--json', ...options);
    expect(await planned(c)).toEqual([]);
    return out
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
      .filter(({ type }) => type === 'planned_change')
      .map(({ change: { host, type, name } }) => `${host} ${type} ${name}`);
  }

  async function edited(
    edit: (yaml: string) => string,
    expected: readonly string[],
    options: readonly string[] = [],
  ): Promise<void> {
    expect((await change(edit, options)).toSorted()).toEqual(expected.toSorted());
  }

  async function leftOn(host: string): Promise<string[]> {
    return differences(pristine.get(host)!, await portrait(c, host)).filter(
      line => !unavoidable.some(([pattern]) => pattern.test(line)),
    );
  }

  function tally(bodies: string[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const body of bodies) counts[body] = (counts[body] ?? 0) + 1;
    return counts;
  }
});
