/** What came of the requests that verify sent to one virtual service. */
export interface Verification {
  vip: string;
  port: number;
  protocol: 'tcp' | 'udp';
  scheduler: string;
  sent: number;
  answered: number;
  /** Requests without an answer, by what went wrong. */
  failed: readonly { message: string; count: number }[];
  /** Who answered how often; `expected` is what the scheduler and the weights promise. */
  byServer: readonly { name: string; weight: number; answered: number; expected: number }[];
  /** no promise: the scheduler goes by something that a count of answers cannot show (open connections, ..). */
  verdict: 'as promised' | 'not as promised' | 'no promise';
  /** The different answers and how often each came. */
  bodies?: readonly { text: string; count: number }[];
  /** Where requests without an answer were lost, by what the hosts know of them. */
  lost?: readonly { host: string; message: string; remedy: string }[];
  seconds: number;
}
