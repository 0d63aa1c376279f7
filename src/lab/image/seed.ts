import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asRoot, awaitChannel } from '../channel.js';
import { type RunOptions, run } from '../command.js';
import { end, type Process } from '../process.js';
import { startQemu } from '../qemu.js';
import { cardCount, type Hardware, pciAddress } from '../qemu-arguments.js';
import { withMonitor } from '../qmp.js';
import { LabError } from '../spec.js';
import { imageFiles } from './build.js';

/** Where the parts of a seed lie: a guest that has booted, frozen. */
export const seedFiles = (directory: string) => ({
  disk: join(directory, 'disk.qcow2'),
  state: join(directory, 'state'),
});

/**
 * Boots an image once and freezes it, so that every guest starts from there in seconds. The frozen guest has no
 * network card (their driver is held back) and no sshd: both start with the addresses and keys of the guest it becomes.
 */
export async function growSeed(
  image: string,
  machine: Pick<Hardware, 'accelerator' | 'memory'>,
  directory: string,
  sockets: string,
  options: RunOptions,
): Promise<void> {
  const { disk, state } = seedFiles(directory);
  const parts = imageFiles(image);
  await mkdir(sockets, { recursive: true });
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', parts.disk, disk], options);
  const hardware: Hardware = {
    ...machine,
    name: 'seed',
    kernel: parts.kernel,
    initrd: parts.initrd,
    disk,
    qmpSocket: join(sockets, 'qmp'),
    channelSocket: join(sockets, 'channel'),
    consoleLog: join(directory, 'console.log'),
    cards: Array.from({ length: cardCount }, (_, card) => ({ mac: `52:54:00:00:00:0${card}` })),
    restore: false,
  };
  let qemu: Process | undefined;
  try {
    options.line?.('booting it once');
    const files = { log: join(directory, 'qemu.log'), state, lock: join(sockets, 'plugging') };
    qemu = await startQemu(hardware, files, async process => {
      qemu = process;
    });
    await awaitChannel(hardware.channelSocket, 180);
    await asRoot(hardware.channelSocket, settle, 180);
    options.signal?.throwIfAborted();
    options.line?.('saving its state');
    await freeze(hardware.qmpSocket);
  } finally {
    if (qemu) await end(qemu);
    await rm(sockets, { recursive: true, force: true });
  }
}

/** Waits for the end of the boot, takes the drivers off the cards and empties what memory is free, so that little is saved. */
export const settle = `
state=$(systemctl is-system-running --wait)
[ "$state" = running ] || { echo "$state"; systemctl --failed; exit 1; }
for card in ${Array.from({ length: cardCount }, (_, card) => pciAddress(card)).join(' ')}; do
  echo $card > /sys/bus/pci/drivers/virtio-pci/unbind
done
udevadm settle
sync
free=$(sed -n 's/MemFree: *\\([0-9]*\\) .*/\\1/p' /proc/meminfo)
mount -t tmpfs -o size=100% tmpfs /mnt
head -c $((free - 16384))K /dev/zero > /mnt/zero
umount /mnt
`;

async function freeze(socket: string): Promise<void> {
  await withMonitor(socket, async monitor => {
    await monitor.ask('stop');
    await monitor.ask('migrate-set-parameters', { 'max-bandwidth': 1e10 });
    await monitor.ask('migrate', { uri: 'exec:cat > "$LAB_STATE"' });
    for (let waited = 0; waited < 120_000; waited += 100) {
      const { status } = (await monitor.ask('query-migrate')) as { status?: string };
      if (status === 'completed') {
        await monitor.ask('quit');
        return;
      }
      if (status === 'failed' || status === 'cancelled') break;
      await sleep(100);
    }
    throw new LabError('QEMU did not save the state of the seed');
  });
}
