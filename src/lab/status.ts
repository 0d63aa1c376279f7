import { machineSockets } from './machine.js';
import { isAlive, secondsSinceStart } from './process.js';
import { withMonitor } from './qmp.js';
import { type Lab, readLab, recall } from './state.js';
import type { WiredMachine } from './wired-machine.js';

/** How a machine of a lab is, seen from the workstation. */
export interface MachineStatus {
  name: string;
  state: 'running' | 'paused' | 'stopped';
  pid?: number;
  /** Port of 127.0.0.1 that leads to its sshd; absent for a machine that is reached inband. */
  port?: number;
  image: string;
  accelerator: string;
  /** Seconds since its QEMU was started. */
  uptime?: number;
}

/** Tells how each machine of the lab in a directory is. */
export async function labStatus(directory: string): Promise<MachineStatus[]> {
  const lab = await readLab(directory);
  return Promise.all(lab.machines.map(machine => statusOf(lab, machine)));
}

async function statusOf(lab: Lab, { name, port, memory }: WiredMachine): Promise<MachineStatus> {
  const known = { name, port, image: lab.spec.image, accelerator: lab.images[memory]?.accelerator ?? 'tcg' };
  const qemu = await recall(lab.spec.directory, `guest-${name}`);
  if (!qemu) return { ...known, state: 'stopped' };
  const { status } = await withMonitor(machineSockets(lab, name).qmp, monitor =>
    monitor.ask('query-status'),
  ).then(
    answer => answer as { status: string },
    async error => {
      if (await isAlive(qemu)) throw error;
      return { status: 'shutdown' };
    },
  );
  if (status === 'shutdown') return { ...known, state: 'stopped' };
  const uptime = await secondsSinceStart(qemu);
  return { ...known, state: status === 'running' ? 'running' : 'paused', pid: qemu.pid, uptime };
}
