import { findingText } from '../report/finding-text.js';
import { printable } from '../report/printable.js';
import { judgeTopology } from '../rules/index.js';
import { Faults } from '../topology/faults.js';
import type { Topology } from '../topology/topology.js';
import type { ClusterOptions, Io } from './io.js';
import { topologyOf } from './topology.js';

/** `lvsctl validate`: reads the file and judges it, without a host. */
export async function validate(options: ClusterOptions, io: Io): Promise<number> {
  if (options.json) return validateJson(options, io);
  const { findings, errors, file } = judged(await topologyOf(options, io));
  for (const finding of findings) io.out(`${findingText(finding, { paint: io.paint, width: io.width })}\n`);
  if (errors === 0) io.out(`${printable(file)} is valid.\n`);
  return errors > 0 ? 1 : 0;
}

async function validateJson(options: ClusterOptions, io: Io): Promise<number> {
  const { jsonText } = await import('../report/json-text.js');
  const { diagnostic } = await import('../report/plan-json.js');
  const say = (valid: boolean, diagnostics: object[]) => {
    io.out(`${jsonText({ format_version: '1.0', valid, diagnostics })}\n`);
    return valid ? 0 : 1;
  };
  try {
    const { findings, errors } = judged(await topologyOf(options, io));
    return say(errors === 0, findings.map(diagnostic));
  } catch (error) {
    if (!(error instanceof Faults)) throw error;
    return say(
      false,
      error.faults.map(fault => diagnostic({ id: 'topology', severity: 'error', ...fault })),
    );
  }
}

function judged(topology: Topology) {
  const findings = judgeTopology(topology);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { findings, errors, file: topology.file };
}
