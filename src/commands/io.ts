import type { Palette } from '../report/paint.js';

/** The world as a command sees it. Only cli.ts makes one for real. */
export interface Io {
  /** Standard output: the result. */
  out(text: string): void;
  /** Standard error: progress, questions, what went wrong. */
  err(text: string): void;
  /** Colours for what goes to standard output and to standard error. */
  paint: Palette;
  paintErr: Palette;
  /** Columns to write in. */
  width: number;
  unicode: boolean;
  /** Whether progress may be drawn over itself. */
  live: boolean;
  /** Asks a person; undefined when there is none to ask. */
  ask?: (question: string) => Promise<string>;
  /** Set at the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  environment: Readonly<Record<string, string | undefined>>;
  /** Standard input; of more than `most` bytes at least one too many. */
  stdin(most: number): Promise<string | Buffer>;
}

/** Options that every command about a cluster takes. */
export interface ClusterOptions {
  file: string;
  /** An ssh_config that alone counts. */
  sshConfig?: string;
  /** Reach the hosts as the running lab of this topology wired them. */
  lab?: boolean;
  acceptNewHostKeys?: boolean;
  /** What speaks SSH; ssh2 when it is not said. */
  transport?: 'ssh2' | 'ssh';
  /** Hosts at once. */
  parallelism: number;
  /** Guards that are passed by their id. */
  allow?: readonly string[];
  verbose?: boolean;
  json?: boolean;
}
