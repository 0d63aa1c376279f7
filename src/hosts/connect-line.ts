import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type ssh2 from 'ssh2';
import { jumpLost, lineFault, notForwarded } from './connect-faults.js';
import type { Line, Login } from './line.js';
import type { HostOptions } from './ssh-config-options.js';

/** A TCP connection of our own; `limit` in seconds. */
export function dial(options: HostOptions, label: string, limit: number, signal: AbortSignal): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: options.hostname,
      port: options.port,
      localAddress: options.bindAddress,
      family: options.family,
      autoSelectFamily: options.family === 0,
      autoSelectFamilyAttemptTimeout: Math.max(250, limit * 500),
      noDelay: true,
    });
    const drop = () => socket.destroy();
    const give = (error: NodeJS.ErrnoException) => {
      clearTimeout(patience);
      drop();
      reject(lineFault(error, options, label, limit));
    };
    const patience = setTimeout(() => give(Object.assign(new Error(), { code: 'ETIMEDOUT' })), limit * 1000);
    const stop = () => give(Object.assign(new Error(), { code: 'ABORT' }));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    socket.on('error', give);
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('connect', () => {
      clearTimeout(patience);
      socket.off('error', give);
      socket.on('error', () => {});
      resolve({ stream: socket, drop });
    });
  });
}

/** The standard input and output of a ProxyCommand, run by the user's shell as ssh does. */
export function proxied(command: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Line {
  const shell = environment.SHELL || '/bin/sh';
  const child = spawn(shell, ['-c', `exec ${command}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  const drop = () => {
    stream.destroy();
    child.kill('SIGHUP');
  };
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-300);
  });
  child.on('error', () => stream.destroy());
  stream.on('error', () => {});
  signal.addEventListener('abort', drop);
  if (signal.aborted) drop();
  child.once('close', () => signal.removeEventListener('abort', drop));
  const ended = new Promise(resolve => child.once('close', resolve));
  return {
    stream,
    drop,
    said: async () => {
      await Promise.race([ended, delay(1000)]);
      return said.trim().split('\n').at(-1)!;
    },
  };
}

/** A channel that a jump host opens to the target's sshd; `limit` in seconds. */
export async function forwarded(
  { client, ended, options: { host } }: Login & { options: HostOptions },
  options: HostOptions,
  label: string,
  limit: number,
): Promise<Line> {
  try {
    const stream = await forward(client, options.hostname, options.port, limit);
    return { stream, drop: () => stream.destroy() };
  } catch (error) {
    const { reason, message } = error as Error & { reason?: number };
    const why = ended();
    throw why === undefined ? notForwarded(host, options, label, message, reason === 1) : jumpLost(host, why);
  }
}

/** A TCP connection opened by the host at the other end (direct-tcpip); `limit` in seconds. */
export function forward(
  client: ssh2.Client,
  address: string,
  port: number,
  limit: number,
): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const settle = (end: () => void) => {
      if (waiting) end();
      waiting = false;
      clearTimeout(patience);
    };
    const patience = setTimeout(
      () => settle(() => reject(new Error(`no answer within ${limit} s`))),
      limit * 1000,
    );
    const opened = (
      error: (Error & { reason?: number | string }) | undefined,
      channel: ssh2.ClientChannel,
    ) => {
      channel?.on('error', () => {});
      if (!waiting) channel?.destroy();
      settle(() => {
        if (!error) return resolve(channel);
        const message = error.message.replace(/^\(SSH\) Channel open failure: /, '');
        reject(Object.assign(new Error(message), { reason: error.reason }));
      });
    };
    try {
      client.forwardOut('127.0.0.1', 0, address, port, opened);
    } catch (error) {
      settle(() => reject(error));
    }
  });
}
