import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';

/** What somebody does by hand on a host, how he makes it good again, and what lvsctl has to say in between. */
interface Damage {
  title: string;
  host: string;
  harm: string;
  mend: string;
  /** `live|persisted KIND KEY`, all of it and nothing else. */
  reported: string[];
}

const [http, proxy] = ['tcp 12.0.0.1:80', 'tcp 12.0.0.1:8080'];
const [one, two] = ['192.168.80.10:80', '192.168.80.20:80'];
const server = (service: string, address: string) => `live real-server ${service} ${address}`;
const table = [http, proxy].flatMap(service => [
  `live virtual-service ${service}`,
  server(service, one),
  server(service, two),
]);
/** As Debian's init script does it: `ipvsadm -R` fails at the comment that the same script begins a new file with. */
const restoreSaved = 'ipvsadm -C; grep -v "^#" /etc/ipvsadm.rules | ipvsadm -R';
/** A table as somebody saved it long ago: another weight, a server less, and nothing of the second service. */
const stale = `printf '%s\\n' '-A -t 12.0.0.1:80 -s rr' '-a -t 12.0.0.1:80 -r ${one} -m -w 7' >/root/old.rules`;

const damages: Damage[] = [
  {
    title: 'a real server is deleted',
    host: 'lb1',
    harm: `ipvsadm -d -t 12.0.0.1:80 -r ${two}`,
    mend: `ipvsadm -a -t 12.0.0.1:80 -r ${two} -m -w 1`,
    reported: [server(http, two)],
  },
  {
    title: 'a weight is changed',
    host: 'lb1',
    harm: `ipvsadm -e -t 12.0.0.1:80 -r ${one} -m -w 5`,
    mend: `ipvsadm -e -t 12.0.0.1:80 -r ${one} -m -w 1`,
    reported: [server(http, one)],
  },
  {
    title: 'a real server is added',
    host: 'lb1',
    harm: 'ipvsadm -a -t 12.0.0.1:80 -r 192.168.80.99:80 -m',
    mend: 'ipvsadm -d -t 12.0.0.1:80 -r 192.168.80.99:80',
    reported: [server(http, '192.168.80.99:80')],
  },
  {
    title: 'SNAT is flushed',
    host: 'lb1',
    harm: 'iptables -t nat -F',
    mend: 'systemctl reload lvsctl-iptables',
    reported: ['live chain nat LVSCTL-POSTROUTING'],
  },
  {
    title: 'forwarding is switched off',
    host: 'lb1',
    harm: 'sysctl -q -w net.ipv4.ip_forward=0',
    mend: 'sysctl -q -p',
    reported: ['live forwarding net.ipv4.ip_forward'],
  },
  {
    title: 'the VIP is deleted',
    host: 'lb1',
    harm: 'ip addr del 12.0.0.1/24 dev ens37',
    mend: 'ip addr add 12.0.0.1/24 brd + dev ens37',
    reported: ['live address ens37 12.0.0.1/24'],
  },
  {
    title: 'the saved table is deleted',
    host: 'lb1',
    harm: 'cp -p /etc/ipvsadm.rules /root/saved.rules; rm /etc/ipvsadm.rules',
    mend: 'mv /root/saved.rules /etc/ipvsadm.rules',
    reported: [http, proxy].map(service => `persisted saved-service /etc/ipvsadm.rules ${service}`),
  },
  {
    title: 'the whole table is cleared',
    host: 'lb1',
    harm: 'ipvsadm -C',
    mend: restoreSaved,
    reported: table,
  },
  {
    title: 'a stale table is restored',
    host: 'lb1',
    harm: `${stale}; ipvsadm -C; ipvsadm-restore </root/old.rules`,
    mend: restoreSaved,
    reported: [server(http, one), server(http, two), ...table.slice(3)],
  },
  {
    title: "ipvsadm's service is stopped, which clears the table",
    host: 'lb1',
    harm: 'systemctl stop ipvsadm',
    mend: 'systemctl start ipvsadm',
    reported: ['live service ipvsadm.service', ...table],
  },
  {
    title: "ipvsadm's service, started by hand since, is restarted and restores what we saved",
    host: 'lb1',
    harm: 'systemctl restart ipvsadm',
    mend: ':',
    reported: [],
  },
  {
    title: 'the share is unmounted',
    host: 'web1',
    harm: 'umount /var/www/html',
    mend: 'systemctl start var-www-html.mount',
    reported: ['live mount /var/www/html'],
  },
  {
    title: 'our line in fstab is edited',
    host: 'web1',
    harm: 'cp -p /etc/fstab /root/fstab; sed -i "/kgc/s/nfs4 /nfs4 noatime,/" /etc/fstab',
    mend: 'mv /root/fstab /etc/fstab',
    reported: ['persisted fstab-entry /etc/fstab /var/www/html'],
  },
  {
    title: 'the web server is stopped',
    host: 'web1',
    harm: 'systemctl stop nginx',
    mend: 'systemctl start nginx',
    reported: ['live service nginx.service'],
  },
  {
    title: 'the web server is disabled',
    host: 'web1',
    harm: 'systemctl -q disable nginx',
    mend: 'systemctl -q enable nginx',
    reported: ['persisted service-boot nginx.service'],
  },
  {
    title: 'the default gateway is changed',
    host: 'web1',
    harm: 'ip route replace default via 192.168.80.254 dev ens33 onlink',
    mend: 'ip route replace default via 192.168.80.80 dev ens33 onlink',
    reported: ['live route default'],
  },
  {
    title: 'an export is withdrawn',
    host: 'nas',
    harm: 'exportfs -u 192.168.80.0/24:/opt/kgc',
    mend: 'exportfs -a',
    reported: ['live export /opt/kgc 192.168.80.0/24'],
  },
  {
    title: 'the gateway of the next boot is changed',
    host: 'web2',
    harm: 'sed -i "s/gateway 192.168.80.80/gateway 192.168.80.254/" /etc/network/interfaces',
    mend: 'sed -i "s/gateway 192.168.80.254/gateway 192.168.80.80/" /etc/network/interfaces',
    reported: ['persisted gateway-entry ens33'],
  },
];

