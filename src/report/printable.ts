/**
 * Text from a host or a file, safe for a terminal: control and invisible formatting characters are written
 * out (\x1b, \u{202e}), so that no output can move the cursor or hide itself. Line feeds too; tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\t]|[\u2028\u2029]/gu, written);
}

/** The same on one line: the lines of a tool's message, joined. */
export function oneLine(text: string): string {
  return text
    .split(/\r?\n/)
    .map(line => printable(line.trim()))
    .filter(line => line !== '')
    .join(' | ');
}

function written(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  const code = character.codePointAt(0)!;
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
