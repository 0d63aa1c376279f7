import { type Command, type Edit, type Entries, type Kind, Unreadable } from './kind.js';
import { splitServerKey } from './server-key.js';
import { unlessOut } from './verdict.js';
import { IPVS_TABLE, savedLines, serviceKey, serviceWords, thresholdLines } from './virtual-service.js';

type RealServer = {
  /** nat, dr or tun. */
  forward: string;
  weight: number;
  /** Connections above which it gets no new ones, 0 for no limit; and below which it gets them again. */
  upper: number;
  lower: number;
  /** For tun: `ipip`, `gue PORT CHECKSUM` or `gre CHECKSUM` (nocsum, csum, remcsum); else ''. */
  tunnel: string;
};

/** A real server of an ipvs virtual service in the kernel; the key is the service's and then `ADDRESS:PORT`. */
export const realServer: Kind<RealServer> = {
  name: 'real-server',
  layer: 'live',
  usual: { upper: 0, lower: 0 },
  probe: () => IPVS_TABLE,
  parse,
  unlessOut,
  owns: (key, wanted) => wanted('virtual-service', splitServerKey(key)[0]),
  drain: edits => [...edits.flatMap(steps), { run: WAIT, args: edits.map(({ key }) => key) }],
  steps,
};

function steps({ key, after }: Edit<RealServer>): readonly Command[] {
  const [service, server] = splitServerKey(key);
  const words = [...serviceWords(service), '-r', server];
  const line = `-a ${words.join(' ')} `;
  if (!after) return [{ run: REMOVE, args: [line, ...words] }];
  return [{ run: WRITE, args: [line, ...words, ...options(after)] }];
}

const WRITE = `line=$1
shift
if ipvsadm -Sn | grep -qF -e "$line"; then ipvsadm -e "$@"; else ipvsadm -a "$@"; fi`;

const REMOVE = `[ -e /proc/net/ip_vs ] || exit 0
line=$1
shift
! ipvsadm -Sn | grep -qF -e "$line" || ipvsadm -d "$@"`;

/** Open connections, persistence that still leads there, and any of UDP (ipvsadm(8), --persistent-conn). */
const CONNECTIONS = `connections() {
  table=$($LVSCTL_SUDO ipvsadm -Ln --persistent-conn) || return
  printf '%s\\n' "$table" | awk '
    BEGIN { for (i = 1; i < ARGC; i++) { ours[ARGV[i]] = 1; ARGV[i] = "" } }
    /^(TCP|UDP|SCTP|FWM) / { udp = $1 == "UDP"; service = tolower($1) ($1 == "FWM" && $3 == "IPv6" ? "6" : "") " " $2 }
    $1 == "->" && (service " " $2) in ours { open += $4 + $5 + udp * $6 }
    END { print open + 0 }
  ' "$@"
}`;

/** Prints one number: the connections that these real servers have. */
export function connectionsProbe(keys: readonly string[]): Command {
  return { run: `${CONNECTIONS}\nconnections "$@"`, args: keys };
}

const WAIT = `${CONNECTIONS}
left=\${LVSCTL_DRAIN_TIMEOUT:-0}
while open=$(connections "$@") && [ "$open" -gt 0 ] && [ "$left" -gt 0 ]; do
  echo "waiting $LVSCTL_CHANGE $open $left" >&3
  sleep 1
  left=$((left - 1))
done`;

const FORWARD: Readonly<Record<string, string>> = { nat: '-m', dr: '-g', tun: '-i' };

/** Every field: ipvsadm -e sets what is not given back to its default. ipip has no words, 1.27 does not know them. */
function options({ forward, weight, upper, lower, tunnel }: RealServer): string[] {
  const [type = '', ...rest] = tunnel.split(' ');
  const [port, checksum] = type === 'gue' ? rest : [undefined, rest[0]];
  return [
    FORWARD[forward] ?? '-m',
    ...['-w', String(weight), '-x', String(upper), '-y', String(lower)],
    ...(type === '' || type === 'ipip' ? [] : ['--tun-type', type]),
    ...(port ? ['--tun-port', port] : []),
    ...(checksum ? [`--tun-${checksum}`] : []),
  ];
}

function parse(output: string): Entries<RealServer> {
  const limits = thresholds(thresholdLines(output));
  return new Map(
    savedLines(output, '-a').map(words => {
      const [service, [flag, server, method, , weight, ...tunnel]] = serviceKey(words);
      const forward = Object.keys(FORWARD).find(name => FORWARD[name] === method);
      const key = `${service} ${server}`;
      const limit = limits.get(key);
      if (flag !== '-r' || !forward || !/^\d+$/.test(weight ?? ''))
        throw new Unreadable(`not a real server: ${words.join(' ')}`);
      if (!limit) throw new Unreadable(`the ipvs table changed while it was read (${key})`);
      return [
        key,
        { forward, weight: Number(weight), ...limit, tunnel: forward === 'tun' ? tunnelOf(tunnel) : '' },
      ];
    }),
  );
}

function tunnelOf(words: readonly string[]): string {
  const bare = words.filter(word => word !== '--tun-type' && word !== '--tun-port');
  return bare.map(word => word.replace(/^--tun-/, '')).join(' ') || 'ipip';
}

/** `TCP  12.0.0.1:80 rr` (or `FWM  50 IPv6 rr`), and below it `-> ADDRESS:PORT UPPER LOWER ACTIVE INACTIVE`. */
function thresholds(lines: readonly string[]): Map<string, { upper: number; lower: number }> {
  const found = new Map<string, { upper: number; lower: number }>();
  let service = '';
  for (const line of lines) {
    const [first = '', name, third, fourth] = line.trim().split(/\s+/);
    if (/^(TCP|UDP|SCTP|FWM)$/.test(first))
      service = `${first.toLowerCase()}${first === 'FWM' && third === 'IPv6' ? '6' : ''} ${name}`;
    else if (first === '->' && service)
      found.set(`${service} ${name}`, { upper: Number(third), lower: Number(fourth) });
  }
  return found;
}
