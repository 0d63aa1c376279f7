import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labCapture } from '../../src/lab/capture.js';
import { asRoot } from '../../src/lab/channel.js';
import { run } from '../../src/lab/command.js';
import { labDown } from '../../src/lab/down.js';
import { labFault } from '../../src/lab/fault.js';
import { labReboot } from '../../src/lab/reboot.js';
import { labReset } from '../../src/lab/reset.js';
import type { LabSpec } from '../../src/lab/spec.js';
import { overSsh } from '../../src/lab/ssh.js';
import { readLab } from '../../src/lab/state.js';
import { labStatus } from '../../src/lab/status.js';
import { labUp } from '../../src/lab/up.js';

const inside = '192.168.80.0/24';
const outside = '12.0.0.0/24';
let directory: string;
let spec: LabSpec;

/** What a command prints on a machine, asked through the root shell that needs no network. */
const ask = async (name: string, script: string) =>
  (await asRoot(join((await readLab(directory)).sockets, `${name}.channel`), script)).trim();
const everywhere = (script: string) => Promise.all(spec.machines.map(({ name }) => ask(name, script)));
const ssh = (name: string, command: string) =>
  overSsh(directory, name, command).then(
    output => ({ ok: true, output }),
    error => ({ ok: false, output: String(error.message) }),
  );
/** Seconds by which a clock is wrong, however long the answer took. */
const clockError = async (name: string, offset = 0) => {
  const before = Date.now() / 1000;
  const time = Number(await ask(name, 'date +%s.%N')) - offset;
  return Math.max(before - time, time - Date.now() / 1000, 0);
};
const addresses = "ip -brief link | awk '{print $1, $3}' | sort";

beforeAll(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'lab-test-')), 'lab');
  spec = {
    name: 'five',
    directory,
    image: 'ready',
    machines: [
      {
        name: 'router',
        forward: true,
        nics: [
          { interface: 'ens33', segment: inside, address: '192.168.80.1/24' },
          { interface: 'ens37', segment: outside, address: '12.0.0.254/24' },
        ],
      },
      {
        name: 'web1',
        nics: [{ interface: 'ens33', segment: inside, address: '192.168.80.10/24' }],
        gateway: '192.168.80.1',
        inband: { jump: 'router', address: '192.168.80.10' },
      },
      {
        name: 'web2',
        nics: [{ interface: 'ens33', segment: inside, address: '192.168.80.20/24' }],
        gateway: '192.168.80.1',
      },
      {
        name: 'lb1',
        nics: [
          { interface: 'ens33', segment: inside },
          { interface: 'ens37', segment: outside },
        ],
      },
      {
        name: 'client',
        nics: [{ interface: 'eth0', segment: outside, address: '12.0.0.12/24' }],
        routes: [{ to: inside, via: '12.0.0.254' }],
      },
    ],
  };
  await labUp(spec, () => {});
});

afterAll(async () => {
  await labDown(directory).catch(() => {});
  await rm(join(directory, '..'), { recursive: true, force: true });
});

describe('five restored guests', () => {
  it('are five different hosts, with the right clock, that have just booted', async () => {
    for (const script of [
      'cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d" " -f2',
      'cat /etc/machine-id',
      'hostname',
      'cat /sys/class/net/e*/address | head -1',
      'head -c 16 /dev/urandom | od -An -tx1',
    ]) {
      expect(new Set(await everywhere(script)).size, script).toBe(5);
    }
    for (const { name } of spec.machines) expect(await clockError(name), name).toBeLessThan(2);
    expect(new Set(await everywhere('systemctl is-system-running'))).toEqual(new Set(['running']));
    expect(await ask('web2', 'cat /run/network/ifstate')).toBe('lo=lo\nens33=ens33');
    expect(await ask('web2', 'ip route show default')).toContain('via 192.168.80.1 dev ens33');
    expect(await ask('lb1', 'cat /sys/class/net/ens37/flags; ls /sys/class/net')).toBe(
      '0x1002\nens33\nens37\nlo\nmgmt0',
    );
    expect(await ask('web1', 'ls /sys/class/net')).toBe('ens33\nlo');
    expect(await ask('web1', 'sysctl -n net.ipv4.conf.all.rp_filter net.ipv4.ip_forward')).toBe('1\n0');
    expect(await ask('router', 'sysctl -n net.ipv4.ip_forward net.ipv4.conf.ens33.send_redirects')).toBe(
      '1\n0',
    );
  });

  it('reach each other on their networks only', async () => {
    expect(await ask('client', 'ping -c 1 -W 5 192.168.80.10 | grep -c "1 received"')).toBe('1');
    expect((await ssh('web2', 'ping -c 1 -W 2 8.8.8.8')).ok).toBe(false);
  });

  it('let in root and two users, with and without the right to sudo', async () => {
    expect(await ssh('web1', 'hostname')).toEqual({ ok: true, output: 'web1' });
    expect(await ssh('web2', 'id -un')).toEqual({ ok: true, output: 'root' });
    const as = (user: string, command: string) =>
      run('ssh', ['-F', join(directory, 'ssh_config'), '-l', user, 'web2', command], { seconds: 30 });
    expect(await as('admin', 'sudo -n id -un')).toBe('root');
    await expect(as('ops', 'sudo -n id -un')).rejects.toThrow(/sudo/);
  });

  it('are refused by ssh when another one answers in their place', async () => {
    const wrong = ['-o', 'HostKeyAlias=web2', '-o', 'BatchMode=yes', 'client', 'true'];
    await expect(
      run('ssh', ['-F', join(directory, 'ssh_config'), ...wrong], { seconds: 30 }),
    ).rejects.toThrow(/IDENTIFICATION HAS CHANGED|Host key verification failed/);
  });

  it('show what passes an interface', async () => {
    const file = join(directory, 'capture.pcap');
    await ask('client', 'ping -i 0.5 -w 120 192.168.80.20 > /dev/null 2>&1 &');
    await labCapture(directory, 'router', 'ens37', { seconds: 5, filter: 'icmp', out: file });
    await ask('client', 'pkill ping');
    const bytes = await readFile(file);
    expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect(bytes.length).toBeGreaterThan(24 + 4 * 98);
  });
});

