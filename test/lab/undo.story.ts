import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

let c: Cluster;
const hosts = ['lb1', 'web1', 'web2', 'nas'];
const pristine = new Map<string, string[]>();
beforeAll(async () => {
  c = await cluster('nat');
  for (const host of hosts) pristine.set(host, await portrait(c, host));
  await applied(c);
  await c.on('nas', 'echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html');
});
afterAll(() => c?.down());

/** Another scheduler and weight, another share for web2: live tables, files, mounts and services. */
const other = (yaml: string) =>
  yaml
    .replace('scheduler: rr', 'scheduler: wrr')
    .replace('- name: web2\n', '- name: web2\n    weight: 3\n')
    .replace('{ share: benet, at: /var/www/html }', '{ share: kgc, at: /var/www/html }');
const bodies = async () => (await c.requests(8)).sort().join(' ');
const listed = async () => {
  const { code, out } = await c.lvsctl('undo --list', '--json');
  expect(code).toBe(0);
  return out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string; owner: string; source: { file: string }; hosts: object });
};

describe('an apply that was confirmed', () => {
  let first: string;
  let second: string;

  it('is kept on the hosts that it changed: by whom, from which file, how much', async () => {
    first = await readFile(c.file, 'utf8');
    await c.edit(other);
    second = await readFile(c.file, 'utf8');
    await applied(c);
    expect(await bodies()).toBe('kgc kgc kgc kgc kgc kgc kgc kgc');
    const all = await listed();
    expect(all.map(each => Object.keys(each.hosts).sort())).toEqual([
      ['lb1', 'web2'],
      ['lb1', 'nas', 'web1', 'web2'],
    ]);
    expect(all[0]).toMatchObject({ owner: expect.stringMatching(/ since \d{4}-/), source: { file: c.file } });
    const { out } = await c.lvsctl('undo --list');
    expect(out).toMatch(
      /^\d{14}-[0-9a-f]{6}\n {4}by .* since .*, from cluster\.yaml \(sha256 [0-9a-f]{12}\)\n {4}\d+ changes: /,
    );
  });

  it('is taken back by undo, whole: the hosts are as the file before it wants them', async () => {
    const { code, out } = await c.lvsctl('undo', '-y');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('Apply complete!') });
    expect(await bodies()).toBe('benet benet benet benet kgc kgc kgc kgc');
    await c.edit(() => first);
    expect(await planned(c)).toEqual([]);
  });

  it('comes back when its undo is undone', async () => {
    expect((await c.lvsctl('undo', '-y')).code).toBe(0);
    await c.edit(() => second);
    expect(await planned(c)).toEqual([]);
    expect(await bodies()).toBe('kgc kgc kgc kgc kgc kgc kgc kgc');
  });

  it('is not taken back over what somebody did since, unless that is allowed', async () => {
    await c.on('lb1', 'ipvsadm -e -t 12.0.0.1:80 -r 192.168.80.20:80 -m -w 9');
    const { code, err } = await c.lvsctl('undo', '-y');
    expect(err.replace(/\s+/g, ' ')).toContain('lb1: update real-server tcp 12.0.0.1:80 192.168.80.20:80');
    expect({ code, weight: (await c.on('lb1', 'ipvsadm -Sn')).includes('-w 9') }).toEqual({
      code: 3,
      weight: true,
    });
    expect((await c.lvsctl('undo', '-y', '--allow', 'changed-since')).code).toBe(0);
    await c.edit(() => first);
    expect(await planned(c)).toEqual([]);
  });

  it('is kept as long as anything of ours is there: a destroy leaves nothing', async () => {
    expect((await c.lvsctl('undo 20000101000000-000000', '-y')).err).toContain(
      'the hosts keep no apply 2000',
    );
    await c.lvsctl('destroy', '-y');
    for (const host of hosts) {
      expect(await c.on(host, 'ls -A /var/lib/lvsctl 2>/dev/null || :')).toBe('');
      const left = differences(pristine.get(host)!, await portrait(c, host));
      expect(left.filter(line => !/^\+ (module|kernel|unit \S+\.target)/.test(line))).toEqual([]);
    }
    expect((await c.lvsctl('undo --list')).out).toBe('The hosts keep no apply that can be undone.\n');
  });
});
