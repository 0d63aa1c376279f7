import { inPlace } from './in-place.js';
import { type Kind, Unreadable } from './kind.js';

/** An assignment in another's shell-style file, such as /etc/default/ipvsadm; key: `FILE NAME`. */
export interface VariableState extends Readonly<Record<string, string>> {
  /** As it stands between the quotes. */
  value: string;
  quote: '"' | "'" | '';
}

/** The last assignment counts and is edited in place; every other byte of the file stays. */
export const variable: Kind<VariableState> = {
  name: 'variable',
  layer: 'persisted',
  probe: keys => ({ run: read, args: keys.flatMap(parts) }),
  parse(output) {
    const entries = new Map<string, VariableState>();
    const lines = output.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const [, word, value] = /^(double|single|none|open) (.*)$/s.exec(lines[at + 1]!) ?? [];
      if (value === undefined) throw new Unreadable(`not an assignment: ${lines[at + 1]}`);
      if (word === 'open') throw new Unreadable(`${lines[at]}: the value goes over more than one line`);
      entries.set(lines[at]!, { value, quote: word === 'double' ? '"' : word === 'single' ? "'" : '' });
    }
    return entries;
  },
  steps({ key, after }) {
    const [path, name] = parts(key);
    return [{ run: write, args: [path, name, after ? 'set' : '', after?.quote ?? '', after?.value ?? ''] }];
  },
};

function parts(key: string): [string, string] {
  const space = `${key} `.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}

/** scan(line, name): whether the line assigns name; sets head, quote, value, tail, and open when a quote is not closed. */
const scan = String.raw`
  function scan(line, name,  i, c, s) {
    head = line
    sub(/^[ \t]*(export[ \t]+)?/, "", line)
    if (index(line, name "=") != 1) return 0
    line = substr(line, length(name) + 2)
    head = substr(head, 1, length(head) - length(line))
    quote = substr(line, 1, 1)
    if (quote != "\"" && quote != "\047") quote = ""
    s = substr(line, length(quote) + 1)
    open = quote != ""
    for (i = 1; i <= length(s); i++) {
      c = substr(s, i, 1)
      if (quote == "" ? c ~ /[ \t\r;&|<>()]/ : c == quote) { open = 0; break }
      if (c == "\\" && quote != "\047") i++
    }
    value = substr(s, 1, i - 1)
    tail = open ? "" : substr(s, i + length(quote))
    return 1
  }
`;

const read = `
while [ $# -gt 1 ]; do
  [ ! -f "$1" ] || FILE=$1 NAME=$2 awk '${scan}
    scan($0, ENVIRON["NAME"]) {
      found = (open ? "open" : quote == "" ? "none" : quote == "\\"" ? "double" : "single") " " value
    }
    END { if (found) print ENVIRON["FILE"] " " ENVIRON["NAME"] "\\n" found }
  ' <"$1" || exit
  shift 2
done
`;

const write = `${inPlace}
export NAME="$2" SET="$3" QUOTE="$4" VALUE="$5"
[ -n "$SET" ] || [ -z "$NEW" ] || exit 0
rewrite '${scan}
  END {
    for (i = 1; i <= n; i++) if (scan(l[i], ENVIRON["NAME"])) at = i
    made = "# lvsctl " cluster " (new file)"
    if (!ENVIRON["SET"]) {
      for (i = n; i > 0; i--) if (scan(l[i], ENVIRON["NAME"])) drop(i)
      if (n == 1 && l[1] == made) exit 3
      give(n)
      exit
    }
    q = ENVIRON["QUOTE"]
    wanted = ENVIRON["NAME"] "=" q ENVIRON["VALUE"] q
    if (wanted ~ /\\n/ || (q == "" && wanted ~ /["\\047\`]|\\\\$/) || !scan(wanted, ENVIRON["NAME"]) || open || tail != "" || quote != q || value != ENVIRON["VALUE"] "") {
      print "this value cannot be written in one assignment: " wanted >"/dev/stderr"
      exit 1
    }
    if (at && scan(l[at], ENVIRON["NAME"])) l[at] = head q ENVIRON["VALUE"] q tail
    else {
      if (ENVIRON["NEW"]) l[++n] = made
      l[++n] = wanted
    }
    give(n)
  }
'
`;