describe('a fault takes effect', () => {
  it('a second lab in the same directory is refused', async () => {
    await expect(labUp(spec, () => {})).rejects.toThrow(/already running.*lab down/);
  });

  it('unplug and plug', async () => {
    await labFault(directory, 'web2', { kind: 'unplug', interface: 'ens33' });
    expect(await ask('web2', 'cat /sys/class/net/ens33/carrier')).toBe('0');
    expect(await ask('router', 'ping -c 1 -W 2 192.168.80.20 || echo silent')).toContain('silent');
    await labFault(directory, 'web2', { kind: 'plug', interface: 'ens33' });
    expect(await ask('router', 'ping -c 3 -W 2 192.168.80.20 > /dev/null && echo answers')).toBe('answers');
    await expect(labFault(directory, 'web2', { kind: 'unplug', interface: 'ens34' })).rejects.toThrow(
      'it has mgmt0, ens33',
    );
    await labFault(directory, 'web2', { kind: 'unplug', interface: 'mgmt0' });
    expect((await ssh('web2', 'true')).ok).toBe(false);
    expect(await ask('router', 'ping -c 1 -W 2 192.168.80.20 > /dev/null && echo answers')).toBe('answers');
    await labFault(directory, 'web2', { kind: 'plug', interface: 'mgmt0' });
    expect((await ssh('web2', 'true')).ok).toBe(true);
  });

  it('pause and resume', async () => {
    await labFault(directory, 'web2', { kind: 'pause' });
    expect(await ask('router', 'ping -c 1 -W 2 192.168.80.20 || echo silent')).toContain('silent');
    expect((await labStatus(directory)).find(({ name }) => name === 'web2')?.state).toBe('paused');
    await labFault(directory, 'web2', { kind: 'resume' });
    expect(await ask('web2', 'echo again')).toBe('again');
    expect(await clockError('web2')).toBeLessThan(2);
  });

  it('full disk and free disk', async () => {
    await labFault(directory, 'web2', { kind: 'full-disk' });
    expect(await ask('web2', 'head -c 9 /dev/zero 2>&1 > /root/x || true')).toContain(
      'No space left on device',
    );
    await labFault(directory, 'web2', { kind: 'free-disk' });
    expect(await ask('web2', 'echo x > /root/x && cat /root/x')).toBe('x');
  });

  it('clock', async () => {
    await labFault(directory, 'web2', { kind: 'clock', offset: -7200 });
    expect(await clockError('web2', -7200)).toBeLessThan(2);
  });
});

describe('a reboot', () => {
  it('of all at once keeps interface names, MACs, addresses, routes and keys', async () => {
    const picture = `${addresses}; ip -brief address | grep -v fe80; ip -4 route | sort; cat /etc/machine-id`;
    const [links, pictures] = [await everywhere(addresses), await everywhere(picture)];
    await labReboot(directory, undefined);
    expect(await everywhere(addresses)).toEqual(links);
    expect(await everywhere(picture)).toEqual(pictures);
    expect(new Set(await everywhere('cat /proc/sys/kernel/random/boot_id')).size).toBe(5);
    expect(await ssh('web1', 'hostname; systemctl is-system-running --wait')).toEqual({
      ok: true,
      output: 'web1\nrunning',
    });
    expect(await clockError('web2')).toBeLessThan(2);
  });
});

describe('the end', () => {
  it('kill, start and reset', async () => {
    await ask('client', 'echo kept > /root/note; sync');
    await labFault(directory, 'client', { kind: 'kill' });
    expect((await labStatus(directory)).find(({ name }) => name === 'client')?.state).toBe('stopped');
    expect((await ssh('client', 'true')).output).toMatch(/refused/);
    await labFault(directory, 'client', { kind: 'start' });
    expect(await ssh('client', 'cat /root/note')).toEqual({ ok: true, output: 'kept' });
    await labReset(directory, ['client'], () => {});
    expect(await ssh('client', 'ls /root; hostname')).toEqual({ ok: true, output: 'client' });
  });

  it('of a lab leaves no process and no file', async () => {
    const { sockets } = await readLab(directory);
    expect(runningWith(directory, sockets).length).toBeGreaterThan(6);
    await labDown(directory);
    expect(runningWith(directory, sockets)).toEqual([]);
    expect(await readFile(directory).catch(error => error.code)).toBe('ENOENT');
    expect(await readFile(sockets).catch(error => error.code)).toBe('ENOENT');
  });
});

/** Command lines of running processes that mention one of these. */
function runningWith(...words: string[]): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter(line => words.some(word => line.includes(word)));
}
