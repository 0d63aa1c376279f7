import { type Command, Unreadable } from '../resources/kind.js';
import type { HostFacts, Link, Mark } from './facts.js';

/** Prints what is known of the applies that hold a host, as `FILE:LINE`; only root may look there. */
export const APPLIES =
  '$LVSCTL_SUDO grep -RsH --include armed --include owner --include pid . /var/lib/lvsctl/apply';

/**
 * Prints what a host is, one fact a line: word, space, value. Reads files and asks `ip`; writes nothing, loads
 * no module. $SSH_CONNECTION is sshd's: peer, port, own address, port. What the shell can do itself starts no process.
 */
const RUN = `
say() { printf '%s %s\\n' "$1" "$2"; }
first() {
  value=
  [ ! -r "$2" ] || read -r value <"$2"
  say "$1" "$value"
}
nl='
'
set -f
while read -r word real uid rest && [ "$word" != Uid: ]; do :; done </proc/self/status
say uid "$uid"
first machine /etc/machine-id
first boot /proc/sys/kernel/random/boot_id
first kernel /proc/sys/kernel/osrelease
say ssh "$SSH_CONNECTION"
for f in /etc/os-release /usr/lib/os-release; do
  [ -r "$f" ] || continue
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    ID=*) word=id ;;
    ID_LIKE=*) word=like ;;
    VERSION_ID=*) word=release ;;
    *) continue ;;
    esac
    IFS='"'
    set -- \${line#*=}
    IFS=
    say "$word" "$*"
  done <"$f"
  break
done
for t in ip awk sed base64 timeout flock setsid mktemp systemctl; do
  command -v "$t" >/dev/null 2>&1 || say missing "$t"
done
[ -z "$LVSCTL_SUDO" ] || [ -S /run/dbus/system_bus_socket ] || say missing dbus
IFS=$nl
for line in $(ip -o -4 addr show 2>/dev/null); do
  unset IFS
  set -- $line
  say address "$2 $4"
done
IFS=$nl
for line in $(ip -o link show 2>/dev/null); do
  name=\${line#*: } name=\${name%%: *}
  say link "\${name%%@*}"
done
unset IFS
route=$(ip -4 route show default 2>/dev/null)
say route "\${route%%$nl*}"
back=$(ip -4 route get fibmatch "\${SSH_CONNECTION%% *}" 2>/dev/null)
say back "\${back%%$nl*}"
set +f
set -- /etc/netplan/*.yaml
if [ -e "$1" ] || [ -L "$1" ]; then say network netplan
else
  set -- $(systemctl is-active NetworkManager systemd-networkd 2>/dev/null)
  if [ "$1" = active ]; then say network networkmanager
  elif [ "$2" = active ]; then say network networkd
  elif [ -d /etc/sysconfig/network-scripts ]; then say network network-scripts
  elif [ -e /etc/network/interfaces ]; then say network ifupdown
  else say network unknown; fi
fi
for f in /etc/network/interfaces /etc/network/interfaces.d/*; do
  [ -f "$f" ] && [ -r "$f" ] || continue
  while read -r word name family method rest || [ -n "$word" ]; do
    [ "$word $method" != 'iface dhcp' ] || say dhcp "$name"
  done <"$f"
done
if [ -e /var/lib/lvsctl ]; then
  if mark=$($LVSCTL_SUDO base64 -w 0 /var/lib/lvsctl/mark 2>/dev/null); then say mark "$mark"
  elif [ -n "$LVSCTL_SUDO" ] && ! $LVSCTL_SUDO -l base64 -w 0 /var/lib/lvsctl/mark >/dev/null; then say closed mark; fi
  set -- /var/lib/lvsctl/apply/*/armed
  if [ -n "$LVSCTL_SUDO" ] || [ -e "$1" ]; then
    ${APPLIES} 2>/dev/null | sed -n 's,.*/\\(.*\\)/armed:.*,pending \\1,p'
  fi
fi
for d in /run/lvsctl/due/*; do [ -e "$d" ] && say due "\${d##*/}"; done
:
`;

/** The mark is there and cannot be understood: what stood there before us is not known. */
export class DamagedMark extends Unreadable {}

/** The probe for the facts of a host. */
export const factsProbe: Command = { run: RUN };

/**
 * The facts that the probe printed.
 * @throws {Unreadable} when the output is not the probe's, or the system is one that is not built yet.
 */
export function parseFacts(host: string, output: string): HostFacts {
  const facts = new Map<string, string[]>();
  for (const line of output.split('\n').filter(Boolean)) {
    const [word = '', ...rest] = line.split(' ');
    facts.set(word, [...(facts.get(word) ?? []), rest.join(' ')]);
  }
  const one = (word: string) => facts.get(word)?.[0] ?? '';
  const all = (word: string) => facts.get(word) ?? [];
  if (!one('boot')) throw new Unreadable('the host printed no facts');
  const [peer = '', , local = '', port = ''] = one('ssh').split(' ');
  const defaultRoute = parseRoute(one('route'));
  const mark = one('mark');
  return {
    host,
    machineId: one('machine'),
    family: family(one('id'), one('like')),
    release: one('release'),
    network: one('network') as HostFacts['network'],
    kernel: one('kernel'),
    bootId: one('boot'),
    links: links(all('link'), all('address')),
    dhcp: all('dhcp'),
    ...(defaultRoute && { defaultRoute }),
    missing: all('missing'),
    root: one('uid') === '0',
    ssh: { local, port: Number(port), peer, byDefaultRoute: one('back').startsWith('default ') },
    ...(mark && { mark: parseMark(mark) }),
    ...(all('closed').length > 0 && { closed: true }),
    ...(all('pending').length > 0 && { pending: one('pending') }),
    ...(all('due').length > 0 && { due: all('due') }),
  };
}

function family(id: string, like: string): HostFacts['family'] {
  if (id === 'debian') return 'debian';
  if (id === 'ubuntu') return 'ubuntu';
  if (/\b(rhel|fedora|centos)\b/.test(`${id} ${like}`)) return 'el';
  throw new Unreadable(`the system is ${id || 'unknown'}; lvsctl knows Debian`);
}

function links(names: readonly string[], addresses: readonly string[]): Link[] {
  const pairs = addresses.map(line => line.split(' '));
  return names.map(name => ({
    name,
    addresses: pairs.filter(([device]) => device === name).map(([, address = '']) => address),
  }));
}

function parseRoute(line: string): HostFacts['defaultRoute'] {
  const after = (word: string) => line.match(new RegExp(`\\b${word} (\\S+)`))?.[1] ?? '';
  return line.includes(' via ') ? { via: after('via'), dev: after('dev'), proto: after('proto') } : undefined;
}

function parseMark(encoded: string): Mark {
  try {
    const mark = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as Mark;
    if (mark.format === 1 && mark.cluster && mark.members && Array.isArray(mark.entries)) return mark;
  } catch {
    // Falls through to the one message for every damaged mark.
  }
  throw new DamagedMark('/var/lib/lvsctl/mark is damaged or from a newer lvsctl');
}

/** The link that holds this base address, or undefined. */
export function linkOf(facts: HostFacts, address: string, prefix: number): Link | undefined {
  return facts.links.find(link => link.addresses.includes(`${address}/${prefix}`));
}
