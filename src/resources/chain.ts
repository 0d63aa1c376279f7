import { type Entries, type Kind, Unreadable } from './kind.js';

type Chain = {
  /** The chains that jump to ours, each once, joined by spaces. */
  hook: string;
  /** How many rules jump to it; 1 is what is wanted. */
  jumps: number;
  /** Its rules as iptables-save(8) prints them, without `-A CHAIN `, one per line; tunnels and VRRP by protocol number. */
  rules: string;
};

/** A whole iptables chain of ours with its jump; the key is `TABLE CHAIN`. Nobody else's rule is ever touched. */
export const chain: Kind<Chain> = {
  name: 'chain',
  layer: 'live',
  usual: { jumps: 1 },
  probe: keys => ({ run: READ, args: keys.map(key => split(key)[1]) }),
  parse,
  steps({ key, after }) {
    const [table, name] = split(key);
    if (!after) return [{ run: REMOVE, args: [table, name] }];
    return [
      { run: WRITE, args: [table, name, ...jumps(after)], input: restoreInput(table, name, after.rules) },
    ];
  },
};

/** The text from which `iptables-restore --noflush` makes one chain anew and touches nothing else. */
export function restoreInput(table: string, name: string, rules: string): string {
  const lines = rules.split('\n').filter(rule => rule !== '');
  return [`*${table}`, `:${name} - [0:0]`, ...lines.map(rule => `-A ${name} ${rule}`), 'COMMIT', ''].join(
    '\n',
  );
}

/**
 * Shell text that sets $tool to the iptables that holds our chains, else to the one that holds rules at all, else
 * to the one that is installed; '' when none is. `saved $tool` then prints its rules. Loads no kernel module:
 * iptables-save would load nf_tables or the tables of the other backend just to find them empty, and even
 * `iptables -V` loads nfnetlink; so which backend it is, is told by the program that the name leads to.
 */
export const PICK_IPTABLES = `names=
[ ! -e /proc/net/ip_tables_names ] || names=$(cat /proc/net/ip_tables_names) || exit
has_nft() {
  [ ! -d /sys/module/nf_tables ] || return 0
  built=/lib/modules/$(uname -r)/modules.builtin
  if [ -r "$built" ]; then grep -q '/nf_tables\\.ko' "$built"; else grep -qs ' nf_tables_newtable' /proc/kallsyms; fi
}
saved() {
  case $(readlink -f "$(command -v "$1")") in
  *nft*) has_nft || return 0 ;;
  *) [ -n "$names" ] || return 0 ;;
  esac
  "$1-save" || echo '!failed'
}
tool=
for sign in '^:LVSCTL-' '^-A ' ''; do
  for each in iptables iptables-nft iptables-legacy; do
    command -v "$each-save" >/dev/null || continue
    [ -z "$sign" ] || saved "$each" 2>/dev/null | grep -q -e "$sign" || continue
    tool=$each
    break 2
  done
done`;

/**
 * The same choice for reading, as $text: what the iptables-save prints that was chosen. Each program is asked at most
 * once, whatever its names, and none more once our chains are found.
 */
const PICK_TEXT = `nl='
'
names=
[ ! -e /proc/net/ip_tables_names ] || names=$($LVSCTL_SUDO cat /proc/net/ip_tables_names) || exit
has_nft() {
  [ ! -d /sys/module/nf_tables ] || return 0
  read -r release </proc/sys/kernel/osrelease
  built=/lib/modules/$release/modules.builtin
  if [ -r "$built" ]; then grep -q '/nf_tables\\.ko' "$built"; else grep -qs ' nf_tables_newtable' /proc/kallsyms; fi
}
saved() {
  case $2 in
  *nft*) has_nft || return 0 ;;
  *) [ -n "$names" ] || return 0 ;;
  esac
  said=$($LVSCTL_SUDO "$1-save") || said=$said$nl!failed
}
programs=$(for each in iptables iptables-nft iptables-legacy; do command -v "$each-save"; done)
[ -n "$programs" ] || exit 0
text= best=0 seen=
for program in $programs; do
  lead=$(readlink -f "$program")
  case "$seen " in *" $lead "*) continue ;; esac
  seen="$seen $lead" said=
  program=\${program##*/}
  saved "\${program%-save}" "$lead"
  case $nl$said in
  *"$nl:LVSCTL-"*) text=$said; break ;;
  *"$nl-A "*) rank=2 ;;
  *) rank=1 ;;
  esac
  [ $rank -le $best ] || text=$said best=$rank
done`;

