import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { besideStarter, setups } from '../../src/topology/starter.js';
import { random } from '../plan/random.js';

/** A topology file that somebody might hand us: its bytes, and which sound file it was made of. */
export interface Generated {
  bytes: Buffer;
  base: number;
}

type Below = (below: number) => number;
type Path = readonly (string | number)[];

const text = (setup: string) => readFileSync(`inventories/${setup}.yaml`, 'utf8');
const with_ = (setup: string, more: object) => ({ ...parse(text(setup)), ...more });
const tls = { certificate: '/etc/ssl/web.pem', key: '/etc/ssl/private/web.key', ports: [443] };
const mail = { to: ['ops@example.com', 'boss@example.com'], from: 'lb@example.com', server: '10.0.0.9' };
const checks = [
  { type: 'HTTP_GET', path: '/alive?x=1', virtualhost: 'www.example.com', digest: '0'.repeat(32) },
  { type: 'SSL_GET', path: '/safe', virtualhost: 'tls.example.com' },
  { type: 'DNS_CHECK', name: 'dns.example.com', recordType: 'SOA' },
  { type: 'SMTP_CHECK', heloName: 'helo.example.com' },
  { type: 'MISC_CHECK', script: 'odd "folder" $(x)/check.sh', timeout: 5 },
  { type: 'UDP_CHECK' },
];
const track = {
  interfaces: [{ interface: 'eth7', weight: -10 }, { interface: 'eth8' }],
  processes: [{ process: 'nginx', weight: -20 }],
  scripts: [{ script: 'odd "folder" $(x)/track.sh', weight: 5 }],
};
const ha = parse(text('ha-dr'));
const nat = parse(text('nat'));

/** What the inventories leave out, so that every key which takes text stands somewhere. */
const fuller: readonly object[] = [
  {
    ...nat,
    tls,
    timeouts: { tcp: 900 },
    vs: { sync_threshold: '3 50' },
    management: { network: '10.8.0.0/16', via: '192.168.80.253' },
    routers: [
      { name: 'r1', addresses: ['12.0.0.254/24'], routes: [{ to: '10.9.0.0/24', via: '12.0.0.12' }] },
    ],
    directors: [{ ...nat.directors[0], gateway: '192.168.80.1/24' }],
    realServers: nat.realServers.map((server: { name: string }, at: number) => ({
      ...server,
      upperThreshold: 100,
      mounts: [
        { share: 'kgc', at: '/var/www/html', options: ['nofail', 'x-systemd.mount-timeout=30'] },
        { share: 'more', at: '/srv/more' },
      ],
      web: { server: at === 0 ? 'nginx' : 'apache', root: '/srv/site', page: `<h1>page ${at}</h1>\n` },
    })),
    nfs: {
      ...nat.nfs,
      shares: [
        { name: 'kgc', path: '/opt/kgc', clients: '192.168.80.0/24', options: ['rw', 'anonuid=1001'] },
        { name: 'more', path: '/opt/more', clients: '192.168.80.0/24' },
      ],
    },
    services: [{ port: 80, weights: { web1: 2 }, servers: ['web1', 'web2'] }, { port: 443 }],
  },
  {
    ...ha,
    keepalived: { mail },
    tls,
    vrrp: { ...ha.vrrp, authPass: { env: 'HOSTILE_PASS' }, peers: 'unicast', track },
    services: [
      { port: 80, checks, sorryServer: { address: '10.0.0.60' } },
      { port: 443, sorryPage: 'closed\n' },
    ],
  },
  with_('ha-proxy', { tls, services: [{ port: 443 }, { port: 80 }] }),
  with_('tun', { tunnel: { type: 'gue', port: 6080 } }),
  with_('dr', { timeouts: { udp: 30 }, connTabBits: 14, keepalived: {} }),
];

/** The sound files: every set-up as it is shipped, and the fuller ones. */
export const bases: readonly { text: string; value: unknown }[] = [
  ...setups().map(setup => ({ text: text(setup), value: parse(text(setup)) })),
  ...fuller.map(value => ({ text: JSON.stringify(value, undefined, 1), value })),
];

/** Writes the scripts and secrets beside which every generated file has to stand; sets what the environment holds. */
export function furnish(folder: string): void {
  process.env.HOSTILE_PASS = 'secret';
  const script = readFileSync('inventories/ha-dr/notify-master.sh', 'utf8');
  const odd = ['check.sh', 'track.sh', 'include'].map(name => ({
    path: `odd "folder" $(x)/${name}`,
    text: script,
  }));
  for (const { path, text } of [...setups().flatMap(besideStarter), ...odd]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith('password') ? 'secret\n' : text);
  }
}

