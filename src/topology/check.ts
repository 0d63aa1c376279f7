import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Parsed } from './document.js';
import type { Path } from './locate.js';
import { nearest } from './nearest.js';
import { schemaText } from './schema.js';
import type { Fault } from './topology.js';
import { validate } from './validator.js';
import { type Schema, wording } from './wording.js';

/** What has more is no topology, and to word each would take minutes. */
const MOST_FAULTS = 1000;

/** Every fault of a document against the schema (of more than a thousand the first); fills the schema's defaults into the document's value. */
export function check(document: Parsed): Fault[] {
  if (validate(document.value)) return [];
  const words = wording(JSON.parse(schemaText()));
  return worthTelling((validate.errors ?? []).slice(0, MOST_FAULTS)).map(error => {
    const path = pathTo(error);
    const place = error.keyword === 'additionalProperties' ? document.placeOfKey(path) : document.place(path);
    return { place, ...words({ ...error, path, value: error.data, schema: error.parentSchema as Schema }) };
  });
}

/** One fault for each value, and none for a key that is missing because it was misspelt. */
function worthTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const told = new Set<string>();
  const typesFirst = [...errors].sort((a, b) => Number(b.keyword === 'type') - Number(a.keyword === 'type'));
  return typesFirst.filter(error => {
    if (error.keyword === 'additionalProperties') return true;
    if (error.keyword === 'required') return !errors.some(other => misspelt(other, error));
    return told.size < told.add(error.instancePath).size;
  });
}

function misspelt(
  { keyword, instancePath, params, parentSchema }: ErrorObject,
  missing: ErrorObject,
): boolean {
  return (
    keyword === 'additionalProperties' &&
    instancePath === missing.instancePath &&
    nearest(params.additionalProperty, Object.keys(parentSchema?.properties)) ===
      missing.params.missingProperty
  );
}

function pathTo({ instancePath, keyword, params }: ErrorObject): Path {
  const path = instancePath
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'additionalProperties') return [...path, params.additionalProperty];
  return keyword === 'uniqueItems' ? [...path, String(params.i)] : path;
}
