/** Compares a known text with bytes, four of them at a time. */

/** A text to compare with, as numbers of four bytes, and the rest as single bytes. */
export interface Token {
  readonly length: number;
  readonly words: Int32Array;
  readonly rest: Uint8Array;
}

export function tokenOf(text: string): Token {
  const bytes = Buffer.from(text);
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(4 * index));
  return { length: bytes.length, words, rest: new Uint8Array(bytes.subarray(4 * words.length)) };
}

/** True if the token stands at a place. Compared byte by byte, this took half of the time of conforming (measured). */
export function isToken({ length, words, rest }: Token, view: DataView, from: number): boolean {
  if (from + length > view.byteLength) return false;
  let at = from;
  for (let index = 0; index < words.length; index++, at += 4) {
    if (view.getInt32(at, true) !== words[index]) return false;
  }
  for (let index = 0; index < rest.length; index++) if (view.getUint8(at + index) !== rest[index]) return false;
  return true;
}
