import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { LabError } from './spec.js';

const programs = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  'apt-ftparchive': 'apt-utils',
  vde_switch: 'vde2',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  openssl: 'openssl',
  mke2fs: 'e2fsprogs',
  cpio: 'cpio',
  busybox: 'busybox-static',
  flock: 'util-linux',
  newuidmap: 'uidmap',
};

/** Refuses a workstation that cannot run the lab, naming everything that it lacks and how to get it. */
export async function checkWorkstation(
  platform: string = process.platform,
  path = process.env.PATH ?? '',
): Promise<void> {
  if (platform !== 'linux') {
    throw new LabError(
      'The lab runs on Linux only (Debian 12 or later); every other command works here too.',
    );
  }
  const isRoot = process.getuid?.() === 0;
  const directories = [...path.split(delimiter), '/usr/sbin', '/sbin'];
  const missing = new Set<string>();
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (program === 'newuidmap' && isRoot) continue;
    if (!(await holds(directories, program))) missing.add(debianPackage);
  }
  if (!(await readable('/usr/share/keyrings/debian-archive-keyring.gpg')))
    missing.add('debian-archive-keyring');
  if (missing.size === 0) return;
  const [names, sudo] = [[...missing].join(' '), isRoot ? '' : 'sudo '];
  throw new LabError(
    `The lab needs Debian packages that are not installed: ${names}\n  ${sudo}apt-get install ${names}`,
  );
}

async function holds(directories: string[], program: string): Promise<boolean> {
  for (const directory of directories) {
    if (await readable(join(directory, program))) return true;
  }
  return false;
}

const readable = (path: string) =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
