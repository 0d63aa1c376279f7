import { readFileSync } from 'node:fs';
import type { Mark } from '../systems/facts.js';
import { asRoot, prelude, quote, READ_AND_RUN } from './script.js';
import type { Ended, Session } from './session.js';

const HOME = '/var/lib/lvsctl';

/** Everything that one apply needs on one host, ready before its first write. */
export interface Load {
  id: string;
  cluster: string;
  /** Who applies, for whoever finds the host locked. */
  owner: string;
  /** Seconds of silence after which the host takes everything back; 0: never. */
  patience: number;
  phases: readonly string[];
  undo: string;
  marks: { before?: Mark; during: Mark; after?: Mark };
}

/** Where an apply keeps its files on the host. */
export function directoryOf(id: string): string {
  return `${HOME}/apply/${id}`;
}

/**
 * Puts the files of an apply on the host, arms the undo at boot, writes the origins into the mark and starts the
 * supervisor, which takes the lock. Returns why not, or undefined.
 */
export async function begin(session: Session, load: Load): Promise<string | undefined> {
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
    ['journal', ''],
    ...load.phases.map((text, index): [string, string] => [`phase.${index + 1}`, text]),
  ];
  const puts = files
    .filter((file): file is [string, string] => file[1] !== undefined)
    .map(([name, text]) => `put ${name} <<'${END}'\n${encoded(text)}\n${END}`);
  const script = `${prelude(load.cluster)}umask 077
dir=${quote(directory)} home=${HOME}
[ ! -e "$home" ] && fresh=1 || fresh=
give_up() { rm -rf "$dir"; rmdir "$home/apply" 2>/dev/null; [ -z "$fresh" ] || rmdir "$home" 2>/dev/null; echo "no $*"; exit 0; }
put() { base64 -d >"$dir/$1" || give_up "cannot write $dir/$1: $(df -h "$home" | tail -n 1)"; }
mkdir -p "$dir" || give_up "cannot make $dir"
${puts.join('\n')}
sync "$dir/undo" 2>/dev/null
: >"$dir/armed"
if ! systemd-run --quiet --unit=${quote(`lvsctl-apply-${load.id}`)} sh "$dir/supervisor.sh" "$dir" apply ${load.patience} </dev/null >/dev/null 2>&1; then
  setsid sh "$dir/supervisor.sh" "$dir" apply ${load.patience} </dev/null >/dev/null 2>&1 &
fi
n=0
while [ ! -s "$dir/state" ] && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
read -r state <"$dir/state" || state=silent
if [ "$state" = busy ]; then
  who=$(cat /run/lvsctl/owner 2>/dev/null)
  give_up "locked by \${who:-another apply}"
fi
[ "$state" = locked ] || give_up "the supervisor did not start"
printf '%s\\n' '[Unit]' 'Description=lvsctl: take back an apply that nobody confirmed' 'After=network.target local-fs.target' \\
  '[Service]' 'Type=oneshot' "ExecStart=/bin/sh $dir/supervisor.sh $dir boot" '[Install]' 'WantedBy=multi-user.target' \\
  >/etc/systemd/system/lvsctl-undo.service &&
  mkdir -p /etc/systemd/system/multi-user.target.wants &&
  ln -sf /etc/systemd/system/lvsctl-undo.service /etc/systemd/system/multi-user.target.wants/lvsctl-undo.service &&
  cp "$dir/mark.during" "$home/mark.new" && mv -f "$home/mark.new" "$home/mark" && sync "$home/mark" ||
  { echo undo >"$dir/verdict"; echo "no cannot arm the undo at boot"; exit 0; }
echo yes
`;
  const ended = await session.exec(READ_AND_RUN, { input: script, limit: 60 });
  if ('lost' in ended) return ended.lost;
  const answer = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (answer === 'yes') return undefined;
  return answer.startsWith('no ')
    ? answer.slice(3)
    : ended.stderr.trim().split('\n').at(-1) || 'the host took no apply';
}

/** Follows the journal from a line on (counted from 1), sending a sign of life every `beat` milliseconds. */
export function follow(
  session: Session,
  id: string,
  from: number,
  beat: number,
  tell: (line: string) => void,
): Promise<Ended> {
  const text = `dir=${directoryOf(id)}
[ -s "$dir/pid" ] && read -r pid <"$dir/pid" || exit 3
exec 3<&0
{ n=0; while read -r x; do n=$((n + 1)); echo "$$.$n" >"$dir/beat"; done; } <&3 &
tail -s 0.2 --pid="$pid" -n "+$1" -f "$dir/journal" <&-
kill $! 2>/dev/null
exit 0`;
  return session.exec(asRoot(text, String(from)), { tell, beat, limit: 24 * 3600 });
}

/** Starts the host's next phase (counted from 1). */
export function go(session: Session, id: string, phase: number): Promise<Ended> {
  const text = `dir=${directoryOf(id)}\n: >"$dir/go.$1" && ${WAKE}`;
  return session.exec(asRoot(text, String(phase)), { limit: 30 });
}

/** Tells the supervisor how the apply ends, over a connection of its own; returns the whole journal once it has ended. */
export async function conclude(
  session: Session,
  id: string,
  verdict: 'confirm' | 'undo',
): Promise<string | undefined> {
  const text = `dir=${directoryOf(id)}
[ -d "$dir" ] || exit 3
echo "$1" >"$dir/verdict.new" && mv -f "$dir/verdict.new" "$dir/verdict"
${WAKE}
n=0
while ! grep -q '^end ' "$dir/journal" && [ "$n" -lt 1500 ]; do sleep 0.2; n=$((n + 1)); done
cat "$dir/journal"`;
  const ended = await session.exec(asRoot(text, verdict), { limit: 400 });
  return 'lost' in ended || ended.code !== 0 ? undefined : ended.stdout;
}

/** Takes the files of an ended apply off the host, and our whole directory when no mark is left in it. */
export async function tidy(session: Session, id: string): Promise<void> {
  const text = `rm -rf ${directoryOf(id)}
rmdir ${HOME}/apply 2>/dev/null
[ -e ${HOME}/mark ] || { rmdir ${HOME} && rm -rf /run/lvsctl; } 2>/dev/null
systemctl reset-failed lvsctl-apply-${id}.service 2>/dev/null
:`;
  await session.exec(asRoot(text), { limit: 60 });
}

// A supervisor that is gone needs no waking.
const WAKE = 'kill -USR1 "$(cat "$dir/pid")" 2>/dev/null || :';

const END = 'lvsctl_end_of_file';

function encoded(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/(.{76})/g, '$1\n');
}
