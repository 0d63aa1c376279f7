import type { OpensshDestination } from './openssh-config.js';
import type { Link } from './transport.js';

/** A host we are logged in on with ssh: its ControlMaster, see ControlPath in ssh_config(5). */
export interface Master extends Link {
  /** A folder of its own, gone with it: the socket, and what ssh logs. */
  folder: string;
  socket: string;
  environment: NodeJS.ProcessEnv;
  /** All that ssh had to say so far. */
  log(): string;
}

/** What a master is started with. */
export interface Start {
  options: OpensshDestination;
  label: string;
  /** Seconds for the connection and again for the login. */
  limit: number;
  jump: Master | undefined;
  /** Takes up the key of a host of which none is known. */
  acceptNew: boolean;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
}
