import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { history } from '../../src/hosts/history.js';
import { make, phases, start } from './acts.js';
import { LocalHost } from './local-host.js';

describe('what a host keeps of its applies', { timeout: 90_000 }, () => {
  let host: LocalHost;
  beforeAll(async () => {
    host = await LocalHost.make();
  });
  afterAll(() => host.end());
  afterEach(() => host.run('rm -rf /etc/state/* /var/lib/lvsctl'));

  const applied = async (plan = phases([make('entry', 'a')])) => {
    await start(host, plan, { owner: 'anna since noon' }).ended;
  };

  it('is each confirmed one: by whom, from which file, what it changed, and readable to root alone', async () => {
    await applied();
    const [record] = (await history(host.session()))!;
    expect(record).toMatchObject({
      owner: 'anna since noon',
      cluster: 'web',
      source: { file: 'web.yaml', sha256: 'f00' },
      hosts: ['lb1'],
      changes: [{ kind: 'entry', key: 'a', after: { value: 'new' } }],
      marks: { after: { entries: [{ kind: 'entry', key: 'a', origin: null }] } },
    });
    expect(host.run('stat -c "%a" /var/lib/lvsctl/history/*')).toBe('600\n');
  });

  it('is nothing of one that was taken back', async () => {
    await start(host, phases([make('entry', 'a')]), { check: async () => 'no' }).ended;
    expect(await history(host.session())).toEqual([]);
  });

  it('is the last ten, the newest first', async () => {
    host.run('mkdir -p /var/lib/lvsctl/history');
    for (let n = 10; n < 25; n++)
      host.run(
        `echo '{"format":1,"id":"20200101000000-${n}","changes":[]}' >/var/lib/lvsctl/history/20200101000000-${n}`,
      );
    host.run('echo broken >/var/lib/lvsctl/history/20200101000000-24');
    await applied();
    const ids = (await history(host.session()))!.map(({ id }) => id.slice(0, 4) + id.slice(-2));
    expect(ids.slice(1)).toEqual([
      '202023',
      '202022',
      '202021',
      '202020',
      '202019',
      '202018',
      '202017',
      '202016',
    ]);
    expect(ids[0]).not.toMatch(/^2020/);
  });

  it('goes with the last thing of ours', async () => {
    await applied();
    const { marks, ...gone } = phases([make('entry', 'a')]);
    const before = marks.get('lb1')!.after!;
    await applied({ ...gone, marks: new Map([['lb1', { before }]]) });
    expect(host.run('ls -A /var/lib/lvsctl 2>/dev/null || :')).toBe('');
  });
});
