import { invert } from '../plan/invert.js';
import type { Change } from '../plan/plan.js';
import type { Command, Kind } from '../resources/kind.js';
import { prelude, quote, subshellText } from './script.js';

type Kinds = ReadonlyMap<string, Kind>;

/** A change with its number among all changes of its host. */
export interface Numbered {
  number: number;
  change: Change;
}

/**
 * The script that carries out one phase on one host. Each change is begun in the journal before it is touched and
 * done after; the first failure ends the phase, and so does a `stop` before the next change. What cannot be taken
 * back is on `hold`: not to be broken off. Checks pass before the first write. What one of the host's `reloads` follows
 * is noted as due there, until it was reloaded: a crash in between is seen by the next plan.
 */
export function phaseScript(
  cluster: string,
  directory: string,
  part: readonly Numbered[],
  kinds: Kinds,
  reloads: readonly Change[] = [],
): string {
  const lines = runs(part, kinds).map(({ members, commands, stays }) => {
    const numbers = members.map(({ number }) => number);
    const list = numbers.join(' ');
    const [hold, release] = stays ? [': >"$dir/hold"\n', '\nrm -f "$dir/hold"'] : ['', ''];
    const noted = reloads.filter(reload => members.some(({ change }) => isFollowed(change, reload)));
    const read = members.filter(({ change }) => kinds.get(change.kind)?.reload);
    const drain = members[0]!.change.action === 'drain' ? members[0]!.number : undefined;
    const all = [
      ...noted.map(({ key }) => ({ run: NOTE, args: [key] })),
      ...commands,
      ...read.map(({ change }) => ({ run: FORGET, args: [change.key] })),
    ];
    return `${hold}begin ${list}\n${guarded(all, drain)} || failed ${numbers[0]}\ncompleted ${list}${release}`;
  });
  const checks = [...new Map(part.flatMap(({ change }) => checkOf(change))).values()].map(
    check => `${guarded([check])} || failed -1`,
  );
  return `${prelude(cluster)}${JOURNAL.replace('DIRECTORY', quote(directory))}${[...checks, ...lines].join('\n')}\nexit 0\n`;
}

/** The script that finds out whether one host is ready for all this; undefined when nothing has to be found out. */
export function readyScript(
  cluster: string,
  directory: string,
  all: readonly Numbered[],
  kinds: Kinds,
): string | undefined {
  const asked = [...new Set(all.filter(({ change }) => !change.stays).map(({ change }) => change.kind))];
  const commands = asked.flatMap(kind => kinds.get(kind)?.ready?.() ?? []);
  if (commands.length === 0) return undefined;
  return `${prelude(cluster)}${JOURNAL.replace('DIRECTORY', quote(directory))}${guarded(commands)} || failed -1\nexit 0\n`;
}

/**
 * The script that takes back the change whose number is "$1". `numbers`: prints them all, the last one first; `live`:
 * those that no file holds; `late`: those that are taken back after `reloads`, which makes services read the old files.
 */
export function undoScript(cluster: string, all: readonly Numbered[], kinds: Kinds): string {
  const arms = all
    .filter(({ change }) => !change.stays && change.action !== 'reload' && !kinds.get(change.kind)?.stays)
    .map(({ number, change }) => `${number}) ${joined(stepsOf(invert(change), kinds))} ;;`);
  const reloads = all
    .filter(({ change }) => change.action === 'reload')
    .map(({ change }) => {
      const forget = { run: FORGET, args: [change.key] };
      return `(${joined([...stepsOf(change, kinds), forget])}) || bad=1`;
    });
  const list = (part: readonly Numbered[]) =>
    part
      .map(({ number }) => number)
      .reverse()
      .join(' ');
  const isLate = ({ change }: Numbered) => change.heldBy && kinds.get(change.kind)?.late;
  const live = all.filter(part => part.change.layer === 'live' && !isLate(part));
  return `${prelude(cluster)}case "$1" in\n${arms.join('\n')}\nnumbers) echo ${list(all)} ;;\nlive) echo ${list(live)} ;;\nlate) echo ${list(all.filter(isLate))} ;;\nreloads) bad=0\n${reloads.join('\n')}\nexit "$bad" ;;\nesac\n`;
}

