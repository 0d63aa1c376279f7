import type { Command } from '../resources/kind.js';
import { KEEPALIVED } from './keepalived-places.js';

/**
 * keepalived's own test of the whole configuration as it will be: every file in a folder of its own, whose name stands
 * in place of /etc/keepalived, includes and scripts too. A word of keepalived's is a failure; on the host, since only
 * there are its interfaces.
 */
export function configurationTest(
  parts: readonly { path: string; content: string; mode: string }[],
): Command {
  const lines = parts.map(
    ({ path, content, mode }) =>
      `${path.slice(KEEPALIVED.length + 1)} ${mode} ${Buffer.from(content).toString('base64')}\n`,
  );
  return { run: TEST, input: lines.join('') };
}

// keepalived runs no script that others might have written, so its folder is not below /tmp; /run forbids programs.
// 2.2.7 may end itself while it tests scripts (143; mended in 2.2.8): then it is asked again.
const TEST = `command -v keepalived >/dev/null || { echo 'keepalived is not installed' >&2; exit 1; }
umask 077
mkdir -p /var/lib/lvsctl && folder=$(mktemp -d /var/lib/lvsctl/check.XXXXXX) || exit
trap 'rm -rf -- "$folder"' EXIT
trap 'exit 1' HUP INT TERM
while read -r path mode data; do
  case $path in */*) mkdir -p -- "$folder/\${path%/*}" ;; esac
  printf %s "$data" | base64 -d | sed "s|/etc/keepalived/|$folder/|g" >"$folder/$path" &&
    chmod "$mode" "$folder/$path" || exit
done
for try in 1 2 3; do
  said=$(keepalived -t -f "$folder/keepalived.conf" 2>&1)
  code=$?
  [ "$code" = 143 ] || break
done
[ "$code" = 0 ] && [ -z "$said" ] && exit
{ echo "keepalived -t does not take this configuration ($code):"; printf '%s\\n' "$said" | sed "s|$folder/|/etc/keepalived/|g"; } >&2
exit 1`;
