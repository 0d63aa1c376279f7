import { spawnSync } from 'node:child_process';
import { hostname as localHostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { Unreachable } from './session.js';
import { type Directive, readConfig } from './ssh-config-file.js';
import { matchHolds } from './ssh-config-match.js';
import { type Hop, type HostOptions, hostOptions, type Settings } from './ssh-config-options.js';
import { matchesAny } from './ssh-pattern.js';
import { expandTokens } from './ssh-tokens.js';

/** What stands above every file, as on ssh's command line: the parts of a ProxyJump entry. */
export interface Override {
  user?: string;
  port?: number;
  jump?: readonly Hop[];
}

/** The ssh_config of this run: says how a host is reached. Throws Unreachable with file and line of a fault. */
export type SshConfig = (host: string, override?: Override) => HostOptions;

/** Reads `file` alone when given (ssh -F), else ~/.ssh/config and /etc/ssh/ssh_config, once and with all Includes. */
export async function readSshConfig(
  file: string | undefined,
  home: string,
  environment: NodeJS.ProcessEnv,
): Promise<SshConfig> {
  const user = { folder: join(home, '.ssh'), home };
  const files =
    file !== undefined
      ? [file === 'none' ? [] : await readConfig(resolve(file), user, true)]
      : [
          await readConfig(join(home, '.ssh/config'), user),
          await readConfig('/etc/ssh/ssh_config', { folder: '/etc/ssh', home }),
        ];
  const local = { home, environment, user: userInfo().username, name: localHostname() };
  const succeeded = new Map<string, boolean>();
  const run = (command: string) => {
    const known = succeeded.get(command) ?? succeeds(command, environment);
    succeeded.set(command, known);
    return known;
  };
  return (host, override = {}) => {
    const settings: Settings = { first: new Map(), all: new Map() };
    const first = (keyword: string) => settings.first.get(keyword)?.words[0];
    const name = () => expandTokens(first('hostname') ?? '%h', { h: host }, 'HostName');
    const login = () => override.user ?? first('user') ?? local.user;
    let wantsFinal = false;
    const read = (final: boolean, pattern: string) => {
      const subject = {
        host: name,
        original: host,
        user: login,
        localUser: local.user,
        final,
        askFinal: () => {
          wantsFinal = true;
        },
        run: (command: string) => {
          const port = String(override.port ?? first('port') ?? 22);
          const meanings = { h: name(), n: host, p: port, r: login(), u: local.user, d: home };
          const machine = { l: local.name, L: local.name.split('.')[0]! };
          return run(expandTokens(command, { ...meanings, ...machine }, 'Match exec'));
        },
      };
      const walk = (directives: readonly Directive[]) => {
        let active = true;
        for (const directive of directives) {
          if (directive.keyword === 'host') active = matchesAny(directive.words, pattern);
          else if (directive.keyword === 'match') active = matchHolds(directive, subject);
          else if (active && directive.keyword === 'include') directive.included.forEach(walk);
          else if (active) take(settings, directive);
        }
      };
      files.forEach(walk);
    };
    read(false, host);
    if (wantsFinal) read(true, name());
    return hostOptions(host, settings, override, local);
  };
}

/** The first value of an option stands; IdentityFile and CertificateFile add up; of the two proxies the first stands. */
function take({ first, all }: Settings, directive: Directive): void {
  const { keyword, words, place } = directive;
  if (words.length === 0)
    throw new Unreachable(`${place}: ${keyword} has no value`, 'give it one or remove the line');
  const name = keyword === 'proxycommand' || keyword === 'proxyjump' ? 'proxy' : keyword;
  if (!first.has(name)) first.set(name, directive);
  all.set(name, [...(all.get(name) ?? []), directive]);
}

/** Runs a command as ssh runs that of `Match exec`: by the user's shell, with nothing to read. */
function succeeds(command: string, environment: NodeJS.ProcessEnv): boolean {
  const shell = environment.SHELL || '/bin/sh';
  return (
    spawnSync(shell, ['-c', command], { stdio: 'ignore', env: environment, timeout: 30_000 }).status === 0
  );
}
