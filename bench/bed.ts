import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Hosts for the bench: parts of this machine with a network, /etc, /run and /var/lib of their own, all behind one sshd
 * on 127.0.0.0/8. What needs a kernel or a system that is not here (ip_vs, systemd, dpkg's list) answers with fixed
 * text, so that a host can be what the topology wants; the rest (addresses, sysctl values, files, nftables) is real.
 */
export interface Bed {
  directory: string;
  sshConfig: string;
  names: readonly string[];
  /** Where ssh finds a host. */
  addressOf(name: string): string;
  /** Writes the topology of the first `count` hosts, a director and real servers, and gives its path. */
  topology(count: number, edit?: (yaml: string) => string): string;
}

export const PORT = 2222;

/** `lb1`, `web1`, `web2` ..: the n-th host is 10.99.x.y/16, reached at 127.99.x.y. */
const addressing = (index: number) => `99.${Math.floor((index + 1) / 250)}.${((index + 1) % 250) + 1}`;
const nameOf = (index: number) => (index === 0 ? 'lb1' : `web${index}`);
export const VIP = '10.99.255.254';

const SYSTEMCTL = `#!/bin/sh
case $1 in
is-active) shift; [ "$1" = -q ] && exit 0; for unit; do case $unit in -*) ;; NetworkManager|systemd-networkd) echo inactive ;; *) echo active ;; esac; done ;;
is-enabled) echo enabled ;;
show)
  shift
  properties=
  while [ $# -gt 0 ]; do
    case $1 in
    -p) properties="$properties $2"; shift ;;
    --) ;;
    *) for p in $properties; do case $p in
      LoadState) echo LoadState=loaded ;; ActiveState) echo ActiveState=active ;; SubState) echo SubState=running ;;
      Id) echo "Id=$1" ;; *) echo "$p=" ;; esac; done; echo ;;
    esac
    shift
  done ;;
esac
exit 0
`;

/** What a host starts as. $1: its number, $2: its part of the address, $3: the bed. */
const HOST = `set -e
ip link set lo up
ip link add name eth0 type veth peer name peer
ip addr add "10.$2/16" dev eth0
ip link set eth0 up
ip link set peer up
mount -t tmpfs -o size=4m t /var/lib
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates
cp "$3/dpkg-status" /var/lib/dpkg/status
mount -t tmpfs -o size=8m t /run
mkdir -p /run/dbus /run/old-etc
cp -a "$3/etc/." /run/old-etc
mount -t tmpfs -o size=8m t /etc
cp -a /run/old-etc/. /etc
rm -r /run/old-etc
printf '%032x\\n' "$1" >/etc/machine-id
mount -t tmpfs -o size=1m t /usr/local/sbin
cp "$3/bin/"* /usr/local/sbin/
mkdir -p "/lib/modules/$(uname -r)"
mount -t tmpfs -o size=1m t "/lib/modules/$(uname -r)"
printf 'kernel/%s.ko\\n' ip_vs ip_vs_rr nf_tables >"/lib/modules/$(uname -r)/modules.builtin"
mkdir -p /srv/bench-root && mount -t tmpfs -o size=1m t /srv/bench-root
[ ! -d /var/www ] || mount -t tmpfs -o size=1m t /var/www
# The director's kernel has ip_vs, as far as can be seen.
if [ "$1" = 1 ]; then
  mkdir /run/proc
  mount -t proc proc /run/proc
  mount -t tmpfs -o size=1m t /proc
  for f in sys self mounts filesystems modules uptime loadavg cpuinfo version; do ln -s "/run/proc/$f" "/proc/$f"; done
  mkdir /proc/net
  : >/proc/net/ip_vs
fi
echo $$ >"$3/pids/127.$2"
exec sleep infinity
`;

/** What sshd runs for every session: the command, on the host whose address was dialled. */
const ENTER = `#!/bin/sh
set -- $SSH_CONNECTION
read -r pid <BED/pids/$3
[ -n "$SSH_ORIGINAL_COMMAND" ] || exit 0
exec nsenter -t "$pid" -m -n -- /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`;

/**
 * Makes `count` hosts in `directory`; the process must be root in network, mount and process namespaces of its own, with
 * which all of it ends.
 */
export async function makeBed(directory: string, count: number): Promise<Bed> {
  const inside = (...path: string[]) => join(directory, ...path);
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  const addressOf = (name: string) => `127.${addressing(names.indexOf(name))}`;
  for (const folder of ['pids', 'bin', 'etc', 'keys']) mkdirSync(inside(folder), { recursive: true });
  execFileSync('sh', ['-c', SKELETON, 'sh', inside('etc')]);
  const put = (path: string, text: string, mode = 0o644) => writeFileSync(inside(path), text, { mode });
  put('dpkg-status', STATUS);
  put('bin/systemctl', SYSTEMCTL, 0o755);
  for (const name of ['nginx', 'modprobe', 'journalctl', 'arping'])
    put(`bin/${name}`, '#!/bin/sh\nexit 0\n', 0o755);
  put('bin/ipvsadm', ipvsadm(count, ''), 0o755);
  put('enter', ENTER.replaceAll('BED', directory), 0o755);

  for (const key of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', inside('keys', key)]);
  const publicKey = (key: string) =>
    execFileSync('ssh-keygen', ['-y', '-f', inside('keys', key)], { encoding: 'utf8' });
  put('keys/authorized', publicKey('user'), 0o600);
  put('keys/known', `bed ${publicKey('host')}`, 0o600);
  put('sshd_config', sshdConfig(inside), 0o600);
  put('ssh_config', sshConfig(inside, names, addressOf), 0o600);
  // A login shell that reads no .bashrc of this machine's.
  const passwd = readFileSync('/etc/passwd', 'utf8').replace(/^(root:.*:)[^:\n]*:[^:\n]*$/m, '$1/:/bin/sh');
  put('passwd', passwd);
  execFileSync('mount', ['--bind', inside('passwd'), '/etc/passwd']);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  mkdirSync('/run/sshd', { recursive: true });
  const server = spawn('/usr/sbin/sshd', ['-D', '-f', inside('sshd_config'), '-E', inside('sshd.log')], {
    stdio: 'ignore',
  });
  for (let from = 0; from < count; from += 25)
    await Promise.all(names.slice(from, from + 25).map((_, index) => start(from + index, directory)));
  if (server.exitCode !== null) throw new Error(`sshd ended; see ${inside('sshd.log')}`);

  return {
    directory,
    sshConfig: inside('ssh_config'),
    names,
    addressOf,
    topology(hosts, edit = yaml => yaml) {
      const file = inside(`bench-${hosts}-${edits++}.yaml`);
      writeFileSync(file, edit(topology(hosts)));
      writeFileSync(inside('bin/ipvsadm'), ipvsadm(hosts, table(hosts)), { mode: 0o755 });
      const pid = execFileSync('cat', [inside('pids', addressOf('lb1'))], { encoding: 'utf8' }).trim();
      execFileSync('nsenter', ['-t', pid, '-m', 'cp', inside('bin/ipvsadm'), '/usr/local/sbin/ipvsadm']);
      return file;
    },
  };
}
let edits = 0;

function start(index: number, directory: string): Promise<ChildProcess> {
  const words = ['-n', '-m', '--propagation', 'private', 'sh', '-c', HOST, 'sh'];
  const child = spawn('unshare', [...words, String(index + 1), addressing(index), directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', chunk => {
    said += chunk;
  });
  const file = join(directory, 'pids', `127.${addressing(index)}`);
  return new Promise((resolve, reject) => {
    child.on('close', code => reject(new Error(`host ${index + 1} ended with ${code}: ${said}`)));
    const ready = setInterval(() => {
      try {
        execFileSync('test', ['-s', file]);
      } catch {
        return;
      }
      clearInterval(ready);
      resolve(child);
    }, 20);
  });
}

/** A small /etc: what logins, the linker and the probes look at. */
const SKELETON = `cd /etc && for f in passwd group shadow nsswitch.conf hosts ld.so.cache ld.so.conf ld.so.conf.d alternatives \\
  protocols services; do [ ! -e "$f" ] || cp -a "$f" "$1/"; done
cd "$1" && mkdir -p network/interfaces.d default nginx/conf.d systemd/system modules-load.d sysctl.d
printf 'auto eth0\\niface eth0 inet static\\nsource /etc/network/interfaces.d/*\\n' >network/interfaces
printf 'AUTO="false"\\n' >default/ipvsadm
printf '# Kernel settings of this host.\\n#net.ipv4.ip_forward=1\\n' >sysctl.conf
printf 'ID=debian\\nVERSION_ID="12"\\n' >os-release`;

const STATUS = ['ipvsadm', 'iptables', 'nginx']
  .map(
    name =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nMaintainer: none\nVersion: 1\nDescription: none\n`,
  )
  .join('\n');

function sshdConfig(inside: (...path: string[]) => string): string {
  return `Port ${PORT}
ListenAddress 0.0.0.0
HostKey ${inside('keys', 'host')}
AuthorizedKeysFile ${inside('keys', 'authorized')}
StrictModes no
UsePAM no
PermitRootLogin yes
MaxStartups 2000
PidFile none
LogLevel ERROR
ForceCommand ${inside('enter')}
`;
}

function sshConfig(
  inside: (...path: string[]) => string,
  names: readonly string[],
  addressOf: (name: string) => string,
): string {
  const hosts = names.map(name => `Host ${name}\n  HostName ${addressOf(name)}\n`);
  return `${hosts.join('')}Host *
  Port ${PORT}
  User root
  IdentityFile ${inside('keys', 'user')}
  IdentitiesOnly yes
  UserKnownHostsFile ${inside('keys', 'known')}
  HostKeyAlias bed
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 60
`;
}

function servers(count: number): number[] {
  return Array.from({ length: count - 1 }, (_, index) => index + 1);
}

function topology(count: number): string {
  const list = servers(count).map(
    index =>
      `  - { name: ${nameOf(index)}, address: 10.${addressing(index)}/16, web: { server: nginx, page: hello } }\n`,
  );
  return `name: bench
mode: dr
vip: ${VIP}/32
scheduler: rr
directors:
  - { name: lb1, address: 10.${addressing(0)}/16 }
realServers:
${list.join('')}services:
  - port: 80
`;
}

/** The kernel's table as it should be, in the words of ipvsadm -Sn. */
function table(count: number): string {
  const lines = servers(count).map(index => `-a -t ${VIP}:80 -r 10.${addressing(index)}:80 -g -w 1\n`);
  return count > 1 ? `-A -t ${VIP}:80 -s rr\n${lines.join('')}` : '';
}

function ipvsadm(count: number, saved: string): string {
  const listed = servers(count).map(index => `  -> 10.${addressing(index)}:80 0 0 0 0\n`);
  const list = `IP Virtual Server version 1.2.1 (size=4096)\nTCP  ${VIP}:80 rr\n${listed.join('')}`;
  return `#!/bin/sh
case $* in
*-S*) cat <<'END'
${saved}END
;;
*-L*|*-l*) cat <<'END'
${list}END
;;
esac
`;
}
