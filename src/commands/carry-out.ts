import { apply } from '../hosts/apply.js';
import type { Connector } from '../hosts/connect.js';
import { approved } from '../plan/compare.js';
import type { Event } from '../plan/event.js';
import { foldOutcome, type Outcome } from '../plan/outcome.js';
import { type Change, changes, type Plan } from '../plan/plan.js';
import { closingJson, eventJson } from '../report/event-json.js';
import { changeTitle } from '../report/event-text.js';
import { applyResults, type ExitCode, exitCode, outcomeResults, planResults } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { outcomeText } from '../report/outcome-text.js';
import { planSummary } from '../report/tally.js';
import { kinds } from '../resources/index.js';
import type { Topology } from '../topology/topology.js';
import { applyProgress } from './apply-progress.js';
import { type Reading, read } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { NOTHING, type Served, servesLess, serving } from './serving.js';

export interface CarryOutOptions extends ClusterOptions {
  /** Seconds of silence after which a host takes everything back. */
  confirmTimeout: number;
  /** Seconds to wait for another apply (0 when not given) and for a busy package manager (60 then). */
  lockTimeout?: number;
  /** Seconds that connections have to end before their real server is removed. */
  drainTimeout?: number;
  /** false: hosts never take anything back by themselves. */
  rollback: boolean;
  /** When a phase fails, hosts that were through before it go back too. */
  rollbackAll?: boolean;
  destroy?: boolean;
}

/**
 * Carries out an approved plan and says what came of it. Packages come first, by themselves: they are not taken
 * back, and what they bring is read again before the rest goes on. What was served at a VIP before has to be
 * after it, unless that is to end.
 */
export async function carryOut(
  reading: Reading,
  topology: Topology,
  line: Connector,
  options: CarryOutOptions,
  io: Io,
): Promise<ExitCode> {
  const { plan } = reading;
  const mayEnd = options.destroy || reading.reread || options.allow?.includes('last-server');
  const served = mayEnd ? NOTHING : await serving(topology, line);
  const packages = part(plan, 'packages');
  let rest = reading;
  if (packages.phases.length > 0) {
    const outcome = await run(packages, reading, topology, line, { ...options, rollback: false }, io);
    if (outcomeResults(packages, outcome).length > 0) return finish(packages, outcome, options, io);
    rest = await read(topology, line, options);
    if (!approved(changes(rest.plan), changes(plan))) {
      io.err('The installed packages changed what has to be done, beyond what was approved.\n');
      io.err(`${planSummary(rest.plan)} Look at it with \`lvsctl plan\`, then apply again.\n`);
      return 3;
    }
  }
  if (rest.plan.phases.length === 0) {
    io.out('Apply complete! The packages were all there was to do.\n');
    return exitCode(planResults(rest.plan, false));
  }
  const outcome = await run(rest.plan, rest, topology, line, options, io, served);
  return finish(rest.plan, outcome, options, io);
}

async function run(
  plan: Plan,
  { sessions, beside = [], reread }: Reading,
  topology: Topology,
  line: Connector,
  options: CarryOutOptions,
  io: Io,
  served?: Served,
): Promise<Outcome> {
  const progress = await applyProgress(plan, io);
  const events: Event[] = [];
  const tell = (event: Event) => {
    events.push(event);
    if (options.json) io.out(`${jsonText(eventJson(event, plan))}\n`);
    else progress.tell(event);
  };
  const touched = new Set(changes(plan).map(({ host }) => host));
  const check = async () => {
    if (!served) return undefined;
    const again = await (reread?.() ?? read(topology, line, options));
    const fault =
      stillDiffers(again.plan, touched, beside) ?? (await servesLess(served, topology, line, again.sessions));
    await Promise.all([...again.sessions.values()].map(session => session.close()));
    return fault;
  };
  await apply(plan, sessions, {
    kinds,
    owner: owner(io.environment),
    source: { file: topology.file, sha256: topology.digest },
    patience: options.rollback ? options.confirmTimeout : 0,
    ...(options.lockTimeout !== undefined && { lockTimeout: options.lockTimeout }),
    ...(options.drainTimeout !== undefined && { drainTimeout: options.drainTimeout }),
    ...(options.rollbackAll && { rollbackAll: true }),
    tell,
    check,
    signal: io.signal,
  });
  if (!options.json) await progress.end();
  return foldOutcome(plan, events);
}

/** Why the hosts that were changed are not as planned now, or undefined. */
function stillDiffers(
  plan: Plan,
  touched: ReadonlySet<string>,
  beside: readonly Change[],
): string | undefined {
  const unread = plan.hosts.find(({ name, status }) => touched.has(name) && status !== 'ok');
  if (unread) return `${unread.name} cannot be read over a new connection: ${unread.message}`;
  const left = changes(plan).filter(
    change => touched.has(change.host) && !change.stays && !change.leaves && !approved([change], beside),
  );
  if (left.length === 0) return undefined;
  const named = left.slice(0, 3).map(change => `${change.host}: ${changeTitle(change)}`);
  return `after the apply the hosts still differ: ${named.join('; ')}${left.length > 3 ? ` and ${left.length - 3} more` : ''}`;
}

function finish(plan: Plan, outcome: Outcome, options: CarryOutOptions, io: Io): ExitCode {
  const at = new Date().toISOString();
  if (options.json) io.out(`${jsonText(closingJson(plan, outcome, at))}\n`);
  else io.out(outcomeText(plan, outcome, { paint: io.paint, width: io.width }));
  return exitCode(applyResults(plan, outcome));
}

/** What a package brings switched on was not there before it: its origin is told by what was read without it. */
const BROUGHT: ReadonlySet<string> = new Set(['package', 'service', 'service-boot']);

/** The plan's packages to install alone, with marks that name them, their services and nothing else that is new. */
function part(plan: Plan, stage: 'packages'): Plan {
  const phases = plan.phases.filter(
    phase =>
      phase.stage === stage && [...phase.changes.values()].flat().some(({ stays }) => stays === undefined),
  );
  const marks = new Map(
    [...plan.marks].map(([host, { before, after }]) => {
      const known = before?.entries ?? [];
      const added = (after?.entries ?? []).filter(
        entry =>
          BROUGHT.has(entry.kind) && !known.some(({ kind, key }) => kind === entry.kind && key === entry.key),
      );
      const during = after && { ...after, entries: [...known, ...added] };
      return [host, { ...(before && { before }), ...(during && { after: during }) }];
    }),
  );
  return { ...plan, phases, marks };
}

function owner(environment: Io['environment']): string {
  const who =
    environment.LVSCTL_IDENTITY ?? `${environment.USER ?? 'somebody'}@${environment.HOSTNAME ?? 'lvsctl'}`;
  return `${who} since ${new Date().toISOString()}`;
}
