import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, keyType, knownHosts } from '../../src/hosts/known-hosts.js';
import { hostKeys } from '../../src/hosts/known-hosts-verdict.js';
import { Unreachable } from '../../src/hosts/session.js';
import type { HostOptions } from '../../src/hosts/ssh-config-options.js';
import { home, keyPair, knownFile, rawKey } from './sshd.js';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnL0CUlNcr7kAYmEc1VMvyQo3sJJ7Q+0Ej1IyIfQyTE';
const raw = Buffer.from(key.split(' ')[1]!, 'base64');

/** Whether `ssh-keygen -F NAME` of OpenSSH 9.2 found NAME in the line. */
const lines: ReadonlyArray<[line: string, name: string, found: boolean]> = [
  [`web1 ${key}`, 'web1', true],
  [`web1 ${key} a comment`, 'web1', true],
  [`  web1\t${key}`, 'web1', true],
  [`web1 ${key}`, 'web10', false],
  [`web1,10.0.0.1 ${key}`, '10.0.0.1', true],
  [`WEB1 ${key}`, 'web1', true],
  [`*.example.org ${key}`, 'web1.example.org', true],
  [`*.example.org ${key}`, 'web1.example.net', false],
  [`web? ${key}`, 'web1', true],
  [`*.example.org,!bad.example.org ${key}`, 'bad.example.org', false],
  [`[10.0.0.1]:2222 ${key}`, '[10.0.0.1]:2222', true],
  [`[10.0.0.1]:2222 ${key}`, '10.0.0.1', false],
  [`[*.example.org]:2222 ${key}`, '[web1.example.org]:2222', true],
  [`|1|pWbsfWYY598P7eaIenuc0eVaoYY=|OLTuw98I2+FcR8bWjYGcRYqbN6c= ${key}`, '[10.0.0.1]:2222', true],
  [`|1|pWbsfWYY598P7eaIenuc0eVaoYY=|OLTuw98I2+FcR8bWjYGcRYqbN6c= ${key}`, '10.0.0.1', false],
  [`@revoked web1 ${key}`, 'web1', true],
  [`@cert-authority *.example.org ${key}`, 'web1.example.org', true],
  [`# web1 ${key}`, 'web1', false],
  ['', 'web1', false],
];

describe('a line of known_hosts', () => {
  it.each(lines)('%s for %s: %s', async (line, name, found) => {
    const file = knownFile(`${line}\n`);
    expect((await knownHosts().of(name, [file])).length > 0).toBe(found);
  });

  it.each(['web1 ssh-ed25519 notbase64!', `web1 ssh-rsa ${key.split(' ')[1]}`])(
    'whose key is none of its type is passed over: %s',
    async line => {
      expect(await knownHosts().of('web1', [knownFile(`${line}\n`)])).toHaveLength(0);
    },
  );

  it('that is added hashed is found by its name', async () => {
    const file = knownFile('');
    await knownHosts().add('web1', raw, file, true);
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|\S{28}\|\S{28} ssh-ed25519 /);
    expect(await knownHosts().of('web1', [file])).toHaveLength(1);
    expect(await knownHosts().of('web2', [file])).toHaveLength(0);
  });

  it('has the fingerprint that ssh-keygen -l prints', () => {
    expect(fingerprint(raw)).toBe('SHA256:8KuzeFS18Nz9g+oA4BORO9ZvROX0kkYKo7MSULNpJAc');
  });
});

