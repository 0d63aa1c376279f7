import { type Entries, type Kind, Unreadable } from './kind.js';

type Route = {
  /** The gateway, '' when the route names none. */
  via: string;
  dev: string;
  /** The remaining words as `ip route show` prints them: `onlink` (ifupdown), `proto static metric 100`, .. */
  rest: string;
};

/** The IPv4 default route that counts: the one with the lowest metric. The only key is `default`. */
export const route: Kind<Route> = {
  name: 'route',
  layer: 'live',
  probe: () => ({ run: 'ip -4 route show default' }),
  parse,
  steps({ before, after }) {
    if (after) return [{ run: LEAD, args: [words(after), before ? words(before) : ''] }];
    return before ? [{ run: REMOVE, args: [words(before)] }] : [];
  },
};

const SHOWN = `set -f
shown() {
  ip -4 route show default | sed 's/ linkdown//g; s/ dead//g; s/ *$//' | grep -qxF -e "default $1"
}`;

// `replace` takes the place of a route with the same metric; one with another metric stays and has to go.
const LEAD = `${SHOWN}
ip route replace default $1 || exit
[ "$1" = "$2" ] || ! shown "$2" || ip route del default $2`;

const REMOVE = `${SHOWN}
! shown "$1" || ip route del default $1`;

/** What the kernel reports about a route and nobody can set. */
const REPORTED = ['linkdown', 'dead', 'offload', 'rt_offload', 'trap', 'rt_trap'];

function words({ via, dev, rest }: Route): string {
  return [via && `via ${via}`, dev && `dev ${dev}`, rest].filter(Boolean).join(' ');
}

function parse(output: string): Entries<Route> {
  const [first = '', ...others] = output.split('\n');
  if (first.trim() === '') return new Map();
  if (!first.startsWith('default')) throw new Unreadable(`not a default route with a gateway: ${first}`);
  const hops = others.slice(
    0,
    others.findIndex(line => !/^\s+nexthop /.test(line)),
  );
  const all = [first, ...hops].join(' ').trim().split(/\s+/).slice(1);
  const list = all.filter(word => !REPORTED.includes(word));
  const via = list[0] === 'via' ? list.splice(0, list[1] === 'inet6' ? 3 : 2).slice(1) : [];
  const dev = list[0] === 'dev' ? list.splice(0, 2).slice(1) : [];
  return new Map([['default', { via: via.join(' '), dev: dev.join(' '), rest: list.join(' ') }]]);
}
