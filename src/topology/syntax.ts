import { type Alias, type Document, isMap, isScalar, isSeq, type Node, visit, type YAMLError } from 'yaml';
import { target } from './locate.js';
import type { Fault, Place } from './topology.js';

const MOST_SYNTAX_FAULTS = 10;
/** The parser looks through all of them for each. */
const MOST_ALIASES = 1000;

type PlaceAt = (offset: number) => Place;

/** What is not YAML in a document, the first fault of each line and ten at most; repeated keys; aliases and merges of what is not there. */
export function syntaxFaults(document: Document.Parsed, placeAt: PlaceAt): Fault[] {
  return [
    ...syntaxErrors(document, placeAt),
    ...repeatedKeys(document, placeAt).slice(0, MOST_SYNTAX_FAULTS),
    ...danglingAliases(document, placeAt),
    ...strangeMerges(document, placeAt),
  ];
}

function syntaxErrors(document: Document.Parsed, placeAt: PlaceAt): Fault[] {
  const byLine = new Map<number, Fault>();
  for (const error of [...document.errors, ...document.warnings]) {
    const place = placeAt(error.pos[0]);
    if (!byLine.has(place.line)) byLine.set(place.line, { place, ...explain(error) });
    if (byLine.size === MOST_SYNTAX_FAULTS) break;
  }
  return [...byLine.values()];
}

function explain({ code, message }: YAMLError): { message: string; remedy: string } {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used as indentation', remedy: 'indent with spaces' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second document begins here',
        remedy: 'one file describes one cluster: split the file',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'this tag means nothing here', remedy: 'remove the word that begins with `!`' };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'this is nested too deeply', remedy: 'is this the right file?' };
    default:
      return {
        message: `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
        remedy: 'look at this line and the one before it: indentation, brackets, quotes, colons',
      };
  }
}

function repeatedKeys(document: Document.Parsed, placeAt: PlaceAt): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key) || typeof key.value === 'symbol') continue;
        const name = String(key.value);
        if (seen.has(name))
          faults.push({
            place: placeAt(key.range?.[0] ?? 0),
            message: 'this key stands here a second time',
            remedy: 'keep one of the two',
          });
        seen.add(name);
      }
    },
  });
  return faults;
}

function danglingAliases(document: Document.Parsed, placeAt: PlaceAt): Fault[] {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const place = (alias: Alias) => placeAt(alias.range?.[0] ?? 0);
  const surplus = aliases[MOST_ALIASES];
  if (surplus)
    return [
      {
        place: place(surplus),
        message: `this is the ${MOST_ALIASES + 1}st \`*name\``,
        remedy: 'write the values out: is this the right file?',
      },
    ];
  return aliases
    .filter(alias => target(document, alias) === undefined)
    .map(alias => ({
      place: place(alias),
      message: `no \`&${alias.source}\` stands before \`*${alias.source}\``,
      remedy: `mark the value that is meant with \`&${alias.source}\`, further up`,
    }));
}

function strangeMerges(document: Document.Parsed, placeAt: PlaceAt): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || typeof key.value !== 'symbol') return;
      const source = target(document, value as Node);
      const sources = isSeq(source) ? source.items.map(item => target(document, item as Node)) : [source];
      if (sources.some(merged => merged !== undefined && !isMap(merged)))
        faults.push({
          place: placeAt(key.range?.[0] ?? 0),
          message: '`<<` merges something that is not a mapping of keys to values',
          remedy: 'merge an anchor that stands before a mapping: `<<: *name`',
        });
    },
  });
  return faults;
}
