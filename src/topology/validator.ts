import { Ajv2020, type CodeOptions } from 'ajv/dist/2020.js';
import { accepted } from './address.js';
import { schemaText } from './schema.js';

/** Compiles the schema of a topology; `code` says how its code is kept. */
export function compile(code: CodeOptions = {}) {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    verbose: true,
    useDefaults: true,
    allowUnionTypes: true,
    formats: accepted,
    messages: false,
    inlineRefs: false,
    code,
  });
  return { ajv, validate: ajv.compile(JSON.parse(schemaText())) };
}

/**
 * Whether a value is what the schema wants; fills in the schema's defaults, and leaves the faults in `errors`.
 * `npm run build` puts the compiled code into the place of this file.
 */
export const { validate } = compile();
