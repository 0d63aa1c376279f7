import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Unreachable } from './session.js';
import type { Override } from './ssh-config.js';
import { type Destination, hops, keyNames, patience, strictness } from './ssh-config-options.js';

/** A host as ssh(1) is told to reach it. */
export interface OpensshDestination extends Destination {
  /** What stands before `-- host` on the command line of ssh. */
  words: readonly string[];
}

/** How a host is reached, by the word of `ssh -G`, which reads all of ssh_config. Each host is asked for once. */
export type OpensshConfig = (host: string, override: Override) => Promise<OpensshDestination>;

const run = promisify(execFile);

/** Throws Unreachable when there is no ssh here, or no such file. */
export async function opensshConfig(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<OpensshConfig> {
  await run('ssh', ['-V'], { env: environment }).catch((error: NodeJS.ErrnoException) => {
    throw new Unreachable(
      error.code === 'ENOENT' ? 'there is no ssh on this computer' : `ssh cannot be run (${error.message})`,
      'install OpenSSH (Debian: apt-get install openssh-client), or use --transport ssh2',
    );
  });
  if (file !== undefined && file !== 'none') {
    await access(file).catch(({ code }: NodeJS.ErrnoException) => {
      throw new Unreachable(
        `the ssh configuration ${file} cannot be read (${code})`,
        'name a file that can be read',
      );
    });
  }
  const only = file === undefined ? [] : ['-F', file === 'none' ? file : resolve(file)];
  const asked = new Map<string, Promise<OpensshDestination>>();
  return (host, override) => {
    const { user, port, jump } = override;
    const words = [
      ...only,
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
    ];
    const key = JSON.stringify([host, words, jump]);
    const answer =
      asked.get(key) ??
      settings(host, words, environment).then(values => destination(host, words, values, jump));
    asked.set(key, answer);
    return answer;
  };
}

type Settings = ReadonlyMap<string, string>;

async function settings(
  host: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Settings> {
  const { stdout } = await run('ssh', ['-T', '-G', ...words, '--', host], {
    env: { ...environment, LC_ALL: 'C' },
    timeout: 30_000,
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(
      error.stderr
        ?.trim()
        .split('\n')[0]
        ?.replace(/\.?\s*$/, '') || error.message,
    );
  });
  return new Map(
    stdout.split('\n').map(line => {
      const [, keyword, value] = /^(\S+) ?(.*)$/.exec(line) ?? ['', '', ''];
      return [keyword!, value!] as const;
    }),
  );
}

function destination(
  host: string,
  words: readonly string[],
  values: Settings,
  jump: Override['jump'],
): OpensshDestination {
  const value = (keyword: string) => values.get(keyword);
  const place = `ssh -G ${host}`;
  const hostname = value('hostname') ?? host;
  const port = Number(value('port') ?? 22);
  const proxyJump = value('proxyjump');
  const files = (keyword: string) =>
    (value(keyword) ?? '').split(' ').filter(path => path !== '' && path !== 'none');
  return {
    host,
    words,
    hostname,
    port,
    user: value('user') ?? '',
    jump: jump ?? (proxyJump === undefined || proxyJump === 'none' ? [] : hops(proxyJump, place)),
    proxyCommand: jump || value('proxycommand') === 'none' ? undefined : value('proxycommand'),
    timeout: patience(value('connecttimeout'), place),
    ...keyNames(hostname, port, value('hostkeyalias')),
    userKnownHosts: files('userknownhostsfile'),
    globalKnownHosts: files('globalknownhostsfile'),
    strict: strictness[(value('stricthostkeychecking') ?? 'ask') as keyof typeof strictness] ?? 'yes',
  };
}