const EVIL: readonly string[] = [
  ...["'", '"', '`', '\\', "'\\''", '"; reboot; "', "'; reboot; '", '$(reboot)', '`reboot`', '${HOME}', '$1'],
  ...['\n', '\r', '\r\n', '\t', '\0', '\u0001', '\u001b[31m', '\u007f', '\u0085', '\u009b31m', '\u00a0'],
  ...[
    '\u200b',
    '\u202e',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ud800',
    '\udc00',
    '\u{e0001}',
    '😀',
    'größe',
    '你好',
  ],
  ...[';', '|', '&', '<', '>', '(', ')', '{', '}', '}\n', '*', '?', '[a-z]', '{a,b}', '~', '~root', '!', '#'],
  ...[' ', '  ', ' # ', ',', ':', '=', '@', '%', '%s%n', '%i', '$$', '-', '--', '-rf', ' --help', '!!', '^'],
  ...[
    '.',
    '..',
    '/',
    '//',
    '/../',
    '/./',
    '/etc/passwd',
    '\\040',
    '\\n',
    '\\x41',
    '&amp;',
    '{{this}}',
    '{{{x}}}',
  ],
  ...[
    'constructor',
    'toString',
    'valueOf',
    '__proto__',
    'hasOwnProperty',
    'include',
    'include x',
    'end',
    'lo',
  ],
  ...['# END lvsctl web', 'EOF', '~SEQ(1,2)', '@lb1 ', '"; root /; #', ' 10.0.0.9(rw)', '(no_root_squash)'],
  ...['null', 'true', '1e3', '.nan', '0x10', '1_000', '<<', '*a', '&a ', '!!str', '- ', '? ', '%YAML 1.1'],
];

/** Whole words that mean something to a program which takes them. */
const WORDS: readonly string[] = [
  'constructor',
  'toString',
  '__proto__',
  'include',
  'a=\ud800',
  'a=\u009b',
  'x=${a}',
];

/** Shapes that no text has; those with keys of Object.prototype cannot be turned into text. */
const SHAPES: readonly string[] = [
  '{"toString": 1, "valueOf": 2}',
  '{"__proto__": {"a": 1}}',
  '[{"toString": 1}]',
  '{"constructor": []}',
  '[[[[]]]]',
  '{}',
  ...[
    'null',
    'true',
    '-1',
    '1e400',
    '.nan',
    '-.inf',
    '0.1',
    '12345678901234567890',
    '!!binary aGk=',
    '!x y',
    '*a',
  ],
];

function evil(below: Below): string {
  const word = Array.from({ length: pick([1, 1, 1, 2, 3], below) }, () => pick(EVIL, below)).join('');
  return below(40) === 0 ? word.repeat(1 + below(5000)) : word;
}

/** Something hostile made of what stood there, so that it often passes as that. */
function spoilt(was: string, below: Below): string {
  const at = below(was.length + 1);
  const made = [
    evil(below),
    was + evil(below),
    evil(below) + was,
    was.slice(0, at) + evil(below) + was.slice(at),
  ];
  if (below(8) === 0) return pick(WORDS, below);
  return below(12) === 0 ? `${was}=${evil(below)}` : pick(made, below);
}

/** The keys below which most else passes than what stands there, and those where something does. */
const OPEN = ['path', 'at', 'root', 'certificate', 'key', 'options', 'script'];
const FREE = [
  ...[...OPEN, ...OPEN, ...OPEN, 'page', 'sorryPage', 'process', 'instance', 'label', 'interface', 'outside'],
  ...['virtualhost', 'heloName', 'from', 'to', 'name', 'share', 'env'],
];

/** A sound file with hostile text in up to three places, keys too; `seed` and `number` always give the same. */
export function withHostileStrings(seed: number, number: number): Generated {
  const below = random(seed * 1_000_003 + number);
  const base = below(2) ? below(bases.length) : bases.length - 1 - below(fuller.length);
  let value = structuredClone(bases[base]!.value);
  const shapes: [string, string][] = [];
  // One more often than several: a single refusal hides what the others would have done.
  for (let left = pick([1, 1, 1, 1, 2, 3], below); left > 0; left--) {
    const all = placesIn(value);
    const free = all.filter(({ path, isKey }) => !isKey && FREE.includes(keyOf(path)));
    const key = pick(
      FREE.filter(word => free.some(({ path }) => keyOf(path) === word)),
      below,
    );
    const places = below(4) > 0 ? free.filter(({ path }) => keyOf(path) === key) : all;
    const { path, was, isKey } = pick(places, below);
    const everywhere = below(2) === 0;
    if (!isKey && below(6) === 0) {
      const mark = `shape ${shapes.length}`;
      shapes.push([JSON.stringify(mark), pick(SHAPES, below)]);
      value = exchanged(value, mark, { path });
    } else {
      const same = everywhere ? { was } : isKey ? { path, was } : { path };
      value = exchanged(value, spoilt(was, below), same);
    }
  }
  const json = JSON.stringify(value, undefined, 1);
  return {
    base,
    bytes: Buffer.from(shapes.reduce((all, [mark, shape]) => all.replace(mark, () => shape), json)),
  };
}

function keyOf(path: Path): string {
  return String(path.findLast(step => !/^\d+$/.test(String(step))));
}

/** Every text (and number, as text) of a value, and every key. */
function placesIn(value: unknown, path: Path = []): { path: Path; was: string; isKey: boolean }[] {
  if (typeof value !== 'object' || value === null) return [{ path, was: String(value), isKey: false }];
  return Object.entries(value).flatMap(([key, below]) => {
    const own = Array.isArray(value) ? [] : [{ path: [...path, key], was: key, isKey: true }];
    return [...own, ...placesIn(below, [...path, key])];
  });
}

