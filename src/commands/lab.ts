import { spawn } from 'node:child_process';
import { labCapture } from '../lab/capture.js';
import { labDown } from '../lab/down.js';
import { labFault } from '../lab/fault.js';
import { labReboot } from '../lab/reboot.js';
import { labReset } from '../lab/reset.js';
import { type Fault, LabError, type Tell } from '../lab/spec.js';
import { labStatus } from '../lab/status.js';
import { labUp } from '../lab/up.js';
import { wiring } from '../lab/wiring.js';
import { jsonText } from '../report/json-text.js';
import { loadTopology } from '../topology/load.js';
import type { Io } from './io.js';
import { labDirectory } from './lab-directory.js';

export interface LabOptions {
  file: string;
  bare?: boolean;
  inband?: boolean;
  json?: boolean;
  seconds?: number;
}

type LabCommand = (words: readonly string[], options: LabOptions, io: Io) => Promise<number>;

const directoryOf = (options: LabOptions) => labDirectory(loadTopology(options.file).name);

const teller =
  (io: Io): Tell =>
  ({ machine, text }) =>
    io.err(`[${machine ?? 'lab'}] ${text}\n`);

const up: LabCommand = async (_, options, io) => {
  const topology = loadTopology(options.file);
  const directory = labDirectory(topology.name);
  const spec = wiring(topology, directory, {
    image: options.bare ? 'bare' : 'ready',
    inband: options.inband ?? false,
  });
  const { sshConfig } = await labUp(spec, teller(io), { abort: io.signal });
  io.out(`${spec.machines.length} machines are up: ${spec.machines.map(({ name }) => name).join(', ')}.\n`);
  io.out(
    `Next: lvsctl plan --lab -f ${options.file}     (or any tool: ssh -F ${sshConfig} ${spec.machines[0]!.name})\n`,
  );
  return 0;
};

const down: LabCommand = async (_, options, io) => {
  await labDown(directoryOf(options));
  io.out('The lab is down.\n');
  return 0;
};

const status: LabCommand = async (_, options, io) => {
  const machines = await labStatus(directoryOf(options));
  if (options.json) {
    io.out(`${jsonText(machines)}\n`);
    return 0;
  }
  const longest = Math.max(0, ...machines.map(({ name }) => name.length));
  for (const { name, state, port, pid } of machines) {
    io.out(
      `${name.padEnd(longest)}  ${state.padEnd(8)}${port ? `  127.0.0.1:${port}` : ''}${pid ? `  pid ${pid}` : ''}\n`,
    );
  }
  return 0;
};

const reset: LabCommand = async (hosts, options, io) => {
  await labReset(directoryOf(options), hosts.length > 0 ? [...hosts] : undefined, teller(io));
  io.out('As they were at first.\n');
  return 0;
};

const reboot: LabCommand = async (hosts, options, io) => {
  await labReboot(directoryOf(options), hosts.length > 0 ? [...hosts] : undefined);
  io.out('Rebooted.\n');
  return 0;
};

const ssh: LabCommand = async ([host, ...command], options) => {
  const child = spawn('ssh', ['-F', `${directoryOf(options)}/ssh_config`, host!, ...command], {
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve(code ?? 1));
  });
};

const fault: LabCommand = async ([host, word, value], options, io) => {
  await labFault(directoryOf(options), host!, faultOf(word!, value));
  io.out(`${host}: ${word}${value ? ` ${value}` : ''} has taken effect.\n`);
  return 0;
};

const capture: LabCommand = async ([host, card, ...filter], options, io) => {
  const seconds = options.seconds ?? 10;
  io.err(`What passes ${card} of ${host} for ${seconds} s:\n`);
  await labCapture(directoryOf(options), host!, card!, {
    seconds,
    ...(filter.length > 0 && { filter: filter.join(' ') }),
    out: process.stdout,
  });
  return 0;
};

function faultOf(word: string, value: string | undefined): Fault {
  switch (word) {
    case 'kill':
    case 'start':
    case 'pause':
    case 'resume':
    case 'full-disk':
    case 'free-disk':
      return { kind: word };
    case 'plug':
    case 'unplug':
      if (value) return { kind: word, interface: value };
      throw new LabError(`${word} needs the interface: lvsctl lab fault HOST ${word} ens33`);
    case 'clock':
      if (value && /^[+-]?\d+$/.test(value)) return { kind: 'clock', offset: Number(value) };
      throw new LabError('clock needs an offset in seconds: lvsctl lab fault HOST clock -- -3600');
    default:
      throw new LabError(
        `there is no fault ${word}: kill, start, pause, resume, unplug IF, plug IF, full-disk, free-disk, clock SECONDS`,
      );
  }
}

export const labCommands = { up, down, status, reset, reboot, ssh, fault, capture };
