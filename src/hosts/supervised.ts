import { readFileSync } from 'node:fs';
import type { ApplyRecord } from '../plan/record.js';
import type { Mark } from '../systems/facts.js';
import { asRoot, prelude, quote, RUN_AS_ROOT, single } from './script.js';
import type { Ended, Session } from './session.js';

const HOME = '/var/lib/lvsctl';

/** Everything that one apply needs on one host, ready before its first write. */
export interface Load {
  id: string;
  cluster: string;
  /** Who applies, for whoever finds the host locked. */
  owner: string;
  /** Seconds without a word from us after which the host ends the apply by itself. */
  patience: number;
  /** What it does then: take everything back, or let go of it as it is. */
  silent: 'undo' | 'keep';
  phases: readonly string[];
  undo: string;
  marks: { before?: Mark; during: Mark; after?: Mark };
  record: ApplyRecord;
}

/** Where an apply keeps its files on the host. */
export function directoryOf(id: string): string {
  return `${HOME}/apply/${id}`;
}

/**
 * Puts the files of an apply on the host, arms the undo at boot, writes the origins into the mark and starts the
 * supervisor, which takes the lock. Returns why not, or undefined; `busy`: another apply is under way there.
 */
export async function begin(
  session: Session,
  load: Load,
): Promise<{ message: string; busy: boolean } | undefined> {
  const directory = directoryOf(load.id);
  const mark = (value: Mark | undefined) => (value ? `${JSON.stringify(value)}\n` : undefined);
  const supervisor = readFileSync(new URL('../../templates/host/supervisor.sh', import.meta.url), 'utf8');
  const files: [string, string | undefined][] = [
    ['supervisor.sh', supervisor],
    ['undo', load.undo],
    ['owner', `${load.owner}\n`],
    ['mark.before', mark(load.marks.before)],
    ['mark.during', mark(load.marks.during)],
    ['mark.after', mark(load.marks.after)],
    ['record', `${JSON.stringify(load.record)}\n`],
    ['journal', ''],
    ['armed', `${load.silent}\n`],
    ...load.phases.map((text, index): [string, string] => [`phase.${index + 1}`, text]),
  ];
  const puts = files
    .filter((file): file is [string, string] => file[1] !== undefined)
    .map(([name, text]) => `put ${name} ${single(text)}`);
  const script = `${prelude(load.cluster)}umask 077
dir=${quote(directory)} home=${HOME} run=/run/lvsctl
[ ! -e "$home" ] && fresh=1 || fresh=
give_up() { rm -rf "$dir"; rmdir "$home/apply" 2>/dev/null; [ -z "$fresh" ] || rmdir "$home" 2>/dev/null; echo "$*"; exit 0; }
forget() { rm -rf "$1" "$run/pid.\${1##*/}"; systemctl reset-failed "lvsctl-apply-\${1##*/}.service" >/dev/null 2>&1; }
# By the shell's own printf, which says why not only when it is asked once more.
put() {
  { printf %s "$2" >"$dir/$1"; } 2>/dev/null && return
  said=$({ printf %s "$2" >"$dir/$1"; } 2>&1) || give_up "no cannot write $dir/$1: $said"
}
for old in "$home"/apply/*; do
  [ -d "$old" ] && mkdir -p -m 755 "$run" && flock -n "$run/lock" true || continue
  if [ -e "$old/armed" ] && [ "$(cat "$old/armed")" = undo ]; then
    sh "$old/supervisor.sh" "$old" recover 0 </dev/null >/dev/null 2>&1
    forget "$old"
    give_up "no an earlier apply that nobody confirmed has just been taken back; apply again"
  fi
  forget "$old"
done
said=$(mkdir -p "$dir" 2>&1) || give_up "no $said"
said=$(dd if=/dev/zero of="$dir/reserve" bs=65536 count=8 2>&1) || give_up "no cannot write to $dir: $(echo "$said" | head -n 1)"
${puts.join('\n')}
: >"$dir/output"
recover="[ ! -e $dir/armed ] || exec sh $dir/supervisor.sh $dir recover"
start() { systemd-run --quiet --unit=${quote(`lvsctl-apply-${load.id}`)} "$@" sh "$dir/supervisor.sh" "$dir" apply ${load.patience} </dev/null >/dev/null 2>&1; }
if ! start -p TimeoutStopSec=180 -p "ExecStopPost=/bin/sh -c \\"$recover 0\\"" && ! start; then
  setsid sh "$dir/supervisor.sh" "$dir" apply ${load.patience} </dev/null >/dev/null 2>&1 &
fi
n=0
while [ ! -s "$dir/state" ] && [ "$n" -lt 300 ]; do sleep 0.1; n=$((n + 1)); done
read -r state <"$dir/state" || state=silent
if [ "$state" = busy ]; then
  who=$(cat "$run/owner" 2>/dev/null)
  give_up "busy locked by \${who:-another apply}"
fi
[ "$state" = locked ] || give_up "no the supervisor did not start"
if [ "$(cat "$home/mark" 2>/dev/null)" != "$(cat "$dir/mark.before" 2>/dev/null)" ]; then
  echo undo >"$dir/verdict"
  echo 'busy another apply has changed the host since it was read: look at a new plan'
  exit 0
fi
${load.silent === 'undo' ? ARM : ':'} &&
  cp "$dir/mark.during" "$home/mark.new" && ${load.silent === 'undo' ? SYNC : 'sync "$home/mark.new"'} && mv -f "$home/mark.new" "$home/mark" && sync "$home/mark" ||
  { echo undo >"$dir/verdict"; echo "no cannot arm the undo at boot"; exit 0; }
echo yes
`;
  const ended = await session.exec(RUN_AS_ROOT, { input: script, limit: 90 });
  if ('lost' in ended) return { message: ended.lost, busy: false };
  const answer = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (answer === 'yes') return undefined;
  const [, word, message] = answer.match(/^(no|busy) (.*)$/) ?? [];
  if (word && message) return { message, busy: word === 'busy' };
  const said = ended.stderr.trim().split('\n').at(-1);
  return { message: said || 'the host took no apply', busy: false };
}

