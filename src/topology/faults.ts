import type { Fault } from './topology.js';

/** Everything that is wrong with what a person gave us, at once; never empty. */
export class Faults extends Error {
  override name = 'Faults';

  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(text).join('\n'));
  }
}

function text({ place, message, remedy }: Fault): string {
  return `${place ? `${place.file}:${place.line}:${place.column}: ` : ''}${message} (${remedy})`;
}
