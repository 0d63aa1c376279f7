import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { apply } from '../../src/commands/apply.js';
import { drift } from '../../src/commands/drift.js';
import { plan } from '../../src/commands/plan.js';
import { connector } from '../../src/hosts/connect.js';
import { saidOf } from '../topology/faults.js';
import { edited, sound } from '../topology/sound.js';
import { bareHosts } from './bare-hosts.js';
import { thrownBy } from './thrown.js';
import { world } from './world.js';

vi.mock('../../src/hosts/connect.js', () => ({ connector: vi.fn() }));

const folder = mkdtempSync(join(tmpdir(), 'lvsctl-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const all = {
  lb1: '192.168.80.80/24',
  web1: '192.168.80.10/24',
  web2: '192.168.80.20/24',
  nas: '192.168.80.30/24',
};
const file = at('web.yaml');
const options = { file, parallelism: 4 };
const applying = { ...options, confirmTimeout: 60, lockTimeout: 60, rollback: true };

let hosts = bareHosts(all);
const reach = (addresses: Record<string, string>) => {
  hosts = bareHosts(addresses);
  vi.mocked(connector)
    .mockReset()
    .mockImplementation(async () => hosts);
};
beforeEach(() => {
  reach(all);
  writeFileSync(file, sound);
});

describe('plan', () => {
  it('shows what differs, saves nothing, and ends with 0', async () => {
    const io = world();
    const before = readdirSync(folder);
    expect(await plan(options, io)).toBe(0);
    expect(io.said.out).toMatch(/^Plan: \d+ to create, 0 to change, 0 to delete on 4 of 4 hosts\.$/m);
    expect(io.said.err).toBe('');
    expect(readdirSync(folder)).toEqual(before);
    expect(hosts.asked.sort()).toEqual(['lb1', 'nas', 'web1', 'web2']);
  });

  it('ends with 2 when that is asked for, and with 4 when a host is away, and goes on with the others', async () => {
    expect(await plan({ ...options, detailedExitcode: true }, world())).toBe(2);
    const { nas: _, ...three } = all;
    reach(three);
    const io = world();
    expect(await plan(options, io)).toBe(4);
    expect(io.said.out).toContain('nas: no route to host');
    expect(io.said.out).toContain('1 host not checked.');
  });

  it('as JSON is one object', async () => {
    const io = world();
    await plan({ ...options, json: true }, io);
    expect(JSON.parse(io.said.out)).toMatchObject({ cluster: 'web', complete: true, applyable: true });
  });

  it('reads from standard input, and calls it by its name', async () => {
    const io = world({ stdin: async () => edited({ 'scheduler: rr': 'schedular: rr' }) });
    const faults = await thrownBy(() => plan({ ...options, file: '-' }, io));
    expect(faults).toEqual([expect.stringMatching(/^<stdin>:4:1: unknown key `schedular`/)]);
  });

  it('meets no host when its lab is not up or its ssh_config is not there', async () => {
    vi.stubEnv('LVSCTL_LAB_HOME', folder);
    expect(await thrownBy(() => plan({ ...options, lab: true }, world()))).toEqual([
      `no lab of web is up (start it: lvsctl lab up -f ${file})`,
    ]);
    vi.unstubAllEnvs();
    expect(await thrownBy(() => plan({ ...options, sshConfig: at('none') }, world()))).toEqual([
      `there is no ${at('none')} (name an ssh_config that exists)`,
    ]);
    expect(hosts.asked).toEqual([]);
  });
});

it('hosts are reached by the transport that is asked for', async () => {
  await plan({ ...options, transport: 'ssh' }, world());
  expect(vi.mocked(connector).mock.calls).toEqual([[{ transport: 'ssh' }]]);
});

describe('a saved plan', () => {
  const out = at('plan.json');
  const saved = () => JSON.parse(readFileSync(out, 'utf8'));
  beforeEach(() => rmSync(out, { force: true }));

  it('is readable by its owner alone, also where another file stood, and leaves nothing beside it', async () => {
    writeFileSync(out, 'old', { mode: 0o666 });
    await plan({ ...options, out }, world());
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter(name => name.includes('plan.json'))).toEqual(['plan.json']);
    expect(saved()).toMatchObject({ format_version: 1, topology: { path: file, source: sound } });
  });

  it('holds the topology as it was read, also from standard input, and when the file is another by now', async () => {
    const stdin = async () => {
      writeFileSync(file, 'name: other\n');
      return sound;
    };
    await plan({ ...options, file: '-', out }, world({ stdin }));
    expect(saved().topology).toEqual({ path: '<stdin>', source: sound });
  });

  it('that cannot be written is one clear message', async () => {
    expect(await thrownBy(() => plan({ ...options, out: at('no/such/plan') }, world()))).toEqual([
      `${at('no/such/plan')} cannot be written: its folder does not exist (name another place)`,
    ]);
    expect(await thrownBy(() => plan({ ...options, out: folder }, world()))).toEqual([
      `${folder} cannot be written: it is a folder (name another place)`,
    ]);
    expect(readdirSync(folder).filter(name => name.endsWith('.new'))).toEqual([]);
  });

  it('is refused when the hosts are no longer as they were, and nothing is carried out', async () => {
    await plan({ ...options, out }, world());
    hosts.route = 'default via 192.168.80.80 dev ens33 onlink \n';
    const io = world();
    expect(await apply({ ...applying, planFile: out }, io)).toBe(3);
    expect(io.said.err).toBe(
      'The hosts are no longer as they were when this plan was made. Make a new plan.\n',
    );
  });

  it('is the approval: apply goes by it, whatever the file says by now', async () => {
    await plan({ ...options, out }, world());
    writeFileSync(file, 'name: other\n');
    const io = world();
    // These hosts take reads alone, so the first thing that is written is the proof that apply went on.
    await expect(apply({ ...applying, planFile: out }, io)).rejects.toThrow('not a read');
    expect(io.said.err).not.toContain('no longer as they were');
  });

  it.each([
    ['is not there', undefined, 'there is no saved plan FILE'],
    ['is no JSON', 'plan', 'FILE is not a saved plan'],
    ['is null', 'null', 'FILE is not a saved plan that this lvsctl reads'],
    ['is of another format', '{"format_version":2}', 'FILE is not a saved plan that this lvsctl reads'],
    [
      'has no topology',
      '{"format_version":1,"digest":"x"}',
      'FILE is not a saved plan that this lvsctl reads',
    ],
  ])('that %s is refused before any host is met', async (_, text, message) => {
    if (text !== undefined) writeFileSync(out, text);
    expect(await thrownBy(() => apply({ ...applying, planFile: out }, world()))).toEqual([
      `${message.replace('FILE', out)} (make one with \`lvsctl plan --out FILE\`)`,
    ]);
    expect(hosts.asked).toEqual([]);
  });

  it('with a topology that was edited into nonsense is refused with its place', async () => {
    await plan({ ...options, out }, world());
    const edit = { ...saved(), topology: { path: file, source: 'name: 1\n' } };
    writeFileSync(out, JSON.stringify(edit));
    expect(await thrownBy(() => apply({ ...applying, planFile: out }, world()))).toEqual(
      saidOf(file, 'name: 1\n'),
    );
  });
});

