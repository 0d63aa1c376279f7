import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connector } from '../../src/hosts/connect.js';
import { Unreachable } from '../../src/hosts/session.js';
import {
  closedPort,
  connectorFor,
  home,
  hostKey,
  keyPair,
  known,
  knownFile,
  overEach,
  rawKey,
  type SshdOptions,
  sshd,
  tcp,
  us,
} from './sshd.js';

/** The fault of opening `web`, as one text: message and remedy. */
async function faultOf(config: string, options = {}): Promise<string> {
  const connected = await connectorFor(config, options);
  const fault = await connected.open('web').catch(error => error);
  expect(fault).toBeInstanceOf(Unreachable);
  return `${fault.message}\n${fault.remedy}`;
}

const at = (port: number, knownHosts: string) =>
  `Host web\n  Port ${port}\n  UserKnownHostsFile ${knownHosts}\n`;

async function knownServer(options: SshdOptions = {}) {
  const server = await sshd(options);
  const file = knownFile((options.hostKeys ?? [hostKey]).map(key => known(server.port, key)).join(''));
  return { ...server, server, file, config: at(server.port, file) };
}

overEach(transport => {
  describe('a host that cannot be reached says why and what to do', () => {
    it('when its name does not resolve', async () => {
      expect(await faultOf('Host web\n  HostName nowhere.invalid\n')).toMatch(
        /^the name nowhere\.invalid does not resolve\n.*HostName of web/,
      );
    });

    it('when nothing listens', async () => {
      const port = await closedPort();
      expect(await faultOf(at(port, 'none'))).toBe(
        `web (127.0.0.1 port ${port}) refuses the connection\nstart sshd there, or correct HostName and Port in the ssh configuration`,
      );
    });

    it('when it accepts and stays silent', async () => {
      const { port } = await tcp(() => {});
      expect(await faultOf(at(port, 'none'), { connectTimeout: 0.2 })).toMatch(
        /^web .* does not answer within 0\.2 s\n.*ConnectTimeout/,
      );
    });

    it('within ConnectTimeout, when the caller sets no time', async () => {
      const { port } = await tcp(() => {});
      const text = await faultOf(`${at(port, 'none')}  ConnectTimeout 1\n`, { connectTimeout: undefined });
      expect(text).toMatch(/does not answer within 1 s/);
    });

    it('when it hangs up before the handshake, after four tries', async () => {
      const server = await tcp(socket => socket.destroy());
      expect(await faultOf(at(server.port, 'none'))).toMatch(
        /ends each connection before the SSH handshake\n.*MaxStartups/,
      );
      expect(server.connections).toBe(4);
    });

    it('when no algorithm is common', async () => {
      const { config } = await knownServer({ algorithms: { cipher: ['aes256-cbc'] } });
      expect(await faultOf(config)).toMatch(/and lvsctl have no cipher in common\n.*sshd_config/);
    });

    it('when its key is not known', async () => {
      const { port } = await sshd();
      const file = knownFile('');
      const text = await faultOf(at(port, file));
      expect(text).toMatch(
        /^the host key of web \(127\.0\.0\.1 port \d+\) is not known: ssh-ed25519 SHA256:/,
      );
      expect(text).toContain(`ssh-keyscan -p ${port} 127.0.0.1 >> ${file}`);
      expect(readFileSync(file, 'utf8')).toBe('');
    });

    it('when its key has changed, with the place of the old one', async () => {
      const { port } = await sshd();
      const file = knownFile(`\n${known(port, keyPair())}`);
      expect(await faultOf(at(port, file), { acceptNewHostKeys: true })).toMatch(
        new RegExp(`has changed: .*\\(${file}:2\\)\n.*ssh-keygen -f ${file} -R '\\[127.0.0.1\\]:${port}'`),
      );
      expect(readFileSync(file, 'utf8')).not.toContain(rawKey(hostKey).toString('base64'));
    });

    it('when its key is revoked', async () => {
      const { port } = await sshd();
      const file = knownFile(known(port) + known(port, hostKey, '@revoked '));
      expect(await faultOf(at(port, file))).toMatch(/is revoked \(.*:2\)/);
    });

    it('when only a key of another type is known', async () => {
      const { port } = await sshd();
      const file = knownFile(known(port, keyPair('ecdsa')));
      expect(await faultOf(at(port, file), { acceptNewHostKeys: true })).toMatch(
        /no host key of a type that is known of it \(ecdsa-sha2-nistp256, .*:1\)/,
      );
    });

    it('when its key is only vouched for by an authority', async () => {
      const { port } = await sshd();
      const file = knownFile(known(port, hostKey, '@cert-authority '));
      expect(await faultOf(at(port, file))).toMatch(/is not known.*@cert-authority/);
    });

    it('when it rejects our keys, with user and keys', async () => {
      const { config } = await knownServer({ authorized: [] });
      expect(await faultOf(config)).toBe(
        `${`web (127.0.0.1 port ${config.match(/Port (\d+)/)![1]}) does not let admin in: it rejects ${us.file}`}\n` +
          'put a key of yours there (ssh-copy-id admin@web), or name the right one with IdentityFile',
      );
    });

    it('when it hangs up after too many keys', async () => {
      const { config } = await knownServer({ authorized: [], maxAuthTries: 1 });
      expect(await faultOf(config)).toMatch(/does not let admin in: it rejects .*key-/);
    });

    it('when it takes passwords only', async () => {
      const { config } = await knownServer({ methods: ['password'] });
      expect(await faultOf(config)).toMatch(/does not let admin in: it only takes password/);
    });

    it('when the ProxyCommand fails, with its words', async () => {
      const text = await faultOf('Host web\n  ProxyCommand sh -c "echo no way to %h >&2"\n', {
        environment: { SHELL: '/bin/sh' },
      });
      expect(text).toMatch(
        /the ProxyCommand for web .* ended before the SSH handshake: no way to 127.0.0.1$/m,
      );
    });

    it('when the ssh configuration has a fault', async () => {
      expect(await faultOf('Host web\n  Port x\n')).toMatch(/config-\d+( line |:)2: .*x/);
    });

    it('when there is no ssh configuration', async () => {
      await expect(connector({ sshConfig: join(home, 'absent') })).rejects.toBeInstanceOf(Unreachable);
    });
  });

  describe('a host that can be reached', () => {
    it('lets us in with a key file', async () => {
      const { config } = await knownServer();
      const session = await (await connectorFor(config)).open('web');
      expect(session.host).toBe('web');
      expect(await session.exec('hello', { limit: 2 })).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    });

    it('may have an ecdsa key alone in known_hosts, beside an ed25519 key of its own', async () => {
      const ecdsa = keyPair('ecdsa');
      const { port } = await sshd({ hostKeys: [hostKey, ecdsa] });
      const connected = await connectorFor(at(port, knownFile(known(port, ecdsa))));
      await expect(connected.open('web')).resolves.toMatchObject({ host: 'web' });
    });

    it('is remembered in the first known_hosts file when new keys are accepted, hashed if asked', async () => {
      const { port } = await sshd();
      for (const hash of ['no', 'yes']) {
        const file = join(home, `fresh-${hash}`);
        const config = `${at(port, `${file} ${file}2`)}  HashKnownHosts ${hash}\n`;
        await (await connectorFor(config, { acceptNewHostKeys: true })).open('web');
        const line = `ssh-ed25519 ${rawKey(hostKey).toString('base64')}`;
        expect(readFileSync(file, 'utf8').includes('127.0.0.1')).toBe(hash === 'no');
        expect(readFileSync(file, 'utf8')).toContain(line);
        expect(existsSync(`${file}2`)).toBe(false);
        await expect((await connectorFor(config)).open('web')).resolves.toMatchObject({ host: 'web' });
      }
    });

    it('is remembered also when it does not let us in', async () => {
      const { port } = await sshd({ authorized: [] });
      const file = knownFile('');
      const text = await faultOf(at(port, file), { acceptNewHostKeys: true });
      expect(text).toMatch(/does not let admin in/);
      expect(readFileSync(file, 'utf8')).toBe(known(port));
    });

    it('may sit behind a ProxyCommand', async () => {
      const { config, port } = await knownServer();
      const pipe = `const s=require('net').connect(%p,'%h');process.stdin.pipe(s).pipe(process.stdout)`;
      const proxy = `Host web\n  ProxyCommand ${process.execPath} -e "${pipe}"\n${config}`;
      const connected = await connectorFor(proxy, { environment: { SHELL: '/bin/sh' } });
      expect(await (await connected.open('web')).exec('hello', { limit: 2 })).toMatchObject({ code: 0 });
      expect(port).toBeGreaterThan(0);
    });

    it('is tried again when the connection is lost before the handshake', async () => {
      const { port, file } = await knownServer();
      let tries = 0;
      const flaky = await tcp(socket => {
        if (++tries <= 2) socket.destroy();
        else {
          const onward = connect(port, '127.0.0.1');
          onward.on('error', () => socket.destroy());
          socket.pipe(onward).pipe(socket);
        }
      });
      const connected = await connectorFor(
        `Host web\n  Port ${flaky.port}\n  UserKnownHostsFile ${file}\n  HostKeyAlias [127.0.0.1]:${port}\n`,
      );
      await expect(connected.open('web')).resolves.toMatchObject({ host: 'web' });
      expect(flaky.connections).toBe(3);
    });
  });

  describe('keys are offered in a sensible order', () => {
    it('those of IdentityFile as they are named, each once', async () => {
      const [first, second] = [keyPair(), keyPair()];
      const { config, server } = await knownServer();
      const files = [first, second, first].map(({ file }) => `  IdentityFile ${file}\n`).join('');
      await (await connectorFor(config + files)).open('web');
      expect(server.offered).toEqual([first, second, us].map(key => rawKey(key).toString('base64')));
    });
  });

  describe('a connector that is closed', () => {
    it('lets node end', async () => {
      const { config, port, file } = await knownServer();
      const { port: silent } = await tcp(() => {});
      const configFile = knownFile(
        `${config}Host mute\n  Port ${silent}\nHost behind\n  ProxyJump web\n  Port ${port}\nHost *\n  HostName 127.0.0.1\n  User admin\n  UserKnownHostsFile ${file}\n  IdentityFile ${us.file}\n  ConnectTimeout 600\n`,
      );
      const program = `
      import { connector } from '${join(import.meta.dirname, '../../src/hosts/connect.ts')}';
      const c = await connector({ transport: '${transport}', sshConfig: '${configFile}', environment: {} });
      const session = await c.open('web');
      await (await c.open('behind')).fresh();
      session.exec('hello', { limit: 60, beat: 1000 });
      c.open('mute').catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 50));
      await c.close();
      process.stdout.write('closed');`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.on('data', chunk => {
        printed += chunk;
      });
      // What it would wait for otherwise takes ten minutes.
      const code = await new Promise(resolve => child.on('exit', resolve));
      expect([printed, code]).toEqual(['closed', 0]);
    });

    it.each([
      ['under way', 50],
      ['just asked for', 0],
    ])('gives up what is %s', async (_, milliseconds) => {
      const { port } = await tcp(() => {});
      const connected = await connectorFor(at(port, 'none'), { connectTimeout: 600 });
      const opening = connected.open('web').catch(error => error);
      if (milliseconds > 0) await new Promise(resolve => setTimeout(resolve, milliseconds));
      await connected.close();
      expect(await opening).toBeInstanceOf(Unreachable);
    });
  });
});

