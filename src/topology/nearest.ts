/** The word that was probably meant: other case or spelling, a beginning, or a slip or two of the finger. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const wanted = plain(word);
  if (wanted === '') return undefined;
  const longer = (candidate: string) => Math.abs(plain(candidate).length - wanted.length);
  const slips = Math.max(1, Math.floor(wanted.length / 3));
  return words
    .map(candidate => ({ candidate, distance: difference(wanted, plain(candidate)) }))
    .filter(({ distance, candidate }) => distance <= slips && distance < plain(candidate).length)
    .sort((a, b) => a.distance - b.distance || longer(a.candidate) - longer(b.candidate))[0]?.candidate;
}

/** `; did you mean ..?` to end a sentence with, or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const meant = nearest(word, words);
  return meant === undefined ? '' : `; did you mean \`${meant}\`?`;
}

function plain(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '')
    .slice(0, 64);
}

function difference(a: string, b: string): number {
  const begins = Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
  return begins ? Math.min(1, Math.abs(a.length - b.length)) : slipsBetween(a, b);
}

// Damerau and Levenshtein, with neighbours swapped counting as one slip.
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
