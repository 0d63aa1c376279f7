import { describe, expect, it } from 'vitest';
import { captureCommand } from '../../src/lab/capture.js';
import { recipe } from '../../src/lab/image/recipe.js';
import { interfaces } from '../../src/lab/interfaces.js';
import { holds } from '../../src/lab/network.js';
import { type Hardware, qemuArguments } from '../../src/lab/qemu-arguments.js';
import { quote } from '../../src/lab/quote.js';
import type { LabSpec } from '../../src/lab/spec.js';
import { knownHosts, sshConfig } from '../../src/lab/ssh-config.js';
import { cardsOf, segmentsOf, wire } from '../../src/lab/wired-machine.js';
import { checkWorkstation } from '../../src/lab/workstation.js';

const spec: LabSpec = {
  name: 'web',
  directory: '/labs/web',
  image: 'ready',
  machines: [
    {
      name: 'lb1',
      nics: [
        { interface: 'ens33', segment: 'inside', address: '192.168.80.80/24' },
        { interface: 'ens37', segment: 'outside' },
      ],
      gateway: '192.168.80.1',
      routes: [{ to: '172.16.0.0/16', via: '192.168.80.2' }],
    },
    {
      name: 'web1',
      nics: [{ interface: 'ens33', segment: 'inside', address: '192.168.80.10/24' }],
      inband: { jump: 'lb1', address: '192.168.80.10' },
    },
  ],
};

describe('the wiring of a lab', () => {
  it('names every network once', () => {
    expect(segmentsOf(spec)).toEqual(['inside', 'outside']);
  });

  it('gives each card its own MAC, and the same one every time', () => {
    const macs = wire(spec).flatMap(machine => machine.macs);
    expect(new Set(macs).size).toBe(10);
    expect(wire(spec).flatMap(machine => machine.macs)).toEqual(macs);
    expect(macs.every(mac => /^52:54(:[0-9a-f]{2}){4}$/.test(mac))).toBe(true);
  });

  it('plugs in the cards that a machine has, and no management card where SSH comes inband', () => {
    const plugs = (index: number, port?: number) =>
      cardsOf({ ...(wire(spec)[index] as ReturnType<typeof wire>[0]), port }, name => `/s/${name}`).map(
        card => card.plug?.kind,
      );
    expect(plugs(0, 2222)).toEqual(['management', 'segment', 'segment', undefined, undefined]);
    expect(plugs(1)).toEqual([undefined, 'segment', undefined, undefined, undefined]);
  });

  it('refuses names that are used twice, unknown jump hosts and too many cards, all at once', () => {
    const nics = Array.from({ length: 5 }, (_, index) => ({ interface: `eth${index}`, segment: `${index}` }));
    const machines = [
      { name: 'a', nics },
      { name: 'a', nics: [], inband: { jump: 'b', address: '10.0.0.1' } },
    ];
    expect(() => wire({ ...spec, machines })).toThrow(
      /two machines are called a\na has 5 networks.*\na is reached through b/,
    );
  });
});

describe('the arguments of QEMU', () => {
  const hardware: Hardware = {
    name: 'lb1',
    accelerator: 'tcg',
    memory: 256,
    kernel: '/i/kernel',
    initrd: '/i/initrd',
    disk: '/labs/a,b/disk.qcow2',
    qmpSocket: '/s/qmp',
    channelSocket: '/s/channel',
    consoleLog: '/l/console.log',
    cards: [
      { mac: '52:54:00:00:01:00', plug: { kind: 'management', hostPort: 2222, guestAddress: '192.0.2.10' } },
      { mac: '52:54:00:00:01:01', plug: { kind: 'segment', socketDirectory: '/s/segment-0' } },
      { mac: '52:54:00:00:01:02' },
    ],
    restore: false,
  };

  it('shut the management card in', () => {
    expect(qemuArguments(hardware)).toContain(
      'user,id=net0,restrict=on,ipv6=off,net=192.0.2.0/24,host=192.0.2.1,dns=192.0.2.2,hostfwd=tcp:127.0.0.1:2222-192.0.2.10:22',
    );
  });

  it('plug one card into its switch and leave the other without', () => {
    const args = qemuArguments(hardware);
    expect(args).toContain('vde,id=net1,sock=/s/segment-0');
    expect(args).toContain('virtio-net-pci,id=card1,mac=52:54:00:00:01:01,addr=0x11,romfile=,netdev=net1');
    expect(args).toContain('virtio-net-pci,id=card2,mac=52:54:00:00:01:02,addr=0x12,romfile=');
  });

  it('double the commas of a path', () => {
    expect(qemuArguments(hardware).join(' ')).toContain('file=/labs/a,,b/disk.qcow2');
  });

  it('differ between a boot and a restore only in that the state comes later', () => {
    const restore = qemuArguments({ ...hardware, restore: true });
    expect(restore.slice(0, -2)).toEqual(qemuArguments(hardware));
    expect(restore.slice(-2)).toEqual(['-incoming', 'defer']);
  });
});

