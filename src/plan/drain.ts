import type { Resource } from '../resources/kind.js';
import { splitServerKey } from '../resources/server-key.js';
import type { Change, Observed } from './plan.js';

type Seen = Extract<Observed, { status: 'ok' }>;

/**
 * Before a real server leaves a service that goes on, it gets no new connections (weight 0, ipvsadm(8)) and its old ones
 * have time to end: the changes that say so, for the director that serves. None where nobody else serves meanwhile, nor
 * for what somebody else put there.
 */
export function drains(changes: readonly Change[], wanted: readonly Resource[], seen: Seen): Change[] {
  const leaving = changes.filter(
    ({ kind, action, why }) => kind === 'real-server' && action === 'delete' && why === 'orphan',
  );
  const gone = new Set(leaving.map(({ key }) => key));
  const weighs = (key: string) => Number(seen.entries.get('real-server')?.get(key)?.weight ?? 0) > 0;
  const serves = ({ kind, key, state, heldBy }: Resource, service: string) =>
    kind === 'real-server' &&
    splitServerKey(key)[0] === service &&
    Number(state.weight) > 0 &&
    // What keepalived holds it adds only when it reads its files, which is after the drain.
    (heldBy ? weighs(key) && !gone.has(key) : true);
  return leaving
    .filter(({ key, stage }) => stage === 'master' && weighs(key))
    .filter(({ key }) => wanted.some(wish => serves(wish, splitServerKey(key)[0])))
    .map(({ leaves, ...change }) => ({
      ...change,
      action: 'drain',
      after: { ...change.before, weight: 0 },
    }));
}
