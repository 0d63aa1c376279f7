import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chain, PICK_IPTABLES, restoreInput } from '../../src/resources/chain.js';
import { type Edit, Unreadable } from '../../src/resources/kind.js';
import { attempt, carryOut, inverse, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

const key = 'nat LVSCTL-POSTROUTING';
const snat = '-s 192.168.80.0/24 -o ens37 -j SNAT --to-source 12.0.0.1';
const marked = String.raw`-s 10.0.0.0/8 -m comment --comment "it\'s \"ours\" %s $(x)" -j RETURN`;
const ours = { hook: 'POSTROUTING', jumps: 1, rules: `${marked}\n${snat}` };
lawOfKind(chain, [
  { key, after: ours },
  { key, before: { ...ours, jumps: 2, rules: '' }, after: ours },
]);

describe('a chain', () => {
  it('is read with its rules and whoever jumps to it', () => {
    const output = `*filter
:LVSCTL-FORWARD - [0:0]
-A LVSCTL-FORWARD -d 192.168.80.0/24 -j ACCEPT
*nat
:LVSCTL-POSTROUTING - [0:0]
-A POSTROUTING -j LVSCTL-POSTROUTING
-A POSTROUTING -o ens37 -m comment --comment "a \\"b" -g LVSCTL-POSTROUTING
-A LVSCTL-POSTROUTING ${marked}
-A LVSCTL-POSTROUTING ${snat}
`;
    expect(Object.fromEntries(chain.parse(output))).toEqual({
      'filter LVSCTL-FORWARD': { hook: '', jumps: 0, rules: '-d 192.168.80.0/24 -j ACCEPT' },
      [key]: { ...ours, jumps: 2 },
    });
  });

  it('has the protocols of tunnels by number, also where /etc/protocols names them', () => {
    const rules = (rule: string) =>
      chain.parse(`*filter\n:LVSCTL-INPUT - [0:0]\n-A LVSCTL-INPUT ${rule}\n`).get('filter LVSCTL-INPUT')!
        .rules;
    expect(rules('-s 10.1.0.10/32 -p ipencap -j ACCEPT')).toBe('-s 10.1.0.10/32 -p 4 -j ACCEPT');
    expect(rules('-p gre -j ACCEPT')).toBe('-p 47 -j ACCEPT');
    expect(rules('-p tcp -m comment --comment "x -p gre" -j ACCEPT')).toContain('-p tcp');
  });

  it('is unreadable when iptables-save fails, not absent', () => {
    expect(() => chain.parse('!failed\n')).toThrow(Unreadable);
    expect(() => chain.parse('iptables: who knows\n')).toThrow(Unreadable);
  });

  it('is made by one restore that flushes nothing else', () => {
    expect(restoreInput('nat', 'LVSCTL-POSTROUTING', snat)).toBe(
      `*nat\n:LVSCTL-POSTROUTING - [0:0]\n-A LVSCTL-POSTROUTING ${snat}\nCOMMIT\n`,
    );
    expect(chain.steps({ key, after: ours })).toMatchObject([
      {
        args: ['nat', 'LVSCTL-POSTROUTING', 'POSTROUTING'],
        input: restoreInput('nat', 'LVSCTL-POSTROUTING', ours.rules),
        run: expect.stringContaining('-restore" --noflush --wait=10'),
      },
    ]);
  });
});

describe('the iptables that is read', () => {
  const rules = { none: '', others: '-A INPUT -j ACCEPT', ours: ':LVSCTL-INPUT - [0:0]', fails: 'exit 4' };
  type Rules = keyof typeof rules;
  const cases = (Object.keys(rules) as Rules[]).flatMap(nft =>
    (Object.keys(rules) as Rules[]).map(legacy => [nft, legacy] as const),
  );
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsctl-chain-'));
    mkdirSync(join(folder, 'nf_tables'));
    writeFileSync(join(folder, 'names'), 'nat\n');
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** What text prints where both backends have these rules, and which of them were asked for them. */
  function read(nft: Rules, legacy: Rules, text: string) {
    writeFileSync(join(folder, 'asked'), '');
    for (const [backend, held] of [
      ['nft', nft],
      ['legacy', legacy],
    ] as const) {
      const program = join(folder, `xtables-${backend}-multi`);
      const says = held === 'fails' ? rules.fails : `printf '%s\\n' '*${backend}' '${rules[held]}'`;
      writeFileSync(program, `#!/bin/sh\necho ${backend} >>${folder}/asked\n${says}\n`);
      chmodSync(program, 0o755);
      for (const name of [`iptables-${backend}`, ...(backend === 'nft' ? ['iptables'] : [])])
        for (const path of [name, `${name}-save`].map(each => join(folder, each))) {
          rmSync(path, { force: true });
          symlinkSync(program, path);
        }
    }
    const run = text
      .replaceAll('/proc/net/ip_tables_names', `${folder}/names`)
      .replaceAll('/sys/module/nf_tables', `${folder}/nf_tables`);
    const output = carryOut({ run, args: ['LVSCTL-INPUT'] });
    return { output, asked: readFileSync(join(folder, 'asked'), 'utf8').split('\n').filter(Boolean) };
  }

  it.each(cases)('is the one that is written, where nft has %s and legacy has %s', (nft, legacy) => {
    const { output, asked } = read(nft, legacy, chain.probe([key]).run);
    const { output: written } = read(nft, legacy, `${PICK_IPTABLES}\nsaved "$tool"`);
    expect(output.split('\n')[0]).toBe(written.split('\n')[0]);
    expect(asked).toEqual(nft === 'ours' ? ['nft'] : ['nft', 'legacy']);
  });
});

const backends = ['iptables-nft', 'iptables-legacy'].filter(Namespace.has);

it('this machine has an iptables to try', () => expect(backends).not.toEqual([]));

describe.each(backends)('really run, chain, where %s already holds rules:', tool => {
  let space: Namespace;
  beforeEach(async () => {
    space = await Namespace.make();
    space.run(`${tool} -t nat -A POSTROUTING -s 10.9.0.0/16 -j ACCEPT; ${tool} -t nat -N FOREIGN`);
  });
  afterEach(() => space.end());
  const look = () => chain.parse(carryOut(chain.probe([key]), space.within)).get(key);
  const saved = (name = tool) => space.run(`${name}-save | grep -v '^#' | sed 's/ .[0-9]*:[0-9]*.$//'`);
  const go = (edit: Edit<typeof ours>) => {
    for (const step of chain.steps(edit)) carryOut(step, space.within);
  };

  it('is put in front, is there once however often it is made, and goes without a trace', () => {
    const origin = saved();
    const others = backends.filter(name => name !== tool);
    const elsewhere = others.map(name => saved(name));
    const edit = { key, after: ours };
    for (const each of [edit, edit, inverse(edit), inverse(edit), edit]) {
      go(each);
      expect(look()).toEqual(each.after);
    }
    expect(saved()).toContain(
      '-A POSTROUTING -j LVSCTL-POSTROUTING\n-A POSTROUTING -s 10.9.0.0/16 -j ACCEPT\n',
    );
    go({ key, before: ours });
    expect(saved()).toBe(origin);
    expect(others.map(name => saved(name))).toEqual(elsewhere);
  });

  it('loses jumps that are too many, in the wrong place or with conditions, and gets its own rules back', () => {
    go({ key, after: ours });
    space.run(`${tool} -t nat -A POSTROUTING -j LVSCTL-POSTROUTING; ${tool} -t nat -F LVSCTL-POSTROUTING
      ${tool} -t nat -A LVSCTL-POSTROUTING -j ACCEPT
      ${tool} -t nat -A OUTPUT -d 1.2.3.4/32 -m comment --comment 'a "b' -j LVSCTL-POSTROUTING`);
    const before = look()!;
    expect(before).toEqual({ hook: 'OUTPUT POSTROUTING', jumps: 3, rules: '-j ACCEPT' });
    go({ key, before, after: ours });
    expect(look()).toEqual(ours);
    space.run(`${tool} -t nat -F`);
    expect(look()).toEqual({ hook: '', jumps: 0, rules: '' });
    go({ key, before: { hook: '', jumps: 0, rules: '' }, after: ours });
    expect(look()).toEqual(ours);
  });

  it('that cannot be made is an error and leaves what was there', () => {
    go({ key, after: ours });
    const [step] = chain.steps({ key, before: ours, after: { ...ours, rules: `${snat}\n-j NOSUCH` } });
    const { status, stderr } = attempt(step!, space.within);
    expect(status).not.toBe(0);
    expect(stderr).not.toBe('');
    expect(look()).toEqual(ours);
  });

  it('is looked for without a trace', () => {
    const before = saved();
    expect(chain.probe([key]).args).toEqual(['LVSCTL-POSTROUTING']);
    expect(look()).toBeUndefined();
    expect(saved()).toBe(before);
  });
});