// A reboot makes every service read its files, and empties /run.
const NOTE = 'mkdir -p /run/lvsctl/due && : >"/run/lvsctl/due/$1"';
const FORGET = 'rm -f "/run/lvsctl/due/$1"';

function isFollowed({ kind, key }: Change, { follows }: Change): boolean {
  return follows?.some(followed => followed.kind === kind && followed.key === key) ?? false;
}

const JOURNAL = `
dir=DIRECTORY phase=$1
put() { printf '%s\\n' "$1" 2>/dev/null >>"$dir/journal" || { rm -f "$dir/reserve"; printf '\\n%s\\n' "$1" >>"$dir/journal"; }; }
say() { word=$1; shift; for n do put "$word $n" || exit 1; done; }
trap 'code=$?; rm -f "$dir/hold"; put "phase-end $phase $code"' EXIT
begin() { [ ! -e "$dir/stop" ] || exit 130; say begin "$@"; sync "$dir/journal" 2>/dev/null || :; }
completed() { say done "$@"; }
failed() {
  put "failed $1 $(tail -c 1500 "$dir/output" | sed 's/auth_pass .*/auth_pass (sensitive)/' | base64 | tr -d '\\n')"
  exit 1
}
`;

/** Neighbours of a kind that can be carried out together become one run. */
function runs(
  part: readonly Numbered[],
  kinds: Kinds,
): { members: Numbered[]; commands: readonly Command[]; stays: boolean }[] {
  const result: { kind: string; members: Numbered[] }[] = [];
  for (const item of part) {
    const last = result.at(-1);
    const { kind, action } = item.change;
    const isDrain = action === 'drain';
    const alike = last?.kind === kind && (last.members[0]!.change.action === 'drain') === isDrain;
    if (alike && (isDrain || kinds.get(kind)?.together)) last.members.push(item);
    else result.push({ kind: item.change.kind, members: [item] });
  }
  return result.map(({ kind, members }) => ({
    members,
    commands: commandsOf(
      members.map(({ change }) => change),
      kinds.get(kind),
      kinds,
    ),
    stays: kinds.get(kind)?.stays !== undefined,
  }));
}

function commandsOf(changes: readonly Change[], kind: Kind | undefined, kinds: Kinds): readonly Command[] {
  if (changes[0]!.action === 'drain') return kind?.drain?.(changes) ?? [];
  return kind?.together ? kind.together(changes) : stepsOf(changes[0]!, kinds);
}

function stepsOf(change: Change, kinds: Kinds): readonly Command[] {
  const kind = kinds.get(change.kind);
  if (!kind || change.stays) return [];
  if (change.action === 'reload') return kind.reload?.(change.key) ?? [];
  const steps = kind.steps(change);
  const { unlessOut } = kind;
  return change.heldBy && change.after && unlessOut ? steps.map(step => unlessOut(change.key, step)) : steps;
}

function checkOf({ check }: Change): [string, Command][] {
  return check ? [[JSON.stringify(check), check]] : [];
}

function joined(commands: readonly Command[]): string {
  return commands.length === 0 ? ':' : commands.map(command => `{ ${subshellText(command)}; }`).join(' && ');
}

/** `drain`: the number of the change that tells the journal, on descriptor 3, for how many connections it waits. */
function guarded(commands: readonly Command[], drain?: number): string {
  if (drain === undefined) return `{ ${joined(commands)}; } >"$dir/output" 2>&1`;
  return `export LVSCTL_CHANGE=${drain}\n{ ${joined(commands)}; } 3>>"$dir/journal" >"$dir/output" 2>&1`;
}
