import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './spec.js';

/** A process of this machine that cannot be mistaken for a later one with the same number. */
export interface Process {
  pid: number;
  /** When it started, in the kernel's ticks since boot. */
  start: string;
}

/** The process that has this number now; undefined when there is none, or only its exit code is left. */
export async function identify(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return start && state !== 'Z' && state !== 'X' ? { pid, start } : undefined;
}

/** Whether the process still runs, and is still the same. */
export async function isAlive(process: Process): Promise<boolean> {
  return (await identify(process.pid))?.start === process.start;
}

/** How long a process has run. */
export async function secondsSinceStart(process: Process): Promise<number> {
  const [up] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return Math.round(Number(up) - Number(process.start) / ticksPerSecond);
}

/** What the kernel reports process times in, on every Linux that Debian builds. */
const ticksPerSecond = 100;

/** Ends a process, hard when it does not listen, and returns when it is gone. */
export async function end(target: Process): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await isAlive(target))) return;
    try {
      process.kill(target.pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < 3000; waited += 20) {
      if (!(await isAlive(target))) return;
      await sleep(20);
    }
  }
  throw new LabError(`process ${target.pid} does not end`);
}
