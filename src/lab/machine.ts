import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateFiles } from './certificate.js';
import { asRoot } from './channel.js';
import { setClock } from './clock.js';
import { run } from './command.js';
import type { Image } from './image/cache.js';
import { keysOf } from './keys.js';
import { personality } from './personality.js';
import { end } from './process.js';
import { startQemu } from './qemu.js';
import type { Hardware } from './qemu-arguments.js';
import { segmentSockets } from './segment.js';
import { type Lab, recall, remember } from './state.js';
import { cardsOf, machineFiles, type WiredMachine } from './wired-machine.js';

/** Sockets of a machine. */
export const machineSockets = (lab: Lab, name: string) => ({
  qmp: join(lab.sockets, `${name}.qmp`),
  channel: join(lab.sockets, `${name}.channel`),
});

/** Starts a machine from the seed with a new disk and makes it itself: ready for SSH when this returns. */
export async function restoreMachine(lab: Lab, machine: WiredMachine): Promise<void> {
  const { disk } = machineFiles(lab.spec.directory, machine.name);
  const { seedDisk, seedState } = imageOf(lab, machine);
  await rm(disk, { force: true });
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', seedDisk, disk], {
    seconds: 20,
  });
  await start(lab, machine, seedState);
  const { channel } = machineSockets(lab, machine.name);
  const { directory } = lab.spec;
  const [keys, certificate] = await Promise.all([
    keysOf(directory, machine.name),
    certificateFiles(directory, machine),
  ]);
  await asRoot(channel, personality(machine, keys, certificate), 120);
  await setClock(channel);
}

/** Switches a machine on with the disk that it has: a cold boot, which this does not wait for. */
export async function bootMachine(lab: Lab, machine: WiredMachine): Promise<void> {
  await start(lab, machine);
}

/** Switches a machine off at once, as when the power fails. */
export async function stopMachine(lab: Lab, machine: WiredMachine): Promise<void> {
  const qemu = await recall(lab.spec.directory, `guest-${machine.name}`);
  if (qemu) await end(qemu);
}

async function start(lab: Lab, machine: WiredMachine, state?: string): Promise<void> {
  const { directory } = lab.spec;
  const { disk, log, consoleLog } = machineFiles(directory, machine.name);
  const { qmp, channel } = machineSockets(lab, machine.name);
  const { accelerator, kernel, initrd } = imageOf(lab, machine);
  const hardware: Hardware = {
    name: machine.name,
    accelerator,
    memory: machine.memory,
    kernel,
    initrd,
    disk,
    qmpSocket: qmp,
    channelSocket: channel,
    consoleLog,
    cards: cardsOf(machine, segment => segmentSockets(lab, segment)),
    restore: state !== undefined,
  };
  const files = { log, state, lock: join(lab.sockets, 'plugging') };
  await startQemu(hardware, files, process => remember(directory, `guest-${machine.name}`, process));
}

const imageOf = (lab: Lab, machine: WiredMachine) => lab.images[machine.memory] as Image;
