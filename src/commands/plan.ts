import { exitCode, planResults } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { planJson } from '../report/plan-json.js';
import { planText } from '../report/plan-text.js';
import { hosts } from '../topology/topology.js';
import { connectorOf, read } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { readingProgress } from './reading-progress.js';
import { savePlan } from './saved-plan.js';
import { topologyOf } from './topology.js';
import { version } from './version.js';

export interface PlanOptions extends ClusterOptions {
  out?: string;
  detailedExitcode?: boolean;
}

/** `lvsctl plan`: how the hosts differ from the topology. Nothing is written anywhere but to --out. */
export async function plan(options: PlanOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  const line = await connectorOf(topology, options);
  try {
    const progress = readingProgress(hosts(topology).length, io);
    const { plan } = await read(topology, line, options, progress.tell);
    progress.end();
    if (options.json) {
      const path = { path: topology.file, sha256: topology.digest };
      const imprint = { version: version(), timestamp: new Date().toISOString(), topology: path };
      io.out(`${jsonText(planJson(plan, imprint), 2)}\n`);
    } else {
      const { paint, width, unicode } = io;
      io.out(planText(plan, { paint, width, unicode, verbose: options.verbose ?? false }));
    }
    if (options.out) await savePlan(options.out, topology, plan);
    return exitCode(planResults(plan, options.detailedExitcode ?? false));
  } finally {
    await line.close();
  }
}
