import { type Command, type Edit, type Entries, type Kind, Unreadable } from './kind.js';

/** Whether a systemd unit comes up at boot; the key is its name with suffix. SysV scripts count too. */
export const serviceBoot: Kind<{ enabled: boolean }> = {
  name: 'service-boot',
  layer: 'persisted',
  probe: keys => ({ run: READ, args: keys }),
  parse,
  isGone: ({ enabled }) => !enabled,
  together,
  steps: edit => together([edit]),
};

function together(edits: readonly Edit<{ enabled: boolean }>[]): readonly Command[] {
  return [
    { run: SWITCH, args: edits.flatMap(({ key, after }) => [after?.enabled ? 'enable' : 'disable', key]) },
  ];
}

// Neither is-enabled nor enable follows an alias (nfs-kernel-server.service); systemd itself knows the real name.
const REAL = `real() {
  set -- "$1" "$(systemctl show -p Id -- "$1" 2>/dev/null)"
  [ -z "\${2#Id=}" ] && printf '%s\\n' "$1" || printf '%s\\n' "\${2#Id=}"
}`;

// Asked for several units at once, systemctl tells of SysV scripts first, and of no more once it met one that it does not
// know: who is meant by which word is plain only when all have the same.
const READ = `${REAL}
command -v systemctl >/dev/null || exit 0
nl='
'
same= told=
if [ $# -gt 1 ]; then
  states=$(systemctl is-enabled -- "$@" 2>/dev/null)
  same=\${states%%$nl*}
  for unit do told=$told$nl$same; done
  [ "$nl$states" = "$told" ] && [ "$same" != alias ] || same=
fi
for unit do
  [ -z "$same" ] || { printf '%s %s\\n' "$same" "$unit"; continue; }
  state=$(systemctl is-enabled -- "$unit" 2>/dev/null)
  [ "$state" != alias ] || state=$(systemctl is-enabled -- "$(real "$unit")" 2>/dev/null)
  [ -z "$state" ] || printf '%s %s\\n' "$state" "$unit"
done`;

// For a unit of its own, the SysV hook of systemctl would only rename the links of a script that systemd ignores; for a
// script it is what enables it, and makes systemd read its units again. So scripts come last: all need that once.
const SWITCH = `nl='
'
left=$(($# / 2)) due=
while [ $# -gt 0 ]; do
  word=$1 unit=$2 left=$((left - 1))
  shift 2
  if [ $left -lt 0 ]; then
    systemctl -q --no-reload $word -- "$unit" || exit
    due=
    continue
  fi
  said=$nl$(systemctl show -p Id -p FragmentPath -- "$unit" 2>/dev/null)$nl
  real=\${said#*"$nl"Id=} real=\${real%%"$nl"*}
  [ -z "$real" ] || unit=$real
  if [ $word = disable ]; then
    case $(systemctl is-enabled -- "$unit" 2>/dev/null) in '' | not-found) continue ;; esac
  fi
  case $said in
  *"$nl"FragmentPath=*/generator*) set -- "$@" $word "$unit" ;;
  *) SYSTEMCTL_SKIP_SYSV=1 systemctl -q --no-reload $word -- "$unit" || exit; due=1 ;;
  esac
done
[ -z "$due" ] || systemctl daemon-reload`;

/** What `systemctl is-enabled` says of units that come up, or cannot be enabled because others bring them up. */
const UP = ['enabled', 'static', 'indirect', 'generated', 'alias'];
const DOWN = [
  ...['disabled', 'masked', 'linked', 'transient', 'bad'],
  ...['enabled-runtime', 'masked-runtime', 'linked-runtime'],
];

function parse(output: string): Entries<{ enabled: boolean }> {
  const entries = new Map<string, { enabled: boolean }>();
  for (const line of output.split('\n').filter(line => line !== '')) {
    const [word = '', unit] = line.split(' ');
    if (word === 'not-found') continue;
    if (!unit || !(UP.includes(word) || DOWN.includes(word)))
      throw new Unreadable(`not an answer of systemctl is-enabled: ${line}`);
    entries.set(unit, { enabled: UP.includes(word) });
  }
  return entries;
}
