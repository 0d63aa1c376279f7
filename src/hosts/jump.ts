import { setTimeout as delay } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { Dropped, keptDropping, labelOf, proxyEnded } from './connect-faults.js';
import { dial, forwarded, proxied } from './connect-line.js';
import { logIn } from './connect-login.js';
import type { Keyring } from './identities.js';
import type { KnownHosts } from './known-hosts.js';
import { hostKeys } from './known-hosts-verdict.js';
import type { Line, Login } from './line.js';
import { Unreachable } from './session.js';
import type { Override, SshConfig } from './ssh-config.js';
import type { HostOptions } from './ssh-config-options.js';

/** What every connection of a run shares. */
export interface Run {
  config: SshConfig;
  known: KnownHosts;
  keyring: Keyring;
  acceptNew: boolean;
  environment: NodeJS.ProcessEnv;
  /** Seconds for a connection, when the caller says so. */
  connectTimeout?: number;
  /** Ends all that is under way. */
  signal: AbortSignal;
  /** One start-up queue per sshd or jump host. */
  queues: Map<string, LimitFunction>;
}

/** A host we are logged in on. */
export interface Link extends Login {
  options: HostOptions;
  /** Seconds within which it must answer. */
  limit: number;
  drop(): void;
}

/** The links of jump hosts, each opened once and used by all targets behind it. */
export type Jumps = Map<string, Promise<Link>>;

/** How many connections to one sshd may be in their start-up at once; MaxStartups is 10 by default (sshd_config(5)). */
const startUps = 8;

/** Logs in on a host, through its jump hosts. Throws Unreachable. */
export async function reach(host: string, override: Override, run: Run, jumps: Jumps): Promise<Link> {
  const options = run.config(host, override);
  const label = labelOf(options);
  const limit = run.connectTimeout ?? options.timeout ?? 10;
  const last = lastHop(options);
  if (last) refuseLoop(last, run.config, [nameOf({ host, ...override })]);
  const jump = last && (await share(last, run, jumps));

  const line = (): Promise<Line> | Line => {
    if (jump) return forwarded(jump, options, label, limit);
    if (options.proxyCommand) return proxied(options.proxyCommand, run.environment, run.signal);
    return dial(options, label, limit, run.signal);
  };
  const start = async (): Promise<Link> => {
    const keys = await hostKeys(options, label, run.known, run.acceptNew);
    const identities = await run.keyring(options);
    const remember = (key: Buffer) =>
      run.known.add(options.keyName, key, options.userKnownHosts[0], options.hashKnownHosts);
    const opened = await line();
    const login = await logIn(opened, options, label, { keys, identities, remember }, limit).catch(
      async error => {
        throw error instanceof Dropped && opened.said ? proxyEnded(label, await opened.said()) : error;
      },
    );
    return { ...login, options, limit, drop: () => end(login, opened) };
  };
  const queue = queueOf(run, jump ? `via ${jump.options.host}` : `${options.hostname}:${options.port}`);
  return queue(() => withRetries(start, label, run.signal));
}

/** The link of a jump host: the one that stands, or a new one for all who come after. */
async function share(hop: Via, run: Run, jumps: Jumps): Promise<Link> {
  const key = nameOf(hop);
  const earlier = jumps.get(key);
  const standing = await earlier?.catch(() => undefined);
  if (jumps.get(key) === earlier && standing?.ended() !== undefined) jumps.delete(key);
  const link = jumps.get(key) ?? reach(hop.host, hop, run, jumps);
  jumps.set(key, link);
  try {
    return await link;
  } catch (error) {
    if (jumps.get(key) === link) jumps.delete(key);
    if (!(error instanceof Unreachable)) throw error;
    throw new Unreachable(`via ${hop.host}: ${error.message}`, error.remedy);
  }
}

/** A jump host, with those that come before it when they are spelled out. */
type Via = Override & { host: string };

function lastHop({ jump }: HostOptions): Via | undefined {
  const last = jump.at(-1);
  return last && { ...last, jump: jump.length > 1 ? jump.slice(0, -1) : undefined };
}

function refuseLoop(hop: Via, config: SshConfig, seen: readonly string[]): void {
  const options = config(hop.host, hop);
  const name = nameOf(hop);
  if (seen.includes(name)) {
    throw new Unreachable(`${hop.host} is its own jump host`, `write ProxyJump none under Host ${hop.host}`);
  }
  const next = lastHop(options);
  if (next) refuseLoop(next, config, [...seen, name]);
}

/** Two hops of one name are the same connection. */
function nameOf({ host, user, port, jump }: Via): string {
  return JSON.stringify([host, user, port, jump]);
}

async function withRetries(start: () => Promise<Link>, label: string, signal: AbortSignal): Promise<Link> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof Dropped)) throw error;
      if (attempt > 3 || signal.aborted) throw keptDropping(label);
      await delay((0.5 + Math.random()) * 300 * attempt, undefined, { signal }).catch(() => {});
    }
  }
}

function queueOf({ queues }: Run, name: string): LimitFunction {
  const queue = queues.get(name) ?? pLimit(startUps);
  queues.set(name, queue);
  return queue;
}

/** Says goodbye and lets the line go, whether or not the other end still answers. */
function end({ client }: Login, { stream, drop }: Line): void {
  client.end();
  if (stream.writableLength === 0) setImmediate(drop);
  else setTimeout(drop, 200);
}
