import { stringify } from 'yaml';
import { formats } from './address.js';
import type { Path } from './locate.js';
import { didYouMean } from './nearest.js';
import type { Fault } from './topology.js';

/** The parts of a JSON Schema that messages are made of. */
export interface Schema {
  title: string;
  description: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  enum?: string[];
  examples?: unknown[];
  /** A secret may stand there: it is never repeated. */
  writeOnly?: boolean;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/** A value that the schema refuses: by which keyword, and where it stands. */
export interface Wrong {
  keyword: string;
  params: Record<string, string>;
  path: Path;
  value: unknown;
  schema: Schema;
}

const STARTER = '`lvsctl init` writes a file to start from';

/** The sentences for what the schema refuses, made of its titles, descriptions and examples. */
export function wording(root: Schema): (wrong: Wrong) => Omit<Fault, 'place'> {
  return wrong => {
    const { keyword, params, path, schema } = wrong;
    const value = schema.writeOnly ? '(sensitive)' : wrong.value;
    switch (keyword) {
      case 'additionalProperties':
        return unknownKey(wrong);
      case 'required':
        return {
          message: `${shown(path)} has no \`${params.missingProperty}\``,
          remedy: `add ${example(params.missingProperty, property(root, schema, params.missingProperty!))}`,
        };
      case 'type':
        return {
          message: `${shown(path)} is ${kindOf(value)}, not ${aOrAn(schema.title)}`,
          remedy: path.length === 0 ? STARTER : `write ${example(path.at(-1), schema)}`,
        };
      case 'enum':
        return {
          message: `${quoted(value)} is not ${aOrAn(schema.title)}${didYouMean(String(value), schema.enum!)}`,
          remedy: `use one of ${schema.enum!.join(', ')}`,
        };
      case 'format':
        return formats[params.format!]!(String(value))!;
      case 'minItems':
        return { message: `${shown(path)} is empty`, remedy: `write ${example(path.at(-1), schema)}` };
      case 'uniqueItems':
        return { message: `${shown(path)} is there already`, remedy: 'keep one of the two' };
      default:
        return {
          message: `${typeof value === 'object' ? shown(path) : quoted(value)} is not ${aOrAn(schema.title)}`,
          remedy: `${schema.description} For example ${example(path.at(-1), schema)}`,
        };
    }
  };
}

function unknownKey({ path, schema }: Wrong): Omit<Fault, 'place'> {
  const [above, key] = [path.slice(0, -1), String(path.at(-1))];
  const known = Object.keys(schema.properties ?? {});
  const where = above.length === 0 ? '' : ` in ${dotted(above)}`;
  return {
    message: `unknown key \`${key}\`${where}${didYouMean(key, known)}`,
    remedy: `the keys there are ${known.join(', ')}`,
  };
}

function property(root: Schema, schema: Schema, key: string): Schema {
  const own = schema.properties![key]!;
  return own.$ref === undefined ? own : { ...root.$defs![own.$ref.slice('#/$defs/'.length)]!, ...own };
}

function example(key: string | number | undefined, { examples, title }: Schema): string {
  const value = examples?.[0];
  if (value === undefined) return aOrAn(title);
  const flow = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return key === undefined || /^\d+$/.test(String(key)) ? `\`${flow}\`` : `\`${key}: ${flow}\``;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping of keys to values';
  if (typeof value === 'string') return `the text ${quoted(value)}`;
  return typeof value === 'number' ? `the number ${value}` : `${value}`;
}

function shown(path: Path): string {
  return path.length === 0 ? 'the file' : `\`${dotted(path)}\``;
}

function dotted(path: Path): string {
  return path
    .map(step => (/^\d+$/.test(String(step)) ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
}

function quoted(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const text = value.length > 60 ? `${value.slice(0, 60)}...` : value;
  return `\`${text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')}\``;
}

function aOrAn(noun: string): string {
  return `${/^[aeiouAEIOU]|^NFS/.test(noun) ? 'an' : 'a'} ${noun}`;
}
