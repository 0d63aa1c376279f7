import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunOptions, run } from '../command.js';
import { quote } from '../quote.js';
import { earlyInit } from './early-init.js';
import type { Recipe } from './recipe.js';

/** Where the parts of an image lie inside its directory. */
export const imageFiles = (directory: string) => ({
  kernel: join(directory, 'kernel'),
  initrd: join(directory, 'initrd'),
  disk: join(directory, 'disk.raw'),
});

/**
 * Builds kernel, initrd and disk of a recipe into an empty directory, as root or as an ordinary user;
 * needs the Debian archive. Takes one to two minutes.
 */
export async function buildImage(recipe: Recipe, directory: string, options: RunOptions): Promise<void> {
  const tar = join(directory, 'root.tar');
  options.line?.('fetching and unpacking Debian 12');
  await run('mmdebstrap', debianArguments(recipe, tar), {
    ...options,
    seconds: 1200,
    line: text => {
      if (/^I: (running apt|download|extract|install)/.test(text)) options.line?.(text.slice(3));
    },
  });
  options.line?.('making the disk image');
  const script = join(directory, 'assemble');
  await writeFile(script, assemble(recipe));
  await writeFile(join(directory, 'init'), earlyInit);
  const isRoot = process.getuid?.() === 0;
  const [program, ...first] = isRoot ? ['sh'] : ['unshare', '--map-root-user', '--map-auto', 'sh'];
  await run(program as string, [...first, script, directory], { ...options, line: undefined, seconds: 300 });
  for (const leftover of ['root.tar', 'assemble', 'init'])
    await rm(join(directory, leftover), { force: true });
}

/** Everything that decides what comes out of a build, the state of Debian's archive apart. */
export const fingerprint = (recipe: Recipe): string[] => [
  ...debianArguments(recipe, ''),
  assemble(recipe),
  earlyInit,
];

function debianArguments(recipe: Recipe, tar: string): string[] {
  const shell = 'env LC_ALL=C DEBIAN_FRONTEND=noninteractive /bin/sh -euc';
  return [
    '--variant=minbase',
    `--include=${recipe.packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    '--dpkgopt=force-unsafe-io',
    ...recipe.steps.map(
      step => `--customize-hook=${step.inside ? `chroot "$1" ${shell} ${quote(step.run)}` : step.run}`,
    ),
    '--skip=cleanup/apt,cleanup/reproducible',
    '--format=tar',
    'bookworm',
    tar,
    ...recipe.sources,
  ];
}

/** Root of its own name space or of the workstation: unpacks the tar with its owners and makes the three files of it. */
const assemble = (recipe: Recipe) => `set -eu
cd "$1"
umask 022
mkdir root early early/bin early/proc early/sys early/dev early/root early/modules early/modules/cards
tar -x --numeric-owner --preserve-permissions --exclude='./dev/*' -f root.tar -C root
cp root/boot/lab-kernel kernel
version=$(ls root/lib/modules)
collect() {
  target=$1 number=10
  shift
  for module; do
    chroot root modprobe --set-version "$version" --show-depends "$module" | sed -n 's/^insmod //p'
  done | awk '!seen[$1]++ { print $1 }' | while read -r module; do
    cp "root$module" "$target/$number.ko"
    number=$((number + 1))
  done
}
collect early/modules ${recipe.earlyModules.join(' ')}
collect early/modules/cards ${recipe.cardModules.join(' ')}
cp "$(command -v busybox)" early/bin/busybox
cp init early/init
chmod 755 early/init early/bin/busybox
(cd early && find . | cpio --create --format=newc --quiet) | gzip -1 > initrd
rm -rf root/boot/* early
truncate --size=${recipe.diskMegabytes}M disk.raw
mke2fs -q -t ext4 -L root -J size=16 -E lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 -d root disk.raw
chmod 644 kernel initrd disk.raw
rm -rf root
`;