// Systemd warns of a unit that others may not read.
const ARM = `umask 022 && units=/etc/systemd/system && printf '%s\\n' '[Unit]' 'Description=lvsctl: take back an apply that nobody confirmed' 'After=network.target local-fs.target' \\
  '[Service]' "ExecStart=/bin/sh $dir/supervisor.sh $dir recover 300" '[Install]' 'WantedBy=multi-user.target' \\
  >"$units/lvsctl-undo.service" &&
  mkdir -p "$units/multi-user.target.wants" &&
  ln -sf "$units/lvsctl-undo.service" "$units/multi-user.target.wants/lvsctl-undo.service" && umask 077`;

// A power cut leaves files empty that were written within the last half minute (delayed allocation of ext4).
const SYNC = `{ sync "$dir"/* "$dir" "$home/apply" "$home/mark.new" \\
  "$units/lvsctl-undo.service" "$units/multi-user.target.wants" "$units" 2>/dev/null || :; }`;

/** Follows the journal from a line on (counted from 1), sending a sign of life every `beat` milliseconds, which is answered. */
export function follow(
  session: Session,
  id: string,
  from: number,
  hearing: { beat: number; answered: () => void; tell: (line: string) => void },
): Promise<Ended> {
  const text = `dir=${directoryOf(id)}
[ -s "$dir/pid" ] && read -r pid <"$dir/pid" || exit 3
echo "$$.0" >/run/lvsctl/beat
exec 3<&0 4>&2
tail -s 0.2 --pid="$pid" -n "+$1" -f "$dir/journal" </dev/null &
tail=$!
{ n=0; while read -r x; do n=$((n + 1)); echo "$$.$n" >/run/lvsctl/beat; echo >&4; done; kill "$tail"; } <&3 2>/dev/null &
wait "$tail"
kill $! 2>/dev/null
wait
[ -d "$dir" ] || rm -f /run/lvsctl/beat
exit 0`;
  return session.exec(asRoot(text, String(from)), { ...hearing, limit: 24 * 3600 });
}

/** Starts the host's next phase (counted from 1). */
export function go(session: Session, id: string, phase: number): Promise<Ended> {
  const text = `dir=${directoryOf(id)}\n: >"$dir/go.$1" && ${WAKE}`;
  return session.exec(asRoot(text, String(phase)), { limit: 30 });
}

/**
 * Tells the supervisor how the apply ends, over a connection of its own; returns the whole journal once it has ended.
 * `mark`: what the host carries then, where that is no longer what was planned.
 */
export async function conclude(
  session: Session,
  id: string,
  verdict: 'confirm' | 'undo',
  mark?: Mark,
): Promise<string | undefined> {
  const text = `dir=${directoryOf(id)}
[ -d "$dir" ] || exit 3
rm -f "$dir/reserve"
${mark ? 'umask 077; cat >"$dir/mark.new" && mv -f "$dir/mark.new" "$dir/mark.after" || exit 3' : ':'}
echo "$1" >"$dir/verdict.new" && mv -f "$dir/verdict.new" "$dir/verdict"
${WAKE}
n=0
while [ -e "$dir/armed" ] && [ "$n" -lt 1800 ]; do
  kill -0 "$(cat "$dir/pid")" 2>/dev/null || sh "$dir/supervisor.sh" "$dir" recover 0
  sleep 0.2
  n=$((n + 1))
done
cat "$dir/journal"`;
  const input = mark && `${JSON.stringify(mark)}\n`;
  const ended = await session.exec(asRoot(text, verdict), { limit: 1200, ...(input && { input }) });
  return 'lost' in ended || ended.code !== 0 ? undefined : ended.stdout;
}

/** Takes the files of an ended apply off the host, and our whole directory when no mark is left in it. */
export async function tidy(session: Session, id: string): Promise<Ended> {
  const text = `read -r pid <${directoryOf(id)}/pid
rm -rf ${directoryOf(id)}
kill -USR1 "$pid"
n=0
while kill -0 "$pid" && [ "$n" -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
rm -f /run/lvsctl/beat /run/lvsctl/pid.${id}
rmdir ${HOME}/apply
[ -e ${HOME}/mark ] || { rmdir ${HOME} && rm -rf /run/lvsctl; }
systemctl reset-failed lvsctl-apply-${id}.service
:`;
  return session.exec(asRoot(`{ ${text}\n} 2>/dev/null`), { limit: 60 });
}

// A supervisor that is gone needs no waking.
const WAKE = 'kill -USR1 "$(cat "$dir/pid")" 2>/dev/null || :';
