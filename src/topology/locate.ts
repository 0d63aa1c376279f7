import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';

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
  const { own, merged } = pairsOf(map);
  const pair = own.get(name);
  if (pair) return { key: pair.key, value: pair.value ?? pair.key };
  for (const { value } of merged) {
    const sources = target(document, value as Node);
    for (const source of isSeq(sources) ? (sources.items as Node[]) : [sources as Node]) {
      const found = child(document, source, name);
      if (found) return found;
    }
  }
  return undefined;
}

interface Pairs {
  own: ReadonlyMap<string, Pair<Node, Node | null>>;
  merged: readonly Pair<Node, Node | null>[];
}

/** Looked through once each: a hostile file has thousands of keys and aliases, and a fault at every one. */
const known = {
  pairs: new WeakMap<YAMLMap, Pairs>(),
  targets: new WeakMap<Document.Parsed, Map<Alias, Node>>(),
};

function pairsOf(map: YAMLMap): Pairs {
  let pairs = known.pairs.get(map);
  if (!pairs) {
    const scalars = (map.items as Pair<Node, Node | null>[]).filter(({ key }) => isScalar(key));
    const isMerge = ({ key }: Pair<Node, Node | null>) => isScalar(key) && typeof key.value === 'symbol';
    const own = scalars
      .filter(pair => !isMerge(pair))
      .map(pair => [String((pair.key as Scalar).value), pair] as const);
    pairs = { own: new Map(own), merged: scalars.filter(isMerge) };
    known.pairs.set(map, pairs);
  }
  return pairs;
}

/** What an alias stands for; any other node itself. */
export function target(document: Document.Parsed, node: Node): Node | undefined {
  return isAlias(node) ? targetsOf(document).get(node) : node;
}

function targetsOf(document: Document.Parsed): Map<Alias, Node> {
  let targets = known.targets.get(document);
  if (!targets) {
    const anchors = new Map<string, Node>();
    const found = new Map<Alias, Node>();
    visit(document, {
      Node: (_, node) => {
        const meant = isAlias(node) ? anchors.get(node.source) : undefined;
        if (isAlias(node) && meant) found.set(node, meant);
        else if (!isAlias(node) && node.anchor) anchors.set(node.anchor, node);
      },
    });
    targets = found;
    known.targets.set(document, targets);
  }
  return targets;
}
