import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { accelerator } from '../accelerator.js';
import { type RunOptions, run } from '../command.js';
import { whileLocked } from '../lock.js';
import { kernelLine } from '../qemu-arguments.js';
import { buildImage, fingerprint, imageFiles } from './build.js';
import { type ImageKind, recipe } from './recipe.js';
import { growSeed, seedFiles, settle } from './seed.js';

/** What guests of one kind and size start from. */
export interface Image {
  accelerator: 'kvm' | 'tcg';
  kernel: string;
  initrd: string;
  seedDisk: string;
  seedState: string;
}

/** Where images are kept: outside the repository, so that a fresh clone finds them. */
export const cacheDirectory = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lvsctl', 'lab');

/**
 * Gives an image for guests with so many MiB of memory, built when the cache does not hold it: minutes the first time,
 * nothing later. Two processes that ask at once build it once; an interrupted build leaves nothing half done.
 */
export async function image(kind: ImageKind, memory: number, options: RunOptions): Promise<Image> {
  const made = recipe(kind);
  const key = createHash('sha256')
    .update(JSON.stringify(fingerprint(made)))
    .digest('hex')
    .slice(0, 16);
  const directory = join(cacheDirectory(), `${kind}-${key}`);
  await once(directory, options, fresh => buildImage(made, fresh, options));
  const { kernel, initrd } = imageFiles(directory);
  const version = (await run('qemu-system-x86_64', ['--version'])).split('\n')[0] ?? '';
  const how = await accelerator({ kernel, initrd }, version, cacheDirectory());
  const soil = createHash('sha256')
    .update(version + settle + kernelLine)
    .digest('hex')
    .slice(0, 8);
  const seed = join(directory, `seed-${how}-${memory}-${soil}`);
  await once(seed, options, async fresh => {
    const sockets = await mkdtemp(join(tmpdir(), 'lvsctl-seed-'));
    await growSeed(directory, { accelerator: how, memory }, fresh, sockets, options);
  });
  const { disk, state } = seedFiles(seed);
  return { accelerator: how, kernel, initrd, seedDisk: disk, seedState: state };
}

async function once(
  directory: string,
  options: RunOptions,
  build: (fresh: string) => Promise<void>,
): Promise<void> {
  if (await exists(directory)) return;
  const parent = join(directory, '..');
  await mkdir(parent, { recursive: true });
  const waiting = () => options.line?.('waiting for another process that builds this image');
  await whileLocked(
    `${directory}.lock`,
    async () => {
      if (await exists(directory)) return;
      await removeHalfDone(parent, `${directory}.`);
      const fresh = await mkdtemp(`${directory}.building-`);
      try {
        await build(fresh);
        await rename(fresh, directory);
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
    },
    { waiting, signal: options.signal },
  );
}

async function removeHalfDone(parent: string, prefix: string): Promise<void> {
  const paths = (await readdir(parent)).map(name => join(parent, name));
  const leftovers = paths.filter(path => path.startsWith(`${prefix}building-`));
  for (const path of leftovers) await rm(path, { recursive: true, force: true });
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
