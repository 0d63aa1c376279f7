import { fingerprint, type KnownHosts, type KnownKey } from './known-hosts.js';
import { Unreachable } from './session.js';
import type { Destination } from './ssh-config-options.js';

/** What known_hosts says of one host. */
export interface HostKeys {
  /** Host key algorithms to offer: those of the known keys alone, or all when none is known. */
  algorithms: readonly string[];
  /** Judges the key that the host shows, by its type and SHA256 fingerprint. Fresh: unknown, and allowed to be taken up. */
  judge(type: string, print: string): 'known' | 'fresh' | Unreachable;
  /** The fault when the host has no key of a type that is known. */
  otherType(): Unreachable | undefined;
}

/** The host key algorithms of ssh2 for each type of key; an RSA key signs in three ways (RFC 8332). */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

const every = Object.values(algorithmsOf).flat();

/** Looks a host up in its known_hosts files; `label` names it in messages. */
export async function hostKeys(
  options: Destination,
  label: string,
  known: KnownHosts,
  acceptNew: boolean,
): Promise<HostKeys> {
  const files = [...options.userKnownHosts, ...options.globalKnownHosts];
  const entries = await known.of(options.keyName, files);
  const plain = options.plainKeyName === undefined ? [] : await known.of(options.plainKeyName, files);
  const own = entries.filter(({ marker }) => marker === undefined);
  const fallback = plain.filter(({ marker }) => marker === undefined);
  const revoked = [...entries, ...plain].filter(({ marker }) => marker === 'revoked');
  const authority = [...entries, ...plain].find(({ marker }) => marker === 'cert-authority');
  const name = options.keyName;
  const names = (keys: readonly KnownKey[]) => [
    ...new Set(keys.flatMap(({ type }) => algorithmsOf[type] ?? [])),
  ];

  const otherType = () => {
    const first = own[0];
    if (!first) return undefined;
    const types = [...new Set(own.map(({ type }) => type))].join(', ');
    return new Unreachable(
      `${label} shows no host key of a type that is known of it (${types}, ${at(first)})`,
      `compare its key by another way and add it: ${scan(options)}`,
    );
  };
  const unknown = (type: string, print: string) =>
    new Unreachable(
      `the host key of ${label} is not known: ${type} ${print}${
        authority
          ? ` (the @cert-authority line ${at(authority)} vouches for certificates alone, which only --transport ssh knows)`
          : ''
      }`,
      `compare the fingerprint with "ssh-keygen -lf" on the host's own key, then ${scan(options)}, or pass --accept-new-host-keys`,
    );

  const judge: HostKeys['judge'] = (type, print) => {
    const same = (entry: KnownKey) => entry.type === type && fingerprint(entry.key) === print;
    const banned = revoked.find(same);
    if (banned) {
      return new Unreachable(
        `the host key of ${label} is revoked (${at(banned)})`,
        'give the host a new key, and do not log in before',
      );
    }
    if (own.some(same)) return 'known';
    const changed = own.find(entry => entry.type === type);
    if (changed) {
      const lax = options.strict === 'no' ? '; StrictHostKeyChecking no does not lift this' : '';
      return new Unreachable(
        `the host key of ${label} has changed: it shows ${type} ${print}, known is ${fingerprint(changed.key)} (${at(changed)})${lax}`,
        `find out why; if the host was set up anew: ssh-keygen -f ${changed.file} -R '${name}'`,
      );
    }
    const other = otherType();
    if (other) return other;
    if (fallback.some(same)) return 'known';
    return acceptNew || options.strict === 'accept-new' || options.strict === 'no'
      ? 'fresh'
      : unknown(type, print);
  };

  return {
    algorithms: names(own).length > 0 ? names(own) : [...new Set([...names(fallback), ...every])],
    otherType,
    judge,
  };
}

function at({ file, line }: KnownKey): string {
  return `${file}:${line}`;
}

function scan({ hostname, port, jump, userKnownHosts }: Destination): string {
  const through = jump.length > 0 ? `ssh ${jump.at(-1)!.host} ` : '';
  const at = port === 22 ? hostname : `-p ${port} ${hostname}`;
  return `"${through}ssh-keyscan ${at} >> ${userKnownHosts[0] ?? 'FILE'}"`;
}
