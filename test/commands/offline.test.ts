import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { init } from '../../src/commands/init.js';
import { render } from '../../src/commands/render.js';
import { schema } from '../../src/commands/schema.js';
import { validate } from '../../src/commands/validate.js';
import { render as filesOf } from '../../src/roles/render.js';
import { loadTopology } from '../../src/topology/load.js';
import { setups } from '../../src/topology/starter.js';
import { edited, sound } from '../topology/sound.js';
import { thrownBy } from './thrown.js';
import { world } from './world.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsctl-offline-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const options = { file: at('web.yaml'), parallelism: 1 };
const written = (text: string) => writeFileSync(options.file, text);

describe('validate', () => {
  it('ends with 0 and says so when all is well', async () => {
    written(sound);
    const io = world();
    expect(await validate(options, io)).toBe(0);
    expect(io.said).toEqual({ out: `${options.file} is valid.\n`, err: '' });
  });

  it('ends with 1 and every finding when a rule is broken', async () => {
    written(edited({ '192.168.80.10/24': '10.9.9.9/24' }));
    const io = world();
    expect(await validate(options, io)).toBe(1);
    expect(io.said.out).toContain(`${options.file}:8:5: error`);
    expect(io.said.out).not.toContain('is valid');
  });

  it.each<[string, string, boolean, number]>([
    ['a sound file', sound, true, 0],
    ['a broken rule', edited({ '192.168.80.10/24': '10.9.9.9/24' }), false, 1],
    ['an unknown key', edited({ 'mode: nat': 'moode: nat' }), false, 1],
    ['no YAML', 'a: [', false, 1],
  ])('as JSON tells of %s in one object of one shape', async (_, text, valid, code) => {
    written(text);
    const io = world();
    expect(await validate({ ...options, json: true }, io)).toBe(code);
    const told = JSON.parse(io.said.out);
    expect(told).toMatchObject({ format_version: '1.0', valid });
    expect(told.diagnostics.length === 0).toBe(valid);
    for (const diagnostic of told.diagnostics)
      expect(diagnostic).toMatchObject({
        severity: expect.stringMatching(/^(error|warning)$/),
        id: expect.any(String),
        summary: expect.any(String),
        detail: expect.any(String),
        source: { file: options.file, line: expect.any(Number), column: expect.any(Number) },
      });
  });

  it('as JSON tells also of a file that is not there', async () => {
    const io = world();
    expect(await validate({ ...options, file: at('none.yaml'), json: true }, io)).toBe(1);
    expect(JSON.parse(io.said.out).diagnostics).toMatchObject([
      { summary: `there is no file ${at('none.yaml')}` },
    ]);
  });
});

describe('init', () => {
  it.each(setups())('writes the set-up %s, which is valid', async setup => {
    const file = at(`${setup}-made.yaml`);
    expect(await init(setup, { file }, world())).toBe(0);
    expect(await validate({ ...options, file }, world())).toBe(0);
  });

  it('says what to do next', async () => {
    const io = world();
    await init('nat', { file: at('next.yaml') }, io);
    expect(io.said.out).toBe(`Wrote ${at('next.yaml')}. Next: lvsctl validate -f ${at('next.yaml')}\n`);
  });

  it('writes to standard output when the file is -', async () => {
    const io = world();
    await init('nat', { file: '-' }, io);
    expect(loadTopology('-', io.said.out).name).toBe('web');
  });

  it.each([
    ['a file', 'mine.yaml', 'it exists already'],
    ['a folder', '.', 'it exists already'],
    ['what lies below a file', 'mine.yaml/x', 'a part of the path is a file, not a folder'],
    ['a folder that is not there', 'no/x.yaml', 'its folder does not exist'],
  ])('never writes over %s', async (_, name, why) => {
    writeFileSync(at('mine.yaml'), 'mine');
    const file = join(folder, name);
    expect(await thrownBy(() => init('nat', { file }, world()))).toEqual([
      `${file} cannot be written: ${why} (name another place)`,
    ]);
    expect(readFileSync(at('mine.yaml'), 'utf8')).toBe('mine');
  });

  it('knows the nearest set-up to one that is not there, and writes nothing', async () => {
    const file = at('none.yaml');
    expect(await thrownBy(() => init('nat-gatway', { file }, world()))).toEqual([
      expect.stringMatching(
        /^there is no set-up `nat-gatway`.*nat-gateway.*choose one of .*nat, nat-gateway/,
      ),
    ]);
    expect(existsSync(file)).toBe(false);
  });
});

describe('render', () => {
  it('writes every file of every host below the folder, and names each', async () => {
    const into = at('rendered');
    const io = world();
    expect(await render({ ...options, file: 'inventories/nat.yaml', into }, io)).toBe(0);
    const topology = loadTopology('inventories/nat.yaml');
    const expected = ['lb1', 'web1', 'web2', 'nas'].flatMap(host =>
      [...filesOf(topology, host)].map(([path, content]) => [join(into, host, path), content] as const),
    );
    expect(io.said.out.split('\n').filter(Boolean)).toEqual(expected.map(([path]) => path));
    for (const [path, content] of expected) expect(readFileSync(path, 'utf8')).toBe(content);
    const files = readdirSync(into, { recursive: true, withFileTypes: true }).filter(one => one.isFile());
    expect(files).toHaveLength(expected.length);
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['iptables.sh', 'ipvsadm.rules', 'exports', 'fstab', 'lvsctl-web.conf']),
    );
  });

  it('says which file cannot be written, and why', async () => {
    writeFileSync(at('blocked'), '');
    chmodSync(at('blocked'), 0o600);
    const into = at('blocked');
    expect(await thrownBy(() => render({ ...options, file: 'inventories/nat.yaml', into }, world()))).toEqual(
      [expect.stringMatching(/blocked\/lb1\/\S+ cannot be written: a part of the path is a file/)],
    );
  });
});

it('schema prints what editors read: valid JSON, the one that is shipped', async () => {
  const io = world();
  expect(await schema(io)).toBe(0);
  expect(JSON.parse(io.said.out)).toEqual(JSON.parse(readFileSync('schemas/topology.schema.json', 'utf8')));
});
