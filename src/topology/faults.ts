import type { Fault } from './topology.js';

/** Everything that is wrong with what a person gave us, at once; never empty. */
export class Faults extends Error {
  override name = 'Faults';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const short = faults.map(({ message, remedy, ...rest }) => ({
      message: shortened(message),
      remedy: shortened(remedy),
      ...rest,
    }));
    super(short.map(text).join('\n'));
    this.faults = short;
  }
}

/** What a person wrote may be as long as a file; its beginning and its end tell which it was. */
function shortened(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 500)}...${text.slice(-300)}` : text;
}

function text({ place, message, remedy }: Fault): string {
  return `${place ? `${place.file}:${place.line}:${place.column}: ` : ''}${message} (${remedy})`;
}
