import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Card } from './qemu-arguments.js';
import { cardCount, managementNetwork } from './qemu-arguments.js';
import { LabError, type LabMachine, type LabSpec } from './spec.js';

/** A machine with everything decided that its name, place and wiring decide; it keeps all of it over reset and reboot. */
export interface WiredMachine extends LabMachine {
  memory: number;
  /** Port of the workstation that leads to its sshd; absent when it has no management card. */
  port?: number;
  /** Its address on the management card. */
  managementAddress: string;
  machineId: string;
  /** One per card, the management card first. */
  macs: string[];
}

export const defaultMemory = 256;

/** Gives every machine of a lab its MACs, addresses and machine-id; ports come later, when they are known to be free. */
export function wire(spec: LabSpec): WiredMachine[] {
  refuse(spec);
  const lab = createHash('sha256').update(spec.directory).digest();
  return spec.machines.map((machine, index) => ({
    ...machine,
    memory: machine.memory ?? defaultMemory,
    managementAddress: `${managementNetwork.prefix}${10 + index}`,
    machineId: createHash('md5').update(`${spec.directory}/${machine.name}`).digest('hex'),
    macs: Array.from({ length: cardCount }, (_, card) =>
      ['52', '54', ...[lab[0] as number, lab[1] as number, index + 1, card].map(hex)].join(':'),
    ),
  }));
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');

function refuse(spec: LabSpec): void {
  const names = spec.machines.map(machine => machine.name);
  const faults = [
    ...names.filter((name, at) => names.indexOf(name) !== at).map(name => `two machines are called ${name}`),
    ...names
      .filter(name => !/^[a-z0-9][a-z0-9-]{0,62}$/i.test(name))
      .map(name => `${name} is not a host name`),
    ...spec.machines
      .filter(machine => machine.nics.length > cardCount - 1)
      .map(
        machine =>
          `${machine.name} has ${machine.nics.length} networks, the lab has ${cardCount - 1} cards for it`,
      ),
    ...spec.machines
      .filter(machine => machine.inband && !names.includes(machine.inband.jump))
      .map(machine => `${machine.name} is reached through ${machine.inband?.jump}, which is not in the lab`),
    ...(names.length > 200 ? ['a lab holds at most 200 machines'] : []),
  ];
  if (faults.length > 0) throw new LabError(faults.join('\n'));
}

/** Names of the networks of a lab, each once. */
export const segmentsOf = (spec: LabSpec): string[] => [
  ...new Set(spec.machines.flatMap(machine => machine.nics.map(nic => nic.segment))),
];

/** The cards of a machine as QEMU plugs them; `sockets` names the directory of a segment's switch. */
export function cardsOf(machine: WiredMachine, sockets: (segment: string) => string): Card[] {
  return machine.macs.map((mac, index) => {
    if (index === 0) {
      return machine.port === undefined
        ? { mac }
        : {
            mac,
            plug: { kind: 'management', hostPort: machine.port, guestAddress: machine.managementAddress },
          };
    }
    const nic = machine.nics[index - 1];
    return nic ? { mac, plug: { kind: 'segment', socketDirectory: sockets(nic.segment) } } : { mac };
  });
}

/** Where the files of a machine lie. */
export function machineFiles(directory: string, name: string) {
  const home = join(directory, 'machines', name);
  return {
    home,
    disk: join(home, 'disk.qcow2'),
    log: join(home, 'qemu.log'),
    consoleLog: join(home, 'console.log'),
    hostKey: join(home, 'ssh_host_ed25519_key'),
    process: join(home, 'process.json'),
  };
}
