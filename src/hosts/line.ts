import type { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';

/** The stream on which a host's sshd answers, before anything is said on it. */
export interface Line {
  stream: Duplex;
  /** Ends it at once. */
  drop(): void;
  /** What a ProxyCommand had to say, when there is one. */
  said?(): Promise<string>;
}

/** An SSH connection that let us in. */
export interface Login {
  client: ssh2.Client;
  /** Why it ended; undefined while it stands. */
  ended(): string | undefined;
}
