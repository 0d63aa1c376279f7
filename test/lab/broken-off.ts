import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Ran } from './cluster.js';

/** What an apply must not leave: its files, its units, its lock. */
export const left = (c: Cluster, host: string) =>
  c.on(
    host,
    `ls /var/lib/lvsctl/apply 2>/dev/null; find /etc/systemd -name 'lvsctl-undo*'
    systemctl list-units --all --plain --no-legend 'lvsctl-apply*'
    [ ! -e /run/lvsctl/lock ] || flock -n /run/lvsctl/lock true || echo locked`,
  );

/** A second share on web1 and another scheduler: a small plan for web1 and the director. */
export const more = (yaml: string) =>
  yaml
    .replace('scheduler: rr', 'scheduler: wrr')
    .replace('at: /var/www/html }', 'at: /var/www/html }\n      - { share: benet, at: /srv/benet }');

/** Without that share again: a plan for web1 alone. */
export const less = (yaml: string) => yaml.replace(/\n.*at: \/srv\/benet }/, '');

/** An lvsctl apply that a story can send signals to. */
export function applying(c: Cluster, owner: string, ...more: string[]) {
  const words = [process.env.LVSCTL_BIN ?? 'dist/cli.js', 'apply', '-y', '-f', c.file];
  const env = { ...process.env, NO_COLOR: '1', CI: 'true', LVSCTL_IDENTITY: owner };
  const child = spawn(process.execPath, [...words, '-F', join(c.directory, 'ssh_config'), ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    said.err += text;
  });
  const ended = new Promise<Ran>(resolve =>
    child.on('close', code => resolve({ code: code ?? -1, ...said })),
  );
  return {
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** Waits until what it printed on standard output matches, and gives that. */
    async hears(match: RegExp | ((out: string) => boolean)): Promise<string> {
      const limit = Date.now() + 300_000;
      const matches = typeof match === 'function' ? match : (out: string) => match.test(out);
      while (!matches(said.out)) {
        if (Date.now() > limit || child.exitCode !== null)
          throw new Error(`never heard ${match}\n${said.out.slice(-2000)}\n${said.err}`);
        await sleep(50);
      }
      return said.out;
    },
    /** Waits until it printed a line that begins so. */
    async until(line: string): Promise<void> {
      const limit = Date.now() + 240_000;
      while (!said.err.includes(`\n${line}`)) {
        if (Date.now() > limit || child.exitCode !== null) throw new Error(`no ${line}\n${said.err}`);
        await sleep(50);
      }
    },
  };
}

/** Waits until a script succeeds on a machine, for so many seconds. */
export async function eventually(c: Cluster, host: string, script: string, seconds: number): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await c.on(host, `{ ${script}\n} >/dev/null 2>&1 && echo yes || echo no`).catch(() => '');
    if (answer.trim() === 'yes') return;
    if (Date.now() > limit) throw new Error(`${host}: not within ${seconds} s: ${script}`);
    await sleep(1000);
  }
}
