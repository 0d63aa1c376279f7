import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { version } from '../src/commands/version.js';
import { sound } from './topology/sound.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsctl-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'lvsctl.yaml'), sound);
writeFileSync(join(folder, 'bad.yaml'), sound.replace('mode: nat', 'mode: natt'));
writeFileSync(join(folder, 'binary'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe, 0x80]));
writeFileSync(join(folder, 'nonsense'), 'x: [}\n'.repeat(900_000));
writeFileSync(join(folder, 'nul'), sound.replace('name: web', 'name: web\0\0'));
writeFileSync(join(folder, 'secret.yaml'), sound, { mode: 0o000 });
symlinkSync('loop', join(folder, 'loop'));
const started = readdirSync(folder).sort();

interface Run {
  code: number | null;
  out: string;
  err: string;
}

interface World {
  environment?: Readonly<Record<string, string>>;
  input?: string;
  /** A shell line to run instead, in which "$@" is lvsctl with its words. */
  shell?: string;
}

/** Runs lvsctl as a person does, without a terminal, in a folder that holds a sound lvsctl.yaml. */
function lvsctl(words: readonly string[], { environment = {}, input = '', shell }: World = {}): Promise<Run> {
  const loader = import.meta.resolve('tsx');
  const command = [process.execPath, '--import', loader, resolve('src/cli.ts'), ...words];
  const [name, ...rest] = shell ? ['bash', '-c', shell, 'bash', ...command] : command;
  return new Promise((done, failed) => {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      LVSCTL_LAB_HOME: join(folder, 'labs'),
      ...environment,
    };
    const child = spawn(name!, rest, { cwd: folder, env });
    const run = { out: '', err: '' };
    child.stdout.on('data', part => {
      run.out += part;
    });
    child.stderr.on('data', part => {
      run.err += part;
    });
    child.on('error', failed);
    child.on('close', code => done({ code, ...run }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

const STACK = /^ +at .*:\d+|node:internal|Error:.*\n +at /m;
const ESCAPE = /\u001b/;

describe.concurrent('the command line', { timeout: 60_000 }, () => {
  it.each<[string, string[], number, RegExp, World?]>([
    ['its version', ['--version'], 0, new RegExp(`^${version().replaceAll('.', '\\.')}\\n$`)],
    ['help', ['--help'], 0, /^Usage: lvsctl .*init.*validate.*plan.*apply.*drift.*destroy.*verify.*render/s],
    [
      'a sound file from standard input',
      ['validate', '-f', '-'],
      0,
      /^<stdin> is valid\.\n$/,
      { input: sound },
    ],
    [
      'a file named in the environment',
      ['validate'],
      1,
      /natt/,
      { environment: { LVSCTL_FILE: 'bad.yaml' } },
    ],
    ['no command', [], 1, /^Usage: lvsctl/],
    ['an unknown command', ['aply'], 1, /^error: unknown command 'aply'/],
    ['an unknown option', ['plan', '--nonsense'], 1, /^error: unknown option '--nonsense'\n.*--help/],
    ['a word too few', ['init'], 1, /^error: missing required argument 'set-up'/],
    ['an unknown transport', ['plan', '--transport', 'telnet'], 1, /telnet.*Allowed choices are ssh2, ssh\./],
    ['no number', ['plan', '--parallelism', '0'], 1, /argument '0' is invalid\. a whole number from 1 up\./],
    ['a missing ssh_config', ['plan', '-F', 'none'], 1, /^error: there is no none\n/],
    ['a lab fault that is none', ['lab', 'fault', 'lb1', 'explode'], 1, /^error: there is no fault explode/],
    [
      'apply that nobody can approve',
      ['apply'],
      3,
      /^Nobody can be asked here\. .* lvsctl apply --auto-approve/,
    ],
  ])('answers %s: %j ends with %i', async (_, words, code, said, world) => {
    const run = await lvsctl(words, world);
    const [told, other] = code === 0 ? [run.out, run.err] : [run.err, run.out];
    expect(told).toMatch(said);
    expect({ code: run.code, other }).toEqual({ code, other: '' });
    expect(run.out + run.err).not.toMatch(STACK);
    expect(run.out + run.err).not.toMatch(ESCAPE);
  });

  it('wants hosts that it cannot reach: each is named, and the run ends with 4', async () => {
    writeFileSync(join(folder, 'labs-ssh_config'), 'Host *\n  HostName 127.0.0.1\n  Port 1\n');
    const run = await lvsctl(['plan', '-F', 'labs-ssh_config', '--json']);
    expect(run.code).toBe(4);
    const { hosts } = JSON.parse(run.out);
    expect(hosts.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`)).toEqual(
      ['lb1', 'web1', 'web2', 'nas'].map(name => `${name} unreachable`),
    );
    expect(run.err).not.toMatch(STACK);
    rmSync(join(folder, 'labs-ssh_config'));
  });

  it.each<[string, RegExp, World?]>([
    ['binary', /^error: binary is not text in UTF-8\n/],
    ['nonsense', /^error: nonsense is larger than 1 MB\n/],
    ['nul', /^nul:1:7: error: `web\?\?` is not a cluster name\n/],
    ['loop', /^error: loop cannot be read: ELOOP\n/],
    ['-', /^error: <stdin> is larger than 1 MB\n/, { shell: 'yes | "$@"' }],
    ['-', /^error: <stdin> is not text in UTF-8\n/, { shell: 'printf "name: \\377" | "$@"' }],
    // Root reads every file.
    ...(process.getuid?.() === 0
      ? []
      : [['secret.yaml', /^error: secret\.yaml must not be read by this user\n/] as [string, RegExp]]),
  ])('refuses the file %s with one message', async (file, said, world) => {
    const text = await lvsctl(['validate', '-f', file], world);
    expect({ code: text.code, out: text.out }).toEqual({ code: 1, out: '' });
    expect(text.err).toMatch(said);
    expect(text.err.match(/error: /g)).toHaveLength(1);
    expect(text.err).not.toMatch(STACK);
    expect(text.err).not.toMatch(/[^\P{C}\n]/u);
  });

  it('colours when it is told to', async () => {
    const run = await lvsctl(['--color', 'always', 'validate', '-f', 'bad.yaml']);
    expect(run.err).toMatch(ESCAPE);
  });

  it('is quiet when whoever read its output has gone', async () => {
    const shell = '"$@" | true; echo "${PIPESTATUS[0]}" >&2';
    expect(await lvsctl(['schema'], { shell })).toEqual({ code: 0, out: '', err: '0\n' });
    const both = '"$@" 2>&1 | true; echo "${PIPESTATUS[0]}"';
    expect(await lvsctl(['validate', '-f', 'bad.yaml'], { shell: both })).toEqual({
      code: 0,
      out: '1\n',
      err: '',
    });
  });

  it('that cannot write its result ends with 1', async () => {
    const run = await lvsctl(['schema'], { shell: '"$@" >/dev/full' });
    expect(run.code).toBe(1);
    expect(run.err).not.toMatch(STACK);
  });
});

it('left nothing behind, and the file as it was', () => {
  expect(readdirSync(folder).sort()).toEqual(started);
  expect(readFileSync(join(folder, 'lvsctl.yaml'), 'utf8')).toBe(sound);
});