describe('apply without an approval', () => {
  it.each<[string, { json?: boolean; destroy?: boolean }]>([
    ['apply', {}],
    ['apply', { json: true }],
    ['destroy', { destroy: true }],
  ])(
    'where nobody can be asked ends %s with 3 before any host is met, and says what to add',
    async (verb, more) => {
      const io = world(more.json ? { ask: async () => 'yes' } : {});
      expect(await apply({ ...applying, ...more }, io)).toBe(3);
      expect(io.said).toEqual({
        out: '',
        err: `Nobody can be asked here. Approve beforehand: lvsctl ${verb} --auto-approve, or a saved plan.\n`,
      });
      expect(connector).not.toHaveBeenCalled();
    },
  );

  it.each(['', 'y', 'no', 'YES', 'yes please'])('%j is not yes: nothing is changed', async answer => {
    const io = world({ ask: async () => answer });
    expect(await apply(applying, io)).toBe(3);
    expect(io.said.out).toContain('Do you want to make these changes?');
    expect(io.said.err).toBe('Not approved; nothing was changed.\n');
  });

  it('waits for another apply as long as --lock-timeout says, and plans again', async () => {
    hosts.pending = 1;
    const io = world({ ask: async () => 'no' });
    expect(await apply({ ...applying, lockTimeout: 1 }, io)).toBe(3);
    expect(io.said.err).toBe(
      'lb1: another apply is under way; waiting, 1 s left\nNot approved; nothing was changed.\n',
    );
    expect(hosts.asked.filter(host => host === 'lb1')).toHaveLength(2);
    expect(io.said.out).not.toContain('unconfirmed-apply');
    hosts.pending = 1;
    const { lockTimeout: _, ...impatient } = applying;
    const now = world({ ask: async () => 'no' });
    await apply(impatient, now);
    expect(now.said.out).toContain('unconfirmed-apply');
  });

  it('a guard is refused before anybody is asked, and names the flag; the flag lets it pass', async () => {
    writeFileSync(file, edited({ 'mode: nat': 'mode: nat\npackages: require' }));
    const ask = vi.fn(async () => 'no');
    const io = world({ ask });
    expect(await apply(applying, io)).toBe(3);
    expect(io.said.err).toBe(
      'Refused; nothing was changed. To go on all the same: --allow package-missing\n',
    );
    expect(ask).not.toHaveBeenCalled();
    await apply({ ...applying, allow: ['package-missing'] }, world({ ask }));
    expect(ask).toHaveBeenCalledOnce();
  });
});

