import type { LabSpec } from '../spec.js';

export type ImageKind = LabSpec['image'];

/** What a lab image is made of; the image cache is keyed by a hash of it. */
export interface Recipe {
  sources: string[];
  /** Installed in the guest. */
  packages: string[];
  /** Offered, with all they depend on, by the guest's own package source. */
  offered: string[];
  /** Shell that runs as root, in order, after the packages are in: inside the new root file system or beside it. */
  steps: { inside: boolean; run: string }[];
  /** Kernel modules that are needed before the root disk can be mounted. */
  earlyModules: string[];
  /** Kernel modules of the network cards. */
  cardModules: string[];
  diskMegabytes: number;
}

const base = [
  'systemd-sysv',
  'dbus',
  'udev',
  'openssh-server',
  'iproute2',
  'ifupdown',
  'sudo',
  'kmod',
  'procps',
  'iputils-ping',
  'iputils-arping',
  'tcpdump',
  'curl',
  'netcat-openbsd',
  'python3-minimal',
];

const offered = [
  'ipvsadm',
  'iptables',
  'nfs-kernel-server',
  'nfs-common',
  'nginx',
  'apache2',
  'keepalived',
  'nftables',
  'netfilter-persistent',
  'iptables-persistent',
];

/** Everything that Debian's packages would start or enable: in the ready image installed, stopped and not enabled. */
export const heldBack = [
  'nginx.service',
  'apache2.service',
  'apache-htcacheclean.service',
  'keepalived.service',
  'ipvsadm.service',
  'nftables.service',
  'netfilter-persistent.service',
  'nfs-kernel-server.service',
  'nfs-server.service',
  'nfs-blkmap.service',
  'nfs-client.target',
  'rpcbind.service',
  'rpcbind.socket',
];

const quiet = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'systemd-pstore.service',
  'getty@tty1.service',
];

/** Mounts and services of no use to a cluster, each of which costs an emulated boot up to a second. */
const masked = [
  'serial-getty@hvc0.service',
  'serial-getty@ttyS0.service',
  'dev-hugepages.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-kernel-config.mount',
  'sys-fs-fuse-connections.mount',
  'proc-sys-fs-binfmt_misc.automount',
  'systemd-binfmt.service',
  'modprobe@configfs.service',
  'modprobe@dm_mod.service',
  'modprobe@drm.service',
  'modprobe@fuse.service',
  'modprobe@loop.service',
];

/** Drivers that the hardware would have loaded and nothing needs. */
const unneededDrivers = [
  ...['ata_piix', 'ata_generic', 'evdev', 'serio_raw', 'psmouse', 'button'],
  ...['aesni_intel', 'ghash_clmulni_intel', 'crct10dif_pclmul', 'crc32_pclmul', 'crc32c_intel'],
  ...['sha1_ssse3', 'sha256_ssse3', 'sha512_ssse3'],
];

const file = (path: string, content: string, mode = '644') =>
  `mkdir -p "$(dirname ${path})"\ncat > ${path} <<'END_OF_FILE'\n${content}END_OF_FILE\nchmod ${mode} ${path}`;

const kernel = `
version=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: linux-image-\\(6[^ ]*\\).*/\\1/p')
cd /tmp
apt-get -o APT::Sandbox::User=root download "linux-image-$version"
dpkg --fsys-tarfile linux-image-*.deb | tar -x -C / --keep-directory-symlink ./boot ./lib
rm -f linux-image-*.deb
cp "/boot/vmlinuz-$version" /boot/lab-kernel
depmod "$version"
`;

const packageSource = (packages: string[]) => `
mkdir -p /srv/packages
apt-get install --yes --download-only --no-install-recommends ${packages.join(' ')}
mv /var/cache/apt/archives/*.deb /srv/packages/
`;

const ownSourceOnly = `
rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/* /etc/apt/apt.conf.d/99mmdebstrap
echo 'deb [trusted=yes] file:/srv/packages ./' > /etc/apt/sources.list
echo 'Acquire::Languages "none";' > /etc/apt/apt.conf.d/90lab
apt-get update
`;

const ready = `
echo 'iptables-persistent iptables-persistent/autosave_v4 boolean false' | debconf-set-selections
echo 'iptables-persistent iptables-persistent/autosave_v6 boolean false' | debconf-set-selections
apt-get install --yes --no-install-recommends ${offered.join(' ')}
rm -f /etc/iptables/rules.v4 /etc/iptables/rules.v6
for unit in ${heldBack.join(' ')}; do
  systemctl disable "$unit" 2>/dev/null || true
done
apt-get clean
`;

