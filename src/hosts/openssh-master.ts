import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lineFault, timedOut } from './connect-faults.js';
import { lastWords, opensshFault } from './openssh-faults.js';
import type { Master, Start } from './openssh-link.js';

/**
 * Holds ssh and takes it and its folder away when its standard input ends: we let go, or are no more. It must not hear
 * our terminal's Ctrl-C, which asks lvsctl to end in good order.
 */
const LEASH = `folder=$1; shift
"$@" </dev/null & ssh=$!
exec 2>/dev/null
read -r _
ssh -F none -S "$folder/s" -O exit lvsctl
kill "$ssh"
wait "$ssh"
rm -rf "$folder"`;

/** Connects and logs in. Throws Unreachable, or Dropped when a new try may help. */
export async function startMaster(start: Start): Promise<Master> {
  const { options, label, limit, jump, signal } = start;
  const environment: NodeJS.ProcessEnv = {
    ...start.environment,
    LC_ALL: 'C',
    ...(jump && { LVSCTL_VIA: `[${options.hostname}]:${options.port}` }),
  };
  const folder = await mkdtemp(join(base(), 'lvsctl-'));
  const [socket, logFile] = [join(folder, 's'), join(folder, 'log')];
  const words = ['-N', '-T', '-S', socket, '-E', logFile, ...settings(start)];
  const command = ['ssh', ...words, ...options.words, '--', options.host];
  const leash = spawn('sh', ['-c', LEASH, 'lvsctl', folder, ...command], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: environment,
  });

  let ended: string | undefined;
  let said = '';
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const drop = () => {
    ended ??= 'closed';
    leash.stdin.end();
    leash.unref();
    for (const pipe of [leash.stdin, leash.stderr]) (pipe as Socket).unref();
  };
  leash.on('error', ({ message }) => {
    ended ??= message;
    rmdirSync(folder);
  });
  leash.stdin.on('error', () => {});
  leash.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-1000);
  });
  leash.stderr.on('close', () => {
    ended ??= lastWords(log()) ?? 'closed';
  });

  const until = Date.now() + 2000 * limit;
  try {
    // The socket is there once we are logged in.
    while (!existsSync(socket)) {
      if (signal.aborted)
        throw lineFault(Object.assign(new Error(), { code: 'ABORT' }), options, label, limit);
      if (ended !== undefined) throw await opensshFault(log(), said, start);
      if (Date.now() > until) throw timedOut(label, limit);
      await delay(20);
    }
  } catch (error) {
    drop();
    throw error;
  }
  return { options, limit, folder, socket, environment, log, ended: () => ended, drop };
}

/** The ProxyCommand that goes through a jump host. The target comes by the environment: the user's shell reads this text. */
function through({ socket }: Master): string {
  return `ssh -F none -o ProxyCommand=false -W "$LVSCTL_VIA" -S ${socket} lvsctl`;
}

/** The settings that are ours, above all that ssh_config says. */
function settings({ options, limit, jump, acceptNew }: Start): string[] {
  const accepts = acceptNew || options.strict === 'accept-new' || options.strict === 'no';
  return [
    'LogLevel=DEBUG1',
    'FingerprintHash=sha256',
    'BatchMode=yes',
    `StrictHostKeyChecking=${accepts ? 'accept-new' : 'yes'}`,
    `ConnectTimeout=${Math.max(1, Math.ceil(limit))}`,
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
    'ControlMaster=yes',
    'ControlPersist=no',
    'ClearAllForwardings=yes',
    ...(jump ? ['ProxyUseFdpass=no', `ProxyCommand=${through(jump)}`] : []),
  ].flatMap(setting => ['-o', setting]);
}

/** Where sockets may be: the path of one has no more than 108 bytes (unix(7)), 17 of which ssh adds for a while. */
function base(): string {
  const usual = tmpdir();
  return usual.length <= 60 && /^[\w./-]+$/.test(usual) ? usual : '/tmp';
}
