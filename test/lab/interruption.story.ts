import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, type Ran } from './cluster.js';
import { differences, portrait } from './portrait.js';

/** Somebody who reaches the hosts through their own default gateway, so that a wrong one locks him out. */
let c: Cluster;
beforeAll(async () => {
  c = await cluster('nat', { inband: true });
  await applied(c);
});
afterAll(() => c?.down());

/** What an apply must not leave: its files, its units, its lock. */
const left = (host: string) =>
  c.on(
    host,
    `ls /var/lib/lvsctl/apply 2>/dev/null; find /etc/systemd -name 'lvsctl-undo*'
    systemctl list-units --all --plain --no-legend 'lvsctl-apply*'
    [ ! -e /run/lvsctl/lock ] || flock -n /run/lvsctl/lock true || echo locked`,
  );

/** A second share on web1 and another scheduler: a small plan for web1 and the director. */
const more = (yaml: string) =>
  yaml
    .replace('scheduler: rr', 'scheduler: wrr')
    .replace('at: /var/www/html }', 'at: /var/www/html }\n      - { share: benet, at: /srv/benet }');

/** An lvsctl apply that a story can send signals to. */
function applying(owner: string, ...more: string[]) {
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
async function eventually(host: string, script: string, seconds: number): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await c.on(host, `{ ${script}\n} >/dev/null 2>&1 && echo yes || echo no`).catch(() => '');
    if (answer.trim() === 'yes') return;
    if (Date.now() > limit) throw new Error(`${host}: not within ${seconds} s: ${script}`);
    await sleep(1000);
  }
}

describe('an apply that does not come to its end', () => {
  const hosts = ['web1', 'lb1'];
  let former: string[][];
  const changed = async () => {
    const now = await Promise.all(hosts.map(host => portrait(c, host)));
    const facts = now.flatMap((facts, index) =>
      differences(former[index]!, facts).map(fact => `${hosts[index]} ${fact}`),
    );
    // The journal lies there for a while, for an lvsctl that comes back; and modules stay once they are needed no more.
    return facts.filter(fact => !/ours |unit-file lvsctl-apply|module ip_vs_wrr/.test(fact));
  };

  it('because lvsctl was killed is taken back by each host itself, and the locks are let go', async () => {
    former = await Promise.all(hosts.map(host => portrait(c, host)));
    await c.edit(more);
    const run = applying('anna', '--confirm-timeout', '15s');
    await run.until('[lb1] ');
    run.signal('SIGKILL');
    await run.ended;
    expect(await c.on('web1', 'ls -d /srv/benet /run/lvsctl/owner')).toBe('/run/lvsctl/owner\n/srv/benet\n');
    for (const host of hosts) {
      await eventually(host, 'grep -q "^undone yes switch" /var/lib/lvsctl/apply/*/journal', 90);
      await eventually(host, 'flock -n /run/lvsctl/lock true && [ ! -e /run/lvsctl/owner ]', 20);
    }
    expect(await changed()).toEqual([]);
  });

  it('because of Ctrl-C is taken back before lvsctl ends, which says so', async () => {
    const run = applying('anna');
    await run.until('[web1] ');
    run.signal('SIGINT');
    const { code, out, err } = await run.ended;
    expect(out).toMatch(/web1 \(real server\): FAILED\n.*[Ii]nterrupted.*\n.*put back: \d+ changes? undone/);
    expect(err).toContain('[web1] put back\n');
    expect(code).toBe(130);
    expect(await Promise.all(hosts.map(left))).toEqual(['', '']);
    expect(await changed()).toEqual([]);
  });
});
