import { readFileSync } from 'node:fs';

/** The JSON Schema of a topology file, as it is shipped. */
export function schemaText(): string {
  return readFileSync(new URL('../../schemas/topology.schema.json', import.meta.url), 'utf8');
}
