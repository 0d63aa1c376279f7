import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

const hosts = ['lb1', 'web1', 'web2', 'nas'];
const packages: Readonly<Record<string, readonly string[]>> = {
  lb1: ['ipvsadm', 'iptables'],
  web1: ['nfs-common', 'nginx'],
  web2: ['nfs-common', 'nginx'],
  nas: ['nfs-kernel-server'],
};
const seconds = 900_000;

/** Differences under /etc and in systemd that come of packages, which stay, each with its reason. */
const ofPackages: readonly [RegExp, string][] = [
  [/ \/etc\/(alternatives\/|ld\.so\.cache)/, 'dpkg triggers: alternatives and the cache of libraries'],
  [/ \/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$/, 'accounts that a package makes (_rpc, statd)'],
  [/ \/etc\/rc[0-9S]\.d(\/| |$)/, 'links of init scripts, made by update-rc.d for a package'],
  [/ \/etc\/systemd\/system\/[^ ]*\.(wants|requires)(\/| |$)/, 'units that a package enables'],
  [/^[-+] unit-file /, 'units that a package brings'],
  [
    /^\+ (content|file) .*\/etc\/(exports|networks|default\/(nfs|rpcbind|ipvsadm)|ipvsadm\.rules|idmapd\.conf|nfs\.conf|inputrc)/,
    'made by postinst of ipvsadm, rpcbind, nfs-common, nfs-kernel-server, netbase, readline-common',
  ],
  [
    /^\+ (content|file|folder) .*\/etc\/python3/,
    'made by postinst of python3-minimal, which nfs-common needs',
  ],
  [/^\+ link \/etc\/nginx\/sites-enabled\/default /, 'made by postinst of nginx-common'],
];

/** The only other differences that a destroy may leave, each with its reason. */
const unavoidable: readonly [RegExp, string][] = [
  [/^\+ module /, 'a loaded module is left loaded: somebody else may use it by now'],
  [/^\+ kernel /, 'values that came with a module; one that existed before shows up as a `-` as well'],
  [/^\+ unit network-online\.target active$/, 'a target that was reached once; nothing runs because of it'],
];

let c: Cluster;
const before = new Map<string, string[]>();
const everywhere = <T>(what: (host: string) => Promise<T>) => Promise.all(hosts.map(what));
const changed = async () =>
  (
    await everywhere(async host =>
      differences(before.get(host)!, await portrait(c, host)).map(line => `${host} ${line}`),
    )
  ).flat();
const installed = (host: string) => c.on(host, "dpkg-query -W -f '${Package}\\n' | sort");

beforeAll(async () => {
  c = await cluster('nat', { image: 'bare' });
  await everywhere(async host => before.set(host, await portrait(c, host)));
});

afterAll(() => c?.down());

describe(
  'hosts without the packages',
  () => {
    it('are told what will be installed, and that it will stay', async () => {
      const wanted = hosts.flatMap(host => packages[host]!.map(name => `${host} package ${name}`));
      expect((await planned(c)).filter(line => line.includes(' package '))).toEqual(wanted);
      const { out } = await c.lvsctl('plan');
      expect(out).toContain('packages stay installed');
    });

    it('are left alone where packages are to be there beforehand', async () => {
      await c.edit(yaml => `${yaml}\npackages: require\n`);
      const { code, out, err } = await c.lvsctl('apply', '--auto-approve');
      expect({ code, err }).toMatchObject({ code: 3 });
      const text = out.replace(/\s+/g, ' ');
      for (const host of hosts)
        for (const name of packages[host]!)
          expect(text).toContain(`error package-missing: ${host} lacks the package ${name}`);
      await c.edit(yaml => yaml.replace('\npackages: require\n', ''));
      expect(await changed()).toEqual([]);
    });

    it('are left alone, all of them, when one has a package manager that somebody holds', async () => {
      const hold = `open my $lock, ">>", "/var/lib/dpkg/lock-frontend"; my $whole = pack "s s x4 q q i x4", 1, 0, 0, 0, 0; fcntl $lock, 6, $whole or die; sleep 3600`;
      await c.on(
        'web2',
        `perl -e '${hold}' >/dev/null 2>&1 & echo $! >/tmp/holder; sleep 1; kill -0 "$(cat /tmp/holder)"`,
      );
      const holder = (await c.on('web2', 'cat /tmp/holder')).trim();
      const { code, out } = await c.lvsctl('apply', '--auto-approve', '--lock-timeout', '5s');
      expect({ code, out }).toMatchObject({ code: 1 });
      const message = `the package manager is locked by process ${holder} (perl) for 5 s now: wait for it or end it`;
      expect(out.replace(/\s+/g, ' ')).toContain(message);
      await c.on('web2', 'kill "$(cat /tmp/holder)"; rm /tmp/holder');
      expect(await changed()).toEqual([]);
    });

    const had = new Map<string, string>();
    it('become the cluster in one apply, from their own package source', async () => {
      await everywhere(async host => had.set(host, await installed(host)));
      await applied(c);
      await c.on('nas', 'for share in kgc benet; do echo $share >/opt/$share/index.html; done');
      expect((await c.requests(4)).sort()).toEqual(['benet', 'benet', 'kgc', 'kgc']);
      expect(await planned(c)).toEqual([]);
      for (const host of hosts) {
        expect((await installed(host)).split('\n')).toEqual(expect.arrayContaining([...packages[host]!]));
      }
    });

    it('start a service only when it is configured', async () => {
      for (const host of ['web1', 'web2']) {
        const starts = await c.on(
          host,
          `journalctl -u nginx.service -o short-unix --no-pager | grep -c 'Starting nginx' || :
stat -c %Z /etc/nginx/conf.d/lvsctl-web.conf /etc/systemd/system/nginx.service.d/lvsctl.conf
journalctl -u nginx.service -o short-unix --no-pager | awk '/Starting nginx/ { print int($1); exit }'`,
        );
        const [count, site, dropIn, started] = starts.trim().split('\n').map(Number);
        expect({ host, count }).toEqual({ host, count: 1 });
        expect(started).toBeGreaterThanOrEqual(Math.max(site!, dropIn!));
      }
      for (const host of hosts)
        expect(await c.on(host, 'ls /usr/sbin/policy-rc.d 2>&1 || :')).toContain('No such file');
    });

    it('are given back by destroy, but for the packages', async () => {
      const { code, out, err } = await c.lvsctl('destroy', '--auto-approve');
      expect({ code, said: code === 0 ? '' : `${out}\n${err}` }).toEqual({ code: 0, said: '' });
      expect(out).toContain('packages stay installed');
      for (const host of hosts) {
        const fresh = `dpkg-query -W -f '\${Package}\\n' | sort | grep -vxF -e '${had.get(host)!.trim()}' | xargs dpkg -L | sort -u | grep ^/etc/ || :`;
        const owned = new Set((await c.on(host, fresh)).split('\n'));
        const left = differences(before.get(host)!, await portrait(c, host))
          .filter(line => !owned.has(line.match(/ (\/etc\/[^ ]+)/)?.[1] ?? ''))
          .filter(line => ![...ofPackages, ...unavoidable].some(([pattern]) => pattern.test(line)));
        expect({ host, left }).toEqual({ host, left: [] });
        expect(await c.on(host, 'grep -rl lvsctl /etc || :')).toBe('');
      }
    });
  },
  seconds,
);
