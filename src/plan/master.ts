import type { Change, Observed } from './plan.js';

/**
 * Directors change one at a time, the master last, so that another one can take over meanwhile: who is master now, by
 * what keepalived said last, and not by the priorities. Nothing changes where nobody is, or more than one.
 */
export function masterLast(changes: readonly Change[], observed: readonly Observed[]): readonly Change[] {
  const [master, ...others] = observed.filter(isMaster).map(({ host }) => host);
  if (master === undefined || others.length > 0) return changes;
  return changes.map(change => {
    const { stage, host } = change;
    if (stage !== 'backup' && stage !== 'master') return change;
    return { ...change, stage: host === master ? 'master' : 'backup' };
  });
}

/** Whether keepalived on a host said last that it is master of an instance. */
export function isMaster(seen: Observed): boolean {
  if (seen.status !== 'ok') return false;
  const verdicts = [...(seen.entries.get('verdict') ?? [])];
  return verdicts.some(([key, { says }]) => key.startsWith('vrrp ') && says === 'MASTER');
}
