import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/lab/port.js';
import { type Cluster, cluster, planned } from './cluster.js';

const HOSTS = ['lb1', 'web1', 'web2', 'nas'];

let c: Cluster;
/** How each host was found: what a plan, or an apply that is refused, must not change. */
let found: string[];
const look = () => Promise.all(HOSTS.map(host => c.on(host, STATE)));
/** Files of ours, of the system and of services that run; addresses, routes and modules. */
const STATE = `find /etc /var/lib/lvsctl /run/lvsctl 2>/dev/null | sort
find /etc ! -type d -newer /run/beginning | grep -v resolv
systemctl list-units --plain --no-legend --state=active,failed --type=service | awk '{ print $1, $3 }' | grep -v -e '@' -e '^systemd-' -e '^lab-'
ip -o addr show scope global | awk '{ print $2, $4 }'
ip route; cut -d' ' -f1 /proc/modules | sort`;

beforeAll(async () => {
  c = await cluster('nat');
  await Promise.all(HOSTS.map(host => c.on(host, 'touch /run/beginning; sleep 1')));
  found = await look();
});
afterAll(() => c?.down());

/** An ssh_config in which these hosts are reached in another way. */
async function reaching(changes: Record<string, Record<string, string>>): Promise<string> {
  const text = await readFile(join(c.directory, 'ssh_config'), 'utf8');
  const blocks = text.split(/^(?=Host )/m).map(block => {
    const options = changes[block.split(/\s+/)[1]!] ?? {};
    const others = block.split('\n').filter(line => !(line.trim().split(' ')[0]! in options));
    const mine = Object.entries(options).map(([key, value]) => `  ${key} ${value}`);
    return [others[0], ...mine, ...others.slice(1)].join('\n');
  });
  const path = join(c.directory, 'other_config');
  await writeFile(path, blocks.join(''));
  return path;
}

/** What a plan says of each host, and which hosts it has changes for. */
async function seen(config: string) {
  const { code, out } = await c.lvsctl('plan', '--json', '-F', config);
  const plan = JSON.parse(out) as {
    hosts: { name: string; status: string; diagnostics: { summary: string; detail?: string }[] }[];
    resource_changes: { host: string }[];
  };
  const said = plan.hosts.map(({ name, status, diagnostics }) => [
    name,
    `${status}: ${diagnostics.map(({ summary }) => summary).join('; ')}`,
  ]);
  return {
    code,
    hosts: Object.fromEntries(said) as Record<string, string>,
    changed: [...new Set(plan.resource_changes.map(({ host }) => host))].sort(),
  };
}

