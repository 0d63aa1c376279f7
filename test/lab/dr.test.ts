import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { answering, born, destroyed, expectInTurn, expectNoChanges, type Life, portraits } from './life.js';

const VIP = '192.168.127.100';
const servers = ['web1', 'web2'];

/** Asks who has the VIP ten times a second, by broadcast, as a machine does that has forgotten. */
const ASK = `
import socket, struct, sys, time
card = 'ens33'
mac = bytes.fromhex(open('/sys/class/net/%s/address' % card).read().strip().replace(':', ''))
ask = b'\\xff' * 6 + mac + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, 1)
ask += mac + socket.inet_aton('192.168.127.40') + b'\\0' * 6 + socket.inet_aton('${VIP}')
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((card, 0))
until = time.time() + float(sys.argv[1])
while time.time() < until:
    link.send(ask)
    time.sleep(0.1)
`;

describe('LVS-DR in one network', () => {
  let c: Cluster;
  let life: Life;
  const macs = new Map<string, string>();

  beforeAll(async () => {
    c = await cluster('dr');
    const hosts = ['lb1', ...servers];
    const before = await portraits(c, hosts);
    life = { cluster: c, hosts, url: `http://${VIP}/`, pages: ['this is web1', 'this is web2'], before };
    for (const host of hosts) macs.set(host, (await c.on(host, 'cat /sys/class/net/ens33/address')).trim());
    await c.on('client', `cat >/root/ask.py <<'END'\n${ASK}\nEND`);
    await watch();
  });
  afterAll(() => c?.down());

  born(() => life);

  it('real servers see the client’s own address, and answers come from their MAC', async () => {
    await c.on(
      'client',
      `nohup timeout 120 tcpdump -i ens33 -nn -e -l 'src host ${VIP} and tcp port 80' >/root/answers.log 2>/dev/null </dev/null &
sleep 2`,
    );
    await c.requests(8, life.url);
    const answers = await c.on('client', 'sleep 1; cat /root/answers.log');
    const senders = new Set(answers.match(/ ([0-9a-f:]{17}) > /g)?.map(each => each.slice(1, 18)));
    expect([...senders].sort()).toEqual(servers.map(host => macs.get(host)).sort());
    for (const host of servers) {
      const seen = await c.on(host, "awk '{ print $1 }' /var/log/nginx/access.log | sort -u");
      expect(seen.split('\n')).toContain('192.168.127.40');
    }
  });

  it('a real server that forgets its neighbours under traffic asks with its own address', async () => {
    for (const host of servers) {
      const load = c.requests(20, life.url);
      await c.on(host, 'for i in 1 2 3 4 5; do ip neigh flush all; sleep 0.3; done');
      expect(await load).not.toContain('-');
    }
    await asked();
    expect(await faults()).toEqual([]);
  });

  it('each real server comes back from a reboot without a word about the VIP', async () => {
    for (const host of servers) {
      await c.reboot([host]);
      await answering(c, life.url, 120);
    }
    expectInTurn(await c.requests(6, life.url), life.pages);
    await expectNoChanges(c);
    expect(await faults()).toEqual([]);
  });

  it('an apply that repairs puts the settings before the VIP', async () => {
    await c.on('web1', `ip addr del ${VIP}/32 dev lo; sysctl -q -w net.ipv4.conf.all.arp_announce=0`);
    await c.on('web1', 'sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.lo.arp_ignore=0');
    await applied(c);
    await expectNoChanges(c);
    await asked();
    expect(await faults()).toEqual([]);
  });

  it('a reboot of director and real servers at once leaves it so', async () => {
    await c.reboot([...life.hosts]);
    await answering(c, life.url, 120);
    await expectNoChanges(c);
  });

  it('through all of it nobody but the director answered for the VIP', async () => {
    await asked();
    expect(await faults()).toEqual([]);
    expect(await heard()).toContain(`Reply ${VIP} is-at ${macs.get('lb1')}`);
  });

  it('without arp_ignore a real server answers for the VIP', async () => {
    await watch();
    await c.on('web1', 'sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.lo.arp_ignore=0');
    await asked();
    expect(await faults()).toContain(`web1 answers for the VIP`);
    await c.on('web1', 'sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.lo.arp_ignore=1');
  });

  it('without arp_announce a real server names the VIP as its own when it asks', async () => {
    await c.on('client', `ip neigh flush all; ping -c 1 -W 5 ${VIP}`);
    await watch();
    await c.on('web1', 'sysctl -q -w net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.lo.arp_announce=0');
    const load = c.requests(12, life.url);
    await c.on('web1', 'for i in 1 2 3 4 5; do ip neigh flush all; sleep 0.5; done');
    await load;
    expect(await faults()).toContain(`web1 asks with the VIP as sender`);
    await c.on('web1', 'sysctl -q -w net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.lo.arp_announce=2');
    await c.on('client', 'ip neigh flush all');
    await expectNoChanges(c);
  });

  it('a destroy takes the VIP away before the settings', async () => {
    await watch();
    const { code, out, err } = await c.lvsctl('destroy', '--auto-approve');
    expect({ code, err: code === 0 ? '' : `${out}\n${err}` }).toEqual({ code: 0, err: '' });
    await asked();
    expect(await faults()).toEqual([]);
    await c.lvsctl('apply', '--auto-approve');
    await asked();
    expect(await faults()).toEqual([]);
  });

  destroyed(() => life);

  /** Begins a new capture of all ARP that the client hears, and asks for the VIP for as long as the story may last. */
  async function watch(): Promise<void> {
    await c.on(
      'client',
      `pkill -f ask.py; pkill tcpdump; sleep 0.5
nohup timeout 3600 tcpdump -i ens33 -nn -e -l arp >/root/arp.log 2>/dev/null </dev/null &
nohup timeout 3600 python3 /root/ask.py 3600 >/dev/null 2>&1 </dev/null &
sleep 1; pgrep -f ask.py >/dev/null && pgrep tcpdump >/dev/null`,
    );
  }

  /** Waits until the VIP was asked for twenty times more. */
  async function asked(): Promise<void> {
    const count = `grep -c 'who-has ${VIP} .*tell 192.168.127.40' /root/arp.log`;
    await c.on(
      'client',
      `from=$(${count}); tries=0
until [ $(${count}) -ge $((from + 20)) ]; do tries=$((tries + 1)); [ $tries -lt 60 ] || exit 1; sleep 0.5; done`,
    );
  }

  /** The client's capture, each line once and without its time: hours of it are some megabytes. */
  const heard = () => c.on('client', `awk '{ $1 = "" } !told[$0]++' /root/arp.log`);

  /** What real servers did wrong by the client's capture, each fault once. */
  async function faults(): Promise<string[]> {
    const lines = (await heard()).split('\n');
    const said = servers.flatMap(host => {
      const own = lines.filter(line => line.includes(` ${macs.get(host)} > `));
      return [
        ...(own.some(line => line.includes(`Reply ${VIP} is-at`)) ? [`${host} answers for the VIP`] : []),
        ...(own.some(line => line.includes(`tell ${VIP},`)) ? [`${host} asks with the VIP as sender`] : []),
      ];
    });
    return said;
  }
});
