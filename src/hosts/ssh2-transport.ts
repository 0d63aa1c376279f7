import { Dropped, proxyEnded } from './connect-faults.js';
import { dial, forwarded, proxied } from './connect-line.js';
import { logIn } from './connect-login.js';
import { keyring } from './identities.js';
import { knownHosts } from './known-hosts.js';
import { hostKeys } from './known-hosts-verdict.js';
import type { Line, Login } from './line.js';
import { readSshConfig } from './ssh-config.js';
import type { HostOptions } from './ssh-config-options.js';
import { type Ssh2Link, ssh2Session } from './ssh2-session.js';
import type { Transport } from './transport.js';

/** The ssh2 library; `signal` ends all that is under way. Throws Unreachable where ssh_config cannot be read. */
export async function ssh2Transport(
  sshConfig: string | undefined,
  acceptNew: boolean,
  home: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Transport<HostOptions, Ssh2Link>> {
  const known = knownHosts();
  const identitiesOf = keyring();
  return {
    config: await readSshConfig(sshConfig, home, environment),
    session: ssh2Session,
    async connect(options, label, limit, jump) {
      const keys = await hostKeys(options, label, known, acceptNew);
      const identities = await identitiesOf(options);
      const remember = (key: Buffer) =>
        known.add(options.keyName, key, options.userKnownHosts[0], options.hashKnownHosts);
      const line = await lineTo(options, label, limit, jump, environment, signal);
      const login = await logIn(line, options, label, { keys, identities, remember }, limit).catch(
        async error => {
          throw error instanceof Dropped && line.said ? proxyEnded(label, await line.said()) : error;
        },
      );
      return { ...login, options, limit, drop: () => end(login, line) };
    },
  };
}

function lineTo(
  options: HostOptions,
  label: string,
  limit: number,
  jump: Ssh2Link | undefined,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Line> | Line {
  if (jump) return forwarded(jump, options, label, limit);
  if (options.proxyCommand) return proxied(options.proxyCommand, environment, signal);
  return dial(options, label, limit, signal);
}

/** Says goodbye and lets the line go, whether or not the other end still answers. */
function end({ client }: Login, { stream, drop }: Line): void {
  client.end();
  if (stream.writableLength === 0) setImmediate(drop);
  else setTimeout(drop, 200);
}
