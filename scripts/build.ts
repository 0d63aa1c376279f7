// Bundles src/ into dist/, so that each command loads few files and only what it needs: dist/cli.js, its own, one that
// all of them share, and those that several share. ssh2 stays outside: it brings an addon that npm builds where it is
// installed. `npm run types` checks the types.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { _ } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { type BuildOptions, build, type Plugin } from 'esbuild';
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

/** Leaves what `src/cli.ts` loads when it is asked for to files of their own. */
const apart: Plugin = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\// }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** What nearly every command needs is imported by all: so it lies in one file, and a file more costs a millisecond. */
const together: Plugin = {
  name: 'together',
  setup({ onLoad }) {
    const shared = ['commands/topology', 'rules/index', 'report/finding-text', 'report/paint'];
    const imports = shared.map(file => `import ${JSON.stringify(resolve(`src/${file}.ts`))};\n`).join('');
    onLoad({ filter: /\/src\/(cli-run|commands\/[^/]+)\.ts$/ }, ({ path }) =>
      path.endsWith('/topology.ts')
        ? undefined
        : { contents: imports + readFileSync(path, 'utf8'), loader: 'ts' },
    );
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

const options = {
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
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
  // An ES module has no `require`; what the packages inside require so is of Node.
  banner: { js: 'const require = process.getBuiltinModule;' },
  write: false,
  metafile: true,
} as const satisfies BuildOptions;

const program = await build({
  ...options,
  entryPoints: ['src/cli.ts'],
  plugins: [unused, precompiled, apart],
});
const parts = await build({
  ...options,
  entryPoints: program.metafile.outputs['dist/cli.js']!.imports.flatMap(({ path, kind }) =>
    kind === 'dynamic-import' ? join('src', path.replace(/\.js$/, '.ts')) : [],
  ),
  splitting: true,
  // As deep as src/FOLDER/: `new URL('../../templates/', import.meta.url)` means the same in both.
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [precompiled, together],
});
rmSync('dist', { recursive: true, force: true });
for (const { path, text } of [...program.outputFiles, ...parts.outputFiles]) {
  if (dirname(path) === resolve('dist') && text.includes('import.meta.url'))
    throw new Error(`${path} looks for files by its own place: only what lies in src/FOLDER/ may`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, withoutFacades(text));
}
chmodSync('dist/cli.js', 0o755);
const inputs = [program, parts].flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync('dist/LICENSES.txt', licences(inputs));

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