describe('hosts that cannot be reached', () => {
  it('each say why: no such name, a closed port, another host key, a key that is not let in', async () => {
    const [closed] = await freePorts(1);
    const keys = await readFile(join(c.directory, 'known_hosts'), 'utf8');
    const swapped = join(c.directory, 'swapped_hosts');
    const keyOf = (host: string) => keys.split('\n').find(line => line.startsWith(`${host} `))!;
    await writeFile(swapped, keyOf('nas').replace('nas', 'web2'));
    const stranger = join(c.directory, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    const config = await reaching({
      lb1: { HostName: 'lb1.invalid' },
      web1: { Port: String(closed) },
      web2: { UserKnownHostsFile: swapped },
      nas: { IdentityFile: stranger },
    });
    const { code, hosts, changed } = await seen(config);
    expect(hosts.lb1).toMatch(/^unreachable: the name lb1.invalid does not resolve$/);
    expect(hosts.web1).toMatch(/^unreachable: web1 \(127.0.0.1 port \d+\) refuses the connection$/);
    expect(hosts.web2).toMatch(
      /^unreachable: the host key of web2 .* has changed: it shows ssh-ed25519 .*swapped_hosts:1/,
    );
    expect(hosts.nas).toMatch(/^unreachable: nas .*does not let root in: it rejects .*stranger/);
    expect(changed).toEqual([]);
    expect(code).toBe(4);
    const apply = await c.lvsctl('apply', '-y', '-F', config);
    expect(await look()).toEqual(found);
    expect(apply.code).toBe(4);
  });

  it('are named, while the plan goes on with the others; an apply changes none of them', async () => {
    const config = await reaching({ web1: { ConnectTimeout: '5' } });
    await c.fault('web1', { kind: 'pause' });
    const { code, hosts, changed } = await seen(config);
    expect(hosts.web1).toMatch(/^unreachable: web1 .* does not answer within 5 s$/);
    expect(changed).toEqual(['lb1', 'nas', 'web2']);
    expect(code).toBe(4);
    const apply = await c.lvsctl('apply', '-y', '-F', config);
    await c.fault('web1', { kind: 'resume' });
    expect(apply.err).toContain('nothing was changed, for web1 could not be read');
    expect(apply.code).toBe(4);
    expect(await look()).toEqual(found);
  });
});

describe('hosts that are not fit', () => {
  it('for whoever may not become root: he reads them, and is refused an apply in one message', async () => {
    const config = await reaching({ lb1: { User: 'ops' } });
    const { code, changed } = await seen(config);
    expect({ code, changed }).toEqual({ code: 4, changed: [...HOSTS].sort() });
    const apply = await c.lvsctl('apply', '-y', '-F', config);
    expect(apply.err).toMatch(/^Refused; nothing was changed: .* is not root on lb1 \(sudo: /m);
    expect(apply.code).toBe(1);
    expect(await look()).toEqual(found);
  });

  it('each say why: no base address, no ip', async () => {
    await c.on('web2', 'ip addr del 192.168.80.20/24 dev ens33');
    const [path] = (await c.on('nas', 'readlink -f "$(command -v ip)"')).trim().split('\n');
    await c.on('nas', `mv ${path} /root/ip-away`);
    const { code, hosts, changed } = await seen(join(c.directory, 'ssh_config'));
    const apply = await c.lvsctl('apply', '-y');
    await c.on('nas', `mv /root/ip-away ${path}`);
    await c.on('web2', 'ip addr add 192.168.80.20/24 dev ens33');
    expect(hosts.web2).toMatch(/web2 does not hold its address 192.168.80.20\/24/);
    expect(hosts.nas).toMatch(/nas lacks ip$/);
    expect(changed).toEqual(['lb1', 'web1']);
    expect(code).toBe(1);
    expect(apply.err).toContain('nothing was changed');
    expect(apply.code).toBe(1);
    expect(await look()).toEqual(found);
  });

  it('with a full disk take no apply: it fails before the first change, on any host', async () => {
    await c.fault('web1', { kind: 'full-disk' });
    const { code, out, err } = await c.lvsctl('apply', '-y');
    await c.fault('web1', { kind: 'free-disk' });
    const said = out + err;
    expect(await look()).toEqual(found);
    expect(said).toMatch(/web1 \(real server\): FAILED\n.*No space left on device/);
    expect(said).toContain('nothing was changed');
    expect(code).toBe(1);
  });
});

describe('hosts that are strange but sound', () => {
  it('are set up: sudo, a talkative and slow .bashrc, another language', async () => {
    const noise = 'echo Welcome; echo watch out >&2; sleep 1; PS1=; alias ls="ls -l"\\n';
    await c.on(
      'web1',
      `printf '${noise}' >/tmp/rc; cat /tmp/rc >/root/.bashrc; cat /tmp/rc >/home/admin/.bashrc`,
    );
    const german = 'LANG=de_DE.UTF-8\nLC_ALL=tr_TR.UTF-8\nLANGUAGE=de';
    await c.on('web2', `echo '${german}' >>/etc/environment; echo 'POSIXLY_CORRECT=1' >>/etc/environment`);
    const config = await reaching({
      lb1: { User: 'admin' },
      web1: { User: 'admin' },
      nas: { User: 'admin' },
    });
    expect(await c.on('lb1', 'id -u admin')).not.toBe('0\n');
    const apply = await c.lvsctl('apply', '-y', '-F', config);
    expect(`${apply.code}\n${apply.code === 0 ? '' : apply.out + apply.err}`).toBe('0\n');
    expect(await planned(c, '-F', config)).toEqual([]);
    expect(await planned(c)).toEqual([]);
  });
});
