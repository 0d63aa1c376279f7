import { setTimeout as delay } from 'node:timers/promises';
import { whyNotRoot } from '../hosts/become-root.js';
import type { Connector } from '../hosts/connect.js';
import { changes, type Plan } from '../plan/plan.js';
import { openingJson } from '../report/event-json.js';
import { exitCode, planResults } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { planText } from '../report/plan-text.js';
import { hosts, type Topology } from '../topology/topology.js';
import { approve, canAsk } from './approval.js';
import { type CarryOutOptions, carryOut } from './carry-out.js';
import { connectorOf, type Reading, read } from './cluster.js';
import type { Io } from './io.js';
import { readingProgress } from './reading-progress.js';
import { loadSavedPlan } from './saved-plan.js';
import { topologyOf } from './topology.js';
import { version } from './version.js';

export interface ApplyOptions extends CarryOutOptions {
  /** A saved plan: the approval. */
  planFile?: string;
  autoApprove?: boolean;
  /** Go on with the hosts that can be read. */
  skipUnreachable?: boolean;
}

/** `lvsctl apply` and `lvsctl destroy`: shows the plan, asks, carries it out, and says what came of it. */
export async function apply(options: ApplyOptions, io: Io): Promise<number> {
  const saved = options.planFile ? loadSavedPlan(options.planFile) : undefined;
  const topology = saved?.topology ?? (await topologyOf(options, io));
  const verb = options.destroy ? 'destroy' : 'apply';
  const granted = saved !== undefined || options.autoApprove === true;
  if (!granted && !canAsk(`lvsctl ${verb} --auto-approve, or a saved plan`, options, io)) return 3;
  const line = await connectorOf(topology, options);
  try {
    const reading = await unlocked(topology, line, options, io);
    if (saved && saved.digest !== reading.plan.digest) {
      show(reading.plan, options, io);
      io.err('The hosts are no longer as they were when this plan was made. Make a new plan.\n');
      return 3;
    }
    return await proceed(reading, topology, line, { ...options, autoApprove: granted }, io);
  } finally {
    await line.close();
  }
}

/** Reads the hosts; while another apply holds one of them, again, until it has ended or the time is up. */
async function unlocked(
  topology: Topology,
  line: Connector,
  options: ApplyOptions,
  io: Io,
): Promise<Reading> {
  const end = Date.now() + (options.lockTimeout ?? 0) * 1000;
  for (;;) {
    const progress = readingProgress(hosts(topology).length, io);
    const reading = await read(topology, line, options, progress.tell);
    progress.end();
    const locked = reading.observed.filter(seen => seen.status === 'ok' && seen.facts.pending);
    const left = Math.ceil((end - Date.now()) / 1000);
    if (locked.length === 0 || left <= 0 || io.signal.aborted) return reading;
    io.err(
      `${locked.map(({ host }) => host).join(', ')}: another apply is under way; waiting, ${left} s left\n`,
    );
    await delay(Math.min(5000, left * 1000), undefined, { signal: io.signal }).catch(() => {});
    await Promise.all([...reading.sessions.values()].map(session => session.close()));
  }
}

/** Shows a plan, refuses what its guards refuse, asks, and carries it out. */
export async function proceed(
  reading: Reading,
  topology: Topology,
  line: Connector,
  options: ApplyOptions,
  io: Io,
): Promise<number> {
  const { plan } = reading;
  show(plan, options, io);
  const guards = plan.findings.filter(({ severity }) => severity === 'error');
  if (guards.length > 0) {
    const ids = [...new Set(guards.map(({ id }) => id))].join(',');
    io.err(`Refused; nothing was changed. To go on all the same: --allow ${ids}\n`);
    return exitCode(planResults(plan, false));
  }
  if (changes(plan).length === 0) return exitCode(planResults(plan, false));
  const away = plan.hosts.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  // A cluster is given back host by host; it is made as a whole.
  if (away.length > 0 && !options.destroy && !options.skipUnreachable) {
    io.err(`Refused; nothing was changed, for ${away.join(', ')} could not be read. `);
    io.err('To go on with the others: --skip-unreachable\n');
    return exitCode(planResults(plan, false));
  }
  const denied = await withoutRoot(reading);
  if (denied) {
    io.err(`Refused; nothing was changed: ${denied}\n`);
    return exitCode([...planResults(plan, false), 'error']);
  }
  if (!options.autoApprove && !(await approve('\nDo you want to make these changes?', io))) return 3;
  return carryOut(reading, topology, line, options, io);
}

function show(plan: Plan, options: ApplyOptions, io: Io): void {
  if (options.json) {
    for (const object of openingJson(plan, version(), new Date().toISOString()))
      io.out(`${jsonText(object)}\n`);
  } else {
    const { paint, width, unicode } = io;
    io.out(planText(plan, { paint, width, unicode, verbose: options.verbose ?? false }));
  }
}

/** Why those who log in to read cannot carry out this plan; undefined when they are root, or sudo makes them root. */
async function withoutRoot({ plan, observed, sessions }: Reading): Promise<string | undefined> {
  const changed = new Set(changes(plan).map(({ host }) => host));
  const readers = observed.filter(seen => seen.status === 'ok' && changed.has(seen.host) && !seen.facts.root);
  const asked = readers.map(async ({ host }) => ({ host, why: await whyNotRoot(sessions.get(host)!) }));
  const denied = (await Promise.all(asked)).filter(({ why }) => why !== undefined);
  if (denied.length === 0) return undefined;
  const said = denied.map(({ host, why }) => `${host} (${why})`).join(', ');
  return `an apply needs root, and the user who logs in is not root on ${said}. Log in as root, or as a user with sudo for everything (NOPASSWD: ALL).`;
}
