import type { Palette } from './paint.js';
import { oneLine } from './printable.js';

/** What a look at one host's lock, or its release, came to. */
export type Locked = { host: string } & (
  | { state: 'free' }
  | { state: 'locked' | 'abandoned'; owner: string; id: string }
  | { state: 'taken back' | 'confirmed' | 'kept' | 'not whole' | 'unknown'; owner: string; id: string }
  | { state: 'unreachable'; message: string }
  | { state: 'refused'; message: string }
);

/** One line a host: who holds it, or what became of what held it. */
export function lockText(all: readonly Locked[], { paint }: { paint: Palette }): string {
  const wide = Math.max(...all.map(({ host }) => host.length));
  return all.map(each => `${paint.bold(each.host.padEnd(wide))}  ${said(each, paint)}\n`).join('');
}

function said(each: Locked, paint: Palette): string {
  if (each.state === 'free') return paint.green('free');
  if (each.state === 'unreachable' || each.state === 'refused')
    return `${paint.red(each.state.toUpperCase())}  ${oneLine(each.message)}`;
  const by = `${oneLine(each.owner)} (apply ${oneLine(each.id)})`;
  switch (each.state) {
    case 'locked':
      return `${paint.yellow('locked')} by ${by}`;
    case 'abandoned':
      return `${paint.yellow('left behind')} by ${by}: its supervisor is gone; the next apply or boot takes it back`;
    case 'taken back':
      return `${paint.green('free')}, what ${by} had begun was taken back`;
    case 'confirmed':
      return `${paint.green('free')}, ${by} was confirmed before it could be taken back`;
    case 'kept':
      return `${paint.yellow('free')}, what ${by} had done stands`;
    case 'not whole':
      return `${paint.red('NOT WHOLE')}: not all of ${by} could be taken back: look at the host`;
    default:
      return `${paint.red('UNKNOWN')}: the host did not say what became of ${by}`;
  }
}