describe('what ssh needs', () => {
  it('is one block per machine, with a jump where there is no management card', () => {
    const [first, second] = wire(spec) as [ReturnType<typeof wire>[0], ReturnType<typeof wire>[0]];
    const files = { config: '/l/ssh_config', knownHosts: '/l/known_hosts', loginKey: '/l/id_ed25519' };
    const common = [
      '  User root',
      '  IdentityFile "/l/id_ed25519"',
      '  IdentitiesOnly yes',
      '  UserKnownHostsFile "/l/known_hosts"',
      '  GlobalKnownHostsFile /dev/null',
    ];
    expect(sshConfig([{ ...first, port: 2222 }, second], files).split('\n')).toEqual([
      ...['Host lb1', '  HostName 127.0.0.1', '  Port 2222', ...common],
      ...['  HostKeyAlias lb1', '  StrictHostKeyChecking yes', '  ConnectTimeout 45', ''],
      ...['Host web1', '  HostName 192.168.80.10', '  ProxyJump lb1', ...common],
      ...['  HostKeyAlias web1', '  StrictHostKeyChecking yes', '  ConnectTimeout 45', ''],
    ]);
  });

  it('knows the key of each machine by its name', () => {
    expect(knownHosts([{ name: 'lb1', hostPublic: 'ssh-ed25519 AAAA lb1\n' }])).toBe(
      'lb1 ssh-ed25519 AAAA\n',
    );
  });
});

describe('the files of a guest', () => {
  it('set up cards that have an address, with the gateway and routes of their network', () => {
    expect(interfaces(spec.machines[0] as LabSpec['machines'][0])).toBe(`source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto ens33
iface ens33 inet static
    address 192.168.80.80/24
    gateway 192.168.80.1
    up ip route add 172.16.0.0/16 via 192.168.80.2
`);
  });

  it('tell which network holds an address', () => {
    expect(holds('192.168.80.10/24', '192.168.80.254')).toBe(true);
    expect(holds('192.168.80.10/24', '192.168.81.1')).toBe(false);
    expect(holds('192.168.80.130/25', '192.168.80.1')).toBe(false);
    expect(holds('10.0.0.1/8', '10.255.0.1')).toBe(true);
  });
});

describe('pieces of shell', () => {
  it('keep any word one word', () => {
    expect(quote("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  });

  it('capture without the connection that the capture itself arrives by', () => {
    expect(captureCommand('ens33', '-U -w -', { seconds: 5, filter: 'vrrp', out: 'x' })).toContain(
      `timeout --signal=INT 5 tcpdump -i 'ens33' -U -w - '(vrrp) and '"not (host $1 and port $2 and host $3 and port $4)"`,
    );
  });

  it('install the cluster software only into the ready image', () => {
    const installs = (kind: 'ready' | 'bare') =>
      recipe(kind).steps.some(step => /apt-get install --yes --no-install-recommends/.test(step.run));
    expect([installs('ready'), installs('bare')]).toEqual([true, false]);
  });
});

describe('a workstation', () => {
  it('without the programs is told every package that is missing', async () => {
    await expect(checkWorkstation('linux', '/nowhere')).rejects.toThrow(
      /not installed: qemu-system-x86 qemu-utils.*\n.*apt-get install qemu-system-x86 /,
    );
  });

  it('that is not Linux is told so', async () => {
    await expect(checkWorkstation('darwin')).rejects.toThrow(/runs on Linux only/);
  });
});
