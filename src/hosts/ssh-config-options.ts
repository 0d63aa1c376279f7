import { Unreachable } from './session.js';
import type { Directive } from './ssh-config-file.js';
import { expandPath, expandTokens } from './ssh-tokens.js';

/** One entry of ProxyJump. */
export interface Hop {
  host: string;
  user?: string;
  port?: number;
}

/** Where a host is and how its key is known. */
export interface Destination {
  /** The name asked for. */
  host: string;
  hostname: string;
  port: number;
  user: string;
  /** The jump hosts, the nearest to us first. */
  jump: readonly Hop[];
  proxyCommand?: string;
  /** ConnectTimeout in seconds. */
  timeout?: number;
  /** The name under which known_hosts has it. */
  keyName: string;
  /** The same without a port, under which OpenSSH looks too. */
  plainKeyName?: string;
  userKnownHosts: readonly string[];
  globalKnownHosts: readonly string[];
  strict: 'yes' | 'ask' | 'accept-new' | 'no';
}

/** How a host is reached, every name and path written out. */
export interface HostOptions extends Destination {
  bindAddress?: string;
  /** IP version to use; 0 is either. */
  family: 0 | 4 | 6;
  hashKnownHosts: boolean;
  identityFiles: readonly string[];
  /** Whether the identity files are named in a file, not the usual ones. */
  identitiesNamed: boolean;
  identitiesOnly: boolean;
  certificateFiles: readonly string[];
  /** Socket of the agent. */
  agent?: string;
}

/** The lines that count for a host: the first of each option, and all of those that add up. */
export interface Settings {
  first: Map<string, Directive>;
  all: Map<string, readonly Directive[]>;
}

/** This machine and its user. */
interface Local {
  home: string;
  environment: NodeJS.ProcessEnv;
  user: string;
  name: string;
}

/** Names of the identity files that are tried unasked, the shortest signatures first. */
const usualIdentities = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Gives the settings of a host their meaning. */
export function hostOptions(
  host: string,
  { first, all }: Settings,
  override: { user?: string; port?: number; jump?: readonly Hop[] },
  local: Local,
): HostOptions {
  const word = (keyword: string) => first.get(keyword)?.words[0];
  const place = (keyword: string) => first.get(keyword)?.place ?? keyword;
  const named = expandTokens(word('hostname') ?? '%h', { h: host }, place('hostname'));
  const hostname = named.includes(':') ? named : named.toLowerCase();
  const port = override.port ?? number(word('port') ?? '22', 1, 65535, place('port'));
  const user = override.user ?? word('user') ?? local.user;
  const meanings = {
    h: hostname,
    n: host,
    p: String(port),
    r: user,
    u: local.user,
    i: String(process.getuid?.() ?? ''),
    d: local.home,
    l: local.name,
    L: local.name.split('.')[0]!,
    k: word('hostkeyalias') ?? host,
  };
  const path = (text: string, where: string) =>
    expandPath(text, local.home, meanings, local.environment, where);
  const paths = (directives: readonly Directive[]) =>
    directives.flatMap(({ words, place }) => words.filter(isPath).map(text => path(text, place)));
  const files = (keyword: string, usual: readonly string[]) => {
    const directive = first.get(keyword);
    return directive ? paths([directive]) : usual;
  };
  const oneOf = <T extends string>(keyword: string, values: Readonly<Record<string, T>>, usual: T): T => {
    const value = word(keyword);
    if (value === undefined) return usual;
    const meaning = values[value.toLowerCase()];
    if (meaning) return meaning;
    throw fault(
      place(keyword),
      `${first.get(keyword)!.keyword} cannot be ${value}`,
      Object.keys(values).join(', '),
    );
  };

  const proxy = first.get('proxy');
  const proxyText = override.jump || !proxy || proxy.rest.toLowerCase() === 'none' ? undefined : proxy;
  const jump =
    proxyText?.keyword === 'proxyjump'
      ? hops(expandTokens(proxyText.words[0]!, meanings, proxyText.place), proxyText.place)
      : [];
  const identities = all.get('identityfile');

  return {
    host,
    hostname,
    port,
    user,
    jump: override.jump ?? jump,
    proxyCommand:
      proxyText?.keyword === 'proxycommand'
        ? expandTokens(proxyText.rest, meanings, proxyText.place)
        : undefined,
    bindAddress: word('bindaddress'),
    family: ({ any: 0, inet: 4, inet6: 6 } as const)[
      oneOf('addressfamily', { any: 'any', inet: 'inet', inet6: 'inet6' }, 'any')
    ],
    timeout: patience(word('connecttimeout'), place('connecttimeout')),
    ...keyNames(hostname, port, word('hostkeyalias')),
    userKnownHosts: files('userknownhostsfile', [
      `${local.home}/.ssh/known_hosts`,
      `${local.home}/.ssh/known_hosts2`,
    ]),
    globalKnownHosts: files('globalknownhostsfile', [
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]),
    strict: oneOf('stricthostkeychecking', strictness, 'ask'),
    hashKnownHosts: oneOf('hashknownhosts', yesOrNo, 'no') === 'yes',
    identityFiles: identities
      ? [...new Set(paths(identities))]
      : usualIdentities.map(name => `${local.home}/.ssh/${name}`),
    identitiesNamed: identities !== undefined,
    identitiesOnly: oneOf('identitiesonly', yesOrNo, 'no') === 'yes',
    certificateFiles: paths(all.get('certificatefile') ?? []),
    agent: agent(word('identityagent'), local.environment, text => path(text, place('identityagent'))),
  };
}