/** The first damage of every host, then the second, ..: each is the only one on its host, and a reading costs one round. */
const hosts = [...new Set(damages.map(({ host }) => host))];
const byHost = hosts.map(host => damages.filter(damage => damage.host === host));
const rounds = byHost[0]!.map((_, round) => byHost.flatMap(own => own[round] ?? []));

/** How drift says each of them: `HOST: lost now: KIND KEY`. */
const lost = (all: readonly Damage[]) =>
  all.flatMap(({ host, reported }) =>
    reported.map(each => {
      const [layer = '', ...named] = each.split(' ');
      return `${host}: ${layer === 'live' ? 'lost now' : 'lost at the next reboot'}: ${named.join(' ')}`;
    }),
  );
/** The same as lines `host kind key`. */
const named = (all: readonly Damage[]) =>
  all.flatMap(({ host, reported }) => reported.map(each => `${host} ${each.slice(each.indexOf(' ') + 1)}`));

let c: Cluster;
beforeAll(async () => {
  c = await cluster('nat');
  await c.edit(
    yaml => `${yaml.replace('  - port: 80\n', '  - port: 80\n  - { port: 8080, targetPort: 80 }\n')}`,
  );
  await c.on(
    'nas',
    'mkdir -p /opt/kgc /opt/benet; echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html',
  );
  await applied(c);
  expect(await planned(c)).toEqual([]);
});
afterAll(() => c?.down());

/** Drift's exit code, and what it says is lost; a line that was not expected stays whole. */
async function drift(expected: readonly string[]) {
  const { code, out } = await c.lvsctl('drift');
  const lines = out.split('\n').filter(line => hosts.some(host => line.startsWith(`${host}: `)));
  const said = lines.map(line => expected.find(each => line.startsWith(`${each} `)) ?? line);
  return { code, said: said.sort() };
}

/** Applies, and gives what was planned and what was carried out, as lines `host kind key`. */
async function repair() {
  const { out } = await applied(c, '--json');
  const told = out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
  return {
    planned: told
      .filter(({ type }) => type === 'planned_change')
      .map(({ change: { host, type, name } }) => `${host} ${type} ${name}`)
      .sort(),
    done: told
      .filter(({ type }) => type === 'apply_complete')
      .map(({ hook: { resource } }) => `${resource.host} ${resource.resource_type} ${resource.resource_name}`)
      .sort(),
  };
}

/** Connections that the director has counted for the second service since its table was last loaded. */
const counted = async () =>
  Number((await c.on('lb1', 'ipvsadm -Ln --stats --exact -t 12.0.0.1:8080')).match(/TCP +\S+ +(\d+)/)?.[1]);
/** The kernel brings the numbers that it shows up to date every two seconds (ip_vs_est.c). */
const settling = { timeout: 30_000, interval: 1000 };
const proxied = () => c.requests(4, 'http://12.0.0.1:8080/');
const both = ['benet', 'benet', 'kgc', 'kgc'];

describe('damage by hand is reported by its own name, and as lost now or at the next reboot:', () => {
  it.each(rounds.map(round => [round.map(({ title }) => title).join('; '), round] as const))(
    '%s',
    async (_, round) => {
      await Promise.all(round.map(({ host, harm }) => c.on(host, harm)));
      const expected = lost(round);
      expect(await drift(expected)).toEqual({ code: expected.length ? 2 : 0, said: expected.sort() });
      await Promise.all(round.map(({ host, mend }) => c.on(host, mend)));
    },
  );
});

describe('apply repairs exactly what was reported', () => {
  const clears = /cleared|stale|ipvsadm's service/;

  it('after all of it together, while the counters of the service beside go on', async () => {
    const together = damages.filter(({ title }) => !clears.test(title));
    expect((await proxied()).sort()).toEqual(both);
    await expect.poll(counted, settling).toBe(4);
    for (const { host, harm } of together) await c.on(host, harm);
    const expected = named(together).sort();
    expect((await planned(c)).sort()).toEqual(expected);
    expect(await repair()).toEqual({ planned: expected, done: expected });
    expect(await planned(c)).toEqual([]);
    expect(await counted()).toBe(4);
    expect((await proxied()).sort()).toEqual(both);
    await expect.poll(counted, settling).toBe(8);
    expect((await c.requests(4)).sort()).toEqual(both);
  });

  it("after ipvsadm's service was stopped and a stale table restored", async () => {
    await c.on('lb1', `systemctl stop ipvsadm; ${stale}; ipvsadm-restore </root/old.rules`);
    const [stopped, old] = [/service is stopped/, /stale/].map(
      title => damages.find(each => title.test(each.title))!,
    );
    const expected = named([{ ...stopped!, reported: [stopped!.reported[0]!, ...old!.reported] }]).sort();
    expect(await repair()).toEqual({ planned: expected, done: expected });
    expect(await planned(c)).toEqual([]);
    expect((await proxied()).sort()).toEqual(both);
    expect((await c.requests(4)).sort()).toEqual(both);
  });
});
