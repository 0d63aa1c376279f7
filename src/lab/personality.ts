import { randomBytes } from 'node:crypto';
import { clockScript } from './clock.js';
import { interfaces } from './interfaces.js';
import { cardCount, managementNetwork, pciAddress } from './qemu-arguments.js';
import { quote } from './quote.js';
import type { WiredMachine } from './wired-machine.js';

/** What makes a guest reachable by its own keys only. */
export interface Keys {
  /** Private host key, and the public key that may log in. */
  host: string;
  hostPublic: string;
  login: string;
}

/**
 * Shell that turns a restored seed into this machine, as if it had just booted: files first, then its cards are
 * reset, so that they take the MAC of QEMU's command line, and get their driver (held back until now); then ifup, sshd.
 */
export function personality(
  machine: WiredMachine,
  keys: Keys,
  certificate: readonly { path: string; text: string; secret: boolean }[] = [],
): string {
  return [
    'set -e',
    clockScript(),
    `echo ${randomBytes(64).toString('base64')} > /dev/urandom`,
    `perl -e 'open my $pool, ">", "/dev/urandom"; ioctl $pool, 0x5207, 0 or die'`,
    'umask 077',
    write('/etc/ssh/ssh_host_ed25519_key', keys.host),
    'umask 022',
    ...files(machine, keys).map(({ path, text }) => write(path, text)),
    ...certificate.map(
      ({ path, text, secret }) =>
        `mkdir -p "$(dirname ${quote(path)})"; ${secret ? 'umask 077; ' : ''}${write(quote(path), text)}; umask 022`,
    ),
    'set -x',
    'rm -f /etc/modprobe.d/lab-seed.conf /etc/ssh/sshd_not_to_be_run',
    `hostname ${machine.name}`,
    `mv /run/log/journal/* /run/log/journal/${machine.machineId}`,
    'sysctl -q --system > /dev/null',
    'udevadm control --reload',
    ...unused(machine).map(card => `echo 1 > /sys/bus/pci/devices/${pciAddress(card)}/remove`),
    'modprobe virtio_net',
    ...present(machine).map(insert),
    '/usr/local/lib/lab/management',
    'ifup -a',
    'systemctl start ssh.service',
    'systemctl --no-block restart systemd-journald.service',
    'sync',
  ].join('\n');
}

/** One card after the other, since the name that one is to have may be the one that the kernel gave another. */
const insert = ({ name, card }: { name: string; card: number }) => `
echo ${pciAddress(card)} > /sys/bus/pci/drivers/virtio-pci/bind
tries=0
until [ -d /sys/class/net/${name} ]; do
  tries=$((tries + 1))
  [ $tries -lt 400 ] || { ip link; exit 1; }
  sleep 0.05
done
udevadm settle --timeout=60`;

function files(machine: WiredMachine, keys: Keys): { path: string; text: string }[] {
  const management = `${machine.managementAddress}/${managementNetwork.length}\n`;
  return [
    { path: '/etc/hostname', text: `${machine.name}\n` },
    { path: '/etc/hosts', text: `127.0.0.1\tlocalhost\n127.0.1.1\t${machine.name}\n` },
    { path: '/etc/machine-id', text: `${machine.machineId}\n` },
    { path: '/etc/ssh/ssh_host_ed25519_key.pub', text: keys.hostPublic },
    { path: '/etc/network/interfaces', text: interfaces(machine) },
    { path: '/etc/lab-management', text: machine.inband ? '' : management },
    ...['/root', '/home/ops', '/home/admin'].map(home => ({
      path: `${home}/.ssh/authorized_keys`,
      text: keys.login,
    })),
    ...present(machine).map(({ name, mac }) => ({
      path: `/etc/systemd/network/10-${name}.link`,
      text: `[Match]\nMACAddress=${mac}\n[Link]\nName=${name}\n`,
    })),
    {
      path: '/etc/udev/rules.d/10-lab-cards.rules',
      text: unused(machine)
        .map(card => `ACTION=="add", SUBSYSTEM=="pci", KERNEL=="${pciAddress(card)}", ATTR{remove}="1"\n`)
        .join(''),
    },
    ...(machine.forward ? [{ path: '/etc/sysctl.d/70-router.conf', text: router(machine) }] : []),
  ];
}

/** Cards that this machine has, with their names. */
const present = (machine: WiredMachine) =>
  [...(machine.inband ? [undefined] : ['mgmt0']), ...machine.nics.map(nic => nic.interface)].flatMap(
    (name, card) => (name === undefined ? [] : [{ name, card, mac: machine.macs[card] as string }]),
  );

/** Cards of the common hardware that this machine does not have. */
const unused = (machine: WiredMachine) =>
  Array.from({ length: cardCount }, (_, card) => card).filter(card =>
    card === 0 ? machine.inband : card > machine.nics.length,
  );

const router = ({ nics }: WiredMachine) =>
  [
    'net.ipv4.ip_forward = 1',
    ...['all', 'default', ...nics.map(nic => nic.interface.replaceAll('.', '/'))].flatMap(name => [
      `-net.ipv4.conf.${name}.send_redirects = 0`,
      // With LVS-TUN answers come from another network than their source, the VIP, is of.
      `-net.ipv4.conf.${name}.rp_filter = 0`,
    ]),
    '',
  ].join('\n');

const write = (path: string, text: string) => `printf %s ${quote(text)} > ${path}`;
