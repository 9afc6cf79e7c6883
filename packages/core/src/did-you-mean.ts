// A guess at what somebody meant to type: the known word that begins so (a unit left off), or the nearest one, if it is
// near enough to be a slip of the finger.

/** The only known word that begins with this one, or the nearest within a third of its length (one to three edits), or null. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const longer = known.filter(candidate => word.length >= 4 && candidate.startsWith(word));
  if (longer.length === 1) return longer[0] ?? null;
  const limit = Math.max(1, Math.min(3, Math.floor(word.length / 3)));
  const ranked = known
    .map(candidate => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= limit ? best.candidate : null;
}

/** Insertions, removals, replacements and swaps of neighbours (Damerau-Levenshtein, restricted). Words over 64 characters are far from all. */
function editsBetween(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Number.POSITIVE_INFINITY;
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const cost = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      next.push(swapped ? Math.min(cost, before[column - 2]! + 1) : cost);
    }
    before = last;
    last = next;
  }
  return last[b.length]!;
}
