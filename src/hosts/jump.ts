import { setTimeout as delay } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { Dropped, keptDropping, labelOf } from './connect-faults.js';
import { Unreachable } from './session.js';
import type { Override } from './ssh-config.js';
import type { Destination } from './ssh-config-options.js';
import type { Link, Transport } from './transport.js';

/** What every connection of a run shares. */
export interface Run<D extends Destination, L extends Link> {
  transport: Transport<D, L>;
  /** Seconds for a connection, when the caller says so. */
  connectTimeout?: number;
  /** Ends all that is under way. */
  signal: AbortSignal;
  /** One start-up queue per sshd or jump host. */
  queues: Map<string, LimitFunction>;
}

/** The links of jump hosts, each opened once and used by all targets behind it. */
export type Jumps<L extends Link> = Map<string, Promise<L>>;

/** How many connections to one sshd may be in their start-up at once; MaxStartups is 10 by default (sshd_config(5)). */
const startUps = 8;

/** Logs in on a host, through its jump hosts. Throws Unreachable. */
export async function reach<D extends Destination, L extends Link>(
  host: string,
  override: Override,
  run: Run<D, L>,
  jumps: Jumps<L>,
): Promise<L> {
  const { transport, signal } = run;
  const options = await transport.config(host, override);
  const label = labelOf(options);
  const limit = run.connectTimeout ?? options.timeout ?? 10;
  const last = lastHop(options);
  if (last) await refuseLoop(last, transport, [nameOf({ host, ...override })]);
  const jump = last && (await share(last, run, jumps));
  const start = () => transport.connect(options, label, limit, jump);
  const queue = queueOf(run, jump ? `via ${jump.options.host}` : `${options.hostname}:${options.port}`);
  return withRetries(start, queue, label, signal);
}

/** The link of a jump host: the one that stands or is being made, or a new one for all who come after. */
async function share<D extends Destination, L extends Link>(
  hop: Via,
  run: Run<D, L>,
  jumps: Jumps<L>,
): Promise<L> {
  const key = nameOf(hop);
  let link = jumps.get(key);
  try {
    const standing = await link;
    if (standing && standing.ended() === undefined) return standing;
    if (jumps.get(key) === link) jumps.set(key, reach(hop.host, hop, run, jumps));
    link = jumps.get(key)!;
    return await link;
  } catch (error) {
    if (jumps.get(key) === link) jumps.delete(key);
    if (!(error instanceof Unreachable)) throw error;
    throw new Unreachable(`via ${hop.host}: ${error.message}`, error.remedy);
  }
}

/** A jump host, with those that come before it when they are spelled out. */
type Via = Override & { host: string };

function lastHop({ jump }: Destination): Via | undefined {
  const last = jump.at(-1);
  return last && { ...last, jump: jump.length > 1 ? jump.slice(0, -1) : undefined };
}

async function refuseLoop(
  hop: Via,
  transport: Pick<Transport<Destination, never>, 'config'>,
  seen: readonly string[],
): Promise<void> {
  const options = await transport.config(hop.host, hop);
  const name = nameOf(hop);
  if (seen.includes(name)) {
    throw new Unreachable(`${hop.host} is its own jump host`, `write ProxyJump none under Host ${hop.host}`);
  }
  const next = lastHop(options);
  if (next) await refuseLoop(next, transport, [...seen, name]);
}

/** Two hops of one name are the same connection. */
function nameOf({ host, user, port, jump }: Via): string {
  return JSON.stringify([host, user, port, jump]);
}

/** Each connection that is dropped leaves room for one less at once: the sshd may hold fewer than we thought. */
async function withRetries<L>(
  start: () => Promise<L>,
  queue: LimitFunction,
  label: string,
  signal: AbortSignal,
): Promise<L> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await queue(start);
    } catch (error) {
      if (!(error instanceof Dropped)) throw error;
      if (attempt > 3 || signal.aborted) throw keptDropping(label);
      queue.concurrency = Math.max(1, queue.concurrency - 1);
      await delay((0.5 + Math.random()) * 300 * attempt, undefined, { signal }).catch(() => {});
    }
  }
}

function queueOf({ queues }: Pick<Run<Destination, Link>, 'queues'>, name: string): LimitFunction {
  const queue = queues.get(name) ?? pLimit(startUps);
  queues.set(name, queue);
  return queue;
}
