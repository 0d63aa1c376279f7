/** Whether the text fits one pattern of ssh_config(5) PATTERNS: `*` stands for any text, `?` for one character. */
function matches(pattern: string, text: string): boolean {
  const fixed = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${fixed.replace(/\*+/g, '.*').replace(/\?/g, '.')}$`, 's').test(text);
}

/** Whether the text fits a list of patterns: at least one of them, and none that begins with `!`. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  const denied = patterns.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1), text));
  return !denied && patterns.some(pattern => matches(pattern, text));
}
