import pLimit from 'p-limit';
import { whyNotRoot } from '../hosts/become-root.js';
import { type Lock, lockProbe, parseLock, release } from '../hosts/lock.js';
import { look } from '../hosts/look.js';
import { type Session, Unreachable } from '../hosts/session.js';
import { exitCode, type Result } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { type Locked, lockText } from '../report/lock-text.js';
import { hosts, type Topology } from '../topology/topology.js';
import { approve, canAsk } from './approval.js';
import { connectorOf, named } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { topologyOf } from './topology.js';

export interface LockOptions extends ClusterOptions {
  autoApprove?: boolean;
}

/** `lvsctl lock status`: who applies on which host, and since when. Nothing is written. */
export async function lockStatus(options: LockOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  return onEach(
    topology,
    hosts(topology).map(({ name }) => name),
    options,
    io,
    async (host, _, lock) =>
      lock
        ? { host, state: lock.alive ? 'locked' : 'abandoned', owner: lock.owner, id: lock.id }
        : { host, state: 'free' },
  );
}

/** `lvsctl lock release`: ends the apply that holds these hosts (all, when none is named); what it had begun is taken back. */
export async function lockRelease(only: readonly string[], options: LockOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  const known = hosts(topology).map(({ name }) => name);
  const asked = only.length > 0 ? named(only, known, 'host') : known;
  if (!options.autoApprove) {
    if (!canAsk('lvsctl lock release --auto-approve', options, io)) return 3;
    const question = `An apply on ${asked.join(', ')} is ended, and what it had begun is taken back.`;
    if (!(await approve(question, io))) return 3;
  }
  return onEach(topology, asked, options, io, async (host, session, lock) => {
    if (!lock) return { host, state: 'free' };
    const { owner, id } = lock;
    const message = await whyNotRoot(session);
    if (message !== undefined)
      return { host, state: 'refused', message: `only root may release it (${message})` };
    const ended = await release(session, lock);
    if (!ended) return { host, state: 'unknown', owner, id };
    const state = !ended.whole ? 'not whole' : ended.how === 'undone' ? 'taken back' : ended.how;
    return { host, state, owner, id };
  });
}

async function onEach(
  topology: Topology,
  asked: readonly string[],
  options: LockOptions,
  io: Io,
  each: (host: string, session: Session, lock: Lock | undefined) => Promise<Locked>,
): Promise<number> {
  const line = await connectorOf(topology, options);
  const limit = pLimit(options.parallelism);
  const one = async (host: string): Promise<Locked> => {
    try {
      const session = await line.open(host);
      const lock = await look(session, topology.name, lockProbe, output => ({ found: parseLock(output) }));
      if (!lock) return { host, state: 'unreachable', message: 'it cannot be read (lvsctl plan says why)' };
      return await each(host, session, lock.found);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { host, state: 'unreachable', message: error.message };
    }
  };
  try {
    const all = await Promise.all(asked.map(host => limit(() => one(host))));
    if (options.json) for (const locked of all) io.out(`${jsonText(locked)}\n`);
    else io.out(lockText(all, { paint: io.paint }));
    return exitCode(all.flatMap(({ state }) => RESULTS[state] ?? []));
  } finally {
    await line.close();
  }
}

const RESULTS: Readonly<Partial<Record<Locked['state'], Result>>> = {
  unreachable: 'incomplete',
  refused: 'error',
  'not whole': 'unrestored',
  unknown: 'unrestored',
};
