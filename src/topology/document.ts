import { type Document, LineCounter, type Node, parseDocument } from 'yaml';
import { Faults } from './faults.js';
import { find, type Path } from './locate.js';
import type { Text } from './read.js';
import { syntaxFaults } from './syntax.js';
import type { Place } from './topology.js';

/** A YAML document as plain data, with the place of everything in it. */
export interface Parsed {
  value: unknown;
  /** Where the value stands; the nearest thing above it that was written when it was not. */
  place(path: Path): Place;
  /** Where the key stands that the path ends with. */
  placeOfKey(path: Path): Place;
}

/**
 * Parses YAML 1.2 with anchors and `<<` merges.
 * @throws {Faults} with the first ten faults of syntax; when nothing is written
 */
export function parse({ file, text }: Text): Parsed {
  // Counted here: the parser loses a line break now and then where what it reads is not YAML.
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  const document = parseDocument(text, {
    merge: true,
    version: '1.2',
    // It would compare every key with every other; syntax.ts looks for them.
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = syntaxFaults(document, placeAt);
  if (faults.length > 0) throw new Faults(faults);
  if (document.contents === null)
    throw new Faults([{ message: `${file} is empty`, remedy: '`lvsctl init` writes a file to start from' }]);
  return {
    value: plain(document, file),
    place: path => placeAt(start(find(document, path).value)),
    placeOfKey: path => {
      const { key, value } = find(document, path);
      return placeAt(start(key ?? value));
    },
  };
}

function plain(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw new Faults([
      {
        message: `${file} repeats its anchors too often`,
        remedy: 'write the values out instead of `*names` in `*names`',
      },
    ]);
  }
}

function start(node: Node): number {
  return node?.range?.[0] ?? 0;
}
