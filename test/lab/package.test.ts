import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnostic } from '../../src/report/plan-json.js';
import { render } from '../../src/roles/render.js';
import type { Faults } from '../../src/topology/faults.js';
import { loadTopology } from '../../src/topology/load.js';
import { hosts } from '../../src/topology/topology.js';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'lvsctl-package-'));
const [checkout, home] = [join(folder, 'checkout'), join(folder, 'home')];
afterAll(() => rmSync(folder, { recursive: true }));

function npm(cwd: string, ...words: string[]): string {
  return execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function lvsctl(...words: string[]): string {
  return execFileSync(join(home, 'node_modules/.bin/lvsctl'), words, { cwd: home, encoding: 'utf8' });
}

function catching(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('the package that npm pack makes', () => {
  let packed: string[] = [];

  beforeAll(() => {
    mkdirSync(checkout);
    mkdirSync(home);
    const asBuilt = ['package.json', 'src', 'scripts', 'tsconfig.json'];
    for (const path of [...asBuilt, ...manifest.files].filter(path => path !== 'dist' && existsSync(path)))
      cpSync(path, join(checkout, path), { recursive: true });
    symlinkSync(resolve('node_modules'), join(checkout, 'node_modules'));
    const [made] = JSON.parse(npm(checkout, 'pack', '--json', '--foreground-scripts=false'));
    packed = made.files.map(({ path }: { path: string }) => path);
    npm(home, 'init', '-y');
    npm(
      home,
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      join(checkout, made.filename),
    );
  }, 300_000);

  it('holds what runs, and what that reads: templates, schemas, inventories', () => {
    const below = (path: string) =>
      readdirSync(path, { recursive: true, withFileTypes: true }).flatMap(one =>
        one.isFile() ? [join(one.parentPath, one.name)] : [],
      );
    expect(packed).toEqual(
      expect.arrayContaining([
        ...['dist/cli.js', 'dist/LICENSES.txt', 'package.json', 'LICENSE'],
        ...below('templates'),
        ...below('schemas'),
        ...below('inventories'),
      ]),
    );
  });

  it('holds no tests, no sources, and nothing of a lab', () => {
    expect(packed.filter(path => /(^|\/)(test|src|node_modules)\/|\.ts$|\.qcow2$|\.map$/.test(path))).toEqual(
      [],
    );
  });

  it('installed in an empty folder tells its version', () => {
    expect(lvsctl('--version')).toBe(`${manifest.version}\n`);
  });

  it('writes a starter, finds it valid, prints the schema, and renders the files of every host', () => {
    lvsctl('init', 'nat');
    expect(lvsctl('validate')).toContain('lvsctl.yaml is valid.');
    expect(JSON.parse(lvsctl('schema')).title).toBe('topology');
    lvsctl('render', '--into', 'files');
    expect(readFileSync(join(home, 'files/nas/etc/exports'), 'utf8')).toContain('/opt/kgc 192.168.80.0/24(');
    expect(readdirSync(join(home, 'files')).sort()).toEqual(['lb1', 'nas', 'web1', 'web2']);
  });

  it('renders every reference set-up as the sources do: its templates were compiled when it was built', () => {
    for (const setup of readdirSync('inventories').filter(name => name.endsWith('.yaml'))) {
      const file = resolve('inventories', setup);
      lvsctl('render', '-f', file, '--into', join('set-ups', setup));
      const topology = loadTopology(file);
      for (const { name } of hosts(topology))
        for (const [path, text] of render(topology, name))
          expect(readFileSync(join(home, 'set-ups', setup, name, path), 'utf8')).toBe(text);
    }
  });

  it('finds every fault that the sources find: its schema was compiled when it was built', () => {
    const text = `nane: web\nmode: natt\nvip: 12.0.0.1\nvs: []\ndirectors: []\nrealServers: [{ name: _, weight: x }]\n`;
    const { faults } = catching(() => loadTopology('-', text)) as Faults;
    const run = spawnSync(join(home, 'node_modules/.bin/lvsctl'), ['validate', '-f', '-', '--json'], {
      cwd: home,
      input: text,
      encoding: 'utf8',
    });
    expect(faults.length).toBeGreaterThan(6);
    expect(JSON.parse(run.stdout).diagnostics).toEqual(
      faults.map(fault => diagnostic({ id: 'topology', severity: 'error', ...fault })),
    );
  });

  it('finds the script that hosts run, which is no template', () => {
    expect(existsSync(join(home, 'node_modules/lvsctl/templates/host/supervisor.sh'))).toBe(true);
  });
});
