import type { Command } from '../resources/kind.js';
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

/** Prints the apply that holds a host: id, yes or no, owner. Reads files alone. */
export const lockProbe: Command = {
  run: `for d in /var/lib/lvsctl/apply/*; do
  [ -e "$d/armed" ] || continue
  owner= pid=
  [ -s "$d/owner" ] && read -r owner <"$d/owner"
  [ -s "$d/pid" ] && read -r pid <"$d/pid"
  alive=no
  [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null || alive=yes
  printf '%s %s %s\\n' "\${d##*/}" "$alive" "$owner"
done
:`,
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
