import { daemonReload } from './in-place.js';
import { type Kind, Unreadable } from './kind.js';
import { fromOctal, toOctal } from './octal.js';

/** What is mounted now; key: the mount point. With only the automount trap set, source and type are empty. */
export interface MountState extends Readonly<Record<string, string | boolean>> {
  source: string;
  /** As the kernel says it: nfs4 for NFS version 4. */
  type: string;
  automount: boolean;
  mounted: boolean;
}

/** Reads /proc/self/mountinfo (proc(5)) only: looking at the path itself would wait for a dead NFS server. */
export const mount: Kind<MountState> = {
  name: 'mount',
  layer: 'live',
  probe: keys => ({ run: read, args: keys.map(key => toOctal(key)) }),
  parse(output) {
    const entries = new Map<string, MountState>();
    for (const line of output.split('\n').filter(Boolean)) {
      const [front, back] = line.split(' - ', 2).map(half => half.split(' '));
      if (front?.[4] === undefined || back?.[1] === undefined) throw new Unreadable(`not a mount: ${line}`);
      const [type, source] = [back[0]!, fromOctal(back[1])];
      const key = fromOctal(front[4]);
      const below = entries.get(key) ?? { source: '', type: '', automount: false, mounted: false };
      entries.set(
        key,
        type === 'autofs' ? { ...below, automount: true } : { ...below, source, type, mounted: true },
      );
    }
    return entries;
  },
  steps({ key, after }) {
    const where = [key, toOctal(key)];
    if (!after) return [{ run: unmount, args: where }];
    const { source, type, automount, mounted } = after;
    return [
      {
        run: make,
        args: [
          ...where,
          source,
          type,
          automount ? 'automount' : '',
          mounted ? 'mounted' : '',
          toOctal(source),
        ],
      },
    ];
  },
};

const read = `
[ $# -gt 0 ] || exit 0
awk '
  BEGIN { for (i = 1; i < ARGC; i++) wanted[ARGV[i]]; ARGC = 1 }
  $5 in wanted
' "$@" </proc/self/mountinfo
`;

/**
 * trapped: the automount layer is there; top: TYPE SOURCE of what is mounted; stop: the units, also one that systemd is
 * about to start or starting (at a boot: nothing is mounted yet, and soon would be), then by force. Whoever
 * lets go of the last mount of a silent NFS server waits minutes for its word of farewell, and that must not be systemd:
 * a process of ours detaches it first, and waits no longer once it is killed.
 */
const now = `
path=$1
WHERE=$2
export WHERE
trapped() { [ -n "$(layers | grep '^autofs ')" ]; }
top() { layers | grep -v '^autofs ' | tail -n 1; }
layers() {
  awk '$5 == ENVIRON["WHERE"] "" { for (i = 7; $i != "-"; i++); print $(i + 1) " " $(i + 2) }' </proc/self/mountinfo
}
unit=$(systemd-escape -p --suffix=mount -- "$path") || { echo "systemd-escape is missing: is this host run by systemd?" >&2; exit 1; }
trap_unit=\${unit%.mount}.automount
stop() {
  case $(top) in
    nfs*) timeout -s KILL 5 stat -f -- "$path" >/dev/null 2>&1 || timeout -s KILL 5 umount -f -l -c -i -- "$path" ;;
  esac
  for one in "$trap_unit" "$unit"; do
    case $(systemctl show -p ActiveState -p Job -- "$one" 2>/dev/null) in
      '' | ActiveState=inactive | ActiveState=failed) ;;
      *) timeout 30 systemctl stop -- "$one" ;;
    esac
  done
  for try in 1 2 3 4; do
    [ -n "$(layers)" ] || return 0
    timeout -s KILL 20 umount -l -c -i -- "$path"
  done
  [ -z "$(layers)" ] || { echo "$path cannot be unmounted: $(layers | tail -n 1)" >&2; exit 1; }
}
`;

/** A mount without a unit (exit code 5: one that a person made by hand) is made by mount(8). */
const make = `${now}
wanted="$4 $7"
case $(systemctl show -p LoadState -p NeedDaemonReload -- "$unit" \${5:+"$trap_unit"} 2>/dev/null) in
  '' | *=not-found* | *=yes*) ${daemonReload} ;;
esac
systemctl reset-failed -- "$trap_unit" "$unit" >/dev/null 2>&1
seen=$(top)
if [ -n "$seen" ] && { [ -z "$6" ] || [ "$seen" != "$wanted" ]; }; then stop; fi
if { [ -z "$5" ] && trapped; } || { [ -n "$5" ] && ! trapped && [ -n "$(top)" ]; }; then stop; fi
if [ -n "$5" ] && ! trapped; then
  timeout 30 systemctl start -- "$trap_unit" || { echo "the automount of $path does not start: systemctl status $trap_unit" >&2; exit 1; }
fi
[ -n "$6" ] || exit 0
if [ "$(top)" != "$wanted" ]; then
  timeout 45 systemctl start -- "$unit"
  code=$?
  if [ $code = 5 ]; then timeout 45 mount -t "$4" -- "$3" "$path"; code=$?; fi
  if [ $code != 0 ]; then
    case $code in 124) why='the NFS server does not answer' ;; *) why="systemctl status $unit tells why; is the NFS server up?" ;; esac
    echo "$3 is not mounted on $path: $why" >&2
    exit 1
  fi
  seen=$(top)
  [ "$seen" = "$wanted" ] || { echo "$path holds \\"$seen\\" instead of \\"$wanted\\": does another line of /etc/fstab name it?" >&2; exit 1; }
fi
`;

const unmount = `
command -v systemd-escape >/dev/null 2>&1 || exit 0
${now}
stop
`;
