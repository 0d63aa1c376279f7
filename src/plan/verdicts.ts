import type { Resource, State } from '../resources/kind.js';
import { splitServerKey } from '../resources/server-key.js';
import type { Observed } from './plan.js';

type Seen = Extract<Observed, { status: 'ok' }>;

/** What keepalived last said of this entry, in its own words; undefined when it said nothing of that kind. */
export function said(seen: Seen, key: string, says: string): string | undefined {
  const state = seen.entries.get('verdict')?.get(key);
  return state?.says === says ? String(state.line) : undefined;
}

/**
 * Whether a difference of what keepalived holds is its own doing: an address that another director holds, a real
 * server that it took out (or down to weight 0) because its checks fail.
 */
export function tolerated({ kind, key, state, heldBy }: Resource, seen: Seen): boolean {
  if (!heldBy) return false;
  // Who of the directors holds it is between them: rules/plan judges that.
  if (kind === 'address') return true;
  return kind === 'real-server' && isOut(key, state, seen) && whyOut(seen, key) !== undefined;
}

/** Why keepalived has a real server out: the line in which it said so. */
export function whyOut(seen: Seen, key: string): string | undefined {
  const [service] = splitServerKey(key);
  const known = seen.entries.get('verdict')?.has(key);
  return (
    said(seen, key, 'down') ??
    said(seen, service, 'sorry') ??
    (known ? undefined : said(seen, `waiting ${service}`, 'waiting'))
  );
}

/** Whether this real server is the sorry server that keepalived put in place of the others. */
export function standsIn(kind: string, key: string, seen: Seen): boolean {
  return kind === 'real-server' && said(seen, key, 'sorry') !== undefined;
}

/** Absent, or as wanted but for a weight of 0. */
function isOut(key: string, state: State, seen: Seen): boolean {
  const live = seen.entries.get('real-server')?.get(key);
  if (!live) return true;
  const names = new Set([...Object.keys(live), ...Object.keys(state)]);
  return live.weight === 0 && [...names].every(name => name === 'weight' || live[name] === state[name]);
}
