import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import { type Jumps, type Run, reach } from './jump.js';
import { type Session, Unreachable } from './session.js';
import type { Destination } from './ssh-config-options.js';
import type { Link, Transport } from './transport.js';

/** Opens sessions to hosts by their names in ssh_config. */
export interface Connector {
  /** Throws only Unreachable. */
  open(host: string): Promise<Session>;
  /** Ends every connection of this run. */
  close(): Promise<void>;
}

/** How hosts are reached. */
export interface ConnectorOptions {
  /** What speaks SSH: the library ssh2, unless it is said, or the ssh of this computer. */
  transport?: 'ssh2' | 'ssh';
  /** An ssh_config file that alone counts, as with ssh -F; else ~/.ssh/config and /etc/ssh/ssh_config. */
  sshConfig?: string;
  /** Takes up the key of a host of which none is known; a changed key is refused all the same. */
  acceptNewHostKeys?: boolean;
  /** Where ~/.ssh is; the ssh of this computer knows that by itself. */
  home?: string;
  environment?: NodeJS.ProcessEnv;
  /** Seconds for the connection and again for the login; else ConnectTimeout, else 10. */
  connectTimeout?: number;
}

/** Throws Unreachable where the ssh configuration cannot be read, or where there is no ssh to reach hosts with. */
export async function connector(options: ConnectorOptions = {}): Promise<Connector> {
  const { transport, sshConfig, acceptNewHostKeys: acceptNew = false, connectTimeout } = options;
  const environment = options.environment ?? process.env;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  if (transport === 'ssh') {
    const { opensshTransport } = await import('./openssh-transport.js');
    return over(await opensshTransport(sshConfig, acceptNew, environment, stop.signal), connectTimeout, stop);
  }
  const { ssh2Transport } = await import('./ssh2-transport.js');
  const home = options.home ?? homedir();
  return over(
    await ssh2Transport(sshConfig, acceptNew, home, environment, stop.signal),
    connectTimeout,
    stop,
  );
}

function over<D extends Destination, L extends Link>(
  transport: Transport<D, L>,
  connectTimeout: number | undefined,
  stop: AbortController,
): Connector {
  const run: Run<D, L> = { transport, connectTimeout, signal: stop.signal, queues: new Map() };
  const shared: Jumps<L> = new Map();
  const open = new Set<() => void>();

  const start = async (host: string, jumps: Jumps<L>): Promise<Session> => {
    const leaveJumps = () => jumps === shared || dropAll(jumps);
    const link = await reachable(host, run, jumps).catch(error => {
      leaveJumps();
      throw error;
    });
    const leave = () => {
      link.drop();
      open.delete(leave);
      leaveJumps();
    };
    open.add(leave);
    if (stop.signal.aborted) leave();
    return transport.session(link, () => start(host, new Map()), leave);
  };
  return {
    open: host => start(host, shared),
    async close() {
      for (const leave of open) leave();
      dropAll(shared);
      stop.abort();
    },
  };
}

async function reachable<D extends Destination, L extends Link>(
  host: string,
  run: Run<D, L>,
  jumps: Jumps<L>,
): Promise<L> {
  try {
    return await reach(host, {}, run, jumps);
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    throw new Unreachable(
      `${host} cannot be reached (${(error as Error).message})`,
      'check the ssh configuration',
    );
  }
}

function dropAll(jumps: Jumps<Link>): void {
  for (const link of jumps.values()) link.then(({ drop }) => drop()).catch(() => {});
}
