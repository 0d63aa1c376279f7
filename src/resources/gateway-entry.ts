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
 * files: the files that ifup(8) reads, in order. find INTERFACE: `static FILE LINE-OF-ADDRESS LINE-OF-GATEWAY` (0
 * when there is none) tab-separated, or `METHOD FILE` of a stanza that is not static; nothing without a stanza;
 * `closed FILE` when root alone may read one of them.
 */
const find = String.raw`
set -f
files() {
  [ -f "$1" ] && [ "$2" -lt 9 ] || return 0
  printf '%s\n' "$1"
  awk '$1 == "source" || $1 == "source-directory" { for (i = 2; i <= NF; i++) print $1, $i }' <"$1" |
    while read -r word pattern; do
      case $pattern in /*) ;; *) pattern=${'${1%/*}'}/$pattern ;; esac
      [ "$word" = source ] || pattern=$pattern/*
      set +f
      for sourced in $pattern; do
        case $word,${'${sourced##*/}'} in source-directory,*[!A-Za-z0-9_-]*) continue ;; esac
        files "$sourced" $(($2 + 1))
      done
    done
}
find() {
  files /etc/network/interfaces 0 | while read -r path; do
    [ -r "$path" ] || { printf 'closed\t%s\n' "$path"; continue; }
    NAME=$1 FILE=$path awk '
      function tell() {
        if (method == "static" && address) { print "static\t" FILE "\t" address "\t" gateway + 0 "\t" value; said = 1 }
        else if (method != "" && method != "static") print method "\t" FILE
        method = ""
      }
      BEGIN { FILE = ENVIRON["FILE"] }
      /^[ \t]*#/ { next }
      $1 ~ /^(iface|auto|allow-.*|mapping|source|source-directory|rename|no-auto-down|no-scripts|template)$/ {
        if (!said) tell()
        address = gateway = 0
        value = ""
        if ($1 == "iface" && $2 == ENVIRON["NAME"] "" && $3 == "inet" && !said) method = $4
        next
      }
      method != "" && $1 == "address" && !address { address = $0 ~ /\\$/ ? -1 : NR }
      method != "" && $1 == "gateway" && !gateway { gateway = NR; value = $2 }
      END { if (!said) tell() }
    ' <"$path"
  done | awk -F '\t' '{ if (!kept || $1 == "closed" || ($1 == "static" && kind != "static" && kind != "closed")) { kept = $0; kind = $1 } } END { if (kept) print kept }'
}
`;

const read = `${find}
for name do
  find "$name" | NAME=$name awk -F '\\t' '
    $1 == "closed" { print "root alone may read " $2 >"/dev/stderr"; exit 1 }
    $1 == "static" && $5 != "" { print ENVIRON["NAME"] " " $5 }
  ' || exit
done
`;

const write = `${find}
name=$1
export GATEWAY="$2"
found=$(find "$name")
tab=$(printf '\\t')
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
