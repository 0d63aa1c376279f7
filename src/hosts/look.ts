import type { Command } from '../resources/kind.js';
import { batch } from './read.js';
import { READ } from './script.js';
import type { Session } from './session.js';

/** One read on one host: what `parse` makes of the command's output; undefined when the host or the command failed. */
export async function look<T>(
  session: Session,
  cluster: string,
  command: Command,
  parse: (output: string) => T,
): Promise<T | undefined> {
  const { text, take } = batch(cluster, [command]);
  const ended = await session.exec(READ, { input: text, limit: 30 });
  if ('lost' in ended) return undefined;
  const [printed] = take(ended.stdout, ended.stderr);
  return printed?.code === 0 ? parse(printed.stdout) : undefined;
}
