import { Unreachable } from './session.js';
import type { Destination } from './ssh-config-options.js';

/** The connection ended before the SSH handshake: a busy sshd does that (MaxStartups), so it is worth a new try. */
export class Dropped extends Error {}

/** How messages name a host: as asked for, with the address when it is another. */
export function labelOf({ host, hostname, port }: Destination): string {
  if (hostname === host && port === 22) return host;
  return hostname === host ? `${host} port ${port}` : `${host} (${hostname} port ${port})`;
}

/** Why no connection came about, from the error of the socket; `limit` in seconds. */
export function lineFault(
  error: NodeJS.ErrnoException,
  options: Destination,
  label: string,
  limit: number,
): Error {
  const all = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  const code = error.code ?? all[0]?.code;
  const { host, hostname } = options;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return new Unreachable(
        `the name ${hostname} does not resolve`,
        host === hostname
          ? `correct the name, or give its address as HostName of ${host} in ~/.ssh/config`
          : `correct HostName of ${host} in the ssh configuration`,
      );
    case 'ECONNREFUSED':
      return new Unreachable(
        `${label} refuses the connection`,
        'start sshd there, or correct HostName and Port in the ssh configuration',
      );
    case 'ETIMEDOUT':
      return timedOut(label, limit);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new Unreachable(
        `there is no route to ${label}`,
        'check the network between here and there, or name a jump host with ProxyJump',
      );
    case 'ECONNRESET':
      return new Dropped();
    case 'ABORT':
      return new Unreachable(`the connection to ${label} was given up`, 'run the command again');
    default:
      return new Unreachable(
        `${label} cannot be reached (${all[0]?.message ?? code})`,
        'check the ssh configuration',
      );
  }
}

/** Nothing came back within `limit` seconds. */
export function timedOut(label: string, limit: number): Unreachable {
  return new Unreachable(
    `${label} does not answer within ${limit} s`,
    'check that it is up and that no firewall drops SSH, or raise ConnectTimeout',
  );
}

/** The connection was lost before the handshake as often as we tried. */
export function keptDropping(label: string): Unreachable {
  return new Unreachable(
    `${label} ends each connection before the SSH handshake`,
    'check that an sshd answers there, that it does not refuse us (hosts.deny, PerSourcePenalties), and its MaxStartups',
  );
}

/** The ProxyCommand ended before anything was said; `said` is the last line of its error output. */
export function proxyEnded(label: string, said: string): Unreachable {
  return new Unreachable(
    `the ProxyCommand for ${label} ended before the SSH handshake${said ? `: ${said}` : ''}`,
    'run that command by hand: it must answer with a line that begins with SSH-2.0',
  );
}

/** Why a jump host opened no connection to the target, in the words of its sshd. */
export function notForwarded(
  jump: string,
  options: Destination,
  label: string,
  said: string,
  prohibited: boolean,
): Unreachable {
  if (prohibited) {
    return new Unreachable(
      `via ${jump}: it does not forward connections`,
      `set AllowTcpForwarding yes in /etc/ssh/sshd_config of ${jump}`,
    );
  }
  return new Unreachable(
    `${jump} cannot connect to ${label}: ${said}`,
    `check that sshd runs there, and that ${jump} has a route to ${options.hostname}`,
  );
}

/** The connection to a jump host was lost while it was needed. */
export function jumpLost(jump: string, why: string): Unreachable {
  return new Unreachable(`via ${jump}: the connection was lost (${why})`, 'run the command again');
}

/** No key got in. `offered` names those that the host has seen; `methods` what it would take. */
export function rejected(
  options: Destination,
  label: string,
  offered: readonly string[],
  notes: readonly string[],
  methods: readonly string[] | undefined,
): Unreachable {
  const keys = offered.length > 0 ? `it rejects ${offered.join(', ')}` : 'there is no key to offer';
  const reason = methods && !methods.includes('publickey') ? `it only takes ${methods.join(', ')}` : keys;
  const to = `${options.user}@${options.host}`;
  return new Unreachable(
    `${label} does not let ${options.user} in: ${reason}`,
    [`put a key of yours there (ssh-copy-id ${to}), or name the right one with IdentityFile`, ...notes].join(
      '; ',
    ),
  );
}

/** What went wrong while the SSH connection was set up, from the error of ssh2. */
export function handshakeFault(message: string, label: string): Unreachable {
  const [, what] = /^Handshake failed: no matching (?:[CS]->[CS] )?(.+)$/.exec(message) ?? [];
  if (what) {
    return new Unreachable(
      `${label} and lvsctl have no ${what} in common`,
      'allow one of the usual ones in /etc/ssh/sshd_config of the host (sshd -T shows what it allows)',
    );
  }
  return new Unreachable(
    `${label} broke off the login (${message})`,
    `try "ssh -v" to the same host; its sshd's log says more`,
  );
}
