import { attachments } from './attachments.js';
import { check } from './check.js';
import { parse } from './document.js';
import { expand } from './expand.js';
import { Faults } from './faults.js';
import { read } from './read.js';
import { references } from './references.js';
import type { Fault, Topology } from './topology.js';

/**
 * Reads a topology file. `source` is its text, or its bytes, when it was read already: standard input (path `-`), a saved plan.
 * @throws {Faults} with every fault, in the order of the file
 */
export function loadTopology(path: string, source?: string | Buffer): Topology {
  const text = read(path, source);
  const document = parse(text);
  const outside = attachments(document, text.file);
  const faults = [...check(document), ...references(document), ...outside.faults];
  if (faults.length > 0) throw new Faults(inOrder(faults));
  return expand(text, document, outside);
}

/** In the order of the file; what an anchor repeats is told once. */
function inOrder(faults: readonly Fault[]): Fault[] {
  const sorted = [...faults].sort(
    (a, b) =>
      a.place!.line - b.place!.line ||
      a.place!.column - b.place!.column ||
      a.message.localeCompare(b.message),
  );
  const told = new Set<string>();
  return sorted.filter(({ place, remedy }) => told.size < told.add(JSON.stringify([place, remedy])).size);
}
