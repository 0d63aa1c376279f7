import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';

/** How long a guest that only says hello may take on a KVM that works; it needs about one. */
const limitSeconds = 8;

/**
 * Whether guests can use KVM: tried with a real kernel and a limit, since a /dev/kvm that exists may still hang.
 * The answer is remembered in `directory` until the workstation reboots or QEMU changes.
 */
export async function accelerator(
  boot: { kernel: string; initrd: string },
  qemuVersion: string,
  directory: string,
): Promise<'kvm' | 'tcg'> {
  const openable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!openable) return 'tcg';
  const memory = join(directory, 'accelerator');
  const occasion = `${qemuVersion} ${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}`;
  const [before, answer] = (await readFile(memory, 'utf8').catch(() => '')).split('\n');
  if (before === occasion && (answer === 'kvm' || answer === 'tcg')) return answer;
  const tried = (await saysHello(boot)) ? 'kvm' : 'tcg';
  await writeFile(memory, `${occasion}\n${tried}\n`);
  return tried;
}

async function saysHello({ kernel, initrd }: { kernel: string; initrd: string }): Promise<boolean> {
  const args = [
    ...[
      '-machine',
      'pc,accel=kvm',
      '-cpu',
      'host',
      '-m',
      '128',
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
    ],
    ...['-serial', 'stdio', '-no-reboot', '-kernel', kernel, '-initrd', initrd],
    ...['-append', 'console=ttyS0 quiet panic=-1 lab.probe'],
  ];
  const output = await run('qemu-system-x86_64', args, { seconds: limitSeconds }).catch(() => '');
  return output.includes('LAB-PROBE-OK');
}
