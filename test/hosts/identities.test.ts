import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ConnectorOptions } from '../../src/hosts/connect.js';
import { connectorFor, home, type KeyPair, keyPair, known, knownFile, rawKey, sshd, us } from './sshd.js';

const [held, alsoHeld, locked] = [keyPair(), keyPair(), keyPair('ed25519', 'secret')];
const unlocked = ssh2.utils.parseKey(locked.private, 'secret') as ssh2.ParsedKey;

/** An agent that holds some keys, on a socket of its own. */
const agent = join(home, 'agent.sock');
const keys = [...[held, alsoHeld].map(pair => ssh2.utils.parseKey(pair.private) as ssh2.ParsedKey), unlocked];
const server = createServer(socket => {
  const protocol = new ssh2.AgentProtocol(false);
  protocol.on('identities', request => protocol.getIdentitiesReply(request, keys));
  protocol.on('sign', (request, key, data) => {
    const own = keys.find(one => one.getPublicSSH().equals(key.getPublicSSH()));
    if (own) protocol.signReply(request, own.sign(data));
    else protocol.failureReply(request);
  });
  socket.on('error', () => {});
  socket.pipe(protocol).pipe(socket);
});
server.listen(agent);
afterAll(() => {
  server.close();
});

async function offeredWith(
  settings: string,
  authorized: KeyPair[],
  options: ConnectorOptions = {},
  maxAuthTries?: number,
) {
  const host = await sshd({ authorized, maxAuthTries });
  const config = `Host web\n  Port ${host.port}\n  UserKnownHostsFile ${knownFile(known(host.port))}\n${settings}`;
  const connected = await connectorFor(config, options);
  const fault = await connected.open('web').then(
    () => undefined,
    error => `${error.message}\n${error.remedy}`,
  );
  const names = new Map(
    [held, alsoHeld, locked, us].map((pair, i) => [
      rawKey(pair).toString('base64'),
      'held also locked us'.split(' ')[i],
    ]),
  );
  return { offered: host.offered.map(key => names.get(key)), fault };
}

describe('the agent', () => {
  it.each([
    ['of SSH_AUTH_SOCK comes after the files', '', { SSH_AUTH_SOCK: agent }, ['us', 'held']],
    [
      'of IdentityAgent counts instead',
      `  IdentityAgent ${agent}\n`,
      { SSH_AUTH_SOCK: '/nowhere' },
      ['us', 'held'],
    ],
    [
      'comes first with a key that is named',
      `  IdentityFile ${held.file}\n`,
      { SSH_AUTH_SOCK: agent },
      ['held'],
    ],
  ])('%s', async (_title, settings, environment, offered) => {
    expect(await offeredWith(settings, [held], { environment })).toEqual({ offered, fault: undefined });
  });

  it('opens the door for a key file that is encrypted', async () => {
    const settings = `  IdentityFile ${locked.file}\n  IdentitiesOnly yes\n`;
    const { offered, fault } = await offeredWith(settings, [locked], {
      environment: { SSH_AUTH_SOCK: agent },
    });
    expect([offered, fault]).toEqual([['locked'], undefined]);
  });

  it('offers no other key when IdentitiesOnly says so', async () => {
    const settings = `  IdentityFile ${alsoHeld.file}\n  IdentitiesOnly yes\n`;
    const { offered, fault } = await offeredWith(settings, [], { environment: { SSH_AUTH_SOCK: agent } });
    expect(offered).toEqual(['also', 'us']);
    expect(fault).toMatch(/it rejects .* of the agent \(SHA256:\S+\), \S+\n/);
  });

  it('that does not answer is named when no key gets in', async () => {
    const { offered, fault } = await offeredWith('', [], { environment: { SSH_AUTH_SOCK: '/nowhere' } });
    expect(offered).toEqual(['us']);
    expect(fault).toContain('the agent at /nowhere does not answer');
  });
});

describe('an agent with six wrong keys, of sshd that hangs up after six', () => {
  const full = join(home, 'full.sock');
  const wrong = Array.from({ length: 6 }, () => keyPair());
  const holder = spawn('ssh-agent', ['-D', '-a', full], { stdio: 'ignore' });
  afterAll(() => {
    holder.kill();
  });
  beforeAll(async () => {
    await vi.waitUntil(() => existsSync(full), 10_000);
    const environment = { ...process.env, SSH_AUTH_SOCK: full };
    execFileSync('ssh-add', ['-q', ...wrong.map(({ file }) => file)], { env: environment });
  });

  const offered = async (settings: string, transport: 'ssh2' | 'ssh') => {
    const options = { environment: { SSH_AUTH_SOCK: full }, transport };
    return offeredWith(`  IdentityFile ${us.file}\n${settings}`, [us], options, 6);
  };

  it.each(['ssh2', 'ssh'] as const)('is not asked by %s when IdentitiesOnly says so', async transport => {
    expect(await offered('  IdentitiesOnly yes\n', transport)).toEqual({ offered: ['us'], fault: undefined });
  });

  it('comes after the key that is named with ssh2', async () => {
    expect(await offered('', 'ssh2')).toEqual({ offered: ['us'], fault: undefined });
  });

  it('comes first with ssh, and the fault says what to write', async () => {
    const { offered: keys, fault } = await offered('', 'ssh');
    expect(keys).toEqual(Array(6).fill(undefined));
    expect(fault).toMatch(/does not let admin in: it rejects .* of the agent \(SHA256:.*IdentitiesOnly yes/s);
  });
});
