import type { Io } from './io.js';

/** Whether a person can be asked; when not, says how to approve beforehand. */
export function canAsk(remedy: string, { json }: { json?: boolean }, io: Io): boolean {
  if (io.ask && !json) return true;
  io.err(`Nobody can be asked here. Approve beforehand: ${remedy}.\n`);
  return false;
}

/** Asks a person whether to go on; anything but yes is a no. */
export async function approve(question: string, io: Io): Promise<boolean> {
  io.out(`${question}\n`);
  const answer = (await io.ask?.("Only 'yes' will be accepted to approve: ")) ?? '';
  if (answer.trim() === 'yes') return true;
  io.err('Not approved; nothing was changed.\n');
  return false;
}
