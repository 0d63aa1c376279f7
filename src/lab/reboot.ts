import { setTimeout as sleep } from 'node:timers/promises';
import { asRoot } from './channel.js';
import { awaitGreeting } from './greeting.js';
import { machineSockets } from './machine.js';
import { LabError } from './spec.js';
import { overSsh } from './ssh.js';
import { type Lab, machinesOf, readLab } from './state.js';
import type { WiredMachine } from './wired-machine.js';

const limitSeconds = 480;

/** Reboots machines (all, when none are named) at the same time; returns when sshd of each answers from the new boot. */
export async function labReboot(directory: string, machines: string[] | undefined): Promise<void> {
  const lab = await readLab(directory);
  const chosen = machinesOf(lab, machines);
  const before = await Promise.all(chosen.map(machine => bootId(lab, machine)));
  const reboot = 'systemctl --no-block reboot';
  await Promise.all(chosen.map(machine => asRoot(machineSockets(lab, machine.name).channel, reboot)));
  await Promise.all(chosen.map((machine, index) => awaitBoot(lab, machine, before[index])));
}

/** Waits until sshd of a machine answers, and from another boot than `before` when that is given. */
export async function awaitBoot(lab: Lab, machine: WiredMachine, before?: string): Promise<void> {
  const limit = Date.now() + limitSeconds * 1000;
  const { channel } = machineSockets(lab, machine.name);
  for (;;) {
    const id = (await asRoot(channel, readBootId, 5).catch(() => '')).trim();
    if (id && id !== before) break;
    if (Date.now() > limit) throw new LabError(`${machine.name} did not come back within ${limitSeconds} s`);
    await sleep(500);
  }
  await asRoot(channel, 'systemctl start ssh.service', limitSeconds);
  if (machine.port !== undefined) return awaitGreeting(machine.port, limitSeconds);
  while (!(await logsIn(lab, machine))) {
    if (Date.now() > limit) throw new LabError(`sshd of ${machine.name} does not answer`);
  }
}

const logsIn = (lab: Lab, machine: WiredMachine) =>
  overSsh(lab.spec.directory, machine.name, 'true', { seconds: 60 }).then(
    () => true,
    () => sleep(500, false),
  );

const readBootId = 'read id < /proc/sys/kernel/random/boot_id && echo $id';

const bootId = async (lab: Lab, machine: WiredMachine) =>
  (await asRoot(machineSockets(lab, machine.name).channel, readBootId)).trim();
