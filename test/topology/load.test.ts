import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTopology } from '../../src/topology/load.js';
import { saidOf } from './faults.js';
import { edited, sound } from './sound.js';

const keysAtTop =
  'the keys there are name, mode, vip, gatewayVip, management, scheduler, persistence, tunnel, packages, snat, directors, realServers, nfs, services, keepalived, vrrp, proxy, tls, timeouts, connTabBits, vs, client, routers';
const schedulers = 'use one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos';

/** The sound topology with this as its `management`, in line 3. */
const managed = (words: string) => edited({ 'mode: nat': `mode: nat\nmanagement: { ${words} }` });

describe('a topology that cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvsctl-load-'));
  const at = (name: string) => join(folder, name);
  const START = '`lvsctl init` writes a file to start from';

  beforeAll(() => {
    writeFileSync(at('empty.yaml'), '');
    writeFileSync(at('comments.yaml'), '# nothing yet\n');
    writeFileSync(at('latin1.yaml'), Buffer.from('name: caf\xe9\n', 'latin1'));
    writeFileSync(at('binary.yaml'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00]));
    writeFileSync(at('large.yaml'), 'x: y\n'.repeat(1_000_000));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['missing.yaml', `there is no file FILE (name one with -f FILE; ${START})`],
    ['empty.yaml/below', `there is no file FILE (name one with -f FILE; ${START})`],
    ['', 'FILE is a folder (name the YAML file in it with -f FILE)'],
    ['empty.yaml', `FILE is empty (${START})`],
    ['comments.yaml', `FILE is empty (${START})`],
    ['latin1.yaml', 'FILE is not text in UTF-8 (save it as UTF-8, or name the right file)'],
    ['binary.yaml', 'FILE is not text in UTF-8 (save it as UTF-8, or name the right file)'],
    ['large.yaml', 'FILE is larger than 1 MB (a topology is a short text: is this the right file?)'],
  ])('%s is one clear message', (name, message) => {
    expect(saidOf(at(name))).toEqual([message.replace('FILE', at(name))]);
  });

  it('calls standard input by its name', () => {
    expect(saidOf('-', '')).toEqual([`<stdin> is empty (${START})`]);
    expect(loadTopology('-', sound).services[0]!.place).toEqual({ file: '<stdin>', line: 15, column: 5 });
  });
});

