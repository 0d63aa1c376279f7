import { type Entries, type Kind, Unreadable } from './kind.js';

/** Whether a systemd unit comes up at boot; the key is its name with suffix. SysV scripts count too. */
export const serviceBoot: Kind<{ enabled: boolean }> = {
  name: 'service-boot',
  layer: 'persisted',
  probe: keys => ({ run: READ, args: keys }),
  parse,
  isGone: ({ enabled }) => !enabled,
  steps: ({ key, after }) => [{ run: after?.enabled ? ENABLE : DISABLE, args: [key] }],
};

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

// For a unit of its own, the SysV hook of systemctl would only rename the links of a script that systemd ignores
// (and read all units again twice); for a script it is what enables it, and reads all units again itself.
const SWITCH = `${REAL}
switch() {
  case $(systemctl show -p FragmentPath -- "$2" 2>/dev/null) in
  */generator*) systemctl -q --no-reload "$1" -- "$2" ;;
  *) SYSTEMCTL_SKIP_SYSV=1 systemctl -q "$1" -- "$2" ;;
  esac
}`;

const ENABLE = `${SWITCH}
switch enable "$(real "$1")"`;

const DISABLE = `${SWITCH}
unit=$(real "$1")
case $(systemctl is-enabled -- "$unit" 2>/dev/null) in
'' | not-found) ;;
*) switch disable "$unit" ;;
esac`;

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
