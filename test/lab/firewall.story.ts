import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';

let c: Cluster;
beforeAll(async () => {
  c = await cluster('nat');
});
afterAll(() => c?.down());

/** Rules and chains of somebody else, in three tables, each list in an order that matters. */
const foreign = (iptables: string) => `
for rule in 'filter -N SITE' 'filter -A SITE -s 203.0.113.7/32 -j ACCEPT' 'filter -A SITE -j RETURN' \\
  'filter -A INPUT -s 203.0.113.9/32 -j DROP' 'filter -A INPUT -j SITE' 'filter -A FORWARD -d 203.0.113.0/24 -j DROP' \\
  'nat -N SITE-NAT' 'nat -A SITE-NAT -j RETURN' 'nat -A POSTROUTING -s 10.9.0.0/16 -j ACCEPT' 'nat -A POSTROUTING -j SITE-NAT' \\
  'mangle -N SITE-MARK' 'mangle -A SITE-MARK -j MARK --set-xmark 0x7/0xffffffff' 'mangle -A PREROUTING -s 203.0.113.0/24 -j SITE-MARK'; do
  ${iptables} -w -t $rule
done`;

/** Debian has no iptables.service of its own: one like EL's, which flushes before it restores. */
const unit = (iptables: string) => `
${iptables}-save >/etc/site.rules
printf '%s\\n' '[Unit]' 'Before=network.target' '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' \\
  'ExecStart=${iptables}-restore /etc/site.rules' 'ExecReload=${iptables}-restore /etc/site.rules' \\
  'ExecStop=sh -c "for t in filter nat mangle; do ${iptables} -t $$t -F; ${iptables} -t $$t -X; done"' \\
  '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/iptables.service
systemctl daemon-reload
systemctl -q enable iptables.service`;

/** A table of nft's own, and Debian's nftables.conf with it: the ruleset is flushed first. */
const native = `
printf '%s\\n' 'table inet site {' 'chain input {' 'type filter hook input priority 10;' \\
  'tcp dport 4444 drop' 'tcp dport 4445 drop' '}' '}' >/root/site.nft
nft -f /root/site.nft
{ printf '%s\\n' '#!/usr/sbin/nft -f' 'flush ruleset'; cat /root/site.nft; } >/etc/nftables.conf`;

const lines = (text: string) => text.split('\n').filter(Boolean);
const saved = async (iptables: string) =>
  lines(await c.on('lb1', `${iptables}-save 2>/dev/null | grep -v '^#' | sed 's/ *\\[[0-9:]*\\]$//'`));
const isOurs = (line: string) => line.includes('LVSCTL-');
const ours = async (iptables: string) => (await saved(iptables)).filter(isOurs).sort();
/** What is not ours, as it stands in each table; the tables themselves come in the order in which their modules were loaded. */
const others = async (iptables: string) => {
  const rest = (await saved(iptables)).filter(line => !isOurs(line));
  const tables = rest.join('\n').split(/\n(?=\*)/);
  return tables.sort().join('\n').split('\n');
};
const site = () => c.on('lb1', 'nft list table inet site');

/** Our chains and the one jump to each, as they are wanted. */
const chains = [
  '-A FORWARD -j LVSCTL-FORWARD',
  '-A INPUT -j LVSCTL-INPUT',
  '-A LVSCTL-FORWARD -d 192.168.80.0/24 -i ens37 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A LVSCTL-FORWARD -s 192.168.80.0/24 -o ens37 -j ACCEPT',
  '-A LVSCTL-INPUT -d 12.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT',
  '-A LVSCTL-POSTROUTING -s 192.168.80.0/24 -o ens37 -j SNAT --to-source 12.0.0.1',
  '-A POSTROUTING -j LVSCTL-POSTROUTING',
  ':LVSCTL-FORWARD -',
  ':LVSCTL-INPUT -',
  ':LVSCTL-POSTROUTING -',
];

