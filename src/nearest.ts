/** The name that somebody may have meant who wrote one that does not exist. */

/**
 * @param others names by which some are called elsewhere
 * @returns undefined if none is near
 */
export function nearest(
  written: string,
  names: readonly string[],
  others: Readonly<Record<string, readonly string[]>> = {},
): string | undefined {
  const word = plain(written);
  if (word === '') return undefined;
  const called = names.find((name) => plain(name) === word || others[name]?.some((other) => plain(other) === word));
  if (called !== undefined) return called;
  const begun = names.filter((name) => begins(word, plain(name)) || begins(plain(name), word));
  if (begun.length === 1) return begun[0];
  // A third of the letters may be wrong: of fewer, another word is meant.
  const most = Math.max(1, Math.floor(word.length / 3));
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(word, plain(name)) }))
    .filter(({ edits }) => edits <= most)
    .sort((one, other) => one.edits - other.edits);
  return best?.name;
}

/** The end of a sentence that says that there is no such name. */
export function suggestion(name: string | undefined): string {
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** One of two letters would begin with too much. */
function begins(one: string, other: string): boolean {
  return one.length > 2 && other.startsWith(one);
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9*]/g, '')
    .slice(0, maxLetters);
}

/** No name of ours is longer, and the time goes with the square. */
const maxLetters = 60;

/** Letters to insert, remove, replace or swap with the next to make one word of the other. */
function editsBetween(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const isSame = one[at - 1] === other[to - 1];
      const isSwap = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      next[to] = Math.min(row[to]! + 1, next[to - 1]! + 1, row[to - 1]! + (isSame ? 0 : 1));
      if (isSwap) next[to] = Math.min(next[to]!, before[to - 2]! + 1);
    }
    before = row;
    row = next;
  }
  return row[other.length]!;
}
