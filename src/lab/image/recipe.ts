import type { LabSpec } from '../spec.js';
import { guestSystem } from './guest-system.js';
import { base, heldBack, offered } from './packages.js';

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
      ...guestSystem.map(inside),
      inside(ownSourceOnly),
      ...(image === 'ready' ? [inside(ready)] : []),
    ],
    earlyModules: ['virtio_pci', 'virtio_blk', 'ext4', 'virtio_console'],
    cardModules: ['virtio_net'],
    diskMegabytes: 2048,
  };
}
