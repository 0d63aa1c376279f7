import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe } from 'vitest';
import { type Connector, type ConnectorOptions, connector } from '../../src/hosts/connect.js';
import { keyType } from '../../src/hosts/known-hosts.js';

/** One pair of keys in the files that ssh-keygen writes. */
export interface KeyPair {
  private: string;
  public: string;
  file: string;
}

export const home = mkdtempSync(join(tmpdir(), 'lvsctl-ssh-'));
let count = 0;

/** A new pair; ssh2 writes one ed25519 key in 300 too short to be read again. */
export function keyPair(type: 'ed25519' | 'ecdsa' = 'ed25519', passphrase?: string): KeyPair {
  const comment = `key-${++count}`;
  const locked = passphrase ? { passphrase, cipher: 'aes256-ctr', rounds: 4 } : {};
  const keys = ssh2.utils.generateKeyPairSync(type as 'ecdsa', { bits: 256, comment, ...locked });
  if (ssh2.utils.parseKey(keys.private, passphrase) instanceof Error) return keyPair(type, passphrase);
  const file = join(home, `key-${count}`);
  writeFileSync(file, keys.private, { mode: 0o600 });
  return { ...keys, file };
}

export function rawKey({ public: text }: KeyPair): Buffer {
  return Buffer.from(text.split(' ')[1]!, 'base64');
}

/** Our own key, which every server of these tests lets in. */
export const us = keyPair();
export const hostKey = keyPair();

export interface SshdOptions {
  hostKeys?: KeyPair[];
  authorized?: KeyPair[];
  methods?: ssh2.AuthenticationType[];
  /** Connections that may be on their way to a login at once; it hangs up on more, as with MaxStartups. Each takes 0.3 s. */
  startUps?: number;
  /** Failures after which it hangs up. */
  maxAuthTries?: number;
  algorithms?: ssh2.Algorithms;
  forwards?: boolean;
  exec?: (command: string, channel: ssh2.ServerChannel, client: ssh2.Connection) => void;
}

export interface Sshd {
  port: number;
  connections: number;
  /** Connections on which it hung up at once. */
  refused: number;
  /** The public keys that were offered, in order, as base64. */
  offered: string[];
  commands: string[];
  clients: Set<ssh2.Connection>;
}

const closing: Array<() => void> = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** ssh2's own server on 127.0.0.1, gone after the test. */
export async function sshd(options: SshdOptions = {}): Promise<Sshd> {
  const seen: Sshd = { port: 0, connections: 0, refused: 0, offered: [], commands: [], clients: new Set() };
  const starting = new Set<ssh2.Connection>();
  const keys = (options.hostKeys ?? [hostKey]).map(({ private: key }) => key);
  const server = new ssh2.Server({ hostKeys: keys, algorithms: options.algorithms }, client => {
    seen.connections++;
    seen.clients.add(client);
    starting.add(client);
    client.on('ready', () => starting.delete(client));
    let failures = 0;
    client.on('error', () => {});
    client.on('close', () => seen.clients.delete(client) && starting.delete(client));
    client.on('authentication', context => {
      const key = context.method === 'publickey' ? context.key.data : undefined;
      if (key && context.method === 'publickey' && !context.signature)
        seen.offered.push(key.toString('base64'));
      const known = key && (options.authorized ?? [us]).some(pair => rawKey(pair).equals(key));
      if (known && !options.methods)
        return void setTimeout(() => context.accept(), options.startUps ? 300 : 0);
      if (context.method !== 'none') failures++;
      if (failures >= (options.maxAuthTries ?? 99)) return client.end();
      context.reject(options.methods ?? ['publickey']);
    });
    client.on('session', accept => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        seen.commands.push(command);
        const channel = acceptExec();
        channel.on('error', () => {});
        (options.exec ?? echo)(command, channel, client);
      });
    });
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (options.forwards === false) return reject();
      const socket = connect(destPort, destIP).setNoDelay(true);
      socket.on('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => socket.destroy()).on('close', () => socket.destroy());
        socket.removeAllListeners('error').on('error', () => channel.end());
        socket.on('close', () => channel.close());
        channel.pipe(socket).pipe(channel);
      });
    });
  });
  const { _srv: underneath } = server as unknown as { _srv: Server };
  underneath.prependListener('connection', socket => {
    socket.setNoDelay(true);
    if (starting.size < (options.startUps ?? Number.POSITIVE_INFINITY)) return;
    seen.refused++;
    socket.destroy();
  });
  seen.port = await listen(server as unknown as Server);
  closing.push(() => {
    for (const client of seen.clients) client.end();
    server.close();
  });
  return seen;
}

/** A TCP server without SSH. */
export async function tcp(serve: (socket: Socket) => void): Promise<{ port: number; connections: number }> {
  const seen = { port: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    seen.connections++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  seen.port = await listen(server);
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return seen;
}

function listen(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise(resolve => server.close(resolve));
  return port;
}

function echo(command: string, channel: ssh2.ServerChannel): void {
  channel.write(`${command}\n`);
  channel.exit(0);
  channel.end();
}

/** A line of known_hosts for a server of these tests. */
export function known(port: number, key: KeyPair = hostKey, marker = ''): string {
  return `${marker}[127.0.0.1]:${port} ${keyType(rawKey(key))} ${rawKey(key).toString('base64')}\n`;
}

/** Writes a known_hosts file and gives its path. */
export function knownFile(text: string): string {
  const file = join(home, `known-${++count}`);
  writeFileSync(file, text);
  return file;
}

let transport: ConnectorOptions['transport'];

/** Tests of what every transport does alike, over each. */
export function overEach(tests: (transport: 'ssh2' | 'ssh') => void): void {
  describe.each(['ssh2', 'ssh'] as const)('over %s:', each => {
    beforeEach(() => {
      transport = each;
      return () => {
        transport = undefined;
      };
    });
    tests(each);
  });
}

/** A connector for an ssh_config of the given text; closed after the test. */
export async function connectorFor(text: string, options: ConnectorOptions = {}): Promise<Connector> {
  const file = join(home, `config-${++count}`);
  const usual = `Host *\n  HostName 127.0.0.1\n  User admin\n  IdentityFile ${us.file}\n  GlobalKnownHostsFile none\n`;
  writeFileSync(file, text + usual);
  const opened = await connector({
    transport,
    sshConfig: file,
    home,
    environment: {},
    connectTimeout: 10,
    ...options,
  });
  closing.push(() => opened.close());
  return opened;
}