describe('ssh2', () => {
  it('remembers a host once, however often it is opened at once', async () => {
    const { port } = await sshd();
    const file = knownFile('');
    const connected = await connectorFor(at(port, file), { acceptNewHostKeys: true });
    await Promise.all([1, 2, 3].map(() => connected.open('web')));
    expect(readFileSync(file, 'utf8')).toBe(known(port));
  });

  it('does not reach a host whose new key cannot be remembered', async () => {
    const { port } = await sshd();
    const file = join(knownFile(''), 'known_hosts');
    expect(await faultOf(at(port, file), { acceptNewHostKeys: true })).toMatch(
      /^the host key of \[127\.0\.0\.1\]:\d+ cannot be added to .*\nmake the file writable/,
    );
  });

  it('never offers more than six keys', async () => {
    const many = Array.from({ length: 8 }, () => keyPair());
    const { config, server } = await knownServer();
    const text = await faultOf(config + many.map(({ file }) => `  IdentityFile ${file}\n`).join(''));
    expect(server.offered).toHaveLength(6);
    expect(text).toContain('3 more keys were not offered: name the right one with IdentityFile');
  });

  it('passes over keys that are encrypted, public, open or missing, with a word', async () => {
    const [locked, open] = [keyPair('ed25519', 'secret'), keyPair()];
    chmodSync(open.file, 0o644);
    const { config, server } = await knownServer({ authorized: [] });
    const files = [locked.file, open.file, join(home, 'absent')]
      .map(file => `  IdentityFile ${file}\n`)
      .join('');
    const text = await faultOf(`${config}${files}  CertificateFile ${home}/cert.pub\n`);
    expect(text).toContain(`${locked.file} is encrypted: add it to the agent with ssh-add`);
    expect(text).toContain(`${open.file} is open to others: chmod 600 ${open.file}`);
    expect(text).toContain(`${join(home, 'absent')} does not exist`);
    expect(text).toContain('cert.pub was not used: certificates need --transport ssh');
    expect(server.offered).toEqual([rawKey(us).toString('base64')]);
  });
});
