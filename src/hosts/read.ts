import { randomBytes } from 'node:crypto';
import type { Command } from '../resources/kind.js';
import { commandText, prelude, quote, subshellText } from './script.js';

/** What one command of a batch printed, and its exit code; undefined code: it never got that far. */
export interface Printed {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

const PROBE_SECONDS = 20;
/** Many times what all of a host's probes take; more than a probe waits for a silent mount by itself. */
const TOGETHER_SECONDS = 15;

/**
 * One script that runs many commands and lets their outputs be told apart: `text` for the host, `take` for what
 * came back. The marks are random, so that neither a talkative .bashrc nor hostile output can forge them.
 *
 * All run together in subshells of one shell, alike ones once. When that shell does not come to its end in time, be it
 * that one of them hangs or kills it, they all run again, each with a shell and a limit of its own; the last word counts.
 * The commands only read, so twice is no harm.
 */
export function batch(cluster: string, commands: readonly Command[]) {
  const mark = `lvsctl-${randomBytes(12).toString('hex')}`;
  const texts = commands.map(command => commandText(command, PROBE_SECONDS));
  const distinct = [...new Map(commands.map((command, index) => [texts[index]!, command]))];
  const alone = distinct.map(([text], index) => told(text, index));
  const together = distinct.map(([, command], index) => told(subshellText(command), index));
  const shared = `mark=$LVSCTL_MARK; unset LVSCTL_MARK\n${SAY}${together.join('')}exit 0\n`;
  // Every user of the host sees a command line; the marks are none of it.
  const first = `LVSCTL_MARK=$mark timeout -s KILL ${TOGETHER_SECONDS} sh -c ${quote(shared)} lvsctl && exit 0\n`;
  const text = `${prelude(cluster)}mark=${mark}\n${SAY}${distinct.length > 1 ? first : ''}${alone.join('')}exit 0\n`;
  const take = (stdout: string, stderr: string): Printed[] =>
    texts.map(text => {
      const index = distinct.findIndex(([other]) => other === text);
      const out = between(stdout, mark, index);
      const err = between(stderr, mark, index);
      return { code: out.code, stdout: out.text, stderr: err.text };
    });
  /** Whether this line of standard output is the last of the batch. */
  const isLast = (line: string) => line.startsWith(`${mark} end ${distinct.length - 1} `);
  return { text, take, isLast };
}

const SAY = String.raw`begin() { printf '\n%s\n' "$mark begin $1"; printf '\n%s\n' "$mark begin $1" >&2; }
end() { printf '\n%s %s\n' "$mark end $1" "$2"; printf '\n%s\n' "$mark end $1" >&2; }
`;

function told(text: string, index: number): string {
  return `begin ${index}\n${text}\nend ${index} "$?"\n`;
}

function between(output: string, mark: string, index: number): { text: string; code: number | undefined } {
  const begin = `\n${mark} begin ${index}\n`;
  const end = `\n${mark} end ${index}`;
  const from = output.lastIndexOf(begin);
  const to = output.indexOf(end, from);
  if (from < 0 || to < 0) return { text: '', code: undefined };
  const code = output.slice(to + end.length).match(/^ (\d+)/)?.[1];
  return { text: output.slice(from + begin.length, to), code: code === undefined ? undefined : Number(code) };
}
