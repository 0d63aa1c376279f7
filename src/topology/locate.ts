import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';

/** Keys and indexes that lead from the top of the document to a value. */
export type Path = readonly (string | number)[];

interface Found {
  key?: Node;
  value: Node;
}

/** Follows a path as far as it goes; an alias on the way is followed, the one at its end stands for itself. */
export function find(document: Document.Parsed, path: Path): Found {
  let found: Found = { value: document.contents as Node };
  for (const step of path) {
    const next = child(document, found.value, step);
    if (next === undefined) return { value: found.value };
    found = next;
  }
  return found;
}

function child(document: Document.Parsed, parent: Node, step: string | number): Found | undefined {
  const node = target(document, parent);
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item && { value: item };
  }
  return isMap(node) ? entry(document, node, String(step)) : undefined;
}

function entry(document: Document.Parsed, map: YAMLMap, name: string): Found | undefined {
  const pairs = map.items as Pair<Node, Node | null>[];
  const own = pairs.find(
    ({ key }) => isScalar(key) && typeof key.value !== 'symbol' && String(key.value) === name,
  );
  if (own) return { key: own.key, value: own.value ?? own.key };
  const merged = pairs.filter(({ key }) => isScalar(key) && typeof key.value === 'symbol');
  for (const { value } of merged) {
    const sources = target(document, value as Node);
    for (const source of isSeq(sources) ? (sources.items as Node[]) : [sources as Node]) {
      const found = child(document, source, name);
      if (found) return found;
    }
  }
  return undefined;
}

/** What an alias stands for; any other node itself. */
export function target(document: Document.Parsed, node: Node): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}
