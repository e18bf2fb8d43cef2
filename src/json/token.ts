/** Compares a known text with bytes, four of them at a time. */

/** A text to compare with, as numbers of four bytes. The last one is of the last four, whatever of them came before. */
export interface Token {
  readonly length: number;
  readonly words: Int32Array;
}

/** @throws RangeError for a text of less than four bytes */
export function tokenOf(text: string): Token {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const words = Int32Array.from({ length: Math.ceil(length / 4) }, (_, index) =>
    bytes.readInt32LE(Math.min(4 * index, length - 4)),
  );
  return { length, words };
}

/** True if the token stands at a place. Compared byte by byte, this took half of the time of conforming (measured). */
export function isToken({ length, words }: Token, view: DataView, from: number): boolean {
  const lastAt = from + length - 4;
  if (lastAt + 4 > view.byteLength) return false;
  const last = words.length - 1;
  if (view.getInt32(lastAt, true) !== words[last]) return false;
  for (let index = 0; index < last; index++) if (view.getInt32(from + 4 * index, true) !== words[index]) return false;
  return true;
}
