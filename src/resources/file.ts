import { hidden } from './hidden.js';
import { daemonReload } from './in-place.js';
import { type Command, type Edit, type Kind, Unreadable } from './kind.js';

/** A whole file or symbolic link; key: its absolute path. `content` is text, base64 or (over 1 MB) a sha256. */
export interface FileState extends Readonly<Record<string, string>> {
  content: string;
  encoding: 'utf8' | 'base64' | 'sha256';
  /** Four octal digits. */
  mode: string;
  owner: string;
  group: string;
  /** Where it points; empty when it is a regular file. */
  link: string;
}

export const file: Kind<FileState> = {
  name: 'file',
  layer: 'persisted',
  probe: keys => ({ run: read, args: keys }),
  parse(output) {
    const entries = new Map<string, FileState>();
    const lines = output.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 3) {
      const [what, mode, owner, group] = lines[at]!.split(' ');
      const path = lines[at + 1]!;
      if (!group || lines.length <= at + 3) throw new Unreadable(`not what a file looks like: ${lines[at]}`);
      if (what !== 'file' && what !== 'closed' && what !== 'link' && what !== 'hash')
        throw new Unreadable(`${path} is neither a file nor a link: move it away`);
      const rights = { mode: mode!.padStart(4, '0'), owner: owner!, group };
      entries.set(path, { ...held(what, lines[at + 2]!), ...rights });
    }
    return entries;
  },
  steps: edit => [step(edit), { run: reload, args: [edit.key] }],
  together: edits => {
    const unit = edits.find(({ key }) => key.startsWith('/etc/systemd/'));
    return [...edits.map(step), ...(unit ? [{ run: reload, args: [unit.key] }] : [])];
  },
};

function step({ key, after }: Edit<FileState>): Command {
  if (!after) return { run: remove, args: [key] };
  const { content, encoding, mode, owner, group, link } = after;
  return { run: write, args: [key, encoding, mode, owner, group, link], input: content };
}

function held(
  what: 'file' | 'closed' | 'link' | 'hash',
  data: string,
): Pick<FileState, 'content' | 'encoding' | 'link'> {
  if (what === 'hash') return { content: data, encoding: 'sha256', link: '' };
  const bytes = Buffer.from(data, 'base64');
  if (what === 'link') return { content: '', encoding: 'utf8', link: bytes.toString() };
  const content = bytes.toString();
  const text = Buffer.from(content).equals(bytes);
  return text ? { content, encoding: 'utf8', link: '' } : { content: data, encoding: 'base64', link: '' };
}

const stat = String.raw`
rights() {
  owner=$(stat -c %U -- "$1") group=$(stat -c %G -- "$1") || return
  [ "$owner" != UNKNOWN ] || owner=$(stat -c %u -- "$1")
  [ "$group" != UNKNOWN ] || group=$(stat -c %g -- "$1")
  printf '%s %s %s\n' "$(stat -c %a -- "$1")" "$owner" "$group"
}
`;

// Every process counts: a director has a dozen files, and a loaded host must still answer in time.
const read = `${hidden}
nl='
'
for path do
  shift
  if [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"
  elif hidden "$path"; then exit 1; fi
done
[ $# -gt 0 ] || exit 0
all=$(stat -c '%s %a %U %G %u %g' -- "$@") || exit
for path do
  if [ -L "$path" ]; then what=link
  elif [ -f "$path" ]; then what=file
  else what=other; fi
  held=\${all%%$nl*} all=\${all#*$nl}
  size=\${held%% *} held=\${held#* }
  mode=\${held%% *} held=\${held#* }
  owner=\${held%% *} held=\${held#* }
  group=\${held%% *} held=\${held#* }
  [ "$owner" != UNKNOWN ] || owner=\${held% *}
  [ "$group" != UNKNOWN ] || group=\${held#* }
  [ "$what" != file ] || [ "$size" -le 1048576 ] || what=hash
  [ "$what" = link ] || [ -r "$path" ] || what=closed
  printf '%s %s %s %s\\n%s\\n' "$what" "$mode" "$owner" "$group" "$path"
  case $what in
    link) readlink -n -- "$path" | base64 -w 0 ;;
    file) base64 -w 0 <"$path" ;;
    closed) $LVSCTL_SUDO base64 -w 0 "$path" || { echo "sudo does not let us read $path" >&2; exit 1; } ;;
    hash) sha256sum <"$path" | cut -c 1-64 | tr -d '\\n' ;;
  esac
  echo
done
`;

const reload = `case $1 in /etc/systemd/*) ${daemonReload} ;; esac`;

const write = `${stat}
path=$1 encoding=$2 mode=$3 owner=$4 group=$5 link=$6
umask 022
folder=\${path%/*}
[ -d "$folder/" ] || mkdir -p -- "$folder" || exit
if [ -d "$path" ] && [ ! -L "$path" ]; then echo "$path is a directory: move it away" >&2; exit 1; fi
new=$folder/.\${path##*/}.lvsctl
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT TERM
if [ -e "$new" ] || [ -L "$new" ]; then rm -f -- "$new" || exit; fi
plain=
if [ "$encoding" = sha256 ]; then
  hash=$(sha256sum <"$path" | cut -c 1-64)
  [ "$hash" = "$(cat)" ] || { echo "$path was larger than 1 MB: put it back by hand" >&2; exit 1; }
  cp -a -- "$path" "$new" || exit
elif [ -n "$link" ]; then
  [ ! -L "$path" ] || [ "$(readlink -- "$path")" != "$link" ] || exit 0
  ln -s -- "$link" "$new" && chown -h -- "$owner:$group" "$new" && mv -fT -- "$new" "$path"
  exit
elif [ -f "$path" ] && [ ! -L "$path" ]; then
  cp -a -- "$path" "$new" || exit
else
  if [ "$mode" = 0644 ] && [ ! -g "$folder" ]; then plain=1; else umask 077; fi
  : >"$new" || exit
fi
# What we make is ours and has the usual mode, unless something else is wanted.
[ "$plain $owner:$group" = '1 root:root' ] || { chown -- "$owner:$group" "$new" && chmod -- "$mode" "$new"; } || exit
case $encoding in
  utf8) cat >"$new" ;;
  base64) base64 -d >"$new" ;;
esac || exit
if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s -- "$new" "$path" && [ "$(rights "$new")" = "$(rights "$path")" ]; then exit 0; fi
dd if=/dev/null of="$new" conv=notrunc,fsync 2>/dev/null && mv -fT -- "$new" "$path"
`;

const remove = `
rm -f -- "$1" || exit
case \${1%/*} in
  /etc/lvsctl | /etc/keepalived/lvsctl | /etc/keepalived/conf.d | *.service.d | *.mount.d) rmdir -- "\${1%/*}" 2>/dev/null ;;
esac
exit 0
`;