const people = `
rm -f /etc/ssh/ssh_host_*
for user in ops admin; do useradd --create-home --shell /bin/bash "$user"; done
for home in /root /home/ops /home/admin; do install -d -m 700 $home/.ssh; done
for home in /root /home/ops /home/admin; do install -m 600 /dev/null $home/.ssh/authorized_keys; done
chown -R ops: /home/ops/.ssh
chown -R admin: /home/admin/.ssh
`;

const system = [
  file('/etc/sudoers.d/admin', 'admin ALL=(ALL:ALL) NOPASSWD: ALL\n', '440'),
  file('/etc/default/locale', 'LANG=C\n'),
  file('/etc/fstab', '/dev/vda / ext4 errors=remount-ro 0 1\n'),
  file('/etc/hostname', 'lab\n'),
  file('/etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tlab\n'),
  file('/etc/resolv.conf', ''),
  file('/etc/machine-id', `${'1ab'.padEnd(32, '0')}\n`),
  file(
    '/etc/ssh/sshd_config.d/lab.conf',
    'UseDNS no\nPasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n',
  ),
  file('/etc/sysctl.d/60-lab.conf', 'net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.default.rp_filter = 1\n'),
  file('/etc/systemd/journald.conf.d/lab.conf', '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n'),
  file('/etc/modprobe.d/lab-seed.conf', 'blacklist virtio_net\n'),
  file('/etc/ssh/sshd_not_to_be_run', ''),
  file('/etc/network/interfaces', 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n'),
  file(
    '/usr/local/lib/lab/channel',
    `#!/bin/sh
# The lab's root shell: a line "ID LENGTH" and a script of that length come in, "ID EXIT-CODE BASE64-OUTPUT" goes back.
exec 3<>/dev/hvc0
stty raw -echo <&3
while read -r id length rest <&3; do
  case "$length:$rest" in '':* | *[!0-9]*:* | *:?*) continue ;; esac
  head -c "$length" <&3 > /run/lab-script
  sh /run/lab-script < /dev/null > /run/lab-output 2>&1 3<&-
  echo "$id $? $(base64 -w0 /run/lab-output)" >&3
  rm -f /run/lab-script /run/lab-output
done
`,
    '755',
  ),
  file(
    '/etc/systemd/system/lab-channel.service',
    `[Unit]
Description=Root shell of the lab
DefaultDependencies=no
Requires=dev-hvc0.device
After=dev-hvc0.device systemd-remount-fs.service
[Service]
ExecStart=/usr/local/lib/lab/channel
Restart=always
KillMode=process
[Install]
WantedBy=sysinit.target
`,
  ),
  file(
    '/usr/local/lib/lab/management',
    `#!/bin/sh
# Sets the management card up, if this machine has one: apart from ifupdown, so that nothing done there cuts it off.
[ -s /etc/lab-management ] || exit 0
udevadm wait --timeout=30 /sys/class/net/mgmt0
ip address replace "$(cat /etc/lab-management)" dev mgmt0
ip link set mgmt0 up
`,
    '755',
  ),
  file(
    '/etc/systemd/system/lab-management.service',
    `[Unit]
Description=Management card of the lab
Wants=network.target
Before=network.target
After=systemd-udevd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/lab/management
[Install]
WantedBy=multi-user.target
`,
  ),
  'systemctl enable lab-channel.service lab-management.service',
  `systemctl mask ${masked.join(' ')}`,
  'systemctl set-default multi-user.target',
  file('/etc/modprobe.d/lab.conf', unneededDrivers.map(driver => `blacklist ${driver}\n`).join('')),
  `for unit in ${quiet.join(' ')}; do systemctl disable "$unit" 2>/dev/null || true; done`,
  'rm -f /etc/apt/apt.conf.d/01autoremove-kernels /var/log/*.log /var/log/apt/* /var/cache/debconf/*-old',
];

const inside = (run: string) => ({ inside: true, run });

/** The recipe of an image: a minimal Debian 12 server, or the same with everything that LVS clusters use installed. */
export function recipe(image: ImageKind): Recipe {
  return {
    sources: [
      'deb http://deb.debian.org/debian bookworm main',
      'deb http://deb.debian.org/debian bookworm-updates main',
      'deb http://deb.debian.org/debian-security bookworm-security main',
    ],
    packages: base,
    offered,
    steps: [
      inside(kernel),
      inside(packageSource(offered)),
      { inside: false, run: 'cd "$1/srv/packages" && apt-ftparchive packages . > Packages' },
      inside(people),
      ...system.map(inside),
      inside(ownSourceOnly),
      ...(image === 'ready' ? [inside(ready)] : []),
    ],
    earlyModules: ['virtio_pci', 'virtio_blk', 'ext4', 'virtio_console'],
    cardModules: ['virtio_net'],
    diskMegabytes: 2048,
  };
}
