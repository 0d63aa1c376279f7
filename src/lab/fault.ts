import { asRoot } from './channel.js';
import { setClock } from './clock.js';
import { bootMachine, machineSockets, stopMachine } from './machine.js';
import { withMonitor } from './qmp.js';
import { awaitBoot } from './reboot.js';
import { type Fault, LabError } from './spec.js';
import { type Lab, machineOf, readLab, recall } from './state.js';
import type { WiredMachine } from './wired-machine.js';

/** Where a full disk's filling lies in the guest. */
const filling = '/var/tmp/lab-full-disk';

/** Does something bad to a machine, or takes it back; returns when it has been seen to have taken effect. */
export async function labFault(directory: string, machine: string, fault: Fault): Promise<void> {
  const lab = await readLab(directory);
  const target = machineOf(lab, machine);
  const runs = (await recall(directory, `guest-${machine}`)) !== undefined;
  if (fault.kind === 'start' && runs) throw new LabError(`${machine} is switched on already`);
  if (fault.kind !== 'start' && !runs)
    throw new LabError(`${machine} is switched off: lvsctl lab fault ${machine} start`);
  await acts[fault.kind](lab, target, fault as never);
}

type Acts = {
  [K in Fault['kind']]: (
    lab: Lab,
    machine: WiredMachine,
    fault: Extract<Fault, { kind: K }>,
  ) => Promise<void>;
};

const acts: Acts = {
  kill: (lab, machine) => stopMachine(lab, machine),
  async start(lab, machine) {
    await bootMachine(lab, machine);
    await awaitBoot(lab, machine);
  },
  pause: (lab, machine) => setRunning(lab, machine, false),
  async resume(lab, machine) {
    await setRunning(lab, machine, true);
    await setClock(machineSockets(lab, machine.name).channel);
  },
  unplug: (lab, machine, { interface: name }) => setLink(lab, machine, name, false),
  plug: (lab, machine, { interface: name }) => setLink(lab, machine, name, true),
  async 'full-disk'(lab, machine) {
    await inGuest(lab, machine, fillDisk);
  },
  async 'free-disk'(lab, machine) {
    await inGuest(lab, machine, `rm -f ${filling} && echo test > ${filling}.test && rm ${filling}.test`);
  },
  clock: (lab, machine, { offset }) => setClock(machineSockets(lab, machine.name).channel, offset),
};

/** The management card's name in every guest; its cable is that of SSH. */
const MANAGEMENT = 'mgmt0';

/** First in large pieces, which cost nothing, then byte by byte until even one more has no room. */
const fillDisk = `
sync
free=$(stat --file-system --format='%f %S' / | { read blocks size; echo $((blocks * size / 1024)); })
for size in $free $((free * 9 / 10)) $((free / 2)); do
  fallocate --length \${size}K ${filling} 2>/dev/null && break
done
dd if=/dev/zero of=${filling} oflag=append conv=notrunc bs=64K 2>/dev/null
dd if=/dev/zero of=${filling} oflag=append conv=notrunc bs=512 2>/dev/null
sync
if head -c 65536 /dev/zero > ${filling}.test 2>/dev/null; then rm ${filling}.test; echo 'there is still room'; exit 1; fi
rm -f ${filling}.test
`;

async function setRunning(lab: Lab, machine: WiredMachine, running: boolean): Promise<void> {
  await withMonitor(machineSockets(lab, machine.name).qmp, async monitor => {
    await monitor.ask(running ? 'cont' : 'stop');
    const state = (await monitor.ask('query-status')) as { running: boolean };
    if (state.running !== running)
      throw new LabError(`${machine.name} did not ${running ? 'resume' : 'pause'}`);
  });
}

async function setLink(lab: Lab, machine: WiredMachine, name: string, up: boolean): Promise<void> {
  const cards = [machine.inband ? undefined : MANAGEMENT, ...machine.nics.map(nic => nic.interface)];
  const card = cards.indexOf(name);
  if (card < 0) {
    const names = cards.filter(Boolean).join(', ');
    throw new LabError(`${machine.name} has no card ${name}: it has ${names}`);
  }
  await withMonitor(machineSockets(lab, machine.name).qmp, monitor =>
    monitor.ask('set_link', { name: `card${card}`, up }),
  );
  await inGuest(lab, machine, awaitCarrier(name, up));
}

/** A card that is down tells nothing of its cable, so for that one what QEMU answered counts. */
const awaitCarrier = (name: string, up: boolean) => `
tries=0
while carrier=$(cat /sys/class/net/${name}/carrier 2>/dev/null); do
  [ "$carrier" = ${up ? 1 : 0} ] && exit 0
  tries=$((tries + 1))
  [ $tries -lt 50 ] || { echo 'carrier is still '$carrier; exit 1; }
  sleep 0.1
done
`;

const inGuest = (lab: Lab, machine: WiredMachine, script: string) =>
  asRoot(machineSockets(lab, machine.name).channel, script, 60);
