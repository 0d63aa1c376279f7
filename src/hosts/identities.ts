import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { fingerprint, keyType } from './known-hosts.js';
import type { HostOptions } from './ssh-config-options.js';

/** One key that can be offered to a host. */
interface Offer {
  label: string;
  method: ssh2.AnyAuthMethod;
}

/** The keys for a host, best first, and a word on each that cannot be used. */
export interface Identities {
  offers: readonly Offer[];
  notes: readonly string[];
}

/** The keys of this run: each file read once, each agent asked once. Nothing prompts. */
export type Keyring = (options: HostOptions) => Promise<Identities>;

/** What an identity file gives: the public key, the private one where it opens without a passphrase, or why not. */
interface KeyFile {
  public?: Buffer;
  private?: ssh2.ParsedKey;
  note?: string;
}

interface AgentKeys {
  agent: ssh2.BaseAgent;
  keys: readonly ssh2.ParsedKey[];
  note?: string;
}

/** sshd hangs up after MaxAuthTries failures, 6 by default (sshd_config(5)). */
const mostOffers = 6;

/** A keyring with nothing read yet. */
export function keyring(): Keyring {
  const files = new Map<string, Promise<KeyFile>>();
  const agents = new Map<string, Promise<AgentKeys>>();
  const once = <T>(seen: Map<string, Promise<T>>, key: string, read: (key: string) => Promise<T>) => {
    const value = seen.get(key) ?? read(key);
    seen.set(key, value);
    return value;
  };
  return async options => {
    const agent = options.agent === undefined ? undefined : await once(agents, options.agent, readAgent);
    const named = await Promise.all(
      options.identityFiles.map(async path => ({ path, ...(await once(files, path, readKeyFile)) })),
    );
    const user = options.user;
    const held = (key: Buffer | undefined) => agent?.keys.find(one => key && one.getPublicSSH().equals(key));
    const byAgent = (key: ssh2.ParsedKey): Offer => ({
      label: `${key.comment || keyType(key.getPublicSSH())} of the agent (${fingerprint(key.getPublicSSH())})`,
      method: { type: 'agent', username: user, agent: new OneKey(agent!.agent, key) },
    });
    const namedHeld = named.flatMap(file => held(file.public) ?? []);
    const fromFiles = named.flatMap(({ path, public: key, private: secret }): Offer[] =>
      secret && !held(key)
        ? [{ label: path, method: { type: 'publickey', username: user, key: secret } }]
        : [],
    );
    const others = options.identitiesOnly ? [] : (agent?.keys.filter(key => !namedHeld.includes(key)) ?? []);
    const offers = [...[...new Set(namedHeld)].map(byAgent), ...fromFiles, ...others.map(byAgent)];
    const unusable = named.flatMap(({ path, public: key, private: secret, note }) =>
      secret || held(key) || !note || (note === missing && !options.identitiesNamed)
        ? []
        : [`${path} ${note}`],
    );
    const left = offers.length - mostOffers;
    return {
      offers: offers.slice(0, mostOffers),
      notes: [
        ...unusable,
        ...(agent?.note ? [agent.note] : []),
        ...(left > 0 ? [`${left} more keys were not offered: name the right one with IdentityFile`] : []),
        ...options.certificateFiles.map(file => `${file} was not used: certificates need --transport ssh`),
      ],
    };
  };
}

const missing = 'does not exist';

async function readKeyFile(path: string): Promise<KeyFile> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { public: await readPublic(path), note: absent ? missing : 'cannot be read' };
  }
  const parsed = parse(text);
  if (parsed instanceof Error) {
    const encrypted = /encrypted/i.test(parsed.message);
    const note = encrypted
      ? 'is encrypted: add it to the agent with ssh-add'
      : 'is of a kind that only --transport ssh may know';
    return { public: (await readPublic(path)) ?? publicPart(text.toString('latin1')), note };
  }
  const key = parsed.getPublicSSH();
  if (!parsed.isPrivateKey()) return { public: key, note: 'is a public key that the agent does not hold' };
  const { mode, uid } = await stat(path);
  const open = uid === process.getuid?.() && (mode & 0o077) !== 0;
  return open
    ? { public: key, note: `is open to others: chmod 600 ${path}` }
    : { public: key, private: parsed };
}

async function readPublic(path: string): Promise<Buffer | undefined> {
  const text = await readFile(`${path}.pub`).catch(() => undefined);
  const parsed = text && parse(text);
  return !parsed || parsed instanceof Error ? undefined : parsed.getPublicSSH();
}

/** The public key that an encrypted OpenSSH key file holds in the clear (OpenSSH PROTOCOL.key). */
function publicPart(text: string): Buffer | undefined {
  const [, armoured] = /-BEGIN OPENSSH PRIVATE KEY-----([^-]+)-/.exec(text) ?? [];
  if (!armoured) return undefined;
  const bytes = Buffer.from(armoured, 'base64');
  try {
    let at = 'openssh-key-v1\0'.length;
    for (const _ of ['cipher', 'kdf', 'kdf options']) at += 4 + bytes.readUInt32BE(at);
    const length = bytes.readUInt32BE(at + 4);
    return bytes.subarray(at + 8, at + 8 + length);
  } catch {
    return undefined;
  }
}

function parse(text: Buffer): ssh2.ParsedKey | Error {
  const parsed: ssh2.ParsedKey | ssh2.ParsedKey[] | Error = ssh2.utils.parseKey(text);
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('no key')) : parsed;
}

async function readAgent(socket: string): Promise<AgentKeys> {
  const agent = ssh2.createAgent(socket);
  const silent = { agent, keys: [], note: `the agent at ${socket} does not answer` };
  return new Promise(resolve => {
    const patience = setTimeout(() => resolve(silent), 5000);
    agent.getIdentities((error, keys) => {
      clearTimeout(patience);
      resolve(error || !keys ? silent : { agent, keys: keys.map(key => parse(key as Buffer)).filter(isKey) });
    });
  });
}

function isKey(key: ssh2.ParsedKey | Error): key is ssh2.ParsedKey {
  return !(key instanceof Error);
}

/** An agent that shows but one of its keys, so that the order of offers is ours. */
class OneKey extends ssh2.BaseAgent {
  constructor(
    private readonly agent: ssh2.BaseAgent,
    private readonly key: ssh2.ParsedKey,
  ) {
    super();
  }

  override getIdentities(done: ssh2.IdentityCallback<ssh2.ParsedKey>): void {
    done(undefined, [this.key]);
  }

  override sign(
    key: ssh2.ParsedKey | Buffer | string,
    data: Buffer,
    options: ssh2.SigningRequestOptions | ssh2.SignCallback,
    done?: ssh2.SignCallback,
  ): void {
    if (typeof options === 'function') this.agent.sign(key, data, options);
    else this.agent.sign(key, data, options, done);
  }
}
