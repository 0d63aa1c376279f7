import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connector } from '../../src/hosts/connect.js';
import { Unreachable } from '../../src/hosts/session.js';
import { closedPort, connectorFor, home, known, knownFile, sshd, us } from './sshd.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A program that reaches `web` with ssh and then runs `hang`, as the leader of a process group of its own. */
async function program() {
  const server = await sshd({ exec: () => {} });
  const file = knownFile(known(server.port));
  const config = knownFile(
    `Host web\n  HostName 127.0.0.1\n  Port ${server.port}\n  User admin\n  IdentityFile ${us.file}\n  UserKnownHostsFile ${file}\n`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'lvsctl-t-'));
  const text = `
    import { connector } from '${join(import.meta.dirname, '../../src/hosts/connect.ts')}';
    const line = await connector({ transport: 'ssh', sshConfig: '${config}' });
    const session = await line.open('web');
    process.on('SIGINT', () => process.stdout.write('interrupted '));
    process.stdout.write('up ');
    const ended = await session.exec('hang', { limit: 60 });
    process.stdout.write(JSON.stringify(ended));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
    detached: true,
  });
  children.push(child);
  let said = '';
  child.stdout.on('data', part => {
    said += part;
  });
  await expect.poll(() => server.commands, { timeout: 20_000 }).toEqual(['hang']);
  // tsx keeps a folder of its own there.
  const masters = () => readdirSync(folder).filter(name => name.startsWith('lvsctl-'));
  return { server, child, masters, folder, said: () => said };
}

describe('the connection that ssh holds', () => {
  it('has a folder that is closed to others', async () => {
    const { masters, folder } = await program();
    expect(masters().map(name => statSync(join(folder, name)).mode & 0o777)).toEqual([0o700]);
  });

  it('ends when lvsctl is killed, and its folder goes', async () => {
    const { server, child, masters } = await program();
    expect([masters().length, server.clients.size]).toEqual([1, 1]);
    child.kill('SIGKILL');
    await expect.poll(() => [masters().length, server.clients.size], { timeout: 5000 }).toEqual([0, 0]);
  });

  it('does not hear Ctrl-C, which asks lvsctl to end in good order', async () => {
    const { server, child, masters, said } = await program();
    process.kill(-child.pid!, 'SIGINT');
    await expect.poll(said).toBe('up interrupted ');
    await new Promise(resolve => setTimeout(resolve, 300));
    expect([said(), server.clients.size]).toEqual(['up interrupted ', 1]);
    child.kill('SIGKILL');
    await expect.poll(() => masters().length, { timeout: 5000 }).toBe(0);
  });
});

describe('ssh', () => {
  it('that is missing is named, with the package', async () => {
    const opening = connector({ transport: 'ssh', environment: { PATH: home } });
    await expect(opening).rejects.toMatchObject({
      message: 'there is no ssh on this computer',
      remedy: expect.stringContaining('openssh-client'),
    });
  });

  it.each([`-oProxyCommand=touch ${home}/owned`, `$(touch ${home}/owned)`, `'; touch ${home}/owned; '`])(
    'takes no host name for an option or for shell text: %s',
    async name => {
      const config = `Host *\n  Port ${await closedPort()}\n`;
      const fault = await (await connectorFor(config, { transport: 'ssh' })).open(name).catch(error => error);
      expect(fault).toBeInstanceOf(Unreachable);
      expect(existsSync(join(home, 'owned'))).toBe(false);
    },
  );

  it('asks nobody for a password, also where somebody could answer', async () => {
    const { port } = await sshd({ methods: ['password'] });
    const [asked, ask] = [join(home, 'asked'), join(home, 'askpass')];
    writeFileSync(ask, `#!/bin/sh\n: >'${asked}'\n`, { mode: 0o755 });
    const config = `Host web\n  Port ${port}\n  UserKnownHostsFile ${knownFile(known(port))}\n`;
    const environment = { SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force' };
    const line = await connectorFor(config, { transport: 'ssh', environment });
    await expect(line.open('web')).rejects.toThrow('it only takes password');
    expect(existsSync(asked)).toBe(false);
  });

  it('is not led astray by what a person wants of ssh at a terminal', async () => {
    const { port } = await sshd();
    const wishes = [
      'RemoteCommand tmux attach',
      'RequestTTY force',
      `ControlPath ${home}/theirs`,
      'ControlPersist 60',
      `LocalForward 127.0.0.1:${port} 127.0.0.1:1`,
      'ExitOnForwardFailure yes',
      'LogLevel QUIET',
      'StrictHostKeyChecking ask',
    ];
    const config = `Host web\n  Port ${port}\n  UserKnownHostsFile ${knownFile(known(port))}\n  ${wishes.join('\n  ')}\n`;
    const session = await (await connectorFor(config, { transport: 'ssh' })).open('web');
    expect(await session.exec('hello', { limit: 10 })).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    expect(existsSync(join(home, 'theirs'))).toBe(false);
  });
});

describe('certificates', () => {
  it('let both sides in with nothing but their authorities', async () => {
    const folder = mkdtempSync(join(home, 'ca-'));
    const at = (name: string) => join(folder, name);
    const keygen = (...words: string[]) => execFileSync('ssh-keygen', ['-q', ...words]);
    for (const name of ['ca', 'host', 'me']) keygen('-t', 'ed25519', '-N', '', '-f', at(name));
    const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    keygen('-s', at('ca'), '-I', 'host', '-h', '-n', 'web', at('host.pub'));
    keygen('-s', at('ca'), '-I', 'me', '-n', user, at('me.pub'));
    const port = await closedPort();
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const settings = {
      Port: port,
      ListenAddress: '127.0.0.1',
      HostKey: at('host'),
      HostCertificate: at('host-cert.pub'),
      TrustedUserCAKeys: at('ca.pub'),
      AuthorizedKeysFile: 'none',
      PidFile: 'none',
      UsePAM: 'no',
      PermitRootLogin: 'yes',
      StrictModes: 'no',
    };
    const words = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    children.push(spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', ...words], { stdio: 'ignore' }));
    writeFileSync(at('known'), `@cert-authority web ${readFileSync(at('ca.pub'), 'utf8')}`);
    const config = `Host web\n  Port ${port}\n  User ${user}\n  HostKeyAlias web\n  UserKnownHostsFile ${at('known')}\n  IdentityFile ${at('me')}\n  IdentitiesOnly yes\n`;
    const line = await connectorFor(config, { transport: 'ssh' });
    await expect
      .poll(
        () =>
          line.open('web').then(
            () => 'in',
            error => error.message,
          ),
        { timeout: 10_000 },
      )
      .toBe('in');
    const session = await line.open('web');
    expect(await session.exec('exit 255', { limit: 10 })).toMatchObject({ code: 255 });
    expect(await session.exec('kill -9 $$', { limit: 10 })).toEqual({
      lost: expect.stringContaining('killed'),
    });
    expect(await session.exec('echo; cat; exit 3', { limit: 10, input: 'whole' })).toMatchObject({
      code: 3,
      stdout: '\nwhole',
    });
  });
});