const READ = `${PICK_TEXT}
[ -n "$text" ] || exit 0
printf '%s\\n' "$text" | awk 'BEGIN { for (i = 1; i < ARGC; i++) { ours[ARGV[i]] = 1; ARGV[i] = "" } }
/^[*!]/
/^:/ { name = substr($1, 2); if (name in ours) print }
$1 == "-A" && (($2 in ours) || (($(NF - 1) == "-j" || $(NF - 1) == "-g") && ($NF in ours)))' "$@"`;

const FIND = `${PICK_IPTABLES}
find_chain() {
  saved "$tool" | awk 'BEGIN { table = "*" ARGV[1]; ours = ARGV[2]; ARGV[1] = ARGV[2] = "" }
  /^[*]/ { here = $0 == table }
  here && $1 == ":" ours { print "found" }
  here && $1 == "-A" && ($(NF - 1) == "-j" || $(NF - 1) == "-g") && $NF == ours { sub(/^-A/, "-D"); print }' "$1" "$2"
}
restore() { "$tool-restore" --noflush --wait=10; }`;

// One transaction: the old jumps go, the chain is made anew, the jump stands first. Standard input ends in COMMIT.
const WRITE = `${FIND}
[ -n "$tool" ] || { echo 'iptables is not installed' >&2; exit 1; }
old=$(find_chain "$1" "$2" | grep -v '^found')
name=$2
shift 2
{
  sed '$d'
  printf '%s\\n' "$old"
  for hook do printf -- '-I %s 1 -j %s\\n' "$hook" "$name"; done
  echo COMMIT
} | restore`;

const REMOVE = `${FIND}
[ -n "$tool" ] || exit 0
old=$(find_chain "$1" "$2")
case $old in
*found*) printf '*%s\\n%s\\n-F %s\\n-X %s\\nCOMMIT\\n' "$1" "$(printf '%s\\n' "$old" | grep -v '^found')" "$2" "$2" | restore ;;
esac`;

function split(key: string): [table: string, name: string] {
  const at = key.indexOf(' ');
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
}

/** The hooks to put a jump into, the first one as often as it takes to come to `jumps`. */
function jumps({ hook, jumps }: Chain): string[] {
  const hooks = hook.split(' ').filter(Boolean);
  return [...hooks, ...Array<string>(Math.max(0, jumps - hooks.length)).fill(hooks[0] ?? '')].filter(Boolean);
}

function parse(output: string): Entries<Chain> {
  const found = new Map<string, { hooks: Set<string>; jumps: number; rules: string[] }>();
  let table = '';
  for (const line of output.split('\n').filter(line => line !== '')) {
    const [sign, name, ...rest] = line.split(' ');
    const [flag, target = ''] = rest.slice(-2);
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith(':'))
      found.set(`${table} ${sign?.slice(1)}`, { hooks: new Set(), jumps: 0, rules: [] });
    else if (sign === '-A' && name) {
      found.get(`${table} ${name}`)?.rules.push(numbered(rest.join(' ')));
      const ours = flag === '-j' || flag === '-g' ? found.get(`${table} ${target}`) : undefined;
      if (ours) {
        ours.hooks.add(name);
        ours.jumps++;
      }
    } else
      throw new Unreadable(
        line === '!failed' ? 'iptables-save failed' : `not a line of iptables-save: ${line}`,
      );
  }
  return new Map(
    [...found].map(([key, { hooks, jumps, rules }]) => [
      key,
      { hook: [...hooks].join(' '), jumps, rules: rules.join('\n') },
    ]),
  );
}

/** Names that iptables-save prints only where /etc/protocols (netbase) has them. */
const PROTOCOLS: Readonly<Record<string, string>> = { ipencap: '4', gre: '47', vrrp: '112' };

function numbered(rule: string): string {
  return rule.replace(/(?<=^|\s)-p (\w+)/, (word, name: string) =>
    PROTOCOLS[name] ? `-p ${PROTOCOLS[name]}` : word,
  );
}
