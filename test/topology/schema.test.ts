import { expect, it } from 'vitest';
import { schemaText } from '../../src/topology/schema.js';

interface Node {
  title?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: unknown;
  type?: string | string[];
  $ref?: string;
  $defs?: Record<string, Node>;
}

const schema: Node = JSON.parse(schemaText());

function* nodes(node: Node, path: string): Generator<[string, Node]> {
  yield [path, node];
  for (const [key, child] of Object.entries({ ...node.properties, ...node.$defs }))
    yield* nodes(child, `${path}/${key}`);
  if (node.items) yield* nodes(node.items, `${path}/items`);
}

it.each([...nodes(schema, '#')])('%s tells editors and messages what it is', (_, node) => {
  if (node.$ref === undefined) expect([node.title, node.description]).not.toContain(undefined);
  if (node.properties) expect(node.additionalProperties).toBe(false);
});
