import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kinds } from '../../src/resources/index.js';
import type { Command } from '../../src/resources/kind.js';
import type { Fault, Topology } from '../../src/topology/topology.js';
import { bases, furnish, type Generated, withBrokenBytes, withHostileStrings } from './generated.js';
import { type Journey, journey } from './journey.js';
import { statements } from './statements.js';

// Nothing of a script is to happen to this machine: in a subshell, too, a command's text is only a word to write down.
vi.mock('../../src/hosts/script.js', async original => {
  const real = await original<typeof import('../../src/hosts/script.js')>();
  const subshellText: typeof real.subshellText = command =>
    real.subshellText({ ...command, run: `written ${real.quote(command.run)} "$@"` });
  return { ...real, subshellText };
});

/** `npm run hostile` takes 10,000 of a seed of its own; HOSTILE_SEED tells them again, HOSTILE_ONLY one of them. */
const { HOSTILE, HOSTILE_SEED, HOSTILE_ONLY } = process.env;
const COUNT = Number(HOSTILE ?? 200);
const SEED = Number(HOSTILE_SEED ?? (HOSTILE ? Date.now() % 1_000_000 : 1));
const REAL_SHELLS = Math.ceil(COUNT / 30);
const MOST_MS = 4000;

const folder = mkdtempSync(join(tmpdir(), 'lvsctl-hostile-'));
const file = join(folder, 'a\u001b[31m\u202e\n.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const texts = (commands: readonly Command[]) => new Set(commands.map(({ run }) => run));
let sound: Journey[] = [];
let known = new Set<string>();
beforeAll(() => {
  furnish(folder);
  sound = bases.map(({ text }) => travel(Buffer.from(text)));
  known = texts(sound.flatMap(({ commands }) => commands));
}, 60_000);

function travel(bytes: Buffer): Journey {
  writeFileSync(file, bytes);
  return journey(file);
}

describe('the sound files that hostile ones are made of', () => {
  it('are all accepted, and have something of every kind', () => {
    expect(sound.flatMap(({ faults = [] }) => faults)).toEqual([]);
    const wished = [...kinds.values()].filter(({ evidence }) => !evidence);
    expect(wished.filter(kind => !known.has(kind.probe([]).run)).map(({ name }) => name)).toEqual([]);
  });
});

describe.each<[string, (seed: number, number: number) => Generated]>([
  ['hostile strings', withHostileStrings],
  ['broken bytes', withBrokenBytes],
])(`a topology with %s (${COUNT / 2}, seed ${SEED})`, (what, generate) => {
  it('can do nothing', { timeout: 60_000 + COUNT * 200 }, () => {
    const seen = { accepted: 0, refused: 0, slowest: 0, shells: 0, words: 0, runs: new Set<string>() };
    const numbers = HOSTILE_ONLY
      ? [Number(HOSTILE_ONLY)]
      : Array.from({ length: Math.ceil(COUNT / 2) }, (_, number) => number);
    const failed: string[] = [];
    for (const number of numbers) {
      const generated = generate(SEED, number);
      try {
        const before = process.cpuUsage();
        const made = travel(generated.bytes);
        const { user, system } = process.cpuUsage(before);
        seen.slowest = Math.max(seen.slowest, (user + system) / 1000);
        if ((user + system) / 1000 > MOST_MS) throw new Error(`took ${(user + system) / 1000} ms`);
        judge(made, generated, what === 'hostile strings' ? sound[generated.base]! : undefined);
        for (const run of texts(made.commands)) seen.runs.add(run);
        seen[made.faults ? 'refused' : 'accepted']++;
        if (made.topology && seen.shells < REAL_SHELLS / 2) {
          seen.words += throughRealShell(made, number);
          seen.shells++;
        }
      } catch (error) {
        const again = `HOSTILE=${COUNT} HOSTILE_SEED=${SEED} HOSTILE_ONLY=${number}`;
        failed.push(`${again}: ${(error as Error).stack?.slice(0, 700)}`);
        if (HOSTILE_ONLY) process.stderr.write(`${generated.bytes}\n`);
      }
    }
    const { runs, ...figures } = seen;
    if (HOSTILE) process.stdout.write(`${what}, seed ${SEED}: ${JSON.stringify(figures)}\n`);
    expect(failed.join('\n')).toBe('');
    if (!HOSTILE_ONLY && COUNT >= 1000) expect(runs).toEqual(known);
  });
});

/** Throws at the first thing that hostile data did. */
function judge(made: Journey, { bytes }: Generated, harmless: Journey | undefined): void {
  for (const text of made.printed) {
    const odd = /[^\P{C}\n\t]|[\u2028\u2029]/u.exec(text);
    if (odd)
      throw new Error(`prints ${JSON.stringify(text.slice(Math.max(0, odd.index - 60), odd.index + 20))}`);
  }
  for (const fault of made.faults ?? []) stands(fault, bytes.toString());
  for (const command of made.commands) {
    if (!known.has(command.run)) throw new Error(`another command: ${command.run}`);
    const lossy = [...(command.args ?? []), command.input ?? ''].find(
      word => typeof word !== 'string' || Buffer.from(word).toString() !== word,
    );
    if (lossy !== undefined) throw new Error(`arrives otherwise: ${JSON.stringify(lossy)}`);
  }
  if (made.topology) written(made.topology, made.files, harmless?.files);
}

function stands({ message, remedy, place }: Fault, text: string): void {
  if (!message || !remedy || message.length + remedy.length > 3000)
    throw new Error(`says ${message.slice(0, 200)} (${remedy.slice(0, 200)})`);
  if (!place) return;
  const line = text.split('\n')[place.line - 1];
  const isThere =
    line !== undefined && place.line >= 1 && place.column >= 1 && place.column <= line.length + 1;
  if (!isThere) throw new Error(`stands nowhere: ${place.line}:${place.column}: ${message}`);
}

/** Each file has the statements that the topology means, and no other. */
function written(topology: Topology, files: Journey['files'], harmless?: Journey['files']): void {
  const others = [...(harmless?.values() ?? [])];
  for (const [index, [host, own]] of [...files].entries()) {
    const twins = [...(others[index] ?? [])];
    for (const [at, [path, text]] of [...own].entries()) {
      if (/\.html$|\.sh$/.test(path) && !path.startsWith('/etc/lvsctl/i')) continue;
      const shape = (lines: string[][]) => lines.map(words => words.length);
      const read = statements(path, text);
      const [twin, meant] = twins[at] ?? [];
      if (twin && meant) expect(shape(read), `${host} ${path}`).toEqual(shape(statements(twin, meant)));
    }
    const server = topology.realServers.find(({ name }) => name === host);
    if (server?.web) {
      const site = ['/etc/nginx/conf.d', '/etc/apache2/sites-enabled'].map(folder =>
        own.get(`${folder}/lvsctl-${topology.name}.conf`),
      );
      expect(
        site.some(text => text?.includes(`"${server.web!.root}"`)),
        `${host}: its site`,
      ).toBe(true);
    }
    const fstab = own.get('/etc/fstab');
    if (server && fstab)
      expect(statements('/etc/fstab', fstab), 'fstab').toEqual(
        server.mounts.map(({ share, at, options }) => {
          const { path } = topology.nfs!.shares.find(({ name }) => name === share)!;
          return [`${topology.nfs!.address.address}:${path}`, at, 'nfs4', options.join(','), '0', '0'];
        }),
      );
    const exports = own.get('/etc/exports');
    if (exports)
      expect(statements('/etc/exports', exports), 'exports').toEqual(
        topology.nfs!.shares.map(({ path, clients, options }) => [path, `${clients}(${options})`]),
      );
    if (server?.web?.page !== undefined)
      expect(own.get(`${server.web.root}/index.html`)).toBe(server.web.page.replace(/\n?$/, '\n'));
  }
}

// Whatever a script has run is written down instead: its text, its words, and its standard input.
const WRITE_DOWN = `
written() { { printf '%s\\0' "$@"; base64 -w 0; printf '\\0\\n\\0'; } >>"$WRITTEN"; }
sh() { [ "$1 $3" = '-c lvsctl' ] || return; run=$2; shift 3; written "$run" "$@"; }
word=$1
timeout() {
  case $1,$word in -s,together) (eval "$6"); return ;; -s,*) return 1 ;; esac
  shift 3
  "$@"
}
sync() { :; }
`;

/** Runs scripts by the real shells; gives the number of words that came through as they were. */
function throughRealShell({ scripts }: Journey, number: number): number {
  const busy = scripts.filter(({ commands }) => commands.length > 0);
  const { text, word, commands } = busy[number % busy.length]!;
  const shell = number % 2 ? 'bash' : 'dash';
  const checked = spawnSync(shell, ['-n'], { input: text, encoding: 'utf8' });
  expect(checked, 'the syntax of a script').toMatchObject({ status: 0, stderr: '' });
  const out = join(folder, 'written');
  const journal = mkdtempSync(join(folder, 'apply-'));
  const local = `${WRITE_DOWN}${text.replaceAll('/var/lib/lvsctl/apply/1', journal)}`;
  writeFileSync(out, '');
  writeFileSync(join(folder, 'script'), local);
  const { stderr, status } = spawnSync(shell, [join(folder, 'script'), word], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, WRITTEN: out },
    input: '',
  });
  expect({ status, stderr: stderr.replace(/^\n?lvsctl-[0-9a-f]+ (begin|end) \d+\n/gm, '').trim() }).toEqual({
    status: 0,
    stderr: '',
  });
  const told = readFileSync(out, 'utf8').split('\0\n\0').slice(0, -1);
  const wanted = commands.map(({ run, args = [], input = '' }) =>
    [run, ...args, Buffer.from(input).toString('base64')].join('\0'),
  );
  let from = 0;
  for (const command of wanted) {
    const at = told.indexOf(command, from);
    if (at < 0) throw new Error(`a shell read otherwise: ${JSON.stringify(command.slice(-2000))}`);
    from = at + 1;
  }
  return wanted.join('\0').split('\0').length;
}
