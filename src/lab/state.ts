import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Image } from './image/cache.js';
import { identify, isAlive, type Process } from './process.js';
import { LabError, type LabSpec } from './spec.js';
import type { WiredMachine } from './wired-machine.js';

/** All that is known of a lab that was started, kept in its directory. */
export interface Lab {
  spec: LabSpec;
  machines: WiredMachine[];
  /** By MiB of memory. */
  images: Record<string, Image>;
  /** Short path for unix sockets, which cannot lie deep. */
  sockets: string;
}

/** Where the files of a lab lie. */
export const labFiles = (directory: string) => ({
  state: join(directory, 'lab.json'),
  processes: join(directory, 'processes'),
  sshConfig: join(directory, 'ssh_config'),
  knownHosts: join(directory, 'known_hosts'),
  loginKey: join(directory, 'id_ed25519'),
  certificate: join(directory, 'certificate.pem'),
  certificateKey: join(directory, 'certificate.key'),
});

/** Reads the state of the lab in a directory; none there is an error that says how to start one. */
export async function readLab(directory: string): Promise<Lab> {
  const text = await readFile(labFiles(directory).state, 'utf8').catch(() => undefined);
  if (text === undefined) throw new LabError(`there is no lab in ${directory}: start one with lvsctl lab up`);
  return JSON.parse(text) as Lab;
}

/** Writes the state of a new lab; EEXIST when another lab has come first. */
export async function writeLab(lab: Lab): Promise<void> {
  await writeFile(labFiles(lab.spec.directory).state, JSON.stringify(lab, undefined, 2), { flag: 'wx' });
}

/** The machine of a lab that has this name; another name is an error that lists the right ones. */
export function machineOf(lab: Lab, name: string): WiredMachine {
  const machine = lab.machines.find(candidate => candidate.name === name);
  if (machine) return machine;
  const names = lab.machines.map(candidate => candidate.name).join(', ');
  throw new LabError(`the lab has no machine ${name}: it has ${names}`);
}

/** The machines with these names, or all. */
export const machinesOf = (lab: Lab, names?: string[]): WiredMachine[] =>
  names ? names.map(name => machineOf(lab, name)) : lab.machines;

/** Remembers a process of the lab under a name, so that it can be ended later and nothing else. */
export async function remember(directory: string, name: string, process: Process): Promise<void> {
  await writeWhole(join(labFiles(directory).processes, `${name}.json`), JSON.stringify(process));
}

/** The process remembered under a name, if it still runs. */
export async function recall(directory: string, name: string): Promise<Process | undefined> {
  const text = await readFile(join(labFiles(directory).processes, `${name}.json`), 'utf8').catch(
    () => undefined,
  );
  if (!text) return undefined;
  const process = JSON.parse(text) as Process;
  return (await isAlive(process)) ? process : undefined;
}

/** The process that wrote its number into a file. */
export async function fromPidFile(path: string): Promise<Process | undefined> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  return pid > 0 ? identify(pid) : undefined;
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
