import type { Change } from './plan.js';

/** The change that takes another back: before and after swapped. */
export function invert(change: Change): Change {
  const { before, after } = change;
  return { ...change, before: after, after: before };
}
