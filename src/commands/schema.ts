import { schemaText } from '../topology/schema.js';
import type { Io } from './io.js';

/** `lvsctl schema`: the JSON Schema of a topology, for editors. */
export async function schema(io: Io): Promise<number> {
  io.out(schemaText());
  return 0;
}
