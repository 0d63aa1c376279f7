import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import { attend, type Channel, mostChannels } from './channel.js';
import { refusal } from './openssh-faults.js';
import type { Master } from './openssh-link.js';
import type { Session } from './session.js';

/** A session on a master. `renew` opens the same host anew, `leave` ends what belongs to this session alone. */
export function opensshSession(master: Master, renew: () => Promise<Session>, leave: () => void): Session {
  const slot = pLimit(mostChannels);
  let count = 0;
  return {
    host: master.options.host,
    exec: (command, options) => slot(() => attend(start(master, command, `${++count}`), options)),
    tunnel: (address, port) => tunnel(master, address, port),
    fresh: renew,
    async close() {
      leave();
    },
  };
}

/** Never connects by itself when the master is gone, and reads no ssh_config: that was for the master. */
function client(master: Master, words: readonly string[]) {
  const own = ['-F', 'none', '-S', master.socket, '-T', '-o', 'ProxyCommand=false', '-o', 'LogLevel=DEBUG2'];
  const child = spawn('ssh', [...own, ...words], { detached: true, env: master.environment });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  return child;
}

async function start(master: Master, command: string, name: string): Promise<Channel> {
  const gone = master.ended();
  if (gone !== undefined) throw new Error(gone);
  const log = join(master.folder, name);
  const child = client(master, ['-E', log, 'lvsctl', '--', command]);
  const ended = new Promise<Awaited<Channel['ended']>>(resolve => {
    child.once('error', ({ message }) => resolve({ lost: `no command could be started: ${message}` }));
    child.once('close', (code: number | null) => {
      const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
      rmSync(log, { force: true });
      resolve(code === null || code === 255 ? unclear(said, master) : { code });
    });
  });
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, close: () => void child.kill('SIGKILL'), ended };
}

/**
 * ssh ends with 255 for errors of its own too; its log says whether the host gave that exit code (mux.c of OpenSSH). The
 * log goes with the master: without it nobody knows whether the command was begun.
 */
function unclear(log: string, master: Master): { code: number } | { lost: string } {
  if (/^debug2: Received exit status from master 255/m.test(log)) return { code: 255 };
  const why = master.ended();
  const [first] = log.split('\n').filter(line => line !== '' && !line.startsWith('debug'));
  if (first && !/^debug1: .*master session id: /m.test(log))
    return { lost: `no command could be started: ${why ?? first.trim()}` };
  return {
    lost: why ? `the connection was lost (${why})` : 'the connection was lost, or the command was killed',
  };
}

async function tunnel(master: Master, address: string, port: number): Promise<Duplex> {
  const { options, limit } = master;
  const fail = (reason: string) =>
    new Error(`${options.host} cannot connect to ${address}:${port}: ${reason}`);
  const gone = master.ended();
  if (gone !== undefined) throw fail(gone);
  const to = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const child = client(master, ['-W', to, 'lvsctl']);
  const stream = streamOf(child);
  let log = '';
  let opened = false;
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => {
      clearTimeout(patience);
      stream.destroy();
      reject(fail(reason));
    };
    const patience = setTimeout(() => refuse(`no answer within ${limit} s`), limit * 1000);
    child.once('error', ({ message }) => refuse(message));
    child.once('close', () => {
      if (!opened) refuse(master.ended() ?? refusal(master.log()) ?? 'no reason was given');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-1000);
      if (!/ master session id: \d+/.test(log)) return;
      opened = true;
      clearTimeout(patience);
      resolve(stream);
    });
  });
}

/** The pipes of a process as one stream. Not Duplex.from: that loses what is unread when the other end goes first. */
function streamOf(child: ChildProcessWithoutNullStreams): Duplex {
  const { stdin, stdout } = child;
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (part, _encoding, done) => void stdin.write(part, () => done()),
    final: done => void stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill('SIGKILL');
      done(error);
    },
  });
  stream.on('error', () => {});
  stdout.on('data', part => stream.push(part) || stdout.pause());
  stdout.on('end', () => stream.push(null));
  return stream;
}
