import type { Command } from '../resources/kind.js';
import { APPLIES } from '../systems/read-facts.js';
import { parseEntry } from './journal.js';
import type { Session } from './session.js';
import { conclude, tidy } from './supervised.js';

/** An apply that holds a host: it was neither confirmed nor taken back. */
export interface Lock {
  /** The apply's id, which begins with its time on the host's clock. */
  id: string;
  /** Who applies, and since when by his clock. */
  owner: string;
  /** False when its supervisor is gone: then nothing is locked, and the next apply or boot takes it back. */
  alive: boolean;
}

/** Prints the applies that hold a host: id, yes or no, owner. Reads files alone. */
export const lockProbe: Command = {
  run: `[ -e /var/lib/lvsctl ] || exit 0
held=$(${APPLIES}) || [ -z "$LVSCTL_SUDO" ] || ${APPLIES.replace(' ', ' -l ')} >/dev/null || exit
printf '%s\\n' "$held" | awk '
  { at = index($0, ":"); split(substr($0, 1, at), word, "/"); said[word[6], word[7]] = substr($0, at + 1) }
  word[7] == "armed:" { armed[word[6]] }
  END {
    for (id in armed) {
      pid = said[id, "pid:"]
      alive = pid != "" && (getline line <("/proc/" pid "/stat")) > 0
      print id, alive ? "yes" : "no", said[id, "owner:"]
    }
  }
' | sort`,
};

/** What the probe printed: one that lives before one that does not, nothing when the host is free. */
export function parseLock(output: string): Lock | undefined {
  const locks = output
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [id = '', alive, ...owner] = line.split(' ');
      return { id, alive: alive === 'yes', owner: owner.join(' ') || 'somebody' };
    });
  return locks.find(({ alive }) => alive) ?? locks[0];
}

/**
 * Ends an apply that holds a host: what it has begun is taken back, unless it was confirmed at that moment. `whole`:
 * nothing of it could not be taken back; undefined when the host did not say.
 */
export async function release(
  session: Session,
  { id }: Lock,
): Promise<{ how: 'confirmed' | 'undone' | 'kept'; whole: boolean } | undefined> {
  const journal = await conclude(session, id, 'undo');
  const entries = (journal ?? '').split('\n').flatMap(line => parseEntry(line) ?? []);
  const end = entries.findLast(({ type }) => type === 'end');
  if (end?.type !== 'end') return undefined;
  await tidy(session, id);
  const whole = entries.every(entry => entry.type !== 'undone' || entry.whole);
  return { how: end.how, whole };
}
