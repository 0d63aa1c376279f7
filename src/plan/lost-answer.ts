import { type Command, Unreadable } from '../resources/kind.js';
import type { Service, Topology } from '../topology/topology.js';

/** A TCP connection that waits for the client's answer to SYN-ACK; `a.b.c.d:port`. */
interface HalfOpen {
  client: string;
  /** What the client asked: the VIP and its port. */
  virtual: string;
}

/** What the hosts of a service know of its connections, read after requests that had no answer. */
export interface Evidence {
  /** Of the directors' tables: what was sent on to real servers (by address), and never came to be open. */
  sentOn: readonly (HalfOpen & { server: string })[];
  /** By the real server's name; one that could not be read is not there. */
  servers: ReadonlyMap<string, Answering>;
}

interface Answering {
  /** What it answered with SYN-ACK, and heard no more of. */
  halfOpen: readonly HalfOpen[];
  /** The next hop of its answers; '' when it has none. */
  via: string;
}

/** Prints a director's table of connections (kernel: ip_vs_conn_seq_show); nothing without ipvs. */
export const sentOnProbe: Command = {
  run: '[ -e /proc/net/ip_vs_conn ] || exit 0\ncat /proc/net/ip_vs_conn',
};

/** The connections that are not open yet. @throws {Unreadable} */
export function parseSentOn(output: string): Evidence['sentOn'] {
  return output
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('Pro '))
    .flatMap(line => {
      const [, ...words] = line.trim().split(/\s+/);
      const [from, fromPort, to, toPort, server, , state] = words;
      if (state === undefined) throw new Unreadable(`not a connection of ipvs: ${line}`);
      // IPv6 stands in brackets there.
      if (state !== 'SYN_RECV' || to!.length !== 8) return [];
      return [{ client: end(from!, fromPort!), virtual: end(to!, toPort!), server: dotted(server!) }];
    });
}

/** Prints what a real server answered and heard no more of, and the next hop of answers from `vip` to `client`. */
export function answeringProbe(vip: string, client: string): Command {
  return { run: ANSWERING, args: [vip, client] };
}

// Not ss: it would load a module to look.
const ANSWERING = `cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "03" { print "half-open", $2, $3 }'
{ ip -4 route get "$2" from "$1" || ip -4 route show default; } 2>/dev/null |
  awk '{ for (i = 1; i < NF; i++) if ($i == "via") { print "via", $(i + 1); exit } }'`;

/** @throws {Unreadable} */
export function parseAnswering(output: string): Answering {
  const halfOpen: HalfOpen[] = [];
  let via = '';
  for (const line of output.split('\n').filter(Boolean)) {
    const [, local, peer] = /^half-open ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4})$/.exec(line) ?? [];
    const hop = /^via (\S+)$/.exec(line)?.[1];
    if (local && peer) halfOpen.push({ virtual: turned(local), client: turned(peer) });
    else if (hop) via = hop;
    else throw new Unreadable(`not a half-open connection: ${line}`);
  }
  return { halfOpen, via };
}

/**
 * Where the requests of a client (address; '' for any) were lost, by what the hosts know: one sentence and its remedy
 * for each host. For DR and TUN, where answers do not pass the director.
 */
export function lostAnswers(
  topology: Topology,
  service: Service,
  client: string,
  { sentOn, servers }: Evidence,
): { host: string; message: string; remedy: string }[] {
  const { vip, ports, mode, tunnel } = service;
  const virtual = ports.map(port => `${vip.address}:${port}`);
  const asked = (each: HalfOpen) =>
    virtual.includes(each.virtual) && (!client || each.client.startsWith(`${client}:`));
  const director = topology.directors[0]!;
  const told = service.servers.flatMap(({ name, address }) => {
    const server = servers.get(name);
    if (server?.halfOpen.some(asked)) {
      const router = hop(topology, server.via);
      return [
        {
          host: name,
          message: `${name} got the request and answered, and the answer was lost on its way back: does ${router} drop packets with the source ${vip.address}?`,
          remedy: `let the routers between ${name} and the client pass the source ${vip.address} (no rp_filter, uRPF or anti-spoofing against it); where that cannot be, use \`mode: nat\``,
        },
      ];
    }
    if (!server || !sentOn.some(each => each.server === address && asked(each))) return [];
    const packets = mode === 'tun' ? TUNNELS[tunnel.type](tunnel.port) : `the request's own packets`;
    return [
      {
        host: name,
        message: `${director.name} sent the request on to ${name}, which has not answered it: ${packets} did not arrive, or ${name} drops what they hold`,
        remedy: `let ${packets} pass from ${director.name} to ${name}, and look for differences with \`lvsctl plan\``,
      },
    ];
  });
  const unseen = told.length === 0 && servers.size > 0 && !sentOn.some(asked);
  if (!unseen) return told;
  return [
    {
      host: director.name,
      message: `${director.name} knows of no request: none arrived for ${virtual.join(', ')}`,
      remedy: `look at the way from the client to ${vip.address}, and for differences with \`lvsctl plan\``,
    },
  ];
}

const TUNNELS = {
  ipip: () => 'IP in IP (protocol 4)',
  gue: (port?: number) => `UDP to port ${port}`,
  gre: () => 'GRE (protocol 47)',
} as const;

function hop({ routers }: Topology, via: string): string {
  const router = routers.find(({ addresses }) => addresses.some(({ address }) => address === via));
  if (router) return `the router ${router.name} (${via})`;
  return via ? `the router ${via}` : 'the network';
}

function end(address: string, port: string): string {
  return `${dotted(address)}:${Number.parseInt(port, 16)}`;
}

function dotted(hex: string): string {
  return bytes(hex).join('.');
}

/** As /proc/net/tcp has it: the bytes of the address the other way round, and an IPv4 address at the end of an IPv6 one. */
function turned(text: string): string {
  const [address = '', port = ''] = text.split(':');
  return `${bytes(address.slice(-8)).reverse().join('.')}:${Number.parseInt(port, 16)}`;
}

function bytes(hex: string): number[] {
  return (hex.match(/../g) ?? []).map(pair => Number.parseInt(pair, 16));
}
