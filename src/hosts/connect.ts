import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import { keyring } from './identities.js';
import { type Jumps, type Link, type Run, reach } from './jump.js';
import { knownHosts } from './known-hosts.js';
import { type Session, Unreachable } from './session.js';
import { readSshConfig } from './ssh-config.js';
import { ssh2Session } from './ssh2-session.js';

/** Opens sessions to hosts by their names in ssh_config. */
export interface Connector {
  /** Throws only Unreachable. */
  open(host: string): Promise<Session>;
  /** Ends every connection of this run. */
  close(): Promise<void>;
}

/** How hosts are reached. */
export interface ConnectorOptions {
  /** An ssh_config file that alone counts, as with ssh -F; else ~/.ssh/config and /etc/ssh/ssh_config. */
  sshConfig?: string;
  /** Takes up the key of a host of which none is known; a changed key is refused all the same. */
  acceptNewHostKeys?: boolean;
  home?: string;
  environment?: NodeJS.ProcessEnv;
  /** Seconds for the connection and again for the login; else ConnectTimeout, else 10. */
  connectTimeout?: number;
}

/** Reads the ssh configuration; throws Unreachable where that cannot be read. Each file is read once per connector. */
export async function connector(options: ConnectorOptions = {}): Promise<Connector> {
  const environment = options.environment ?? process.env;
  const home = options.home ?? homedir();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const run: Run = {
    config: await readSshConfig(options.sshConfig, home, environment),
    known: knownHosts(),
    keyring: keyring(),
    acceptNew: options.acceptNewHostKeys ?? false,
    environment,
    connectTimeout: options.connectTimeout,
    signal: stop.signal,
    queues: new Map(),
  };
  const shared: Jumps = new Map();
  const open = new Set<() => void>();

  const start = async (host: string, jumps: Jumps): Promise<Session> => {
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
    return ssh2Session(link, () => start(host, new Map()), leave);
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

async function reachable(host: string, run: Run, jumps: Jumps): Promise<Link> {
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

function dropAll(jumps: Jumps): void {
  for (const link of jumps.values()) link.then(({ drop }) => drop()).catch(() => {});
}
