import type { Session } from './session.js';
import type { Override } from './ssh-config.js';
import type { Destination } from './ssh-config-options.js';

/** A host we are logged in on. */
export interface Link {
  options: Destination;
  /** Seconds within which it must answer. */
  limit: number;
  /** Why it ended; undefined while it stands. */
  ended(): string | undefined;
  drop(): void;
}

/** An SSH implementation: what it reads of ssh_config, how it logs in, and what it does on a link. */
export interface Transport<D extends Destination, L extends Link> {
  /** How a host is reached. Throws Unreachable with the fault of the configuration. */
  config(host: string, override: Override): D | Promise<D>;
  /**
   * Connects and logs in, once; `jump` is the last jump host, `limit` the seconds for the connection and again for the
   * login. Throws Unreachable, or Dropped when a new try may help.
   */
  connect(options: D, label: string, limit: number, jump: L | undefined): Promise<L>;
  /** A session on a link. `renew` opens the same host anew, `leave` ends what belongs to this session alone. */
  session(link: L, renew: () => Promise<Session>, leave: () => void): Session;
}
