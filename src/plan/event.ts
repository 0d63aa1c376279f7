/**
 * The one vocabulary of progress. `at` is an ISO time; `change` counts the host's changes of the plan from 0; `refused`:
 * another apply holds the host. waiting: `connections` are still open there, for which it waits `left` seconds more.
 */
export type Event = { at: string; host?: string } & (
  | { type: 'phase'; name: string; hosts: readonly string[] }
  | { type: 'locked' | 'armed' | 'confirmed' | 'unlocked' }
  | { type: 'begin' | 'done'; change: number }
  | { type: 'waiting'; change: number; connections: number; left: number }
  | { type: 'failed'; change?: number; message: string; refused?: true }
  | { type: 'lost'; message: string }
  | { type: 'undone'; whole: boolean; by: 'client' | 'switch' }
);
