/** What a minimal server holds, and what tests of the lab ask for. */
export const base = [
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

/** What LVS clusters use: offered to every guest without a network, installed in the ready image. */
export const offered = [
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
