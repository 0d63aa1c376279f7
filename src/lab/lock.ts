import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LabError } from './spec.js';

/**
 * Does something while holding a lock that only one process has at a time; the kernel takes it back when that
 * process ends, however it ends. `waiting` is called when another process holds it.
 */
export async function whileLocked<T>(
  file: string,
  action: () => Promise<T>,
  options: { waiting?: () => void; signal?: AbortSignal } = {},
): Promise<T> {
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; cat > /dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const soon = setTimeout(() => options.waiting?.(), 300);
  const giveUp = () => holder.stdin.end();
  options.signal?.addEventListener('abort', giveUp, { once: true });
  holder.stdin.on('error', () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: holder.stdout }).once('line', () => resolve());
      holder.once('error', reject);
      holder.once('close', () => reject(new LabError(`cannot lock ${file}`)));
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
    });
    clearTimeout(soon);
    return await action();
  } finally {
    clearTimeout(soon);
    options.signal?.removeEventListener('abort', giveUp);
    giveUp();
  }
}
