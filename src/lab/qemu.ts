import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileLocked } from './lock.js';
import { end, identify, isAlive, type Process } from './process.js';
import { type Hardware, qemuArguments } from './qemu-arguments.js';
import { type Monitor, openMonitor } from './qmp.js';
import { LabError } from './spec.js';

/**
 * Starts a guest that outlives this process, and returns when it runs; `state` is the saved state to go on from.
 * `started` learns of the process at once, so that it can be ended whatever comes later. Guests with the same `lock` plug
 * their cards in one after the other: of cards that come at the same moment, the vde_switch of Debian 12 can take one's
 * frames for another's (add_fd moves a descriptor and does not note where to), and what is sent to that card alone is lost.
 */
export async function startQemu(
  hardware: Hardware,
  files: { log: string; lock: string; state?: string },
  started: (process: Process) => Promise<void>,
): Promise<Process> {
  let qemu: Process | undefined;
  try {
    const monitor = await whileLocked(files.lock, async () => {
      qemu = await spawnQemu(hardware, files);
      await started(qemu);
      // It answers when everything of its guest is set up, the cards too.
      return await openMonitor(hardware.qmpSocket, 20, () => isAlive(qemu as Process));
    });
    await untilRunning(monitor, hardware.restore);
  } catch (error) {
    if (!qemu) throw error;
    const alive = await isAlive(qemu);
    await end(qemu);
    throw alive ? error : await failure(hardware, files.log);
  }
  return qemu as Process;
}

async function spawnQemu(hardware: Hardware, files: { log: string; state?: string }): Promise<Process> {
  for (const socket of [hardware.qmpSocket, hardware.channelSocket]) await rm(socket, { force: true });
  const log = await open(files.log, 'w');
  const child = spawn('qemu-system-x86_64', qemuArguments(hardware), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, LC_ALL: 'C', LAB_STATE: files.state ?? '' },
  });
  await once(child, 'spawn');
  await log.close();
  child.unref();
  const qemu = await identify(child.pid as number);
  if (!qemu) throw await failure(hardware, files.log);
  return qemu;
}

async function untilRunning(monitor: Monitor, restore: boolean): Promise<void> {
  try {
    if (restore) await monitor.ask('migrate-incoming', { uri: 'exec:cat "$LAB_STATE"' });
    for (let waited = 0; waited < 60_000; waited += 50) {
      const { status } = (await monitor.ask('query-status')) as { status: string };
      if (status === 'running') return;
      if (status === 'paused') await monitor.ask('cont');
      else if (status !== 'inmigrate' && status !== 'prelaunch') throw new LabError(`QEMU is ${status}`);
      await sleep(50);
    }
  } finally {
    monitor.close();
  }
  throw new LabError('QEMU did not start the guest within 60 s');
}

async function failure(hardware: Hardware, log: string): Promise<LabError> {
  const said = (await readFile(log, 'utf8').catch(() => '')).trim();
  return new LabError(`QEMU of ${hardware.name} ended at once${said ? `: ${said}` : ''}`);
}