/** With `by` in one place (`was` too: its key), or wherever `was` stands, as a text or as a key. */
function exchanged(
  value: unknown,
  by: string,
  where: { path?: Path; was?: string },
  path: Path = [],
): unknown {
  const { path: only, was } = where;
  const isHere =
    only !== undefined && only.length === path.length && only.every((step, at) => step === path[at]);
  if (isHere && was === undefined) return by;
  if (Array.isArray(value)) return value.map((item, at) => exchanged(item, by, where, [...path, String(at)]));
  if (typeof value !== 'object' || value === null) return !only && value === was ? by : value;
  const entries = Object.entries(value).map(([key, below]): [string, unknown] => {
    const here = [...path, key];
    const isKey = was !== undefined && key === was && (!only || only.join('\0') === here.join('\0'));
    return [isKey ? by : key, exchanged(below, by, where, here)];
  });
  return Object.fromEntries(entries);
}

const TOKENS: readonly string[] = [
  ...[
    '&a ',
    '*a',
    '<<: *a\n',
    '&a [*a]',
    '!!binary ',
    '!!set {a}',
    '!<tag:yaml.org,2002:js/function> ',
    '!',
    '%',
  ],
  ...[
    '? ',
    '- ',
    ': ',
    '\t',
    '---\n',
    '...\n',
    '|\n',
    '>-\n',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
    '\ufeff',
  ],
  ...[
    '\n',
    '\r',
    '\0',
    '\u001b]0;x\u0007',
    '\u0085',
    '\u2028',
    '\\u0000',
    '"\\x1b[2J"',
    '__proto__: ',
    'toString: 1',
  ],
];

/** A sound file with its bytes broken in one to four ways. */
export function withBrokenBytes(seed: number, number: number): Generated {
  const below = random(seed * 1_000_003 + number + 0x5eed);
  const base = below(bases.length);
  let bytes: Buffer = Buffer.from(bases[base]!.text);
  for (let left = 1 + below(4); left > 0; left--) bytes = pick(BREAKS, below)(bytes, below);
  return { base, bytes };
}

const BREAKS: readonly ((bytes: Buffer, below: Below) => Buffer)[] = [
  (bytes, below) => {
    const flipped = Buffer.from(bytes);
    if (flipped.length > 0) flipped[below(flipped.length)]! ^= 1 << below(8);
    return flipped;
  },
  (bytes, below) => put(bytes, Buffer.from([below(256)]), below),
  (bytes, below) => put(bytes, Buffer.from(pick(TOKENS, below)), below),
  (bytes, below) => put(bytes, Buffer.from(pick(EVIL, below)), below),
  (bytes, below) => put(bytes, Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff]), below),
  (bytes, below) => without(bytes, below, 40),
  (bytes, below) => without(bytes, below, 2),
  (bytes, below) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, below) => {
    const from = below(bytes.length + 1);
    return put(bytes, bytes.subarray(from, from + below(200)), below);
  },
  (bytes, below) => lines(bytes, all => all.toSpliced(below(all.length), 0, pick(all, below))),
  (bytes, below) => lines(bytes, all => all.toSpliced(below(all.length), 1)),
  (bytes, below) => {
    const other = Buffer.from(pick(bases, below).text);
    return Buffer.concat([
      bytes.subarray(0, below(bytes.length + 1)),
      other.subarray(below(other.length + 1)),
    ]);
  },
  bytes => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  bytes => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  bytes => Buffer.concat([Buffer.from('%YAML 1.1\n---\n'), bytes]),
  (bytes, below) => Buffer.concat([Buffer.from(bomb(3 + below(9))), bytes]),
  (bytes, below) => put(bytes, Buffer.from('['.repeat(below(3000))), below),
  (bytes, below) => put(bytes, Buffer.from('{a: '.repeat(below(3000))), below),
  (bytes, below) => put(bytes, Buffer.from(`&b [${'*b, '.repeat(below(300))}]`), below),
];

/** Each line names the one before ten times: merged, or as a list. */
function bomb(depth: number): string {
  const levels = Array.from({ length: depth }, (_, at) => {
    const before = Array(10).fill(`*x${at}`).join(', ');
    return `x${at + 1}: &x${at + 1} ${at % 2 ? `{ <<: [${before}] }` : `[${before}]`}\n`;
  });
  return `x0: &x0 { y: 1 }\n${levels.join('')}`;
}

function put(bytes: Buffer, more: Buffer, below: Below): Buffer {
  const at = below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function without(bytes: Buffer, below: Below, most: number): Buffer {
  const at = below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(most))]);
}

function lines(bytes: Buffer, edit: (all: string[]) => string[]): Buffer {
  return Buffer.from(edit(bytes.toString('latin1').split('\n')).join('\n'), 'latin1');
}

function pick<T>(from: readonly T[], below: Below): T {
  return from[below(from.length)]!;
}
