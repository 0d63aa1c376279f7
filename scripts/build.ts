// Bundles src/ into dist/, so that each command loads few files and only what it needs. ssh2 stays outside: it brings
// an addon that npm builds where it is installed. `npm run types` checks the types.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { _ } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build, type Plugin } from 'esbuild';
import Handlebars from 'handlebars';
import { version } from '../src/commands/version.js';
import { OPTIONS } from '../src/roles/templates.js';
import { compile } from '../src/topology/validator.js';

/** commander would run commands with it that are programs of their own. */
const unused: Plugin = {
  name: 'unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'unused', namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /^/, namespace: 'unused' }, () => ({ contents: '' }));
  },
};

/** Puts what is compiled here into the place of the modules that compile when they run. */
const precompiled: Plugin = {
  name: 'precompiled',
  setup({ onLoad }) {
    for (const [file, contents] of [
      ['src/topology/validator.ts', validator()],
      ['src/roles/templates.ts', templates()],
      ['src/commands/version.ts', `export const version = () => ${JSON.stringify(version())};`],
    ] as const)
      onLoad({ filter: new RegExp(`/${file}$`) }, ({ path }) => ({ contents, resolveDir: dirname(path) }));
  },
};

/** A module that exports `validate`. */
function validator(): string {
  const { ajv, validate } = compile({ source: true, esm: true, formats: _`accepted` });
  return `import { accepted } from './address.js';\n${standalone.default(ajv, validate)}`;
}

/** A module that exports `template`. */
function templates(): string {
  const files = readdirSync('templates', { recursive: true, encoding: 'utf8' });
  const all = files.flatMap(file => {
    if (!file.endsWith('.hbs')) return [];
    const source = readFileSync(join('templates', file), 'utf8');
    return `${JSON.stringify(file.replace(/\.hbs$/, ''))}: ${Handlebars.precompile(source, OPTIONS)},\n`;
  });
  return `
    import runtime from 'handlebars/runtime.js';
    const compiled = {${all.join('')}};
    export const template = name => runtime.template(compiled[name]);
  `;
}

rmSync('dist', { recursive: true, force: true });
const { metafile, outputFiles } = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  // As deep as src/FOLDER/: `new URL('../../templates/', import.meta.url)` means the same in both.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['ssh2'],
  // The same parser as an ES module, of which only what is used is kept.
  alias: { yaml: resolve('node_modules/yaml/browser/index.js') },
  legalComments: 'none',
  // Less to read; names stay, so that the stack trace of a fault tells where it was.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  plugins: [unused, precompiled],
  // An ES module has no `require`; what the packages inside require so is of Node.
  banner: { js: 'const require = process.getBuiltinModule;' },
  write: false,
  metafile: true,
});
mkdirSync('dist/chunks', { recursive: true });
for (const { path, text } of outputFiles) {
  if (basename(path) === 'cli.js' && text.includes('import.meta.url'))
    throw new Error(`${path} looks for files by its own place: only what lies in src/FOLDER/ may`);
  writeFileSync(path, withoutFacades(text));
}
chmodSync('dist/cli.js', 0o755);
writeFileSync('dist/LICENSES.txt', licences(Object.keys(metafile.inputs)));

/** Takes what Node has as it is: the module that Node makes of each for `import` costs more than a file read. */
function withoutFacades(text: string): string {
  return text.replaceAll(
    /\bimport\{([^}]+)\}from"(node:[^"]+)";/g,
    (_, names, from) => `const{${names.replaceAll(' as ', ':')}}=process.getBuiltinModule("${from}");`,
  );
}

/** The licences of the packages that these files belong to. */
function licences(files: readonly string[]): string {
  const packages = files.flatMap(file => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(packages)]
    .sort()
    .map(folder => {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name));
      if (!file) throw new Error(`${folder} has no licence file`);
      return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
