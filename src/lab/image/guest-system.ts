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
  // Hears of every unit whenever systemd reads its files again, and an apply makes it do that often.
  'systemd-logind.service',
];

/** Programs that systemd runs each time that it reads its files again, and that find nothing here. */
const generators = [
  ...['cryptsetup', 'debug', 'getty', 'gpt-auto', 'hibernate-resume', 'integritysetup'],
  ...['rc-local', 'run', 'system-update', 'veritysetup'],
];

/** Drivers that the hardware would have loaded and nothing needs. */
const unneededDrivers = [
  ...['ata_piix', 'ata_generic', 'evdev', 'serio_raw', 'psmouse', 'button'],
  ...['aesni_intel', 'ghash_clmulni_intel', 'crct10dif_pclmul', 'crc32_pclmul', 'crc32c_intel'],
  ...['sha1_ssse3', 'sha256_ssse3', 'sha512_ssse3'],
];

const file = (path: string, content: string, mode = '644') =>
  `mkdir -p "$(dirname ${path})"\ncat > ${path} <<'END_OF_FILE'\n${content}END_OF_FILE\nchmod ${mode} ${path}`;

/** Shell that gives a guest its files, and quiet: no logind and no idle generators; the rest but the lab's own is plain Debian. */
export const guestSystem = [
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
  'mkdir -p /etc/systemd/system-generators',
  ...generators.map(name => `ln -s /dev/null /etc/systemd/system-generators/systemd-${name}-generator`),
  'systemctl set-default multi-user.target',
  file('/etc/modprobe.d/lab.conf', unneededDrivers.map(driver => `blacklist ${driver}\n`).join('')),
  `for unit in ${quiet.join(' ')}; do systemctl disable "$unit" 2>/dev/null || true; done`,
  'rm -f /etc/apt/apt.conf.d/01autoremove-kernels /var/log/*.log /var/log/apt/* /var/cache/debconf/*-old',
];
