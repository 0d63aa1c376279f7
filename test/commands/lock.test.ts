import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockRelease, lockStatus } from '../../src/commands/lock.js';
import { connector } from '../../src/hosts/connect.js';
import { asRoot } from '../../src/hosts/script.js';
import { type Session, Unreachable } from '../../src/hosts/session.js';
import { make, phases, start } from '../hosts/acts.js';
import { LocalHost } from '../hosts/local-host.js';
import { sound } from '../topology/sound.js';
import { thrownBy } from './thrown.js';
import { world } from './world.js';

vi.mock('../../src/hosts/connect.js', () => ({ connector: vi.fn() }));

const folder = mkdtempSync(join(tmpdir(), 'lvsctl-lock-'));
const file = join(folder, 'web.yaml');
writeFileSync(file, sound);
const options = { file, parallelism: 4 };
const LEFT =
  'ls /var/lib/lvsctl/apply 2>/dev/null; [ ! -e /run/lvsctl/lock ] || flock -n /run/lvsctl/lock true || echo locked';

describe('the lock of a host', { timeout: 90_000 }, () => {
  let lb1: LocalHost;
  let web1: LocalHost;
  beforeEach(async () => {
    [lb1, web1] = await Promise.all([LocalHost.make('lb1'), LocalHost.make('web1')]);
    const sessions = new Map<string, Session>([lb1, web1].map(host => [host.name, host.session(true)]));
    vi.mocked(connector)
      .mockReset()
      .mockResolvedValue({
        open: async host => {
          const session = sessions.get(host);
          if (!session) throw new Unreachable(`${host}: no route to host`, 'start it');
          return session;
        },
        close: async () => {},
      });
    return () => {
      lb1.end();
      web1.end();
    };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** An apply on lb1 whose lvsctl is gone, and for which the host would wait a long time. */
  const forsaken = async (first = 'entry') => {
    const wanted = phases([make(first, 'a'), make('slow', 'b', '300')]);
    start(lb1, wanted, { patience: 3600, owner: 'anna since noon' }).ended.catch(() => {});
    await lb1.until('[ -e /etc/state/b ]');
    lb1.unplug();
  };

  it('is shown with its owner, and hosts that cannot be reached end it with 4', async () => {
    await forsaken();
    const io = world();
    expect(await lockStatus(options, io)).toBe(4);
    expect(io.said.out).toMatch(
      /^lb1 {3}locked by anna since noon \(apply \S+\)\nweb1 {2}free\nweb2 {2}UNREACHABLE {2}web2: no route to host\nnas /,
    );
  });

  it('is released: what was begun is taken back, and the host is free', async () => {
    await forsaken();
    const io = world();
    expect(await lockRelease(['lb1', 'web1'], { ...options, autoApprove: true }, io)).toBe(0);
    expect(io.said.out).toMatch(
      /^lb1 {3}free, what anna since noon \(apply \S+\) had begun was taken back\nweb1 {2}free\n$/,
    );
    expect(lb1.state()).toEqual([]);
    expect(lb1.run(LEFT)).toBe('');
  });

  it('is not released by somebody who reads and is not root, and stays', async () => {
    await forsaken();
    const session = lb1.session(true);
    const exec: Session['exec'] = (command, options) =>
      command === asRoot(':')
        ? Promise.resolve({ code: 1, stdout: '', stderr: 'sudo: a password is required\n' })
        : session.exec(command, options);
    vi.mocked(connector).mockResolvedValue({
      open: async () => ({ ...session, exec }),
      close: async () => {},
    });
    const io = world();
    expect(await lockRelease(['lb1'], { ...options, autoApprove: true }, io)).toBe(1);
    expect(io.said.out).toBe('lb1  REFUSED  only root may release it (sudo: a password is required)\n');
    expect(lb1.run(LEFT)).toMatch(/locked\n$/);
  });

  it('whose supervisor was killed holds nothing, is shown as left behind, and is taken back', async () => {
    await forsaken();
    lb1.run("kill -9 $(cat /var/lib/lvsctl/apply/*/pid); pkill -9 -f '[p]hase.1'");
    const seen = world();
    await lockStatus({ ...options, json: true }, seen);
    expect(JSON.parse(seen.said.out.split('\n')[0]!)).toMatchObject({ host: 'lb1', state: 'abandoned' });
    expect(await lockRelease(['lb1'], { ...options, autoApprove: true }, world())).toBe(0);
    expect(lb1.state()).toEqual([]);
    expect(lb1.run(LEFT)).toBe('');
  });

  it('that cannot be taken back whole ends with 6 and names the host', async () => {
    await forsaken('stubborn');
    const io = world();
    expect(await lockRelease(['lb1'], { ...options, autoApprove: true }, io)).toBe(6);
    expect(io.said.out).toMatch(/^lb1 {2}NOT WHOLE: /);
  });

  it('is not released without approval, nor for a host that the topology does not name', async () => {
    await forsaken();
    expect(await lockRelease([], options, world())).toBe(3);
    expect(await lockRelease([], options, world({ ask: async () => 'no' }))).toBe(3);
    expect(await thrownBy(() => lockRelease(['lb'], { ...options, autoApprove: true }, world()))).toEqual([
      'the topology has no host lb (name one of lb1, web1, web2, nas; did you mean `lb1`?)',
    ]);
    expect(lb1.run('flock -n /run/lvsctl/lock true || echo locked')).toBe('locked\n');
  });
});
