import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './spec.js';

/** Waits until an sshd greets at a port of 127.0.0.1: far cheaper for an emulated guest than to log in. */
export async function awaitGreeting(port: number, seconds: number): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  while (!(await greets(port))) {
    if (Date.now() > limit) throw new LabError(`no sshd answers at 127.0.0.1:${port}`);
    await sleep(200);
  }
}

async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(10_000, () => socket.destroy(new Error('silent')));
  try {
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    return greeting.toString().startsWith('SSH-2.0');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
