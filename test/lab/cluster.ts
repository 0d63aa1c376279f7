import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot } from '../../src/lab/channel.js';
import { labDown } from '../../src/lab/down.js';
import { labFault } from '../../src/lab/fault.js';
import { labReboot } from '../../src/lab/reboot.js';
import { labReset } from '../../src/lab/reset.js';
import type { Fault, LabSpec } from '../../src/lab/spec.js';
import { readLab } from '../../src/lab/state.js';
import { labUp } from '../../src/lab/up.js';
import { wiring } from '../../src/lab/wiring.js';
import { loadTopology } from '../../src/topology/load.js';

/** What a run of lvsctl came to. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A lab with a topology file of its own, and what a story does with it. */
export interface Cluster {
  /** The topology file, free to be edited. */
  file: string;
  /** The lab's directory. */
  directory: string;
  spec: LabSpec;
  /** Runs `lvsctl VERB -f FILE -F the lab's ssh_config MORE`, the built one, as a user would. */
  lvsctl(verb: string, ...more: string[]): Promise<Ran>;
  /** Runs a shell script as root on a machine, past SSH; throws when it fails. Gives its output. */
  on(machine: string, script: string, seconds?: number): Promise<string>;
  /** Rewrites the topology file. */
  edit(change: (yaml: string) => string): Promise<void>;
  /** Sends GETs from the client one after the other, each on a connection of its own: bodies, or `-` for none. */
  requests(count: number, url?: string): Promise<string[]>;
  fault(machine: string, fault: Fault): Promise<void>;
  reboot(machines?: string[]): Promise<void>;
  reset(machines?: string[]): Promise<void>;
  down(): Promise<void>;
}

/** The clusters that are up and have not been looked at for a step that failed. */
export const standing = new Set<Cluster>();

/** Starts a lab for a topology text (an inventory's by name, as `edit` makes it). */
export async function cluster(
  topology: string,
  options: { image?: LabSpec['image']; inband?: boolean; edit?: (yaml: string) => string } = {},
): Promise<Cluster> {
  const isName = /^[a-z-]+$/.test(topology);
  const written = isName ? await readFile(`inventories/${topology}.yaml`, 'utf8') : topology;
  const yaml = options.edit?.(written) ?? written;
  const home = await mkdtemp(join(tmpdir(), 'story-'));
  const file = join(home, 'cluster.yaml');
  await writeFile(file, yaml);
  // Scripts and secrets lie beside the topology, in a folder of its name.
  if (isName && existsSync(`inventories/${topology}`))
    await cp(`inventories/${topology}`, join(home, topology), { recursive: true });
  const directory = join(home, 'lab');
  const spec = wiring(loadTopology(file), directory, {
    image: options.image ?? 'ready',
    inband: options.inband ?? false,
  });
  const { sshConfig } = await labUp(spec, () => {});
  const lab = await readLab(directory);
  const on = (machine: string, script: string, seconds = 60) =>
    asRoot(`${lab.sockets}/${machine}.channel`, script, seconds);
  const started: Cluster = {
    file,
    directory,
    spec,
    on,
    lvsctl: (verb, ...more) =>
      run([
        process.env.LVSCTL_BIN ?? 'dist/cli.js',
        ...verb.split(' '),
        '-f',
        file,
        '-F',
        sshConfig,
        ...more,
      ]),
    edit: async change => writeFile(file, change(await readFile(file, 'utf8'))),
    requests: async (count, url = 'http://12.0.0.1/') => {
      const get = `curl -s -f -m 10 '${url}' || echo -`;
      const bodies = await on('client', `for i in $(seq ${count}); do ${get}; done`, 30 + 11 * count);
      return bodies.trim().split('\n');
    },
    fault: (machine, fault) => labFault(directory, machine, fault),
    reboot: machines => labReboot(directory, machines),
    reset: machines => labReset(directory, machines, () => {}),
    down: async () => {
      standing.delete(started);
      await labDown(directory);
      await rm(home, { recursive: true, force: true });
    },
  };
  standing.add(started);
  return started;
}

/** Runs a node program and waits for it. */
export function run(words: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', CI: 'true', ...environment },
    });
    const parts = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', text => {
      parts.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      parts.err += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code: code ?? -1, ...parts }));
  });
}

/** The plan of a cluster as lines `host kind key`, with its exit code; reads the JSON that users get. */
export async function planned(cluster: Cluster, ...more: string[]): Promise<string[]> {
  const { out, err, code } = await cluster.lvsctl('plan', '--json', ...more);
  if (code !== 0) throw new Error(`plan ended with ${code}\n${out}\n${err}`);
  const plan = JSON.parse(out) as {
    resource_changes: { host: string; type: string; name: string; change: { actions: string[] } }[];
  };
  return plan.resource_changes.map(({ host, type, name }) => `${host} ${type} ${name}`);
}

/** Applies, and throws with all that was printed when it did not go through. */
export async function applied(cluster: Cluster, ...more: string[]): Promise<Ran> {
  const ran = await cluster.lvsctl('apply', '--auto-approve', ...more);
  if (ran.code !== 0) throw new Error(`apply ended with ${ran.code}\n${ran.out}\n${ran.err}`);
  return ran;
}
