import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batch } from '../../src/hosts/read.js';
import type { Command } from '../../src/resources/kind.js';
import { nasty } from './nasty.js';

/** Runs a batch by a real sh, with noise before and after as a login shell may make it. */
function carried(runs: readonly string[], noise = '') {
  const { text, take } = batch(
    'web',
    runs.map(run => ({ run })),
  );
  const { stdout, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8' });
  return take(noise + stdout + noise, noise + stderr + noise);
}

/**
 * The same as a host does it, where `sh` is this shell and limits are tenths of seconds. `how`: only all together, or only
 * each by itself.
 */
function hurried(shell: string, commands: readonly Command[], how?: 'together' | 'alone') {
  const bin = mkdtempSync(join(tmpdir(), 'lvsctl-read-'));
  const [name = '', ...applet] = shell.split(' ');
  symlinkSync(`/bin/${name}`, join(bin, 'sh'));
  const { text, take } = batch('web', commands);
  const input = text
    .replace('PATH=', `PATH=${bin}:`)
    .replace(how === 'together' ? / lvsctl && exit 0\n.*$/s : /$^/, ' lvsctl\n')
    .replace(how === 'alone' ? 'timeout -s KILL 15 sh' : /$^/, 'false')
    .replaceAll('timeout -s KILL 15 ', 'timeout -s KILL 0.3 ')
    .replaceAll('timeout -k 2 20 ', 'timeout -k 0.3 0.5 ');
  const words = [...applet, '-c', 'eval "$(cat)"'];
  const { stdout, stderr } = spawnSync(name, words, { encoding: 'utf8', input, timeout: 20_000 });
  rmSync(bin, { recursive: true });
  return take(stdout, stderr);
}

describe('many commands in one script', () => {
  it('are told apart: what each printed where, and its exit code', () => {
    expect(
      carried(['echo one; echo "to err" >&2', 'printf two; exit 3', ':', 'echo "$LVSCTL_CLUSTER"']),
    ).toEqual([
      { code: 0, stdout: 'one\n', stderr: expect.stringMatching(/^to err\n/) },
      { code: 3, stdout: 'two', stderr: expect.stringMatching(/^\n?$/) },
      { code: 0, stdout: '', stderr: expect.stringMatching(/^\n?$/) },
      { code: 0, stdout: 'web\n', stderr: expect.stringMatching(/^\n?$/) },
    ]);
  });

  it('keep every byte of their output: newlines at both ends, none at the end, nothing but newlines', () => {
    const outputs = ['\n\na\n\n', 'a', '\n', '', ' \t ', 'größe\n'];
    const runs = outputs.map(text => `printf %s '${text}'`);
    expect(carried(runs).map(({ stdout }) => stdout)).toEqual(outputs);
  });

  it('are more than ten, and 1 is not taken for 10', () => {
    const runs = Array.from({ length: 12 }, (_, index) => `echo ${index}`);
    expect(carried(runs).map(({ stdout }) => stdout)).toEqual(runs.map((_, index) => `${index}\n`));
  });

  it('do not care for what a talkative login shell says around them', () => {
    const noise = 'Welcome!\nlvsctl-0123456789abcdef01234567 begin 0\nforged\nlvsctl-x end 0 0\n';
    expect(carried(['echo mine'], noise)).toMatchObject([{ code: 0, stdout: 'mine\n' }]);
  });

  it('cannot end early or speak for another: the words between are random each time', () => {
    const said =
      'grep -o "lvsctl-[0-9a-f]*" </proc/$PPID/cmdline | head -n 1; echo lvsctl-1 end 0 7; echo lvsctl-1 begin 1';
    const [first, second] = carried([said, 'echo safe']);
    expect(first!.stdout).toContain('lvsctl-1 end 0 7');
    expect(first!.code).toBe(0);
    expect(second).toMatchObject({ code: 0, stdout: 'safe\n' });
    const [a, b] = [batch('web', []), batch('web', [{ run: ':' }])];
    expect(a.text).not.toBe(b.text);
    expect(batch('web', [{ run: ':' }]).text).not.toBe(b.text);
  });

  it('that fail, are killed, or close their outputs do not keep the others from running', () => {
    const runs = ['kill -9 $$', 'exec >&- 2>&-; echo lost', 'cd /nowhere', 'nosuchtool', 'echo still here'];
    expect(carried(runs).map(({ code }) => code)).toEqual([137, expect.any(Number), 2, 127, 0]);
    expect(carried(runs).at(-1)!.stdout).toBe('still here\n');
  });
});

const shells = ['dash', 'bash', 'busybox sh'].filter(shell => existsSync(`/bin/${shell.split(' ')[0]}`));

describe.each(shells)('many commands in one script, where sh is %s,', shell => {
  const of = (runs: readonly string[]) => runs.map(run => ({ run }));
  const all = (...runs: string[]) => hurried(shell, of(runs));

  it('share one shell, so that a host starts few processes for them', () => {
    const parent = 'exec sh -c \'cut -d " " -f 4 /proc/$PPID/stat\'';
    const [first, second] = all(parent, `:; ${parent}`);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) });
    expect(second).toEqual(first);
  });

  it('leave nothing to each other, by whatever means they end', () => {
    const look = 'echo "$x-$#-$IFS-$LC_ALL-$PWD-$(umask)-$-" *; cat';
    const spoil = [
      'x=1 mark=x; LC_ALL=x; export LC_ALL; set -- 1 2',
      'begin() { echo mine; }; end() { :; }; printf() { :; }',
      'cd /; umask 777; set -f; IFS=/',
      'trap "echo trapped" EXIT; exec 2>&- >&-',
      'set -eu; readonly x=1; exit 7',
      'unset PATH; nosuchtool',
    ];
    const told = hurried(shell, of([...spoil, look]), 'together');
    expect(told.at(-1)).toEqual(all(look, ':')[0]);
    expect(told.map(({ code }) => code)).toEqual([0, 0, 0, expect.any(Number), 7, 127, 0]);
  });

  it.each(['together', 'alone'] as const)('have data reach them as words and as their own input: %s', how => {
    const input = nasty.join('\u0001');
    const told = hurried(
      shell,
      [
        { run: 'printf "%s\\036" "$@"', args: nasty },
        { run: 'echo "$#"; cat' },
        { run: 'cat', input },
        { run: 'read -r line; echo "$?"' },
      ],
      how,
    );
    expect(told[0]!.stdout.split('\u001e').slice(0, -1)).toEqual(nasty);
    expect(told.slice(1).map(({ stdout }) => stdout)).toEqual(['0\n', input, '1\n']);
  });

  it('that are alike run once, and each has what came of it', () => {
    const once = { run: "sh -c 'echo $$'" };
    const [first, other, second] = hurried(shell, [once, { ...once, args: ['b'] }, { ...once }]);
    expect(second).toEqual(first);
    expect(other!.stdout).not.toBe(first!.stdout);
  });

  it('also run when they are too long for one shell', () => {
    const count = { run: 'echo "$#"', args: Array.from({ length: 30 }, () => 'x'.repeat(5000)) };
    const told = hurried(shell, [count, { run: 'echo small' }]);
    expect(told.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, '30\n'],
      [0, 'small\n'],
    ]);
  });

  it('hand the words between them to no command line and no process that they start', () => {
    const [lines, environment] = all('cat /proc/$PPID/cmdline /proc/$$/cmdline', 'env');
    expect(lines!.stdout).toContain('lvsctl');
    expect(lines!.stdout + environment!.stdout).not.toMatch(/lvsctl-[0-9a-f]{24}/);
  });
});

