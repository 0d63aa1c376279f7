import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applying, eventually, left, less, more } from './broken-off.js';
import { applied, type Cluster, cluster, planned, type Ran } from './cluster.js';
import { differences, portrait } from './portrait.js';

/** Somebody who reaches the hosts through their own default gateway, so that a wrong one locks him out. */
let c: Cluster;
/** The lab's ssh_config for somebody who does not wait long. */
let hasty: string;
beforeAll(async () => {
  c = await cluster('nat', { inband: true });
  const config = await readFile(join(c.directory, 'ssh_config'), 'utf8');
  hasty = join(c.directory, 'hasty_config');
  await writeFile(hasty, config.replaceAll(/ConnectTimeout \d+/g, 'ConnectTimeout 15'));
});
afterAll(() => c?.down());

const right = 'default via 192.168.80.80 dev ens33 onlink';
const route = async (host: string) => (await c.on(host, 'ip -4 route show default')).trim();
const mark = (host: string) => c.on(host, 'cat /var/lib/lvsctl/mark');
const inTurn = async () => {
  const bodies = await c.requests(4);
  expect([...new Set(bodies)].sort()).toEqual(['benet', 'kgc']);
  expect(bodies.slice(2)).toEqual(bodies.slice(0, 2));
  expect(bodies[0]).not.toBe(bodies[1]);
};

describe('a cluster that is managed through its own gateways', () => {
  it('is set up without the operator losing his way to a host', async () => {
    const old = 'default via 192.168.80.253 dev ens33 onlink';
    expect(await Promise.all(['lb1', 'web1'].map(route))).toEqual([old, old]);
    expect(await c.on('web1', 'ss -Htn state established; ip -o -4 addr')).not.toContain('mgmt');
    await applied(c);
    await c.on('nas', 'echo kgc >/opt/kgc/index.html; echo benet >/opt/benet/index.html');
    expect(await planned(c)).toEqual([]);
    expect(await Promise.all(['lb1', 'web1', 'web2'].map(route))).toEqual([old, right, right]);
    await inTurn();
  });

  it('is cut off by a wrong default gateway, set by hand, for as long as it stands', async () => {
    await c.on('web1', 'ip route replace default via 192.168.80.99 dev ens33 onlink');
    const { code, out } = await c.lvsctl('plan', '-F', hasty);
    expect(out).toMatch(/^web1 .*unreachable/im);
    expect(code).toBe(4);
    await c.on('web1', `ip route replace ${right}`);
    expect(await planned(c)).toEqual([]);
  });
});

describe('the same wrong gateway in the topology', () => {
  let before: string[];
  let wrongly: Ran;

  it('is refused by its guard, and changes nothing', async () => {
    before = await portrait(c, 'web1');
    await c.edit(yaml => yaml.replace('192.168.80.10/24', '192.168.80.10/24\n    gateway: 192.168.80.99'));
    const { code, out, err } = await c.lvsctl('apply', '-y');
    expect(out).toContain('gateway-not-director');
    expect(err).toContain('--allow gateway-not-director,own-ssh-path');
    expect(code).toBe(3);
    expect(await route('web1')).toBe(right);
  });

  it('cuts the line when it is allowed, and the host puts it back by itself', async () => {
    const guard = ['--allow', 'gateway-not-director,own-ssh-path', '--confirm-timeout', '15s'];
    wrongly = await c.lvsctl('apply', '-y', ...guard);
    expect(wrongly.err).toContain('[web1] updated route default');
    expect(wrongly.err).toContain('[web1] put back by the host itself');
    expect(wrongly.out).toMatch(/web1 \(real server\): FAILED\n(.*\n)*.*put back by the host itself/);
    expect(wrongly.code).toBe(5);
  });

  it('leaves the host as it was: routes, files, mark, units, nothing of the apply', async () => {
    expect(differences(before, await portrait(c, 'web1'))).toEqual([]);
    expect(await left(c, 'web1')).toBe('');
    await c.edit(yaml => yaml.replace('\n    gateway: 192.168.80.99', ''));
    expect(await planned(c)).toEqual([]);
    await inTurn();
  });
});

describe('a virtual service at the port by which a director is reached', () => {
  const byHand = '-t 12.0.0.1:22';
  /** The ssh_config of somebody who comes from the clients' side and reaches lb1 at its VIP. */
  let byVip: string[];
  let before: string[];

  it('answers in the place of the director, set by hand, for as long as it stands', async () => {
    const config = await readFile(hasty, 'utf8');
    const path = join(c.directory, 'vip_config');
    await writeFile(path, config.replace('192.168.80.80\n  ProxyJump jump', '12.0.0.1\n  ProxyJump client'));
    byVip = ['-F', path];
    expect(await planned(c, ...byVip)).toEqual([]);
    before = await portrait(c, 'lb1');
    await c.on('lb1', `ipvsadm -A ${byHand} -s rr && ipvsadm -a ${byHand} -r 192.168.80.10:22 -m`);
    const { code, out } = await c.lvsctl('plan', ...byVip);
    expect(out).toMatch(/^lb1 .*unreachable/im);
    expect(code).toBe(4);
    await c.on('lb1', `ipvsadm -D ${byHand}`);
    expect(await planned(c, ...byVip)).toEqual([]);
  });

  it('is refused by its guard when it is in the topology, and changes nothing', async () => {
    await c.edit(yaml => yaml.replace('- port: 80', '- port: 80\n  - port: 22'));
    const { code, out, err } = await c.lvsctl('apply', '-y', ...byVip);
    expect(out.replace(/\s+/g, ' ')).toContain('lvsctl reaches it at 12.0.0.1 port 22');
    expect(err).toContain('--allow own-ssh-path');
    expect(code).toBe(3);
    expect(await c.on('lb1', 'ipvsadm -Sn')).not.toContain(':22 ');
  });

  it('is taken back when it is allowed, and the director is as before', async () => {
    const guard = ['--allow', 'own-ssh-path', '--confirm-timeout', '15s'];
    const { code, out, err } = await c.lvsctl('apply', '-y', ...byVip, ...guard);
    expect(err).toContain('[lb1] created virtual-service tcp 12.0.0.1:22');
    expect(out).toMatch(/lb1 \(director\): FAILED\n/);
    expect(code).toBe(5);
    expect(differences(before, await portrait(c, 'lb1'))).toEqual([]);
    expect(await left(c, 'lb1')).toBe('');
    await c.edit(yaml => yaml.replace('\n  - port: 22', ''));
    expect(await planned(c, ...byVip)).toEqual([]);
    await inTurn();
  });
});

