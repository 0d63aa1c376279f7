/** Writes white space and backslashes as \040, \011, \012, \134: fstab(5), exports(5), proc(5) mountinfo. */
export function toOctal(text: string, also = ''): string {
  return [...text].map(char => (` \t\n\\${also}`.includes(char) ? `\\${code(char)}` : char)).join('');
}

/** Reads what `toOctal`, the kernel or exportfs(8) wrote. */
export function fromOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

function code(char: string): string {
  return char.charCodeAt(0).toString(8).padStart(3, '0');
}
