/**
 * Names that come twice in one object.
 *
 * JSON allows it, and readers differ: most keep the last, strict ones reject the text. Names are the same if they spell the
 * same characters, escaped or not. Nearly always no name is repeated, so there is a quick test for that.
 */
import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  isNested,
  type JsonSource,
  nameIn,
  openBrace,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './scan.ts';

/** Objects with more names are looked at name by name. */
const fewNames = 32;

/** Hashes of the names of the objects that are open while one is looked at, used again for the next. */
export interface NameHashes {
  hashes: Int32Array;
}

export function newNameHashes(): NameHashes {
  return { hashes: new Int32Array(256) };
}

/** True if an object in this object or array, or itself, has a name twice. It calls itself for each level of nesting. */
export function repeatsNames(names: NameHashes, source: JsonSource, from: number): boolean {
  return passDistinct(names, 0, source, from) === -1;
}

/**
 * The end of an object or an array in which no name is repeated, or -1.
 *
 * @param base how many hashes belong to the objects around it
 */
function passDistinct(names: NameHashes, base: number, source: JsonSource, from: number): number {
  const { bytes } = source;
  const isObject = bytes[from] === openBrace;
  let count = 0;
  let at = skipSpace(bytes, from + 1);
  while (bytes[at] !== closeBrace && bytes[at] !== closeBracket) {
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
    if (isObject) {
      const end = skipString(source, at);
      if (count <= fewNames && mayRepeat(names, base, count++, bytes, at, end)) {
        if (overriddenIn(source, from).size > 0) return -1;
        count = fewNames + 1;
      }
      at = skipColon(bytes, end);
    }
    if (isNested(bytes[at])) {
      at = passDistinct(names, base + Math.min(count, fewNames), source, at);
      if (at === -1) return -1;
    } else {
      at = skipValue(source, at);
    }
    if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
  }
  return at + 1;
}

/** False if a name is surely none of the `count` names before it in its object. */
function mayRepeat(
  names: NameHashes,
  base: number,
  count: number,
  bytes: Buffer,
  nameAt: number,
  nameEnd: number,
): boolean {
  if (count === fewNames) return true;
  let hash = 0;
  for (let at = nameAt + 1; at < nameEnd - 1; at++) {
    const byte = bytes[at]!;
    if (byte === backslash) return true;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (base + count >= names.hashes.length) names.hashes = twiceAsMany(names.hashes);
  const { hashes } = names;
  for (let other = base; other < base + count; other++) if (hashes[other] === hash) return true;
  hashes[base + count] = hash;
  return false;
}

function twiceAsMany(hashes: Int32Array): Int32Array {
  const larger = new Int32Array(2 * hashes.length);
  larger.set(hashes);
  return larger;
}

/** The positions of an object's members that a later one of the same name overrides. */
export function overriddenIn(source: JsonSource, from: number): ReadonlySet<number> {
  const { bytes } = source;
  const last = new Map<string, number>();
  const overridden = new Set<number>();
  let at = skipSpace(bytes, from + 1);
  for (let position = 0; bytes[at] !== closeBrace; position++) {
    if (position > 0) at = skipSpace(bytes, at + 1);
    const nameEnd = skipString(source, at);
    const name = nameIn(bytes, at, nameEnd);
    const before = last.get(name);
    if (before !== undefined) overridden.add(before);
    last.set(name, position);
    at = skipSpace(bytes, skipValue(source, skipColon(bytes, nameEnd)));
  }
  return overridden;
}
