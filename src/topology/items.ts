import type { Path } from './locate.js';

/** A mapping somewhere in a document that the schema may refuse, so that nothing is known of its values. */
export interface Item {
  value: Record<string, unknown>;
  path: Path;
}

/** The mappings of a list under a key; none when there is no list. */
export function items(parent: unknown, key: string, path: Path = []): Item[] {
  const list = isMapping(parent) ? parent[key] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((value, index) => (isMapping(value) ? [{ value, path: [...path, key, index] }] : []));
}

/** The mapping under a key, or none. */
export function item(parent: unknown, key: string): Item[] {
  const value = isMapping(parent) ? parent[key] : undefined;
  return isMapping(value) ? [{ value, path: [key] }] : [];
}

/** The texts under a key, or nothing when one of the items lacks it: then the list of names is not to be relied on. */
export function texts(items: readonly Item[], key: string): string[] | undefined {
  const found = items.map(({ value }) => text(value[key]));
  return found.every(name => name !== undefined) ? found : undefined;
}

/** A value when it is text. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Whether a value is a mapping of keys to values. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
