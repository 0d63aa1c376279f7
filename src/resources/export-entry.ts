import { blockKind } from './block.js';
import { fromOctal, toOctal } from './octal.js';

/** A line of our block in an exports(5) file; key: `FILE PATH CLIENT`, state: the options as written. */
export const exportEntry = blockKind<{ options: string }>({
  name: 'export-entry',
  id: String.raw`function id(s) { sub(/[(].*/, "", s); gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }`,
  identify: rest => escaped(rest),
  write: (rest, { options }) => `${escaped(rest)}(${options})`,
  read(line) {
    const [, path, client, options] =
      /^[ \t]*([^ \t#][^ \t]*)[ \t]+([^ \t()]+)\(([^()]*)\)[ \t\r]*$/.exec(line) ?? [];
    return path === undefined ? undefined : [`${fromOctal(path)} ${client}`, { options: options! }];
  },
});

function escaped(rest: string): string {
  const space = rest.lastIndexOf(' ');
  return `${toOctal(rest.slice(0, space), '"#()')} ${rest.slice(space + 1)}`;
}
