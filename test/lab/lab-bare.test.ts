import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asRoot } from '../../src/lab/channel.js';
import { labDown } from '../../src/lab/down.js';
import type { LabSpec } from '../../src/lab/spec.js';
import { readLab } from '../../src/lab/state.js';
import { labStatus } from '../../src/lab/status.js';
import { labUp } from '../../src/lab/up.js';

const segment = '10.0.0.0/24';
let parent: string;
const labOf = (name: string, last: number): LabSpec => ({
  name,
  directory: join(parent, name),
  image: 'bare',
  machines: [
    {
      name: 'host',
      nics: [
        { interface: 'eth0', segment, address: `10.0.0.${last}/24` },
        { interface: 'eth1', segment },
      ],
    },
  ],
});
const ask = async (name: string, script: string) =>
  (await asRoot(join((await readLab(join(parent, name))).sockets, 'host.channel'), script, 200)).trim();

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'labs-'));
  await Promise.all([labUp(labOf('one', 1), () => {}), labUp(labOf('two', 2), () => {})]);
});

afterAll(async () => {
  await Promise.all(['one', 'two'].map(name => labDown(join(parent, name)).catch(() => {})));
  await rm(parent, { recursive: true, force: true });
});

describe('two labs side by side', () => {
  it('do not meet, though their networks have one name', async () => {
    expect(await ask('one', 'ping -c 1 -W 2 10.0.0.2 || echo silent')).toContain('silent');
    const ids = await Promise.all(['one', 'two'].map(name => ask(name, 'cat /etc/machine-id')));
    expect(new Set(ids).size).toBe(2);
    const ports = (await Promise.all(['one', 'two'].map(name => labStatus(join(parent, name))))).flat();
    expect(new Set(ports.map(({ port }) => port)).size).toBe(2);
  });

  it('end one without the other', async () => {
    await labDown(join(parent, 'two'));
    expect(await ask('one', 'hostname')).toBe('host');
  });
});

describe('a bare guest', () => {
  it('lacks what a cluster needs and installs it without a network', async () => {
    expect(await ask('one', 'for it in ipvsadm iptables nginx exportfs; do command -v $it; done; true')).toBe(
      '',
    );
    const install = 'DEBIAN_FRONTEND=noninteractive apt-get install --yes';
    await ask('one', `apt-get update && ${install} ipvsadm nginx`);
    expect(await ask('one', 'ipvsadm -Ln | head -1; curl -s -o /dev/null -w %{http_code} localhost')).toMatch(
      /^IP Virtual Server.*\n200$/,
    );
  });
});

describe('a lab that is interrupted while it starts', () => {
  it('leaves nothing', async () => {
    const interrupt = new AbortController();
    const starting = labUp(
      labOf('three', 3),
      ({ machine }) => {
        if (machine) setTimeout(() => interrupt.abort(new Error('interrupted')), 1000);
      },
      { abort: interrupt.signal },
    );
    await expect(starting).rejects.toThrow('interrupted');
    expect(await stat(join(parent, 'three')).catch(error => error.code)).toBe('ENOENT');
    const running = readdirSync('/proc').filter(pid => commandLine(pid).includes(join(parent, 'three')));
    expect(running).toEqual([]);
  });
});

function commandLine(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  } catch {
    return '';
  }
}
