import { execFileSync } from 'node:child_process';
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

describe('the package that npm pack makes', () => {
  let packed: string[] = [];

  beforeAll(() => {
    mkdirSync(checkout);
    mkdirSync(home);
    const asBuilt = ['package.json', 'src', 'scripts', 'tsconfig.json', 'tsconfig.build.json'];
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
        ...['dist/cli.js', 'package.json', 'LICENSE'],
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

  it('finds the script that hosts run, which is no template', () => {
    expect(existsSync(join(home, 'node_modules/lvsctl/templates/host/supervisor.sh'))).toBe(true);
  });
});
