import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster, planned } from './cluster.js';
import { differences, portrait } from './portrait.js';

const HOSTS = ['lb1', 'lb2', 'web1', 'web2'];
const SECRET = 'Tz7qLw3x';
const OTHER = 'byHand42';
const SUDOERS = readFileSync('docs/sudoers-drift', 'utf8');
const allowed = SUDOERS.split('\n').flatMap(line => /NOPASSWD: (.*?)(?: "")?$/.exec(line)?.[1] ?? []);

/** Looks at every process there is, and writes down each whose command line holds one of the words in /root/words. */
const WATCH = `
import os, time
words = [word.encode() for word in open('/root/words').read().split()]
seen = open('/root/seen', 'ab', 0)
end = time.time() + 900
while time.time() < end:
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            line = open('/proc/%s/cmdline' % pid, 'rb').read()
        except OSError:
            continue
        if any(word in line for word in words): seen.write(line.replace(b'\\0', b' ') + b'\\n')
    time.sleep(0.1)
`;

/** What of a portrait tells that somebody logged in and asked sudo, and nothing more. */
const visits = /^[+-] ours \/run\/sudo\/ts\/lvsctl-drift$/;

describe('an account with the rights of docs/sudoers-drift', () => {
  let c: Cluster;
  /** The lab's ssh_config, for that account. */
  let config: string;
  const as = (who: 'root' | 'account', verb: string, ...more: string[]) =>
    c.lvsctl(verb, ...more, ...(who === 'account' ? ['-F', config] : []));
  /** The same words as root and as the account: what came of both. */
  const both = async (verb: string, ...more: string[]) => ({
    root: await as('root', verb, ...more),
    account: await as('account', verb, ...more),
  });
  const portraits = () => Promise.all(HOSTS.map(host => portrait(c, host)));
  const changed = async (before: readonly string[][]) => {
    const after = await portraits();
    return HOSTS.flatMap((host, index) =>
      differences(before[index]!, after[index]!)
        .filter(line => !visits.test(line))
        .map(line => `${host} ${line}`),
    );
  };

  beforeAll(async () => {
    process.env.VRRP_PASS = SECRET;
    c = await cluster('ha-dr-fwmark');
    await c.edit(yaml => yaml.replace('# authPass:', 'authPass:'));
    const words = [SECRET, ...[0, 1, 2].map(shifted)];
    await c.on(
      'lb1',
      `printf '%s\\n' ${words.join(' ')} >/root/words
printf %s '${Buffer.from(WATCH).toString('base64')}' | base64 -d >/root/watch.py
: >/root/seen
nohup python3 /root/watch.py >/dev/null 2>&1 </dev/null &
echo $! >/root/watch.pid`,
    );
    await applied(c);
    const account = `set -e
useradd --create-home --shell /bin/sh lvsctl-drift
install -d -m 700 -o lvsctl-drift -g lvsctl-drift /home/lvsctl-drift/.ssh
install -m 600 -o lvsctl-drift -g lvsctl-drift /root/.ssh/authorized_keys /home/lvsctl-drift/.ssh/authorized_keys
printf %s '${Buffer.from(SUDOERS).toString('base64')}' | base64 -d >/root/sudoers-drift
visudo -cf /root/sudoers-drift
install -m 0440 /root/sudoers-drift /etc/sudoers.d/lvsctl-drift`;
    for (const host of HOSTS) await c.on(host, account);
    config = join(c.directory, 'drift_config');
    const lab = await readFile(join(c.directory, 'ssh_config'), 'utf8');
    const blocks = lab.split(/^(?=Host )/m);
    const hosts = blocks.filter(block => HOSTS.includes(block.split(/\s+/)[1]!));
    await writeFile(config, hosts.join('').replaceAll('User root', 'User lvsctl-drift'));
  });
  afterAll(() => c?.down());

  it('meets a cluster whose secret was on no process list, and stands only in files that root alone reads', async () => {
    // A process that does have it in its words is seen.
    await c.on('lb1', `sh -c 'sleep 3; :' decoy ${SECRET}; kill "$(cat /root/watch.pid)"`);
    const seen = (await c.on('lb1', 'sort -u /root/seen')).trim().split('\n');
    expect(seen).toEqual([expect.stringContaining(`decoy ${SECRET}`)]);
    const found = await c.on(
      'lb1',
      `rm /root/seen /root/words; grep -rlF -e ${SECRET} --exclude 'lab-*' /etc /var /run /tmp /root || :`,
    );
    const files = found.trim().split('\n').sort();
    expect(files).toEqual([
      '/etc/keepalived/lvsctl-auth.conf',
      expect.stringMatching(/^\/var\/lib\/lvsctl\/history\/[0-9a-f-]+$/),
    ]);
    const modes = await c.on(
      'lb1',
      `stat -c '%a %U' ${files.join(' ')} /var/lib/lvsctl/mark /var/lib/lvsctl`,
    );
    expect(modes).toBe('600 root\n600 root\n600 root\n700 root\n');
  });

  it('reads what root reads: plan, drift and lock status say the same of a cluster in sync', async () => {
    for (const words of [['plan', '--detailed-exitcode'], ['drift'], ['lock status']]) {
      const { root, account } = await both(words[0]!, ...words.slice(1));
      expect({ words, ...account }).toEqual({ words, ...root });
      expect({ words, code: root.code }).toEqual({ words, code: 0 });
    }
  });

  it('sees the same damage, live and in files that only root reads, and no secret', async () => {
    await c.on(
      'lb1',
      `set -e
ipvsadm -d -f 50 -r 10.0.0.10:0
iptables -t mangle -S | sed -n 's/^-A \\(LVSCTL-[A-Z]*\\) .*/\\1/p' | sort -u | while read -r chain; do iptables -t mangle -F "$chain"; done
sed -i 's/auth_pass .*/auth_pass ${OTHER}/' /etc/keepalived/lvsctl-auth.conf`,
    );
    await c.on('web1', 'systemctl disable -q nginx; sysctl -q -w net.ipv4.conf.all.arp_ignore=0');
    for (const words of [['drift'], ['plan', '--detailed-exitcode', '--verbose']]) {
      const { root, account } = await both(words[0]!, ...words.slice(1));
      expect({ words, ...account }).toEqual({ words, ...root });
      expect({ words, code: root.code }).toEqual({ words, code: 2 });
      for (const kind of ['real-server', 'chain', 'file', 'service-boot', 'sysctl'])
        expect(account.out, kind).toMatch(new RegExp(`\\b${kind}\\b`));
      expect(account.out).toContain('(sensitive)');
      expect(account.out + account.err).not.toMatch(new RegExp(`${SECRET}|${OTHER}`));
    }
  });

  it('is refused an apply and a destroy in one message, and nothing is changed', async () => {
    const before = await portraits();
    for (const verb of ['apply', 'destroy']) {
      // That a destroy takes everything away is a guard of its own.
      const { code, err } = await as(
        'account',
        verb,
        '--auto-approve',
        '--allow',
        'mass-delete,last-server,weight-lost',
      );
      expect({ verb, code }).toEqual({ verb, code: 1 });
      expect(err).toMatch(
        /^Refused; nothing was changed: an apply needs root, [^\n]* lb1 \(sudo: [^\n]*\n$/m,
      );
    }
    expect(await changed(before)).toEqual([]);
  });

  it('can change nothing: sudo takes each of its lines as it stands, and no other word with it', async () => {
    const before = await portraits();
    const more = [
      '-f /etc/x',
      '--file=/etc/x',
      '-M /tmp/x',
      '-C',
      '-F',
      '-R',
      '-Z',
      '/etc/shadow',
      '--rotate',
      '--vacuum-size=1',
    ];
    const others = [
      ...[
        'ipvsadm -C',
        'ipvsadm -R',
        'ipvsadm --set 1 1 1',
        'iptables -F',
        'iptables-restore',
        'ip6tables-save',
      ],
      ...[
        'iptables-save -t nat',
        'journalctl --rotate',
        'tee /etc/x',
        'cp /etc/shadow /tmp/x',
        'cat /etc/shadow',
      ],
      ...['base64 -w 0 /etc/shadow', 'base64 -d /var/lib/lvsctl/mark', 'grep -r . /var/lib/lvsctl/apply'],
      ...[
        'sh',
        'sh -c id',
        'env id',
        'systemctl stop keepalived',
        '-s',
        '-i',
        '-e /etc/hosts',
        '-u nobody id',
      ],
      ...['-E ipvsadm -Sn', 'LD_PRELOAD=/tmp/x ipvsadm -Sn', 'PATH=/tmp ipvsadm -Sn', '-D /tmp ipvsadm -Sn'],
    ];
    const tries = [...allowed.flatMap(line => more.map(word => `${line} ${word}`)), ...others];
    const script = (list: readonly string[], how: string) =>
      `printf '%s\\n' ${list.map(line => `'${line}'`).join(' ')} >/tmp/lines
chmod 644 /tmp/lines
runuser -u lvsctl-drift -- sh -c 'cd /; while read -r line; do
  sudo -n ${how} $line >/dev/null 2>&1 </dev/null && echo "$line"
done </tmp/lines; :'
rm /tmp/lines`;
    const taken = async (list: readonly string[], how = '') =>
      (await c.on('lb1', script(list, how), 600)).split('\n').filter(Boolean);
    expect(await taken(allowed, '-l')).toEqual(allowed);
    expect(await taken(tries)).toEqual([]);
    const files = [
      '/etc/hosts',
      '/var/lib/lvsctl/mark',
      '/run/lvsctl',
      '/run/lvsctl/lock',
      '/etc/keepalived',
    ];
    const open = `for path in ${files.join(' ')}; do
  runuser -u lvsctl-drift -- test -w "$path" && echo "$path"
done; runuser -u lvsctl-drift -- flock -n /run/lvsctl/lock true 2>/dev/null && echo locked; :`;
    expect(await c.on('lb1', open)).toBe('');
    expect(await changed(before)).toEqual([]);
  });

  it('without its sudoers file is told what it cannot read, and the rest is compared', async () => {
    await c.on('lb1', 'mv /etc/sudoers.d/lvsctl-drift /root/');
    const { code, out } = await as('account', 'drift');
    await c.on('lb1', 'mv /root/lvsctl-drift /etc/sudoers.d/');
    const unread = [...out.matchAll(/^lb1: not read: ([a-z-]+): .*docs\/sudoers-drift$/gm)].map(
      ([, kind]) => kind,
    );
    expect(unread.sort()).toEqual(['chain', 'file', 'mark', 'real-server', 'verdict', 'virtual-service']);
    expect(out).toMatch(/^web1: lost now: sysctl net\.ipv4\.conf\.all\.arp_ignore is 0, should be 1$/m);
    expect(code).toBe(4);
  });

  it('leaves the repair to root, and finds it made', async () => {
    await applied(c);
    expect(await planned(c, '-F', config)).toEqual([]);
    expect(await as('account', 'drift')).toEqual({ code: 0, out: '', err: '' });
  });
});

/** What the base64 of every text that holds the secret has in it, when it begins `by` bytes after a multiple of three. */
function shifted(by: number): string {
  const whole = Buffer.from(`${'-'.repeat(by)}${SECRET}`)
    .toString('base64')
    .replace(/=+$/, '');
  return whole.slice(by === 0 ? 0 : by + 1, -1);
}
