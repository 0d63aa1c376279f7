import { driftText } from '../report/drift-text.js';
import { driftResults, exitCode } from '../report/exit-code.js';
import { jsonText } from '../report/json-text.js';
import { planJson } from '../report/plan-json.js';
import { connectorOf, read } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';
import { topologyOf } from './topology.js';
import { version } from './version.js';

/** `lvsctl drift`: for cron. Silent and 0 when in sync, 2 and the differences when not. */
export async function drift(options: ClusterOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  const line = await connectorOf(topology, options);
  try {
    const { plan } = await read(topology, line, options);
    if (options.json) {
      const path = { path: topology.file, sha256: topology.digest };
      const imprint = { version: version(), timestamp: new Date().toISOString(), topology: path };
      io.out(`${jsonText(planJson(plan, imprint))}\n`);
    } else {
      io.out(driftText(plan, { verbose: options.verbose ?? false }));
    }
    return exitCode(driftResults(plan));
  } finally {
    await line.close();
  }
}