describe('the files', () => {
  it('are all searched, and a missing one is empty', async () => {
    const [one, two] = [knownFile(`web1 ${key}\n`), knownFile(`\nweb1 ${key}\n`)];
    const found = await knownHosts().of('web1', [one, join(home, 'absent'), two]);
    expect(found.map(({ file, line }) => [file, line])).toEqual([
      [one, 1],
      [two, 2],
    ]);
  });

  it('that cannot be read are a fault, not empty', async () => {
    await expect(knownHosts().of('web1', [home])).rejects.toThrow(/cannot be read \(EISDIR\)/);
  });

  it('are read once per run', async () => {
    const file = knownFile(`web1 ${key}\n`);
    const known = knownHosts();
    await known.of('web1', [file]);
    appendFileSync(file, `web2 ${key}\n`);
    expect(await known.of('web2', [file])).toHaveLength(0);
  });

  it('are made for their owner alone, with the folder', async () => {
    const file = join(home, 'new/.ssh/known_hosts');
    await knownHosts().add('web1', raw, file, false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe(`web1 ${key}\n`);
  });

  it('get a line of their own after a last line without an end', async () => {
    const file = knownFile(`web2 ${key}`);
    await knownHosts().add('web1', raw, file, false);
    expect(readFileSync(file, 'utf8')).toBe(`web2 ${key}\nweb1 ${key}\n`);
  });

  it('are not needed to remember a key within a run', async () => {
    const known = knownHosts();
    await known.add('web1', raw, undefined, false);
    expect(await known.of('web1', [])).toHaveLength(1);
    expect(existsSync(join(home, 'this run'))).toBe(false);
  });
});

const [ed, otherEd, ec] = [keyPair(), keyPair(), keyPair('ecdsa')];
const entry = (pair: typeof ed, name = '[10.0.0.1]:2222', marker = '') =>
  `${marker}${name} ${pair.public.split(' ').slice(0, 2).join(' ')}\n`;

describe('the verdict on a host key', () => {
  const judge = async (
    text: string,
    shown: typeof ed,
    more: Partial<HostOptions> = {},
    acceptNew = false,
  ) => {
    const file = join(home, 'verdict');
    writeFileSync(file, text);
    const options = {
      hostname: '10.0.0.1',
      port: 2222,
      jump: [],
      keyName: '[10.0.0.1]:2222',
      plainKeyName: '10.0.0.1',
      userKnownHosts: [file],
      globalKnownHosts: [],
      strict: 'ask',
      ...more,
    } as unknown as HostOptions;
    const keys = await hostKeys(options, 'web1', knownHosts(), acceptNew);
    return {
      verdict: keys.judge(keyType(rawKey(shown)), fingerprint(rawKey(shown))),
      algorithms: keys.algorithms,
    };
  };

  it.each([
    ['the same key', entry(ed), {}, false, 'known'],
    ['the same key among others', entry(otherEd) + entry(ec) + entry(ed), {}, false, 'known'],
    ['the same key without the port', entry(ed, '10.0.0.1'), {}, false, 'known'],
    ['nothing', '', {}, false, /^the host key of web1 is not known: ssh-ed25519 SHA256:/],
    ['nothing, and new keys are accepted', '', {}, true, 'fresh'],
    ['nothing, with accept-new', '', { strict: 'accept-new' }, false, 'fresh'],
    ['nothing, with no', '', { strict: 'no' }, false, 'fresh'],
    ['another key', entry(otherEd), {}, true, /^the host key of web1 has changed: .*verdict:1\)$/],
    [
      'another key, with no',
      entry(otherEd),
      { strict: 'no' },
      false,
      /StrictHostKeyChecking no does not lift/,
    ],
    ['another key without the port', entry(otherEd, '10.0.0.1'), {}, false, /is not known/],
    ['a key of another type', entry(ec), {}, true, /no host key of a type that is known of it \(ecdsa/],
    ['the key, revoked', entry(ed) + entry(ed, '*,[*]:*', '@revoked '), {}, true, /revoked \(.*verdict:2\)$/],
    ['another key, revoked', entry(otherEd, '*', '@revoked '), {}, true, 'fresh'],
    [
      'an authority only',
      entry(ed, '[10.0.0.1]:*', '@cert-authority '),
      {},
      false,
      /@cert-authority line .*verdict:1 vouches for certificates/,
    ],
  ])('when known_hosts has %s', async (_title, text, more, acceptNew, expected) => {
    const { verdict } = await judge(text, ed, more as Partial<HostOptions>, acceptNew);
    if (typeof expected === 'string') expect(verdict).toBe(expected);
    else {
      expect(verdict).toBeInstanceOf(Unreachable);
      expect((verdict as Unreachable).message).toMatch(expected);
    }
  });

  it.each([
    ['a changed key', entry(otherEd), /ssh-keygen -f .*verdict -R '\[10\.0\.0\.1\]:2222'/],
    ['an unknown key', '', /ssh-keyscan -p 2222 10\.0\.0\.1 >> .*--accept-new-host-keys/],
  ])('says what to do about %s', async (_title, text, remedy) => {
    const { verdict } = await judge(text, ed);
    expect((verdict as Unreachable).remedy).toMatch(remedy);
  });

  it('asks the host for keys of the known types alone, else for all', async () => {
    expect((await judge(entry(ec), ed)).algorithms).toEqual(['ecdsa-sha2-nistp256']);
    expect((await judge('', ed)).algorithms).toContain('rsa-sha2-512');
    expect((await judge(entry(ec, '10.0.0.1'), ed)).algorithms.slice(0, 2)).toEqual([
      'ecdsa-sha2-nistp256',
      'ssh-ed25519',
    ]);
  });
});