/** From where a connection that web1 starts arrives at the client; '' when none does. */
async function arrivesFrom(): Promise<string> {
  const [heard] = await Promise.all([
    c.on('client', 'timeout 30 nc -lvnN 9000 </dev/null 2>&1 || :'),
    c.on('web1', 'for i in $(seq 8); do nc -N -w 3 12.0.0.12 9000 </dev/null && break; sleep 0.3; done'),
  ]);
  return /received on (\S+)/.exec(heard)?.[1] ?? '';
}

/** Does something to units of lb1 and waits until systemd has nothing left to do. */
const does = (script: string) =>
  c.on(
    'lb1',
    `${script} >/dev/null
    for i in $(seq 150); do [ -n "$(systemctl list-jobs --no-legend)" ] || exit 0; sleep 0.2; done; exit 1`,
    90,
  );

describe('where iptables-legacy already holds rules', () => {
  let before: string[];

  it('ours go there too, and what is there stays in its order', async () => {
    await c.on('lb1', foreign('iptables-legacy') + unit('/usr/sbin/iptables-legacy'));
    before = await others('iptables-legacy');
    expect(before.filter(line => line.includes('SITE'))).toHaveLength(10);
    await applied(c);
    expect(await planned(c)).toEqual([]);
    expect(await ours('iptables-legacy')).toEqual(chains);
    expect(await others('iptables-legacy')).toEqual(before);
    expect(await ours('iptables-nft')).toEqual([]);
    expect(await arrivesFrom()).toBe('12.0.0.1');
  });

  it('the boot makes the same choice', async () => {
    await c.reboot(['lb1']);
    await does(':');
    expect(await ours('iptables-legacy')).toEqual(chains);
    expect(await others('iptables-legacy')).toEqual(before);
    expect(await ours('iptables-nft')).toEqual([]);
    expect(await arrivesFrom()).toBe('12.0.0.1');
    expect(await planned(c)).toEqual([]);
  });
});

describe('SNAT survives whoever else loads rules with nft', () => {
  let before: string[];
  let table: string;

  it('ours stand beside foreign rules, which stay', async () => {
    await c.reset(['lb1']);
    await c.on('lb1', foreign('iptables') + native + unit('/usr/sbin/iptables'));
    await c.on('lb1', 'install -m 640 /etc/site.rules /etc/iptables/rules.v4');
    before = await others('iptables');
    table = await site();
    expect(before.filter(line => line.includes('SITE'))).toHaveLength(10);
    await applied(c);
    expect(await ours('iptables')).toEqual(chains);
    expect(await others('iptables')).toEqual(before);
    expect(await site()).toBe(table);
    expect(await arrivesFrom()).toBe('12.0.0.1');
  });

  it.each([
    ['nftables is started from stopped, restarted and reloaded', 'nftables', ['start', 'restart', 'reload']],
    ['nftables is stopped and started', 'nftables', ['stop', 'start']],
    ['netfilter-persistent is started and restarted', 'netfilter-persistent', ['start', 'restart']],
    ['netfilter-persistent saved our chains too', 'netfilter-persistent', ['save', 'restart']],
    ['an iptables.service is started, reloaded and restarted', 'iptables', ['start', 'reload', 'restart']],
  ])('%s', async (_, name, verbs) => {
    for (const verb of verbs) {
      await does(verb === 'save' ? 'netfilter-persistent save 2>&1' : `systemctl ${verb} ${name}`);
      if (verb === 'stop') continue;
      expect(await ours('iptables'), verb).toEqual(chains);
      expect(await site()).toBe(table);
      if (name !== 'nftables') expect(await others('iptables'), verb).toEqual(before);
    }
    expect(await arrivesFrom()).toBe('12.0.0.1');
    expect(await planned(c)).toEqual([]);
  });

  it('destroy takes ours alone', async () => {
    const { code, out, err } = await c.lvsctl('destroy', '--auto-approve');
    expect(code, `${out}\n${err}`).toBe(0);
    expect(await ours('iptables')).toEqual([]);
    expect(await others('iptables')).toEqual(before);
    expect(await site()).toBe(table);
    expect(await c.on('lb1', 'find /etc/systemd /etc/lvsctl -name "*lvsctl*" 2>/dev/null || :')).toBe('');
    expect(await arrivesFrom()).not.toBe('12.0.0.1');
  });
});
