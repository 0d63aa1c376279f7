import { inPlace } from './in-place.js';
import { type Kind, Unreadable } from './kind.js';

/** The `gateway` of an interface in Debian's interfaces(5), where its static stanza stands; key: the interface. */
export const gatewayEntry: Kind<{ gateway: string }> = {
  name: 'gateway-entry',
  layer: 'persisted',
  probe: keys => ({ run: read, args: keys }),
  parse(output) {
    const entries = new Map<string, { gateway: string }>();
    for (const line of output.split('\n').filter(Boolean)) {
      const [, name, gateway] = /^(.*) ([0-9a-fA-F.:]+)$/.exec(line) ?? [];
      if (name === undefined) throw new Unreadable(`not a gateway of an interface: ${line}`);
      entries.set(name, { gateway: gateway! });
    }
    return entries;
  },
  steps: ({ key, after }) => [{ run: write, args: [key, after?.gateway ?? ''] }],
};

/**
 * Sets $paths to the files that ifup(8) reads, in order. find INTERFACE then sets $found to `static FILE LINE-OF-ADDRESS
 * LINE-OF-GATEWAY GATEWAY` (0 when there is none), or `METHOD FILE` of a stanza that is not static, tab-separated; to
 * nothing without a stanza; to `closed FILE` when root alone may read one of them.
 */
const find = `
set -f
nl='
'
tab='	'
paths= closed=
files() {
  [ -f "$1" ] && [ "$2" -lt 9 ] || return 0
  paths=$paths$nl$1
  [ -r "$1" ] || { closed=$1; return 0; }
  while read -r word patterns || [ -n "$word" ]; do
    case $word in source | source-directory) ;; *) continue ;; esac
    set -- "$1" "$2" "$word"
    for pattern in $patterns; do
      case $pattern in /*) ;; *) pattern=\${1%/*}/$pattern ;; esac
      [ "$3" = source ] || pattern=$pattern/*
      set +f
      for sourced in $pattern; do
        case $3,\${sourced##*/} in source-directory,*[!A-Za-z0-9_-]*) continue ;; esac
        files "$sourced" $(($2 + 1))
      done
      set -f
    done
  done <"$1"
}
files /etc/network/interfaces 0
find() {
  found=\${closed:+closed$tab$closed}
  [ -n "$paths" ] && [ -z "$found" ] || return 0
  IFS=$nl
  found=$(NAME=$1 awk '
    function tell() {
      if (method == "static" && address && !done) {
        told = "static\\t" path "\\t" address "\\t" gateway + 0 "\\t" value
        done = 1
      } else if (method != "" && method != "static" && told == "") told = method "\\t" path
      method = ""
    }
    FNR == 1 { tell() }
    /^[ \\t]*#/ { next }
    $1 ~ /^(iface|auto|allow-.*|mapping|source|source-directory|rename|no-auto-down|no-scripts|template)$/ {
      tell()
      address = gateway = 0
      value = ""
      path = FILENAME
      if ($1 == "iface" && $2 == ENVIRON["NAME"] "" && $3 == "inet") method = $4
      next
    }
    method != "" && $1 == "address" && !address { address = $0 ~ /\\\\$/ ? -1 : FNR }
    method != "" && $1 == "gateway" && !gateway { gateway = FNR; value = $2 }
    END { tell(); if (told != "") print told }
  ' $paths) || exit
  unset IFS
}
`;

const read = `${find}
for name do
  find "$name"
  case $found in
    closed*) echo "root alone may read $closed" >&2; exit 1 ;;
    static*"$tab") ;;
    static*) printf '%s %s\\n' "$name" "\${found##*$tab}" ;;
  esac
done
`;

const write = `${find}
name=$1
export GATEWAY="$2"
find "$name"
IFS=$tab read -r method path ADDRESS AT value <<END
$found
END
if [ "$method" != static ]; then
  [ -n "$GATEWAY" ] || exit 0
  case $method in
    '') echo "/etc/network/interfaces has no stanza \\"iface $name inet static\\" with an address: add one" >&2 ;;
    dhcp) echo "$name gets its gateway by DHCP ($path): set the router in the DHCP server, or make the stanza static" >&2 ;;
    *) echo "the stanza of $name in $path is \\"inet $method\\": a gateway needs \\"inet static\\"" >&2 ;;
  esac
  exit 1
fi
if [ "$AT" = 0 ] && [ "$ADDRESS" = -1 ]; then
  [ -n "$GATEWAY" ] || exit 0
  echo "the address of $name in $path ends with a backslash: write it as one line" >&2
  exit 1
fi
export ADDRESS AT
set -- "$path"
${inPlace}
rewrite '
  END {
    at = ENVIRON["AT"] + 0
    address = ENVIRON["ADDRESS"] + 0
    new = ENVIRON["GATEWAY"]
    if (new == "") { if (at) drop(at) }
    else if (at) {
      match(l[at], /^[ \\t]*gateway[ \\t]+/)
      head = substr(l[at], 1, RLENGTH)
      tail = substr(l[at], RLENGTH + 1)
      sub(/^[^ \\t\\r]+/, "", tail)
      l[at] = head new tail
    } else {
      match(l[address], /^[ \\t]*/)
      add(substr(l[address], 1, RLENGTH) "gateway " new, address + 1)
    }
    give(n)
  }
'
`;
