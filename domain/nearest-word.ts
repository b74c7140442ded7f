/** The word that a mistyped one was probably meant to be: the one of `known` that is least away from it, of those that begin with it if there are any. */
export function nearestWord(word: string, known: readonly string[]): string {
  const longer = known.filter((one) => one.startsWith(word));
  const among = (longer.length > 0 ? longer : known).map((one) => ({ one, away: distance(word, one) }));
  return among.sort((a, b) => a.away - b.away)[0]?.one ?? '';
}

/** How many letters have to be put in, taken out or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, other] of [...b].entries())
      row.push(Math.min((row[j] ?? 0) + 1, (before[j + 1] ?? 0) + 1, (before[j] ?? 0) + (letter === other ? 0 : 1)));
    before = row;
  }
  return before[b.length] ?? 0;
}