describe('destroy', () => {
  it('of hosts that hold nothing of ours has nothing to do, asks nobody, and ends with 0', async () => {
    const io = world({ ask: () => Promise.reject(new Error('asked')) });
    expect(await apply({ ...applying, destroy: true }, io)).toBe(0);
    expect(io.said.out).toContain('No changes. 4 hosts match web.yaml.');
  });
});

describe('drift', () => {
  it('ends with 2 and says what differs', async () => {
    const io = world();
    expect(await drift(options, io)).toBe(2);
    expect(io.said.out).toContain('lb1');
    expect(io.said.err).toBe('');
  });

  it('as JSON is one object in one line', async () => {
    const io = world();
    await drift({ ...options, json: true }, io);
    expect(io.said.out.split('\n')).toHaveLength(2);
    expect(JSON.parse(io.said.out)).toMatchObject({ cluster: 'web' });
  });
});

describe('a user who reads and is not root', () => {
  const denied = 'sudo: a password is required';
  const words = `an apply needs root, and the user who logs in is not root on lb1 (${denied}), web1 (${denied}), web2 (${denied}), nas (${denied}). Log in as root, or as a user with sudo for everything (NOPASSWD: ALL).`;

  it('gets a plan, and one message in place of an apply or a destroy', async () => {
    hosts.sudo = denied;
    expect(await plan(options, world())).toBe(0);
    const io = world();
    expect(await apply({ ...applying, autoApprove: true }, io)).toBe(1);
    expect(io.said.err).toBe(`Refused; nothing was changed: ${words}\n`);
  });

  it('applies where sudo makes him root', async () => {
    hosts.sudo = '';
    const io = world();
    await expect(apply({ ...applying, autoApprove: true }, io)).rejects.toThrow('not a read');
    expect(io.said.err).toBe('');
  });
});