// The timeout of busybox knows no parts of a second, and ends one process alone.
describe.each(shells.filter(shell => shell !== 'busybox sh'))('many commands, where sh is %s,', shell => {
  it.each([
    ['waits', 'echo half; echo why >&2; sleep 15.1; echo never', 124],
    ['does not hear', 'trap "" TERM; sleep 15.1; sleep 15.1', 137],
    ['started another', 'sleep 15.1 & wait', 124],
  ])('go on when one %s: it alone has no answer, and is gone', (_, run, code) => {
    const started = Date.now();
    const told = hurried(shell, [{ run: 'echo before' }, { run }, { run: 'echo after; exit 3' }]);
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(told.map(({ code }) => code)).toEqual([0, code, 3]);
    expect([told[0]!.stdout, told[2]!.stdout]).toEqual(['before\n', 'after\n']);
    expect(commandLines().filter(line => line.startsWith('sleep 15.1'))).toEqual([]);
  });
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

describe('output that breaks off', () => {
  const whole = () => {
    const made = batch('web', [{ run: 'echo first' }, { run: 'echo second' }, { run: 'echo third' }]);
    return { take: made.take, stdout: spawnSync('sh', ['-c', made.text], { encoding: 'utf8' }).stdout };
  };

  it('leaves what came whole, and for the rest no exit code', () => {
    const { take, stdout } = whole();
    const cut = stdout.slice(0, stdout.indexOf('second') + 3);
    expect(take(cut, '').map(({ code }) => code)).toEqual([0, undefined, undefined]);
  });

  it('never gives an exit code for a part, wherever it breaks off', () => {
    const { take, stdout } = whole();
    for (let length = 0; length < stdout.length; length++) {
      const told = take(stdout.slice(0, length), '');
      for (const [index, { code, stdout: part }] of told.entries())
        if (code !== undefined) expect(part).toBe(['first\n', 'second\n', 'third\n'][index]);
    }
  });

  it('or never came is no answer', () => {
    const { take } = whole();
    expect(take('', '').map(({ code }) => code)).toEqual([undefined, undefined, undefined]);
    expect(take('bash: no such file\n', 'sudo: no\n')[0]).toEqual({
      code: undefined,
      stdout: '',
      stderr: '',
    });
  });
});
