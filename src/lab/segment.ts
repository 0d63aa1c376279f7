import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.js';
import type { Process } from './process.js';
import { LabError } from './spec.js';
import { fromPidFile, type Lab } from './state.js';
import { segmentsOf } from './wired-machine.js';

/** Directory of a segment's switch, where cards plug in. */
export const segmentSockets = (lab: Lab, segment: string) =>
  join(lab.sockets, `segment-${segmentsOf(lab.spec).indexOf(segment)}`);

/** Starts the virtual switch of a segment: unix sockets only, nothing that the workstation's network sees. */
export async function startSegment(lab: Lab, segment: string): Promise<Process> {
  const directory = segmentSockets(lab, segment);
  const pidFile = `${directory}.pid`;
  await mkdir(lab.sockets, { recursive: true });
  await run('vde_switch', ['--sock', directory, '--mode', '700', '--daemon', '--pidfile', pidFile], {
    seconds: 10,
  });
  for (let waited = 0; waited < 5000; waited += 20) {
    const process = await fromPidFile(pidFile);
    if (process) return process;
    await sleep(20);
  }
  throw new LabError(`the switch of ${segment} did not start`);
}
