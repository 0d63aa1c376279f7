import { type Entries, type Kind, Unreadable } from './kind.js';

type Forwarding = {
  value: string;
  /** net.ipv4.conf.all.accept_redirects, which the kernel turns over whenever ip_forward changes. */
  accept_redirects: string;
  /** Sorted interfaces (and `default`) whose own forwarding differs from `value`, joined by spaces. */
  exceptions: string;
};

/**
 * net.ipv4.ip_forward together with what the kernel changes along with it (inet_forward_change in
 * net/ipv4/devinet.c), so that taking it back brings every value back.
 */
export const forwarding: Kind<Forwarding> = {
  name: 'forwarding',
  layer: 'live',
  probe: () => ({ run: READ }),
  parse,
  steps: ({ after }) =>
    after
      ? [{ run: WRITE, args: [after.value, after.accept_redirects, after.exceptions, opposite(after.value)] }]
      : [],
};

const READ = `cd /proc/sys/net/ipv4 || exit
grep -Hs . ip_forward conf/all/accept_redirects conf/*/forwarding || :`;

const WRITE = `cd /proc/sys/net/ipv4 || exit
put() {
  [ "$(cat "$1")" = "$2" ] || printf '%s\\n' "$2" >"$1" || { printf 'cannot set %s to %s\\n' "$1" "$2" >&2; false; }
}
put ip_forward "$1" && put conf/all/accept_redirects "$2" || exit 1
for file in conf/*/forwarding; do
  name=\${file#conf/} name=\${name%/forwarding}
  case " $3 " in
  *" $name "*) want=$4 ;;
  *) want=$1 ;;
  esac
  [ "$name" = all ] || put "$file" "$want" || [ ! -e "$file" ] || exit 1
done`;

function parse(output: string): Entries<Forwarding> {
  const values = new Map(
    output
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [, name, value] = /^(.+):(\d+)$/.exec(line) ?? [];
        if (!name || !value) throw new Unreadable(`not a forwarding value: ${line}`);
        return [name, value] as const;
      }),
  );
  if (values.size === 0) return new Map();
  const value = values.get('ip_forward');
  const accept_redirects = values.get('conf/all/accept_redirects');
  if (!value || !accept_redirects) throw new Unreadable('ip_forward or accept_redirects is missing');
  const exceptions = [...values]
    .filter(([name, own]) => name.endsWith('/forwarding') && name !== 'conf/all/forwarding' && own !== value)
    .map(([name]) => name.slice('conf/'.length, -'/forwarding'.length))
    .sort()
    .join(' ');
  return new Map([['net.ipv4.ip_forward', { value, accept_redirects, exceptions }]]);
}

function opposite(value: string): string {
  return value === '0' ? '1' : '0';
}
