import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Unreachable } from './session.js';

/** One line of an ssh_config file; an Include holds the lines of each file it names. */
export interface Directive {
  keyword: string;
  words: readonly string[];
  /** What follows the keyword, as written. */
  rest: string;
  /** File and line, for messages. */
  place: string;
  included: ReadonlyArray<readonly Directive[]>;
}

/** Where relative Includes start, and what `~` stands for. */
interface Base {
  folder: string;
  home: string;
}

/** Reads an ssh_config file with all that it includes; a missing file is empty unless it is required. */
export async function readConfig(
  file: string,
  base: Base,
  required = false,
  depth = 0,
): Promise<Directive[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return [];
    throw new Unreachable(
      `the ssh configuration ${file} cannot be read (${code})`,
      'name a file that can be read',
    );
  }
  const directives: Directive[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, keyword, rest = ''] = /^\s*([^\s#="][^\s="]*)(?:\s*=\s*|\s*)(.*?)\s*$/.exec(line) ?? [];
    if (!keyword) continue;
    const place = `${file}:${index + 1}`;
    const words = split(rest, place);
    const isInclude = keyword.toLowerCase() === 'include';
    const included = isInclude ? await readIncluded(words, base, place, depth + 1) : [];
    directives.push({ keyword: keyword.toLowerCase(), words, rest, place, included });
  }
  return directives;
}

async function readIncluded(patterns: readonly string[], base: Base, place: string, depth: number) {
  if (depth > 16) throw new Unreachable(`${place}: too many levels of Include`, 'end the circle of Includes');
  const files: Directive[][] = [];
  for (const pattern of patterns) {
    const path = resolve(base.folder, pattern.replace(/^~(?=\/)/, base.home));
    for (const file of await glob(path)) files.push(await readConfig(file, base, false, depth));
  }
  return files;
}

/** The existing paths that a glob(7) pattern names, in order. */
async function glob(pattern: string): Promise<string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter(part => part !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map(folder => join(folder, part));
      continue;
    }
    const wanted = new RegExp(
      `^${part
        .replace(/[\\^$.|+(){}]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.')
        .replace(/\[!/g, '[^')}$`,
    );
    const seen = (name: string) => wanted.test(name) && (part.startsWith('.') || !name.startsWith('.'));
    const inside = found.map(async folder => {
      const names = await readdir(folder).catch(() => []);
      return names
        .filter(seen)
        .sort()
        .map(name => join(folder, name));
    });
    found = (await Promise.all(inside)).flat();
  }
  return found;
}

/** Words as OpenSSH's argv_split takes them: both quotes, a backslash before a quote, a backslash or a space, # ends. */
function split(text: string, place: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const next = text[i + 1] ?? '';
    if (word === undefined && char === '#') break;
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (char === '\\' && next !== '' && (`'"\\`.includes(next) || (quote === '' && next === ' '))) {
      word += next;
      i++;
    } else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else word += char;
  }
  if (quote !== '') throw new Unreachable(`${place}: a ${quote} is never closed`, 'close the quotation');
  if (word !== undefined) words.push(word);
  return words;
}