describe('a hostile file', () => {
  const numbered = (word: (n: number) => string) =>
    Array.from({ length: 50_000 }, (_, n) => word(n)).join('');

  it.each([
    ['keys that nobody knows', () => numbered(n => `k${n}: 1\n`), 1000],
    ['keys that are there already', () => numbered(() => 'k: 1\n'), 10],
    ['aliases', () => `a: &a 1\nb: [${numbered(() => '*a,')}]\n`, 1],
    ['anchors', () => numbered(n => `- &a${n} x\n- *a${n}\n`), 1],
    ['merges', () => `a: &a { x: 1 }\nb: { ${numbered(() => '<<: *a, ')} }\n`, 1],
  ])('of 50,000 %s is refused within seconds', (_, text, faults) => {
    const before = process.cpuUsage();
    expect(saidOf('x.yaml', text())).toHaveLength(faults);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  it('cannot make a message of values that no text can be made of', () => {
    const said = saidOf('x.yaml', edited({ 'port: 80': 'port: { toString: 1, valueOf: 2 }' }));
    expect(said[0]).toContain('`services[0].port` is a mapping of keys to values');
  });

  it('has long texts told by their beginning and their end', () => {
    const [said] = saidOf('x.yaml', `${sound}? ${'x'.repeat(500_000)}\n: 1\n`);
    expect(said).toMatch(/unknown key `x{100,}\.\.\.x{100,}/);
    expect(said!.length).toBeLessThan(2000);
  });

  it('has its lines counted right, also where the parser loses one', () => {
    expect(saidOf('x.yaml', '}f: }\n"\n\n"\n').at(-1)).toMatch(/^x\.yaml:4:1: this is not YAML/);
  });
});

describe('a topology with faults', () => {
  const LOOK = 'look at this line and the one before it: indentation, brackets, quotes, colons';

  it.each<[string, string, string[]]>([
    [
      'an open bracket',
      'a: [1, 2\nb: 3\n',
      [
        `x.yaml:2:1: this is not YAML: flow sequence in block collection must be sufficiently indented and end with a ] (${LOOK})`,
      ],
    ],
    [
      'two colons in a line',
      'a: b: c\n',
      [`x.yaml:1:4: this is not YAML: nested mappings are not allowed in compact mappings (${LOOK})`],
    ],
    ['a tab', 'a:\n\t- b\n', ['x.yaml:2:1: a tab is used as indentation (indent with spaces)']],
    [
      'a key twice',
      'name: a\nname: b\n',
      ['x.yaml:2:1: this key stands here a second time (keep one of the two)'],
    ],
    [
      'two documents',
      'a: 1\n---\nb: 2\n',
      ['x.yaml:2:1: a second document begins here (one file describes one cluster: split the file)'],
    ],
    [
      'a tag',
      'name: !secret x\n',
      ['x.yaml:1:7: this tag means nothing here (remove the word that begins with `!`)'],
    ],
    [
      'an alias without anchor',
      'name: *x\n',
      ['x.yaml:1:7: no `&x` stands before `*x` (mark the value that is meant with `&x`, further up)'],
    ],
    [
      'a merge of a text',
      'mode: &m nat\n<<: *m\n',
      [
        'x.yaml:2:1: `<<` merges something that is not a mapping of keys to values (merge an anchor that stands before a mapping: `<<: *name`)',
      ],
    ],
    [
      'a weight for a name of odd characters',
      edited({ '{ port: 80 }': '{ port: 80, weights: { "50%/~": 1 } }' }),
      ['x.yaml:15:28: there is no real server `50%/~` (realServers has web1, web2)'],
    ],
    [
      'a list at the top',
      '- web1\n',
      ['x.yaml:1:1: the file is a list, not a topology (`lvsctl init` writes a file to start from)'],
    ],
    [
      'a misspelt key',
      edited({ 'scheduler: rr': 'schedular: rr' }),
      [`x.yaml:4:1: unknown key \`schedular\`; did you mean \`scheduler\`? (${keysAtTop})`],
    ],
    [
      'a misspelt key that is needed, and said once',
      edited({ 'realServers:': 'real_servers:' }),
      [`x.yaml:7:1: unknown key \`real_servers\`; did you mean \`realServers\`? (${keysAtTop})`],
    ],
    [
      'a key that is like no other',
      edited({ 'scheduler: rr': 'colour: red' }),
      [`x.yaml:4:1: unknown key \`colour\` (${keysAtTop})`],
    ],
    [
      'a misspelt key further down',
      edited({ '{ port: 80 }': '{ port: 80, schedular: rr }' }),
      [
        'x.yaml:15:17: unknown key `schedular` in services[0]; did you mean `scheduler`? (the keys there are vip, port, fwmark, ports, protocol, mode, scheduler, flags, persistence, targetPort, weights, servers, onePacket, tunnel, delayLoop, checks, quorum, hysteresis, inhibitOnFailure, alpha, omega, sorryServer, sorryPage)',
      ],
    ],
    [
      'a missing key',
      edited({ 'name: lb1, ': '' }),
      ['x.yaml:6:5: `directors[0]` has no `name` (add `name: web1`)'],
    ],
    [
      'a text where a list is wanted',
      edited({ 'realServers:\n': 'realServers: web1\nx:\n' }).replace(/x:\n( {2}- .*\n)+/, ''),
      [
        'x.yaml:7:14: `realServers` is the text `web1`, not a list of real servers (write `realServers: [ { name: web1, address: 192.168.80.10/24 } ]`)',
      ],
    ],
    [
      'a text where a number is wanted',
      edited({ 'port: 80': 'port: http' }),
      ['x.yaml:15:13: `services[0].port` is the text `http`, not a port: 1 to 65535 (write `port: 80`)'],
    ],
    [
      'a number where text is wanted',
      edited({ 'vip: 12.0.0.1/24': 'vip: 12.0' }),
      [
        'x.yaml:3:6: `vip` is the number 12, not an IPv4 address with prefix length (write `vip: 12.0.0.1/24`)',
      ],
    ],
    [
      'a key without a value',
      edited({ 'interface: ens33': 'interface:' }),
      ['x.yaml:6:55: `directors[0].interface` is empty, not an interface name (write `interface: ens33`)'],
    ],
    [
      'a port out of range',
      edited({ 'port: 80': 'port: 70000' }),
      [
        'x.yaml:15:13: 70000 is not a port: 1 to 65535 (A TCP or UDP port; 0 stands for every port and needs persistence. For example `port: 80`)',
      ],
    ],
    [
      'an unknown scheduler',
      edited({ 'scheduler: rr': 'scheduler: rrw' }),
      [`x.yaml:4:12: \`rrw\` is not a scheduler; did you mean \`rr\`? (${schedulers})`],
    ],
    [
      'a scheduler that is like no other',
      edited({ 'scheduler: rr': 'scheduler: round-robin' }),
      [`x.yaml:4:12: \`round-robin\` is not a scheduler (${schedulers})`],
    ],
    [
      'an unknown mode',
      edited({ 'mode: nat': 'mode: nta' }),
      ['x.yaml:2:7: `nta` is not a forwarding mode; did you mean `nat`? (use one of nat, dr, tun, proxy)'],
    ],
    [
      'an address without prefix length',
      edited({ '192.168.80.30/24': '192.168.80.30' }),
      [
        'x.yaml:12:12: `192.168.80.30` has no prefix length (write it with the length of its network, such as 192.168.80.30/24)',
      ],
    ],
    [
      'an address with a leading zero',
      edited({ '12.0.0.1/24': '010.0.0.1/24' }),
      [
        'x.yaml:3:6: `010.0.0.1/24` has a number with a leading zero, which some programs read as octal (write the numbers without leading zeros)',
      ],
    ],
    [
      'a short address',
      edited({ '12.0.0.1/24': '10.1/24' }),
      [
        'x.yaml:3:6: `10.1/24` is not an IPv4 address (write a literal address: four numbers of 0 to 255, no names)',
      ],
    ],
    [
      'a name for an address',
      edited({ '12.0.0.1/24': 'vip.example.com' }),
      [
        'x.yaml:3:6: `vip.example.com` is not an IPv4 address (write a literal address: four numbers of 0 to 255, no names)',
      ],
    ],
    [
      'an IPv6 address',
      edited({ '12.0.0.1/24': '2001:db8::1/64' }),
      ['x.yaml:3:6: `2001:db8::1/64` is an IPv6 address, and IPv6 is not built yet (give an IPv4 address)'],
    ],
    [
      'a network of clients with host bits',
      edited({ 'clients: 192.168.80.0/24': 'clients: 192.168.80.5/24' }),
      [
        'x.yaml:13:50: `192.168.80.5/24` is not a network: it has bits set behind the prefix (write 192.168.80.0/24 for the network, or 192.168.80.5 for the one address)',
      ],
    ],
    [
      'a management network with host bits',
      managed('network: 10.9.0.1/16, via: 192.168.80.253'),
      [
        'x.yaml:3:24: `10.9.0.1/16` is not a network: it has bits set behind the prefix (write 10.9.0.0/16 for the network, or 10.9.0.1 for the one address)',
      ],
    ],
    [
      'a management network of all there is',
      managed('network: 0.0.0.0/0, via: 192.168.80.253'),
      ['x.yaml:3:24: `0.0.0.0/0` has no network of its own (write a prefix length of 1 to 32)'],
    ],
    [
      'a management router with prefix length',
      managed('network: 10.9.0.0/16, via: 192.168.80.253/24'),
      [
        'x.yaml:3:42: `192.168.80.253/24` has a prefix length, and an address alone is wanted (write 192.168.80.253)',
      ],
    ],
    [
      'a management network that nobody leads to',
      managed('network: 10.9.0.0/16'),
      ['x.yaml:3:13: `management` has no `via` (add `via: 192.168.80.253`)'],
    ],
    [
      'an option twice',
      edited({ 'clients: 192.168.80.0/24': 'clients: 192.168.80.0/24, options: [rw, sync, rw]' }),
      ['x.yaml:13:87: `nfs.shares[0].options[2]` is there already (keep one of the two)'],
    ],
    [
      'an empty list',
      `${sound.slice(0, sound.indexOf('services:'))}services: []\n`,
      ['x.yaml:14:11: `services` is empty (write `services: [ { port: 80 } ]`)'],
    ],
    [
      'a host name twice',
      edited({ 'name: web2': 'name: web1' }),
      ['x.yaml:9:13: the host name `web1` is there already, in line 8 (rename or remove one of the two)'],
    ],
    [
      'a client named like a host',
      edited({ '{ address: 12.0.0.12/24 }': '{ name: nas, address: 12.0.0.12/24 }' }),
      ['x.yaml:16:17: the host name `nas` is there already, in line 11 (rename or remove one of the two)'],
    ],
    [
      'a service twice',
      edited({ '- { port: 80 }': '- { port: 80 }\n  - { port: 80, vip: 12.0.0.1/32, scheduler: wrr }' }),
      [
        'x.yaml:16:5: the service 12.0.0.1:80/tcp is there already, in line 15 (rename or remove one of the two)',
      ],
    ],
    [
      'a mount of an unknown share',
      edited({ 'share: kgc': 'share: kgv' }),
      ['x.yaml:8:64: there is no share `kgv`; did you mean `kgc`? (nfs.shares has kgc)'],
    ],
    [
      'mounts without an NFS server',
      sound.replace(/nfs:\n( .*\n)+/, ''),
      [
        'x.yaml:8:64: there is no share `kgc` (describe it under nfs.shares)',
        'x.yaml:9:64: there is no share `kgc` (describe it under nfs.shares)',
      ],
    ],
    [
      'a mount point twice',
      edited({ 'at: /var/www/html }': 'at: /var/www/html }, { share: kgc, at: /var/www/html }' }),
      [
        'x.yaml:8:108: something is mounted at `/var/www/html` already, in line 8 (rename or remove one of the two)',
      ],
    ],
    [
      'unknown real servers',
      edited({ '{ port: 80 }': '{ port: 80, servers: [web1, wbe2], weights: { web9: 2 } }' }),
      [
        'x.yaml:15:33: there is no real server `wbe2`; did you mean `web2`? (realServers has web1, web2)',
        'x.yaml:15:51: there is no real server `web9`; did you mean `web1`? (realServers has web1, web2)',
      ],
    ],
    [
      'a weight for a server that does not serve',
      edited({ '{ port: 80 }': '{ port: 80, servers: [web1], weights: { web2: 2 } }' }),
      [
        'x.yaml:15:45: `web2` has a weight here but is not among the servers of this service (add it to `servers`, or remove its weight)',
      ],
    ],
    [
      'no VIP anywhere',
      edited({ 'vip: 12.0.0.1/24\n': '' }),
      ['x.yaml:14:5: this service has no VIP (give `vip: 12.0.0.1/24` at the top of the file, or here)'],
    ],
    [
      'a second director without VRRP',
      edited({ 'realServers:': '  - { name: lb2, address: 192.168.80.81/24 }\nrealServers:' }),
      [
        'x.yaml:7:5: there are several directors and no `vrrp`: all of them would answer for the VIP (add `vrrp: { virtualRouterId: 50 }`, with a number that is free on the network)',
      ],
    ],
    [
      'a service without a port, and one with a mark and a port',
      edited({
        '{ port: 80 }': '{ scheduler: rr }\n  - { fwmark: 50 }\n  - { port: 80, fwmark: 51, ports: [80] }',
      }),
      [
        'x.yaml:15:5: this service has no `port` (add `port: 80`)',
        'x.yaml:16:5: this service has no `ports` (write `fwmark: 50` with `ports: [80, 443]`)',
        'x.yaml:17:5: this service has both a `port` and a firewall mark (write `port: 80`, or `fwmark: 50` with `ports: [80, 443]`)',
      ],
    ],
  ])('%s', (_, text, said) => {
    expect(saidOf('x.yaml', text)).toEqual(said);
  });

  it('tells everything at once, of shape and of names, in the order of the file', () => {
    const text = edited({
      'mode: nat': 'mode: nta',
      'share: kgc': 'share: kgv',
      'port: 80': 'port: 70000',
      'interface: ens33': 'interfcae: ens33',
    });
    expect(saidOf('x.yaml', text).map(line => line.replace(/[;(].*/, '').trim())).toEqual([
      'x.yaml:2:7: `nta` is not a forwarding mode',
      'x.yaml:6:45: unknown key `interfcae` in directors[0]',
      'x.yaml:8:64: there is no share `kgv`',
      'x.yaml:15:13: 70000 is not a port: 1 to 65535',
    ]);
  });

  it('points through anchors and merges to where a value was written, once', () => {
    const text = edited({
      '{ name: web1, address: 192.168.80.10/24,':
        '&web { name: web1, address: 192.168.80.10/24, weight: heavy,',
      '{ name: web2, address: 192.168.80.20/24,':
        '{ <<: *web, name: web2, address: 192.168.80.20/24, gatway: 1.2.3.4,',
    });
    expect(saidOf('x.yaml', text).map(line => line.replace(/ \(.*/, ''))).toEqual([
      'x.yaml:8:59: `realServers[0].weight` is the text `heavy`, not a weight: 0 to 65535',
      'x.yaml:9:56: unknown key `gatway` in realServers[1]; did you mean `gateway`?',
    ]);
  });

  it('says a few things about much nonsense, and quickly', () => {
    const nonsense = Array.from({ length: 9000 }, (_, i) => `${'}{:- &*!%@`'.repeat(8)}${i}`).join('\n');
    const before = process.cpuUsage();
    const said = saidOf('x.yaml', nonsense);
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThanOrEqual(10);
    expect(process.cpuUsage(before).user, 'microseconds').toBeLessThan(5_000_000);
  });

  it('refuses anchors that multiply', () => {
    const nine = (name: string) => `[${Array(9).fill(`*${name}`).join(', ')}]`;
    const text = `a: &a [x, x]\nb: &b ${nine('a')}\nc: &c ${nine('b')}\nd: &d ${nine('c')}\ne: ${nine('d')}\n`;
    expect(saidOf('x.yaml', text)).toEqual([
      'x.yaml repeats its anchors too often (write the values out instead of `*names` in `*names`)',
    ]);
  });
});
