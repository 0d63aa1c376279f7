import type { ApplyRecord } from '../plan/record.js';
import { asRoot } from './script.js';
import type { Session } from './session.js';

/** Where a host keeps what its last applies did (templates/host/supervisor.sh). */
const KEPT = '/var/lib/lvsctl/history';

/** The last applies that a host was confirmed, the newest first; undefined when the host did not say. */
export async function history(session: Session): Promise<readonly ApplyRecord[] | undefined> {
  const text = `for f in ${KEPT}/*; do [ -f "$f" ] || continue; base64 <"$f" | tr -d '\\n'; echo; done`;
  const ended = await session.exec(asRoot(text), { limit: 60 });
  if ('lost' in ended || ended.code !== 0) return undefined;
  return ended.stdout
    .split('\n')
    .filter(Boolean)
    .flatMap(line => parsed(line) ?? [])
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

function parsed(line: string): ApplyRecord | undefined {
  try {
    const record = JSON.parse(Buffer.from(line, 'base64').toString('utf8')) as ApplyRecord;
    return record.format === 1 && Array.isArray(record.changes) ? record : undefined;
  } catch {
    return undefined;
  }
}
