import { hidden } from './hidden.js';
import { type Kind, Unreadable } from './kind.js';
import { toOctal } from './octal.js';

/** A directory; key: its path. A mount point counts as present and is never looked into: a dead NFS server hangs. */
export const directory: Kind<{ present: true }> = {
  name: 'directory',
  layer: 'persisted',
  leaves: 'a directory that is not empty is left',
  probe: keys => ({ run: read, args: keys.flatMap(key => [key, toOctal(key)]) }),
  parse(output) {
    const paths = output.split('\n').slice(0, -1);
    const odd = paths.find(path => !path.startsWith('/'));
    if (odd !== undefined) throw new Unreadable(`not a path: ${odd}`);
    return new Map(paths.map(path => [path, { present: true }]));
  },
  steps: ({ key, after }) => [{ run: after ? make : remove, args: [key, toOctal(key)] }],
};

const mounted = `
mounted() { WHERE=$1 awk '$5 == ENVIRON["WHERE"] "" { found = 1 } END { exit !found }' /proc/self/mountinfo; }
`;

// Each path is told of by a letter: m(ounted), y(es), n(o). The first that has none does not answer.
const read = `${hidden}
nl='
'
mounts=$nl$(awk '
  BEGIN { for (i = 2; i < ARGC; i += 2) wanted[ARGV[i]]; ARGC = 1 }
  $5 in wanted { print $5 }
' "$@" </proc/self/mountinfo)$nl
left=$# letters=
while [ $left -gt 1 ]; do
  case $mounts in *"$nl$2$nl"*) letter=m ;; *) letter=- ;; esac
  set -- "$@" "$letter$1"
  letters=$letters$letter
  shift 2
  left=$((left - 2))
done
case $letters in
  *-*)
    letters=$(timeout -s KILL 10 sh -c '
      for path do
        case $path in
          m*) printf m ;;
          *) if test -d "\${path#-}"; then printf y; else printf n; fi ;;
        esac
      done
    ' lvsctl "$@") ;;
esac
for path do
  path=\${path#?}
  case $letters in
    [my]*) printf '%s\\n' "$path" ;;
    n*) ! hidden "$path" || exit 1 ;;
    *) echo "$path does not answer: it lies on a mount whose server is silent" >&2; exit 1 ;;
  esac
  letters=\${letters#?}
done
`;

const make = `${mounted}
umask 022
mounted "$2" || timeout -s KILL 20 mkdir -p -- "$1"
`;

const remove = `${mounted}
if mounted "$2"; then
  echo "$1 is left: something is mounted there" >&2
elif [ -d "$1" ] && ! rmdir -- "$1" 2>/dev/null; then
  echo "$1 is left: it is not empty" >&2
fi
exit 0
`;
