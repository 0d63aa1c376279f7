import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batch } from '../../src/hosts/read.js';
import {
  asRoot,
  commandText,
  prelude,
  quote,
  READ,
  RUN_AS_ROOT,
  subshellText,
} from '../../src/hosts/script.js';
import { nasty } from './nasty.js';

const shells = ['dash', 'bash'];

/** Runs text under a shell and gives what it printed. */
function sh(shell: string, text: string, input = ''): string {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', text], { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe.each(shells)('a word for %s', shell => {
  it('comes through as it is, whatever it holds', () => {
    const text = `printf '%s\\036' ${nasty.map(quote).join(' ')}`;
    expect(sh(shell, text).split('\u001e').slice(0, -1)).toEqual(nasty);
  });

  it('comes through two shells', () => {
    const inner = `printf '%s\\036' ${nasty.map(quote).join(' ')}`;
    expect(
      sh(shell, `sh -c ${quote(inner)}`)
        .split('\u001e')
        .slice(0, -1),
    ).toEqual(nasty);
  });

  it.each([
    ['a shell of its own', commandText],
    ['a subshell', subshellText],
  ])('reaches a command in %s as $1 and as standard input, not as text', (_, text) => {
    const args = nasty.map(word => word.replaceAll('\u001e', ''));
    for (const between of ['\n', '\u0000']) {
      const command = { run: 'printf "%s\\036" "$@"; cat', args, input: args.join(between) };
      const [input, ...words] = sh(shell, text(command)).split('\u001e').reverse();
      expect(words.reverse()).toEqual(args);
      expect(input).toBe(args.join(between));
    }
  });
});

it('a NUL byte cannot reach a shell, and is no silent loss', () => {
  expect(() => quote('a\u0000b')).toThrow('a NUL byte');
});

describe('a command as text', () => {
  it('without input finds an empty standard input, so that it cannot eat the script it stands in', () => {
    const script = `${commandText({ run: 'cat' })}\necho went on`;
    expect(sh('sh', script, 'eaten\n')).toBe('went on\n');
    expect(spawnSync('sh', { input: script, encoding: 'utf8' }).stdout).toBe('went on\n');
  });

  it('has an empty input when that is what it was given', () => {
    expect(sh('sh', commandText({ run: 'wc -c', input: '' }))).toMatch(/^ *0$/m);
  });

  it('takes an input that no argument list would hold', () => {
    const input = 'größe '.repeat(100_000);
    const script = `${prelude('web')}${commandText({ run: 'cat', input })}`;
    expect(sh('sh', 'eval "$(cat)"', script)).toBe(input);
  });

  it('is a shell of its own: what it does to variables and folders ends with it', () => {
    expect(sh('sh', `x=1; ${commandText({ run: 'x=2; cd /; exit 0' })}; echo "$x"`)).toBe('1\n');
  });

  it('is ended after its limit, also when it will not go', () => {
    const stubborn = commandText({ run: 'trap "" TERM; sleep 30 & wait' }, 0.2).replace('-k 2', '-k 0.2');
    expect(spawnSync('sh', ['-c', stubborn]).status).toBe(137);
    expect(spawnSync('sh', ['-c', commandText({ run: 'sleep 30' }, 0.2)]).status).toBe(124);
  });
});

it('every script starts with a known path, language, cluster and umask', () => {
  const text = `${prelude("it's")}printf '%s\\n' "$PATH" "$LC_ALL" "$LVSCTL_CLUSTER"; umask; echo "\${POSIXLY_CORRECT-unset}"`;
  const env = { LC_ALL: 'de_DE.UTF-8', POSIXLY_CORRECT: '1' };
  const { stdout } = spawnSync('/bin/sh', ['-c', text], { encoding: 'utf8', env });
  expect(stdout.split('\n').slice(0, 5)).toEqual([
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'C',
    "it's",
    '0022',
    'unset',
  ]);
});

describe('becoming root', () => {
  let bin = '';
  beforeAll(() => {
    bin = mkdtempSync(join(tmpdir(), 'lvsctl-root-'));
    tool('id', 'echo "$UID_NOW"');
    tool('sudo', '[ "$1" = -n ] || exit 9; shift; echo "(as root)"; exec "$@"');
  });
  afterAll(() => rmSync(bin, { recursive: true }));

  function tool(name: string, text: string) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }

  function run(line: string, uid: string, options: { shell?: string; input?: string } = {}) {
    return spawnSync(options.shell ?? 'sh', ['-c', line], {
      encoding: 'utf8',
      input: options.input ?? '',
      env: {
        HOME: bin,
        PATH: `${bin}:${process.env.PATH}`,
        UID_NOW: uid,
        SSH_CLIENT: '10.0.0.1 5 22',
        SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22',
        POSIXLY_CORRECT: '1',
      },
    });
  }

  it.each(shells)('goes through sudo -n in %s when the user is not root, and not otherwise', shell => {
    const line = asRoot(
      'printf "%s|" "$@"; printf "%s\\n" "$SSH_CONNECTION$POSIXLY_CORRECT"',
      "it's",
      '$x "y"',
      '',
    );
    const said = `it's|$x "y"||10.0.0.1 5 10.0.0.2 22\n`;
    expect(run(line, '1000', { shell })).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `(as root)\n${said}`,
    });
    expect(run(line, '0', { shell })).toMatchObject({ status: 0, stderr: '', stdout: said });
  });

  it('is one line without anything that csh or fish read otherwise than sh, whatever the text holds', () => {
    const line = asRoot(`a\nb !c \\\\ \\' 'd'`, '7');
    expect(line.replaceAll(/'[^']*'/g, "''")).toBe("exec sh -c '' '' '' ''");
    expect(line).not.toMatch(/[\n!\\]/);
  });

  it('hears nothing but the script in a shell whose .bashrc prints, sleeps and speaks another language', ({
    onTestFinished,
  }) => {
    onTestFinished(() => rmSync(join(bin, '.bashrc')));
    writeFileSync(
      join(bin, '.bashrc'),
      'echo Willkommen; echo Achtung >&2; sleep 0.3; export LC_ALL=de_DE.UTF-8\n',
    );
    const { text, take } = batch('web', [{ run: 'echo "$LC_ALL"' }]);
    const { stdout, stderr } = run(READ, '0', { shell: 'bash', input: text });
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/^Willkommen\n/),
      expect.stringMatching(/^Achtung\n/),
    ]);
    expect(take(stdout, stderr)).toEqual([{ code: 0, stdout: 'C\n', stderr: '' }]);
  });

  it('hands back the exit code of what was run', () => {
    expect(run(asRoot('exit 7'), '1000').status).toBe(7);
  });

  it('runs a script only when it has come whole, so that no command in it eats the rest', () => {
    const input = `head -n 1\necho second\ncat\necho '${'x'.repeat(100)}'\nexit 3\n`;
    for (const line of [RUN_AS_ROOT, READ]) {
      const { status, stdout } = run(line, '0', { input });
      expect(stdout).toBe(`second\n${'x'.repeat(100)}\n`);
      expect(status).toBe(3);
    }
  });

  it.each(shells)('is not what a reading does in %s: only single commands in it go through sudo', shell => {
    const input = 'echo plain; $LVSCTL_SUDO echo "$SSH_CONNECTION"\n';
    const said = '10.0.0.1 5 10.0.0.2 22\n';
    expect(run(READ, '1000', { shell, input }).stdout).toBe(`plain\n(as root)\n${said}`);
    expect(run(READ, '0', { shell, input }).stdout).toBe(`plain\n${said}`);
  });
});