const yesOrNo = { yes: 'yes', true: 'yes', no: 'no', false: 'no' } as const;

/** The words of StrictHostKeyChecking. */
export const strictness = { ...yesOrNo, off: 'no', ask: 'ask', 'accept-new': 'accept-new' } as const;

function isPath(text: string): boolean {
  return text.toLowerCase() !== 'none';
}

function agent(asked: string | undefined, environment: NodeJS.ProcessEnv, path: (text: string) => string) {
  if (asked === undefined || asked === 'SSH_AUTH_SOCK') return environment.SSH_AUTH_SOCK || undefined;
  if (!isPath(asked)) return undefined;
  return /^\$\w+$/.test(asked) ? environment[asked.slice(1)] : path(asked);
}

/** The names under which known_hosts may have a host; a HostKeyAlias stands alone. */
export function keyNames(hostname: string, port: number, alias: string | undefined) {
  const bare = alias !== undefined || port === 22;
  return {
    keyName: alias?.toLowerCase() ?? (bare ? hostname : `[${hostname}]:${port}`),
    plainKeyName: bare ? undefined : hostname,
  };
}

/** The entries of a ProxyJump. */
export function hops(text: string, place: string): Hop[] {
  return text.split(',').map(entry => hop(entry, place));
}

function hop(text: string, place: string): Hop {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:[\]@]+))(?::(\d+))?\/?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (!host) throw fault(place, `${text} is no jump host`, 'user@host:port, each part but host optional');
  return { host, user, port: port === undefined ? undefined : number(port, 1, 65535, place) };
}

function number(text: string, least: number, most: number, place: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw fault(place, `${text} is no number from ${least} to ${most}`, `a number from ${least} to ${most}`);
}

/** A ConnectTimeout in seconds; undefined when there is none. */
export function patience(text: string | undefined, place: string): number | undefined {
  return text === undefined || /^(none|0)$/i.test(text) ? undefined : seconds(text, place);
}

/** A time as sshd_config(5) TIME FORMATS has it, in seconds: 90, 1m30s, 2h. */
function seconds(text: string, place: string): number {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) throw fault(place, `${text} is no time`, 'a number of seconds');
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  const parts = text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit || 's'] ?? 1), 0);
}

function fault(place: string, message: string, allowed: string): Unreachable {
  return new Unreachable(`${place}: ${message}`, `write ${allowed}`);
}
