import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeCertificate } from './certificate.js';
import { clear, endProcesses } from './down.js';
import { type Image, image } from './image/cache.js';
import { keysOf, makeKey } from './keys.js';
import { restoreMachine } from './machine.js';
import { freePorts } from './port.js';
import { startSegment } from './segment.js';
import { LabError, type LabSpec, type Tell } from './spec.js';
import { knownHosts, sshConfig } from './ssh-config.js';
import { type Lab, labFiles, remember, writeLab } from './state.js';
import { machineFiles, segmentsOf, type WiredMachine, wire } from './wired-machine.js';
import { checkWorkstation } from './workstation.js';

/**
 * Starts a lab and gives what ssh needs to reach it; every machine is ready when this returns. When it fails or is
 * aborted, all that it started is ended and its directory is gone.
 */
export async function labUp(
  wanted: LabSpec,
  tell: Tell,
  options: { abort?: AbortSignal } = {},
): Promise<{ sshConfig: string; knownHosts: string }> {
  const { abort } = options;
  const spec = { ...wanted, directory: resolve(wanted.directory) };
  await checkWorkstation();
  const machines = wire(spec);
  await refuseUsed(spec.directory);
  const images: Record<string, Image> = {};
  for (const memory of new Set(machines.map(machine => machine.memory))) {
    images[memory] = await image(spec.image, memory, { signal: abort, line: text => tell({ text }) });
  }
  const sockets = await mkdtemp(join(tmpdir(), 'lvsctl-lab-'));
  const lab: Lab = { spec, machines: await withPorts(machines), images, sockets };
  try {
    await claimDirectory(lab);
  } catch (error) {
    await rm(sockets, { recursive: true, force: true });
    throw error;
  }
  try {
    await writeKeys(lab);
    await makeCertificate(spec.directory, machines);
    for (const [index, segment] of segmentsOf(spec).entries()) {
      await remember(spec.directory, `segment-${index}`, await startSegment(lab, segment));
    }
    await startAll(lab, tell, abort);
  } catch (error) {
    await clear(lab);
    throw error;
  }
  const files = labFiles(spec.directory);
  return { sshConfig: files.sshConfig, knownHosts: files.knownHosts };
}

async function refuseUsed(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((): string[] => []);
  if (entries.includes('lab.json')) throw used(directory);
  if (entries.length > 0) {
    throw new LabError(`${directory} holds other files: name an empty directory for the lab`);
  }
}

const used = (directory: string) =>
  new LabError(`a lab is already running in ${directory}: use it, or end it with lvsctl lab down`);

async function claimDirectory(lab: Lab): Promise<void> {
  await mkdir(lab.spec.directory, { recursive: true, mode: 0o700 });
  await writeLab(lab).catch(error => {
    throw error.code === 'EEXIST' ? used(lab.spec.directory) : error;
  });
}

async function withPorts(machines: WiredMachine[]): Promise<WiredMachine[]> {
  const ports = await freePorts(machines.length);
  return machines.map((machine, index) => (machine.inband ? machine : { ...machine, port: ports[index] }));
}

async function writeKeys({ spec, machines }: Lab): Promise<void> {
  const files = labFiles(spec.directory);
  await makeKey(files.loginKey, `lab ${spec.name}`);
  await Promise.all(
    machines.map(async ({ name }) => {
      const { home, hostKey } = machineFiles(spec.directory, name);
      await mkdir(home, { recursive: true });
      await makeKey(hostKey, name);
    }),
  );
  const keys = await Promise.all(
    machines.map(async ({ name }) => ({ name, hostPublic: (await keysOf(spec.directory, name)).hostPublic })),
  );
  await writeFile(files.knownHosts, knownHosts(keys));
  const paths = { config: files.sshConfig, knownHosts: files.knownHosts, loginKey: files.loginKey };
  await writeFile(files.sshConfig, sshConfig(machines, paths));
}

async function startAll(lab: Lab, tell: Tell, abort?: AbortSignal): Promise<void> {
  const endStarted = () => void endProcesses(lab).catch(() => {});
  abort?.addEventListener('abort', endStarted, { once: true });
  const outcomes = await Promise.allSettled(
    lab.machines.map(async machine => {
      abort?.throwIfAborted();
      tell({ machine: machine.name, text: 'starting' });
      await restoreMachine(lab, machine);
      tell({ machine: machine.name, text: 'ready' });
    }),
  );
  abort?.removeEventListener('abort', endStarted);
  abort?.throwIfAborted();
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${lab.machines[index]?.name}: ${outcome.reason.message}`] : [],
  );
  if (failures.length > 0) throw new LabError(failures.join('\n'));
}