describe('a change after which nobody answers at the VIP', () => {
  it('is put back, although every host is as the file wants it', async () => {
    const before = await c.on('lb1', 'ipvsadm -Sn');
    const yaml = await readFile(c.file, 'utf8');
    // The web servers stay at port 80.
    const other = yaml.replace('- port: 80', '- port: 80\n    targetPort: 81');
    await c.edit(() => other.replaceAll('{ server: nginx }', '{ server: nginx, port: 80 }'));
    const { code, out, err } = await c.lvsctl(
      'apply',
      '-y',
      '--allow',
      'weight-lost',
      '--drain-timeout',
      '0s',
    );
    expect(err).toContain('[lb1] created real-server tcp 12.0.0.1:80 192.168.80.10:81');
    expect(out.replace(/\s+/g, ' ')).toContain('12.0.0.1:80 took connections before the apply');
    expect(code).toBe(5);
    await c.edit(() => yaml);
    expect(await planned(c)).toEqual([]);
    expect((await c.on('lb1', 'ipvsadm -Sn')).split('\n').sort()).toEqual(before.split('\n').sort());
    await inTurn();
  });

  it('is put back as well when one real server alone takes nothing any more', async () => {
    const yaml = await readFile(c.file, 'utf8');
    // nginx's own page would go on to answer at port 80.
    const own = (from: string, to: string) =>
      c.on('web2', `mv ${from}/default ${to}/default && systemctl reload nginx`);
    await own('/etc/nginx/sites-enabled', '/root');
    await c.edit(() => yaml.replace(/(name: web2.*server: nginx)/s, '$1, port: 81'));
    const { code, out } = await c.lvsctl('apply', '-y');
    expect(out.replace(/\s+/g, ' ')).toContain('and only some now: not each real server takes its share');
    expect(code).toBe(5);
    await own('/root', '/etc/nginx/sites-enabled');
    await c.edit(() => yaml);
    expect(await planned(c)).toEqual([]);
    await inTurn();
  });
});

describe('an apply that does not come to its end', () => {
  const hosts = ['web1', 'lb1'];
  it('while another stands still holds the lock: the second is refused and names the first, which goes through', async () => {
    await c.edit(more);
    const first = applying(c, 'anna@desk', '--confirm-timeout', '10m');
    await first.until('[web1] ');
    first.signal('SIGSTOP');
    const second = await applying(c, 'bert@desk').ended;
    first.signal('SIGCONT');
    expect(second.err + second.out).toMatch(/locked by anna@desk since \d{4}-/);
    expect(second.code).toBe(3);
    const { code, out } = await first.ended;
    expect(out).toContain('Apply complete!');
    expect(code).toBe(0);
    expect(await planned(c)).toEqual([]);
    expect(await Promise.all(hosts.map(host => left(c, host)))).toEqual(['', '']);
  });

  it('because lvsctl was killed is taken back at once by somebody who releases the lock', async () => {
    const was = await mark('web1');
    const yaml = await readFile(c.file, 'utf8');
    await c.edit(less);
    const wanted = await planned(c);
    const run = applying(c, 'anna', '--confirm-timeout', '30m');
    await run.until('[web1] ');
    run.signal('SIGKILL');
    await run.ended;
    expect((await c.lvsctl('lock status')).out).toMatch(/^web1 {2}locked by anna since \d{4}-/m);
    const { code, out } = await c.lvsctl('lock release', '-y');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^web1 {2}free, .* was taken back$/m),
    });
    expect(await mark('web1')).toBe(was);
    expect(await left(c, 'web1')).toBe('');
    expect(await planned(c)).toEqual(wanted);
    await c.edit(() => yaml);
    await inTurn();
  });

  it('because lvsctl was killed and the host restarted is taken back at boot', async () => {
    const was = await mark('web1');
    await c.edit(less);
    const wanted = await planned(c);
    expect(wanted.length).toBeGreaterThan(0);
    const run = applying(c, 'anna', '--confirm-timeout', '30m');
    await run.until('[web1] ');
    run.signal('SIGKILL');
    await run.ended;
    await c.reboot(['web1']);
    await eventually(c, 'web1', 'grep -q "^undone yes switch" /var/lib/lvsctl/apply/*/journal', 90);
    expect(await mark('web1')).toBe(was);
    expect(await planned(c)).toEqual(wanted);
    await applied(c);
    expect(await planned(c)).toEqual([]);
    expect(await left(c, 'web1')).toBe('');
    await inTurn();
  });
});
