import { randomBytes } from 'node:crypto';
import type { Command } from '../resources/kind.js';
import { commandText, prelude } from './script.js';

/** What one command of a batch printed, and its exit code; undefined code: it never got that far. */
export interface Printed {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

const PROBE_SECONDS = 20;

/**
 * One script that runs many commands and lets their outputs be told apart: `text` for the host, `take` for what
 * came back. The marks are random, so that neither a talkative .bashrc nor hostile output can forge them.
 */
export function batch(cluster: string, commands: readonly Command[]) {
  const mark = `lvsctl-${randomBytes(12).toString('hex')}`;
  const lines = commands.map((command, index) => {
    const say = (word: string) => `printf '\\n%s\\n' "${mark} ${word} ${index}"`;
    return `${say('begin')}; ${say('begin')} >&2\n${commandText(command, PROBE_SECONDS)}; code=$?\nprintf '\\n%s %s\\n' "${mark} end ${index}" "$code"; ${say('end')} >&2`;
  });
  const text = `${prelude(cluster)}${lines.join('\n')}\nexit 0\n`;
  const take = (stdout: string, stderr: string): Printed[] =>
    commands.map((_, index) => {
      const out = between(stdout, mark, index);
      const err = between(stderr, mark, index);
      return { code: out.code, stdout: out.text, stderr: err.text };
    });
  return { text, take };
}

function between(output: string, mark: string, index: number): { text: string; code: number | undefined } {
  const begin = `\n${mark} begin ${index}\n`;
  const end = `\n${mark} end ${index}`;
  const from = output.indexOf(begin);
  const to = output.indexOf(end, from);
  if (from < 0 || to < 0) return { text: '', code: undefined };
  const code = output.slice(to + end.length).match(/^ (\d+)/)?.[1];
  return { text: output.slice(from + begin.length, to), code: code === undefined ? undefined : Number(code) };
}
