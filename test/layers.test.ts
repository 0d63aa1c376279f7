import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folder -> what it may import: folders above it in the house, and the npm packages that live there. */
const house: Readonly<Record<string, { folders: readonly string[]; packages: readonly string[] }>> = {
  topology: { folders: [], packages: ['yaml', 'ajv', 'ip-address'] },
  resources: { folders: ['topology'], packages: [] },
  systems: { folders: ['resources'], packages: [] },
  roles: { folders: ['systems', 'resources', 'topology'], packages: ['handlebars'] },
  plan: { folders: ['systems', 'resources'], packages: [] },
  rules: { folders: ['plan', 'systems', 'resources', 'topology'], packages: [] },
  hosts: { folders: ['plan', 'systems', 'resources'], packages: ['ssh2', 'p-limit', 'shell-quote'] },
  report: { folders: ['rules', 'plan', 'systems', 'resources', 'topology'], packages: ['diff'] },
  lab: { folders: ['systems', 'topology'], packages: [] },
  commands: {
    folders: ['topology', 'resources', 'systems', 'roles', 'plan', 'rules', 'hosts', 'report', 'lab'],
    packages: ['listr2', 'p-limit'],
  },
  '.': { folders: ['commands', 'report', 'topology'], packages: ['commander'] },
};

/** plan/ knows a fault and a place, which are types of topology/ that carry no topology. */
const typesFor: Readonly<Record<string, readonly string[]>> = { plan: ['topology'], roles: [] };

function violations(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));
  return files.flatMap(path => {
    const room = dirname(path).split('/')[0]!;
    const may = house[room];
    if (!may) return [`${path}: ${room}/ is not a room of the house`];
    const imports = readFileSync(join(root, path), 'utf8').matchAll(
      /(import|export)(\s+type)?\s[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/g,
    );
    return [...imports].flatMap(([, , type, from, lazy]) => {
      const name = from ?? lazy!;
      if (name.startsWith('node:')) return [];
      if (name.startsWith('.')) {
        const target = relative(root, resolve(root, dirname(path), name)).split('/')[0]!;
        const allowed = target === room || may.folders.includes(target) || room === '.';
        const asType = type !== undefined && typesFor[room]?.includes(target);
        return allowed || asType ? [] : [`${path} imports ${name}: ${room}/ may not know ${target}/`];
      }
      const home = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!;
      return may.packages.includes(home) ? [] : [`${path} imports ${name}: its home is not ${room}/`];
    });
  });
}

describe('the house', () => {
  it('imports only downwards, and every npm package has its home', () => {
    expect(violations('src')).toEqual([]);
  });

  it('is really looked at: planted violations are found', () => {
    const root = mkdtempSync(join(tmpdir(), 'house-'));
    for (const room of ['plan', 'resources', 'cellar']) mkdirSync(join(root, room));
    writeFileSync(join(root, 'resources/a.ts'), "import type { Plan } from '../plan/plan.js';\n");
    writeFileSync(join(root, 'plan/b.ts'), "import {\n  Client,\n} from 'ssh2';\n");
    writeFileSync(join(root, 'plan/c.ts'), "const late = await import('../hosts/apply.js');\n");
    writeFileSync(join(root, 'cellar/d.ts'), 'export {};\n');
    expect(violations(root).sort()).toEqual([
      'cellar/d.ts: cellar/ is not a room of the house',
      'plan/b.ts imports ssh2: its home is not plan/',
      'plan/c.ts imports ../hosts/apply.js: plan/ may not know hosts/',
      'resources/a.ts imports ../plan/plan.js: resources/ may not know plan/',
    ]);
  });
});
