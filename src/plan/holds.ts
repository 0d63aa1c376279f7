import type { Observed } from './plan.js';

/** Whether a host that was read holds an address (ADDRESS/PREFIX), on whichever device. */
export function holds({ entries }: Extract<Observed, { status: 'ok' }>, address: string): boolean {
  return [...(entries.get('address')?.keys() ?? [])].some(key => key.endsWith(` ${address}`));
}
