import { type Entries, type Kind, Unreadable } from './kind.js';

type Route = {
  /** The gateway, '' when the route names none. */
  via: string;
  dev: string;
  /** The remaining words as `ip route show` prints them: `onlink` (ifupdown), `proto static metric 100`, .. */
  rest: string;
};

/** The IPv4 route to `default` or a network that counts: the one with the lowest metric. Key: as `ip route` prints it. */
export const route: Kind<Route> = {
  name: 'route',
  layer: 'live',
  probe: keys => ({ run: SHOW, args: keys }),
  parse,
  steps({ key, before, after }) {
    if (after) return [{ run: LEAD, args: [key, words(after), before ? words(before) : ''] }];
    return before ? [{ run: REMOVE, args: [key, words(before)] }] : [];
  },
};

const SHOW = `for key do
  ip -4 route show "$key" || exit
done`;

const SHOWN = `set -f
shown() {
  ip -4 route show "$1" | sed 's/ linkdown//g; s/ dead//g; s/ *$//' | grep -qxF -e "$1 $2"
}`;

// `replace` takes the place of a route with the same metric; one with another metric stays and has to go.
const LEAD = `${SHOWN}
ip route replace "$1" $2 || exit
[ "$2" = "$3" ] || ! shown "$1" "$3" || ip route del "$1" $3`;

const REMOVE = `${SHOWN}
! shown "$1" "$2" || ip route del "$1" $2`;

/** What the kernel reports about a route and nobody can set. */
const REPORTED = ['linkdown', 'dead', 'offload', 'rt_offload', 'trap', 'rt_trap'];

function words({ via, dev, rest }: Route): string {
  return [via && `via ${via}`, dev && `dev ${dev}`, rest].filter(Boolean).join(' ');
}

function parse(output: string): Entries<Route> {
  const routes = new Map<string, Route>();
  for (const text of output.split(/\n(?!\s)/).filter(Boolean)) {
    const [key = '', ...all] = text.trim().split(/\s+/);
    if (!/^(default|[\d.]+(\/\d+)?)$/.test(key)) throw new Unreadable(`not a route with a gateway: ${text}`);
    if (routes.has(key)) continue;
    const list = all.filter(word => !REPORTED.includes(word));
    const via = list[0] === 'via' ? list.splice(0, list[1] === 'inet6' ? 3 : 2).slice(1) : [];
    const dev = list[0] === 'dev' ? list.splice(0, 2).slice(1) : [];
    routes.set(key, { via: via.join(' '), dev: dev.join(' '), rest: list.join(' ') });
  }
  return routes;
}
