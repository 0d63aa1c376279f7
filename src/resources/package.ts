import type { Command, Kind } from './kind.js';
import { Unreadable } from './kind.js';

/** A Debian package that is installed; key: its name. */
export const debianPackage: Kind<{ installed: true }> = {
  name: 'package',
  layer: 'installed',
  stays: 'packages stay installed',
  probe: keys => ({ run: read, args: keys }),
  parse(output) {
    const names = output.split('\n').filter(Boolean);
    const odd = names.find(name => !/^[a-z0-9][a-z0-9+.-]*$/.test(name));
    if (odd !== undefined) throw new Unreadable(`not the name of a package: ${odd}`);
    return new Map(names.map(name => [name, { installed: true }]));
  },
  steps: ({ key, after }) => (after ? [installAll([key])] : []),
  together: edits => [installAll(edits.filter(({ after }) => after).map(({ key }) => key))],
  ready: () => [{ run: unlocked }],
};

/** Installs all these packages in one run of apt-get(8); nothing else is upgraded or removed, no service starts. */
export function installAll(names: readonly string[]): Command {
  return { run: install, args: names };
}

const read = `
[ $# -gt 0 ] && command -v dpkg-query >/dev/null 2>&1 || exit 0
nl='
'
held=$(dpkg-query -W -f '\${Package} \${Status}\\n' -- "$@" 2>/dev/null)
set -f
IFS=$nl
last=
for line in $held; do
  name=\${line%% *}
  case $line in *' ok installed') [ "$name" = "$last" ] || printf '%s\\n' "$name"; last=$name ;; esac
done
`;

const locks = `
# The pid that holds a lock of dpkg or apt: /proc/locks lists fcntl(2) locks by inode, of any file system.
holder() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
    [ -e "$lock" ] || continue
    lock=$(readlink -f -- "$lock")
    INODE=$(stat -c %i -- "$lock") awk '
      $2 == "POSIX" { split($6, id, ":"); if (id[3] == ENVIRON["INODE"]) print $5 }
    ' /proc/locks | while read -r pid; do
      ls -l "/proc/$pid/fd" 2>/dev/null | grep -qF -e "-> $lock" && echo "$pid"
    done
  done | head -n 1
}
wait_for_lock() {
  limit=\${LVSCTL_LOCK_TIMEOUT:-60}
  left=$limit
  while pid=$(holder); [ -n "$pid" ]; do
    if [ $left -le 0 ]; then
      echo "the package manager is locked by process $pid ($(cat "/proc/$pid/comm" 2>/dev/null)) for $limit s now: wait for it or end it" >&2
      exit 1
    fi
    left=$((left - 1))
    sleep 1
  done
}
`;

/** Ends well as soon as nobody holds the package manager. */
const unlocked = `${locks}
wait_for_lock
`;

const install = String.raw`${locks}
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
log=$(mktemp) || exit
policy=/usr/sbin/policy-rc.d ours=
trap 'rm -f -- "$log"; [ -z "$ours" ] || rm -f -- "$policy"' EXIT
trap 'exit 1' HUP INT TERM

missing() {
  for name do
    case $(dpkg-query -W -f '${'${Status}'}' -- "$name" 2>/dev/null) in *' ok installed') ;; *) return 0 ;; esac
  done
  return 1
}
apt() {
  apt-get -q -y -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold -o Acquire::http::Timeout=30 \
    -o Acquire::Retries=1 --no-install-recommends --no-upgrade --no-remove "$@" >"$log" 2>&1 </dev/null
}
unknown() { grep -q -e 'Unable to locate package' -e 'no installation candidate' -e "Couldn't find any package" "$log"; }
stale() { grep -q -e '404 ' -e 'Unable to fetch' -e 'Failed to fetch' "$log"; }
fail() { echo "$1" >&2; grep '^[EW]: ' "$log" | tail -n 5 >&2; exit 1; }
update() {
  [ -z "$updated" ] || return 1
  updated=1
  wait_for_lock
  apt update || fail 'apt-get update failed: are the package sources reachable?'
}

updated=
missing "$@" || exit 0
command -v apt-get >/dev/null 2>&1 || { echo "apt-get is missing: install $* by hand" >&2; exit 1; }
wait_for_lock
if ! apt -s install -- "$@"; then
  unknown && update && apt -s install -- "$@" ||
    { unknown && fail "no package source has all of: $*"; fail "apt-get cannot install $*"; }
fi
others=$(awk '/^Remv / { print "remove " $2 } /^Inst [^ ]+ \[/ { print "upgrade " $2 }' "$log" | tr '\n' ',' | sed 's/,$//; s/,/, /g')
if [ -n "$others" ]; then : >"$log"; fail "installing $* would also $others: do that by hand first"; fi

if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
  ours=1
  printf '#!/bin/sh\n# lvsctl: services are configured before they start\nexit 101\n' >"$policy" && chmod 755 "$policy" || exit 1
elif grep -q '^# lvsctl:' "$policy" 2>/dev/null; then ours=1
fi
apt install -- "$@" || { stale && update && apt install -- "$@"; } || fail "installing $* failed"
if missing "$@"; then fail "apt-get left some of these out: $*"; fi
`;
