import { createServer } from 'node:net';
import { LabError } from './spec.js';

/**
 * Finds so many free ports of 127.0.0.1, below the range that outgoing connections use, so that they stay free
 * while a machine is switched off.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count && tries < 2000; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!found.includes(port) && (await isFree(port))) found.push(port);
  }
  if (found.length < count) throw new LabError('no free ports on 127.0.0.1 between 20000 and 32000');
  return found;
}

const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
