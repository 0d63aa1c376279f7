import { type Command, type Entries, type Kind, Unreadable } from './kind.js';

/** A systemd unit as it is now; the key is its name with suffix. A unit that systemd does not know is absent. */
export const service: Kind<{ active: boolean }> = {
  name: 'service',
  layer: 'live',
  probe: keys => ({ run: READ, args: keys }),
  parse,
  isGone: ({ active }) => !active,
  reload: key => [reload(key)],
  steps: ({ key, after }) => [{ run: after?.active ? START : STOP, args: [key] }],
};

/** Makes a unit read its files again: reload where it can, else restart; an inactive unit is started. */
export function reload(unit: string): Command {
  return { run: RELOAD, args: [unit] };
}

// keepalived reads its files some time after systemctl has returned; until then the kernel's table is the old one.
// After `Reload complete` of the parent its children may still be at it for a moment.
const SETTLED = `now() { journalctl -q -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p'; }
settled() {
  [ "$1" = keepalived.service ] && [ -n "$2" ] || return 0
  tries=60
  while [ $tries -gt 0 ]; do
    if journalctl -q --no-pager -o cat -u "$1" --after-cursor="$2" | grep -q -e '^Startup complete' -e '^Reload complete'; then
      sleep 1
      return 0
    fi
    systemctl -q is-active -- "$1" || break
    tries=$((tries - 1))
    sleep 0.5
  done
  echo "$1 has not read its configuration:" >&2
  journalctl -q --no-pager -o cat -u "$1" --after-cursor="$2" | tail -n 5 >&2
  return 1
}`;

const RELOAD = `${SETTLED}
since=$(now)
systemctl reload-or-restart -- "$1" && settled "$1" "$since"`;

// The name under which a unit was asked for need not be the one it answers with (an alias), but the order is kept.
const READ = `[ $# -gt 0 ] && command -v systemctl >/dev/null || exit 0
printf '%s\\n' "$@"
echo
systemctl show -p LoadState -p ActiveState -p SubState -- "$@"`;

// ipvsadm.service belongs to the saved table: its start clears the kernel's table before it loads the file, its
// stop clears it too (and on EL first overwrites the file). The kernel's table is not its business while we hold it.
const HUSH = `dropin=/run/systemd/system/ipvsadm.service.d/lvsctl.conf
hushed() {
  mkdir -p "\${dropin%/*}" && printf '[Service]\\n%s\\n' "$3" >"$dropin" && systemctl daemon-reload || return
  systemctl "$1" -- "$2"
  set -- $?
  rm -f "$dropin"
  rmdir "\${dropin%/*}" 2>/dev/null
  systemctl daemon-reload && return "$1"
}
# As its script reads it (Debian): without AUTO it leaves the table alone.
quiet() { [ -f /etc/default/ipvsadm ] && ! (AUTO=; . /etc/default/ipvsadm && [ "$AUTO" = true ]) >/dev/null 2>&1; }
known() { [ "$(systemctl show -p LoadState -- "$1")" != LoadState=not-found ]; }`;

const START = `${HUSH}
${SETTLED}
known "$1" || { printf 'systemd knows no unit %s; is its package installed?\\n' "$1" >&2; exit 1; }
systemctl -q is-active -- "$1" && exit
systemctl reset-failed -- "$1" 2>/dev/null
if [ "$1" = ipvsadm.service ] && ! quiet && [ -e /proc/net/ip_vs ] && ipvsadm -Sn | grep -q .; then
  hushed start "$1" 'ExecStart=
ExecStart=/bin/true'
else
  since=$(now)
  systemctl start -- "$1" && settled "$1" "$since"
fi || { systemctl status --no-pager -n 5 -- "$1" >&2; exit 1; }`;

const STOP = `${HUSH}
if [ "$1" = ipvsadm.service ] && ! quiet && systemctl -q is-active -- "$1"; then
  hushed stop "$1" ExecStop=
elif known "$1" || systemctl -q is-active -- "$1"; then
  systemctl stop -- "$1"
fi`;

function parse(output: string): Entries<{ active: boolean }> {
  if (output.trim() === '') return new Map();
  const [names = '', ...blocks] = output.trim().split(/\n{2,}/);
  const units = names.split('\n');
  if (units.length !== blocks.length)
    throw new Unreadable(`systemctl show told of ${blocks.length} units when asked for ${units.length}`);
  const entries = new Map<string, { active: boolean }>();
  for (const [index, unit] of units.entries()) {
    const told = new Map(blocks[index]?.split('\n').map(line => line.split('=') as [string, string]));
    const [load, now, sub] = ['LoadState', 'ActiveState', 'SubState'].map(name => told.get(name));
    if (!load || !now) throw new Unreadable(`systemctl show says nothing of ${unit}`);
    const active =
      now === 'active' || now === 'reloading' || (now === 'activating' && sub !== 'auto-restart');
    if (load !== 'not-found' || active) entries.set(unit, { active });
  }
  return entries;
}
