import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { batch } from '../../src/hosts/read.js';

/** Runs a batch by a real sh, with noise before and after as a login shell may make it. */
function carried(runs: readonly string[], noise = '') {
  const { text, take } = batch(
    'web',
    runs.map(run => ({ run })),
  );
  const { stdout, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8' });
  return take(noise + stdout + noise, noise + stderr + noise);
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
