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

const read = `${mounted}${hidden}
while [ $# -gt 1 ]; do
  if mounted "$2"; then printf '%s\\n' "$1"
  else
    timeout -s KILL 10 test -d "$1"
    case $? in
      0) printf '%s\\n' "$1" ;;
      1) ! hidden "$1" || exit 1 ;;
      *) echo "$1 does not answer: it lies on a mount whose server is silent" >&2; exit 1 ;;
    esac
  fi
  shift 2
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
