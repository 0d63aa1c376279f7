import { changes } from '../plan/plan.js';
import { openingJson } from '../report/event-json.js';
import { exitCode, planResults } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { planText } from '../report/plan-text.js';
import { hosts } from '../topology/topology.js';
import { approve, canAsk } from './approval.js';
import { type CarryOutOptions, carryOut } from './carry-out.js';
import { connectorOf, read, topologyOf } from './cluster.js';
import type { Io } from './io.js';
import { readingProgress } from './reading-progress.js';
import { loadSavedPlan } from './saved-plan.js';
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
    const progress = readingProgress(hosts(topology).length, io);
    const reading = await read(topology, line, options, progress.tell);
    progress.end();
    const { plan } = reading;
    if (options.json) {
      for (const object of openingJson(plan, version(), new Date().toISOString()))
        io.out(`${jsonText(object)}\n`);
    } else {
      const { paint, width, unicode } = io;
      io.out(planText(plan, { paint, width, unicode, verbose: options.verbose ?? false }));
    }
    if (saved && saved.digest !== plan.digest) {
      io.err('The hosts are no longer as they were when this plan was made. Make a new plan.\n');
      return 3;
    }
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
    if (!granted && !(await approve('\nDo you want to make these changes?', io))) return 3;
    return await carryOut(reading, topology, line, options, io);
  } finally {
    await line.close();
  }
}
