import { connectPatiently, readLines } from './socket.js';
import { LabError } from './spec.js';

/** One conversation with a guest's QEMU. */
export interface Monitor {
  /** Runs one QMP command and gives what it returns; its error becomes an error. */
  ask(command: string, argument?: Record<string, unknown>): Promise<unknown>;
  close(): void;
}

/** Connects to the monitor socket of a QEMU, which may still be starting; gives up after `seconds`. */
export async function openMonitor(
  path: string,
  seconds = 10,
  alive?: () => Promise<boolean>,
): Promise<Monitor> {
  const socket = await connectPatiently(path, seconds, alive);
  const lines = readLines(socket, seconds);
  const next = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const message = JSON.parse(await lines.next()) as Record<string, unknown>;
      if (!('event' in message)) return message;
    }
  };
  const ask: Monitor['ask'] = async (command, argument) => {
    socket.write(`${JSON.stringify({ execute: command, arguments: argument })}\n`);
    const answer = await next();
    if ('error' in answer)
      throw new LabError(`QEMU refused ${command}: ${(answer.error as { desc: string }).desc}`);
    return answer.return;
  };
  try {
    await next();
    await ask('qmp_capabilities');
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { ask, close: () => socket.destroy() };
}

/** Opens the monitor for as long as `use` takes. */
export async function withMonitor<T>(path: string, use: (monitor: Monitor) => Promise<T>): Promise<T> {
  const monitor = await openMonitor(path);
  try {
    return await use(monitor);
  } finally {
    monitor.close();
  }
}
