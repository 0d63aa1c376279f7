import { type Entries, type Kind, Unreadable } from './kind.js';

/** label: as ip-address(8) has it, '' when it is the name of the device. */
type Held = { label: string };

/** An IPv4 address that an interface holds; the key is `DEVICE ADDRESS/PREFIX`. */
export const address: Kind<Held> = {
  name: 'address',
  layer: 'live',
  probe: () => ({ run: 'ip -o -4 addr show' }),
  parse,
  steps({ key, after }) {
    const [device, prefix] = split(key);
    if (!after) return [{ run: REMOVE, args: [device, prefix] }];
    return [{ run: HOLD, args: [device, prefix, after.label || device, ...broadcast(prefix)] }];
  },
};

const HELD = `held() { ip -o -4 addr show dev "$1" 2>/dev/null | grep -F -e " inet $2 "; }`;

// Without promote_secondaries the kernel takes the other addresses of the network away together with the first.
const DROP = `${HELD}
drop() {
  promote=/proc/sys/net/ipv4/conf/$1/promote_secondaries
  was=$(cat "$promote") && echo 1 >"$promote"
  ip addr del "$2" dev "$1"
  set -- $?
  printf '%s\\n' "$was" >"$promote"
  return "$1"
}`;

// Who knows the address by the card that held it before keeps sending there until its ARP entry ends: for a router that can
// be hours. So a card that gets one announces it (RFC 5227 2.3; arping(8) of iputils); lo never does, nor a tunnel.
const ANNOUNCE = `announce() {
  case $(ip -o link show dev "$1") in *LOOPBACK* | *NOARP*) return ;; esac
  { command -v arping && exec arping -q -U -c 2 -I "$1" "\${2%/*}"; } </dev/null >/dev/null 2>&1 &
}`;

// A label cannot be changed in place, and with its last address a device loses its routes.
const HOLD = `${DROP}
${ANNOUNCE}
device=$1 prefix=$2 label=$3
shift 3
ip link set dev "$device" up || exit
routes=
if line=$(held "$device" "$prefix"); then
  case $line in
  *" $label"\\\\*) exit 0 ;;
  esac
  routes=$(ip -4 route show dev "$device")
  drop "$device" "$prefix" || exit
fi
ip addr add "$prefix" "$@" dev "$device" label "$label" || exit
set -f
printf '%s\\n' "$routes" | while read -r route; do
  [ -z "$route" ] || ip route add $route dev "$device" 2>/dev/null || :
done
announce "$device" "$prefix"`;

const REMOVE = `${DROP}
held "$1" "$2" >/dev/null || exit 0
drop "$1" "$2"`;

function split(key: string): [device: string, prefix: string] {
  const at = key.indexOf(' ');
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
}

/** The words that give an address its broadcast address as ifupdown and all others do: not for /31 and /32. */
function broadcast(prefix: string): string[] {
  return Number(prefix.split('/')[1]) < 31 ? ['brd', '+'] : [];
}

function parse(output: string): Entries<Held> {
  const lines = output.split('\n').filter(line => line !== '');
  return new Map(
    lines.map(line => {
      const [, device, prefix, label] = /^\d+: (\S+) +inet (\S+(?: peer \S+)?) .*?(\S+)\\/.exec(line) ?? [];
      if (!device || !prefix || !label) throw new Unreadable(`not a line of ip -o addr: ${line}`);
      return [`${device} ${prefix}`, { label: label === device ? '' : label }];
    }),
  );
}
