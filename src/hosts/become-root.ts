import { asRoot } from './script.js';
import type { Session } from './session.js';

/** Why we cannot become root on a host, in sudo's words; undefined when we can, or when the line broke. */
export async function whyNotRoot(session: Session): Promise<string | undefined> {
  const ended = await session.exec(asRoot(':'), { limit: 30 });
  if ('lost' in ended || ended.code === 0) return undefined;
  return ended.stderr.trim().split('\n').at(-1) || `sudo ended with ${ended.code}`;
}
