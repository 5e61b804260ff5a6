/** The word that someone probably meant. No imports: the command line carries this on every start. */

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be worth saying: at most one slip in three
 * letters, two in six, three beyond. A candidate that `word` begins (`contain` for `container`) counts as one slip.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  const limit = typed.length <= 3 ? 1 : typed.length <= 6 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const begins = typed.length >= 3 && candidate.startsWith(typed);
    const distance = begins ? 1 : editDistance(typed, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance && distance < Math.max(typed.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Damerau-Levenshtein distance with adjacent swaps (optimal string alignment): insert, delete, replace and swap cost 1.
 * Any result of `bound` or more means just "too far".
 */
export function editDistance(a: string, b: string, bound = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
