import { quote as shellQuote } from 'shell-quote';
import type { Command } from '../resources/kind.js';

/** The only place that quotes: one word for a POSIX shell. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new Error('a NUL byte cannot reach a shell');
  return word === '' ? "''" : shellQuote([word]);
}

/**
 * A command as shell text: the fixed text in a shell of its own, data as arguments, input through a pipe. With
 * `limit` it is ended after that many seconds.
 */
export function commandText({ run, args = [], input }: Command, limit?: number): string {
  const shell = ['sh', '-c', run, 'lvsctl', ...args].map(quote).join(' ');
  const bounded = limit ? `timeout -k 2 ${limit} ${shell}` : shell;
  return input === undefined ? `${bounded} </dev/null` : `${fed(input)} | ${bounded}`;
}

/** The same for a subshell of the shell that reads it: no program is started for it, and no limit is its own. */
export function subshellText({ run, args = [], input }: Command): string {
  const subshell = `(set -- ${args.map(quote).join(' ')}\n${run}\n)`;
  return input === undefined ? `${subshell} </dev/null` : `${fed(input)} | ${subshell}`;
}

/** The shell's own printf: no program is started for it, and no list of arguments is too small for it. */
function fed(input: string): string {
  if (!input.includes('\0')) return `printf %s ${single(input)}`;
  return `printf %s ${Buffer.from(input).toString('base64')} | base64 -d`;
}

/** What every script of ours starts with: a known path and language, and the cluster's name. */
export function prelude(cluster: string): string {
  return [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C LANG=C',
    `LVSCTL_CLUSTER=${quote(cluster)}`,
    'export PATH LC_ALL LANG LVSCTL_CLUSTER',
    // With it systemctl takes every option behind the first word for a unit.
    'unset POSIXLY_CORRECT',
    'umask 022',
    '',
  ].join('\n');
}

/**
 * Runs the script that standard input holds: read whole before it starts, so no command in it can eat the rest, and
 * kept in memory, so that a read writes nothing.
 */
const RUN = 'eval "$(cat)"';

/** The command line that runs a changing script from standard input, as root. */
export const RUN_AS_ROOT = asRoot(RUN);

/**
 * The command line that runs a reading script from standard input, as whoever logs in. What root alone may read stands
 * behind $LVSCTL_SUDO there: `sudo -n`, and nothing for root.
 */
export const READ = reading(RUN);

/**
 * The same for two scripts, of which the second is sent when the first has answered: one command on the host where two
 * would each take a channel and a shell.
 */
export function readTwice(first: string): string {
  return reading(
    `command -v head >/dev/null || exit; (eval "$(head -c ${Buffer.byteLength(first)})"); ${RUN}`,
  );
}

function reading(run: string): string {
  return `exec sh -c ${single(
    `LVSCTL_SUDO=; [ "$(id -u)" = 0 ] || LVSCTL_SUDO="sudo -n"; export LVSCTL_SUDO; ${run}`,
  )}`;
}

/**
 * The command line that runs fixed text as root: through `sudo -n` when we are not root. sshd's SSH_CONNECTION is handed
 * on. The login shell may be any: the text goes as base64, because csh takes neither a newline nor an exclamation mark in
 * quotes, and fish eats backslashes.
 */
export function asRoot(text: string, ...args: string[]): string {
  const become =
    'r=; [ "$(id -u)" = 0 ] || r="sudo -n"; t=$(printf %s "$1" | base64 -d); shift; exec $r env -u POSIXLY_CORRECT SSH_CONNECTION="$SSH_CONNECTION" sh -c "$t" lvsctl "$@"';
  const words = [become, 'lvsctl', Buffer.from(text).toString('base64'), ...args];
  return `exec sh -c ${words.map(single).join(' ')}`;
}

// Single quotes are the one form that sh, csh and fish read alike.
export function single(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
