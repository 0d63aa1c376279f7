import { asRoot } from './channel.js';
import { LabError } from './spec.js';

/** Shell that sets a guest's clock to the workstation's, or so many seconds off. */
export const clockScript = (offset = 0) =>
  `date -u -s @${(Date.now() / 1000 + offset).toFixed(3)} > /dev/null`;

/**
 * Sets the clock of the guest behind a channel to within two seconds. A busy workstation carries the command out
 * late, so the clock is read again and moved by what is missing; the way there and back is what stays unknown.
 */
export async function setClock(channel: string, offset = 0): Promise<void> {
  if (!Number.isFinite(offset)) throw new LabError('the clock needs an offset in seconds');
  let move = clockScript(offset);
  let error = 0;
  for (let tries = 0; tries < 8; tries += 1) {
    await asRoot(channel, move, 60);
    const asked = Date.now() / 1000;
    const time = Number(await asRoot(channel, 'date +%s.%N', 60));
    const answered = Date.now() / 1000;
    error = time - offset - (asked + answered) / 2;
    if (Math.abs(error) + (answered - asked) / 2 < 2) return;
    move = `date -u -s "@$(date +%s.%N | awk '{ printf "%.3f", $1 - ${error.toFixed(3)} }')" > /dev/null`;
  }
  throw new LabError(`the guest's clock is ${error.toFixed(1)} s off what it was set to`);
}
