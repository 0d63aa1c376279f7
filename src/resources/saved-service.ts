import { inPlace } from './in-place.js';
import { type Kind, Unreadable } from './kind.js';

/**
 * One virtual service in the file that the boot service restores; key: `FILE tcp|udp VIP:PORT`. `rules` are its
 * lines as `ipvsadm -Sn` prints them, joined by newlines: the `-A` line, then the `-a` lines, sorted.
 */
export const savedService: Kind<{ rules: string }> = {
  name: 'saved-service',
  layer: 'persisted',
  probe: keys => ({ run: read, args: keys.flatMap(parts) }),
  parse(output) {
    const rules = new Map<string, string[]>();
    let key = '';
    for (const line of output.split('\n').filter(Boolean)) {
      if (line.startsWith('>')) key = line.slice(1);
      else if (!line.startsWith('|') || !key) throw new Unreadable(`not a line of a saved table: ${line}`);
      else rules.set(key, [...(rules.get(key) ?? []), line.slice(1).trim().replace(/\s+/g, ' ')]);
    }
    return new Map([...rules].map(([name, lines]) => [name, { rules: lines.sort().join('\n') }]));
  },
  steps: ({ key, after }) => [{ run: write, args: parts(key), input: after?.rules ?? '' }],
};

function parts(key: string): [string, string, string] {
  const [, file = key, protocol = '', address = ''] = /^(\S*) (\S*) (.*)$/s.exec(key) ?? [];
  return [file, protocol, address];
}

/** own(line, proto, vip): whether a line of a saved table belongs to that service. */
const own = String.raw`
  function own(line, proto, vip,  i, k, word) {
    if (line ~ /^[ \t]*#/) return 0
    k = split(line, word, /[ \t\r]+/)
    for (i = 1; i < k; i++)
      if (word[i] == "-" substr(proto, 1, 1) || word[i] == "--" proto "-service")
        return word[i + 1] == vip ""
    return 0
  }
`;

const read = `
left=$#
while [ $left -gt 2 ]; do
  from=/dev/null
  if [ -f "$1" ]; then from=$1; true <"$from" || exit; fi
  set -- "$@" "$1" "$2" "$3" "$from"
  shift 3
  left=$((left - 3))
done
awk '${own}
  BEGIN {
    for (i = 1; i < ARGC; i += 4) {
      print ">" ARGV[i] " " ARGV[i + 1] " " ARGV[i + 2]
      while ((getline line <ARGV[i + 3]) > 0) if (own(line, ARGV[i + 1], ARGV[i + 2])) print "|" line
      close(ARGV[i + 3])
    }
  }
' "$@"
`;

/**
 * The lines go where the service's first line stood, else to the end. A file that we made begins with the word
 * `ipvsadm` alone, the one line without meaning: `ipvsadm -R` fails at a comment (config_stream.c; seen in 1.31).
 */
const write = `${inPlace}
export PROTO="$2" VIP="$3" RULES="$(cat)"
[ -n "$RULES" ] || [ -z "$NEW" ] || exit 0
rewrite '${own}
  END {
    made = "ipvsadm"
    for (i = 1; i <= n; i++) if (own(l[i], ENVIRON["PROTO"], ENVIRON["VIP"])) { if (!at) at = i; drop(i--) }
    if (!at) at = n + 1
    k = split(ENVIRON["RULES"], rule, "\\n")
    if (k && ENVIRON["NEW"]) { add(made, 1); at++ }
    for (i = 1; i <= k; i++) add(rule[i], at++)
    if (!k && n == 1 && l[1] == made) exit 3
    give(n)
  }
'
`;
