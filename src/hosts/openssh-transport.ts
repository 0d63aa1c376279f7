import { type OpensshDestination, opensshConfig } from './openssh-config.js';
import type { Master } from './openssh-link.js';
import { startMaster } from './openssh-master.js';
import { opensshSession } from './openssh-session.js';
import type { Transport } from './transport.js';

/**
 * The OpenSSH client of this computer: all that ssh_config may say counts, with certificates, hardware keys and GSSAPI.
 * One ControlMaster a host; it never asks. Throws Unreachable where there is no ssh or no such configuration.
 */
export async function opensshTransport(
  sshConfig: string | undefined,
  acceptNew: boolean,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Transport<OpensshDestination, Master>> {
  return {
    config: await opensshConfig(sshConfig, environment),
    connect: (options, label, limit, jump) =>
      startMaster({ options, label, limit, jump, acceptNew, environment, signal }),
    session: opensshSession,
  };
}
