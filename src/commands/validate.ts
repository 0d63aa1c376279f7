import { findingText } from '../report/finding-text.js';
import { judgeTopology } from '../rules/index.js';
import { topologyOf } from './cluster.js';
import type { ClusterOptions, Io } from './io.js';

/** `lvsctl validate`: reads the file and judges it, without a host. */
export async function validate(options: ClusterOptions, io: Io): Promise<number> {
  const topology = await topologyOf(options, io);
  const findings = judgeTopology(topology);
  const errors = findings.filter(finding => finding.severity === 'error');
  if (options.json) {
    io.out(
      `${JSON.stringify({ format_version: '1.0', valid: errors.length === 0, diagnostics: findings })}\n`,
    );
    return errors.length > 0 ? 1 : 0;
  }
  for (const finding of findings) io.out(`${findingText(finding, { paint: io.paint, width: io.width })}\n`);
  if (errors.length === 0) io.out(`${topology.file} is valid.\n`);
  return errors.length > 0 ? 1 : 0;
}
