import { inPlace } from './in-place.js';
import { type Command, type Edit, type Kind, type State, Unreadable } from './kind.js';

/** How one entry of a marked block is written. Keys are `FILE REST`; FILE has no spaces. */
interface Written<S extends State> {
  name: string;
  /** Text of an awk function id(s): what identifies the entry on line s. */
  id: string;
  /** What id gives for the entry with this REST. */
  identify(rest: string): string;
  write(rest: string, state: S): string;
  /** REST and state of a line; undefined when it is no entry. */
  read(line: string): readonly [string, S] | undefined;
  /** Whether the entry goes to the top of the block. */
  top?(rest: string): boolean;
  /** Shell text that runs after the file was changed; $1 is the file. */
  afterwards?: string;
}

/** A kind of such entries, which can also say an entry's line without a host. */
export interface BlockKind<S extends State> extends Kind<S> {
  line(key: string, state: S): string;
}

/** A kind whose entries are lines between `# BEGIN lvsctl NAME` and `# END lvsctl NAME` in a shared file. */
export function blockKind<S extends State>(written: Written<S>): BlockKind<S> {
  const run = rewriting(written);
  const words = ({ key, after }: Edit<S>) => {
    const { rest } = parts(key);
    return [
      written.identify(rest),
      after ? written.write(rest, after) : '',
      written.top?.(rest) ? 'top' : '',
    ];
  };
  const together = (edits: readonly Edit<S>[]): readonly Command[] => {
    const files = new Set(edits.map(({ key }) => parts(key).file));
    return [...files].map(file => ({
      run,
      args: [file, ...edits.filter(({ key }) => parts(key).file === file).flatMap(words)],
    }));
  };
  return {
    name: written.name,
    layer: 'persisted',
    probe: keys => ({ run: read, args: [...new Set(keys.map(key => parts(key).file))] }),
    parse(output) {
      const entries = new Map<string, S>();
      let file = '';
      for (const line of output.split('\n').filter(Boolean)) {
        if (line.startsWith('>')) file = line.slice(1);
        else if (!line.startsWith('|') || !file) throw new Unreadable(`not a line of a block: ${line}`);
        else {
          const entry = written.read(line.slice(1));
          if (entry) entries.set(`${file} ${entry[0]}`, entry[1]);
        }
      }
      return entries;
    },
    owns: () => true,
    line: (key, state) => written.write(parts(key).rest, state),
    steps: edit => together([edit]),
    together,
  };
}

function parts(key: string) {
  const space = `${key} `.indexOf(' ');
  return { file: key.slice(0, space), rest: key.slice(space + 1) };
}

const bounds = String.raw`
  function bound(line, word) {
    sub(/\r$/, "", line)
    word = "# " word " lvsctl " cluster
    return line == word || index(line, word " (") == 1
  }
  function find(  i) {
    for (i = 1; i <= n; i++) {
      if (!b && bound(l[i], "BEGIN")) b = i
      else if (b && !e && bound(l[i], "END")) e = i
    }
    if (b && !e) {
      print ENVIRON["FILE"] ": the line \"# END lvsctl " cluster "\" is missing: put it back, or remove the BEGIN line" >"/dev/stderr"
      exit 1
    }
  }
`;

const read = `
for FILE do
  printf '>%s\\n' "$FILE"
  [ -f "$FILE" ] || continue
  export FILE
  awk '${bounds}
    BEGIN { cluster = ENVIRON["LVSCTL_CLUSTER"] }
    { l[++n] = $0 }
    END { find(); for (i = b + 1; i < e; i++) print "|" l[i] }
  ' <"$FILE" || exit
done
`;

/**
 * Shell text that writes entries into the block of file $1: what identifies each, its line (empty: it goes), `top` or
 * nothing. When the block is new, its BEGIN line says what else changed, so that dropping it restores every byte.
 */
function rewriting({ id, afterwards = '' }: { id: string; afterwards?: string }): string {
  return `${inPlace}
export FILE="$1" COUNT=0
some=
shift
while [ $# -gt 0 ]; do
  COUNT=$((COUNT + 1))
  export "ID$COUNT=$1" "LINE$COUNT=$2" "PLACE$COUNT=$3"
  some=$some$2
  shift 3
done
[ -n "$some" ] || [ -z "$NEW" ] || exit 0
rewrite '${bounds}
  ${id}
  function comment(line) { return line ~ /^[ \\t]*([#;]|\\r?$)/ }
  function edit(wanted, line, top,  i, done, how) {
    if (!b) {
      if (line == "") return
      how = ENVIRON["NEW"] ? " (new file)" : n && !whole ? " (no newline before)" : ""
      whole = 1
      l[b = ++n] = "# BEGIN lvsctl " cluster how
      l[e = ++n] = "# END lvsctl " cluster
    }
    for (i = b + 1; i < e; i++) {
      if (comment(l[i]) || id(l[i]) != wanted "") continue
      if (line == "" || done++) { drop(i--); e-- }
      else l[i] = line
    }
    if (line != "" && !done) { add(line, top ? b + 1 : e); e++ }
  }
  END {
    find()
    for (k = 1; k <= ENVIRON["COUNT"]; k++) edit(ENVIRON["ID" k], ENVIRON["LINE" k], ENVIRON["PLACE" k])
    if (!b) { give(n); exit }
    for (i = b + 1; i < e; i++) if (!comment(l[i])) left++
    if (!left) {
      how = l[b]
      if (e == n && how ~ /[(]no newline before[)]/) whole = 0
      while (e-- >= b) drop(b)
      if (!n && how ~ /[(]new file[)]/) exit 3
    }
    give(n)
  }
'
${afterwards && 'set -- "$FILE"'}
${afterwards}
`;
}
