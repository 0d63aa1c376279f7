import ssh2 from 'ssh2';
import { Dropped, handshakeFault, rejected, timedOut } from './connect-faults.js';
import type { Identities } from './identities.js';
import { fingerprint, keyType } from './known-hosts.js';
import type { HostKeys } from './known-hosts-verdict.js';
import type { Line, Login } from './line.js';
import { Unreachable } from './session.js';
import type { HostOptions } from './ssh-config-options.js';

/** What a login needs besides the line. */
export interface Credentials {
  keys: HostKeys;
  identities: Identities;
  /** Takes up a key that is new, once the host has proved that it holds it. */
  remember(key: Buffer): Promise<void>;
}

/** Handshake and authentication on a line, both within `limit` seconds. Throws Unreachable, or Dropped when a new try may help. */
export function logIn(
  { stream, drop }: Line,
  options: HostOptions,
  label: string,
  { keys, identities, remember }: Credentials,
  limit: number,
): Promise<Login> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const offered: string[] = [];
    let methods: readonly string[] | undefined;
    let refusal: Unreachable | undefined;
    let fresh: Buffer | undefined;
    let remembering: Promise<void> = Promise.resolve();
    let greeted = false;
    let ready = false;
    let fault: string | undefined;
    let ended: string | undefined;

    const fail = (error: Error) => {
      drop();
      remembering.then(
        () => reject(error),
        () => reject(error),
      );
    };
    client.on('error', (error: Error & { level?: string }) => {
      if (error.level === 'agent') return;
      fault ??= error.message;
      if (ready) return;
      const { message, level } = error;
      if (refusal) fail(refusal);
      else if (!greeted && (message === 'Connection lost before handshake' || level === 'client-socket')) {
        fail(new Dropped());
      } else if (message.endsWith('no matching host key format')) {
        fail(keys.otherType() ?? handshakeFault(message, label));
      } else if (level === 'client-timeout') fail(timedOut(label, limit));
      else if (level === 'client-authentication' || /too many authentication/i.test(message)) {
        fail(rejected(options, label, offered, identities.notes, methods));
      } else fail(handshakeFault(message, label));
    });
    client.on('handshake', () => {
      greeted = true;
      if (fresh) remembering = remember(fresh);
      remembering.catch(() => {});
      fresh = undefined;
    });
    client.on('ready', () => {
      ready = true;
      client.setNoDelay(true);
      remembering.then(() => resolve({ client, ended: () => ended }), fail);
    });
    client.on('close', () => {
      ended = fault ?? 'closed';
      if (ready) return;
      if (!greeted) fail(new Dropped());
      else if (offered.length > 0) fail(rejected(options, label, offered, identities.notes, methods));
      else fail(handshakeFault('it closed the connection', label));
    });

    const left = [...identities.offers];
    const noKey: ssh2.AnyAuthMethod[] = left.length === 0 ? [{ type: 'none', username: options.user }] : [];
    client.connect({
      sock: stream,
      username: options.user,
      readyTimeout: limit * 1000,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: [...keys.algorithms] },
      hostVerifier: (key: Buffer) => {
        const verdict = keys.judge(keyType(key), fingerprint(key));
        if (verdict instanceof Unreachable) refusal = verdict;
        else if (verdict === 'fresh') fresh = key;
        return !(verdict instanceof Unreachable);
      },
      authHandler: (allowed, _partial, next) => {
        methods = allowed ?? methods;
        const offer = methods && !methods.includes('publickey') ? undefined : left.shift();
        if (offer) offered.push(offer.label);
        next(offer?.method ?? noKey.shift() ?? (false as never));
      },
    } as ssh2.ConnectConfig);
  });
}
