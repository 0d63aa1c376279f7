/** What a command on a host came to. Lost: the line broke, so what the command did is unknown. */
export type Ended = { code: number; stdout: string; stderr: string } | { lost: string };

export interface ExecOptions {
  /** Standard input, sent whole and then closed; without it standard input is closed at once. */
  input?: string;
  /** What follows `input`, once it is known; standard input stays open until then. */
  more?: Promise<string>;
  /** Hears each line of standard output as it arrives. */
  tell?: (line: string) => void;
  /** Seconds after which the channel is given up as lost. */
  limit: number;
  /** Keep standard input open and send an empty line this often (milliseconds), so that the host hears us. */
  beat?: number;
  /** Hears that the command wrote to standard error, as one that answers our beat does. */
  answered?: () => void;
}

/** One connection to one host. Never more than a handful of channels at once. */
export interface Session {
  host: string;
  /** Runs one command line through the user's login shell: keep it to words that every shell reads alike. */
  exec(command: string, options: ExecOptions): Promise<Ended>;
  /** A TCP connection that the host opens (SSH direct-tcpip), to send requests from it. */
  tunnel(address: string, port: number): Promise<import('node:stream').Duplex>;
  /** The same host over a connection of its own. */
  fresh(): Promise<Session>;
  close(): Promise<void>;
}

/** A host could not be reached or would not let us in: a result, not an accident. */
export class Unreachable extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}
