/**
 * Walks and cuts JSON text that is known to be valid, without making values of it.
 *
 * The tap writes nearly always what Paystack sent, so most of it is copied as text. In text, numbers are not rounded, repeated
 * names are not lost, and no name is special. To build values and print them again costs three times as much (measured).
 */
import { type Bytes, viewed } from './byte-writer.ts';
import { parseExact } from './exact.ts';

/** Valid JSON in UTF-8, on one line, with the notes of its reader: see `read.ts`. */
export interface JsonSource extends Bytes {
  /**
   * Where each name and value ends, by where it starts. So values that are skipped need no second scan, which would be half of
   * the work where few columns are selected (measured). Undefined once its reader has read something else.
   */
  ends: Int32Array | undefined;
  /** At most so many objects and arrays are open at once in a value that has neither `members` nor `items`. */
  depthBound: number;
}

/** A value, as its place in a source. */
export interface JsonText {
  readonly source: JsonSource;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** What an object or an array holds, down to the depth that was asked for. Of names that are repeated, the last. */
  readonly members?: ReadonlyMap<string, JsonText>;
  readonly items?: readonly JsonText[];
}

export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const comma = 0x2c;

/** A source that is known to be valid, with the ends of its values where they are known. */
export function newSource(bytes: Buffer, ends?: Int32Array): JsonSource {
  const { view } = viewed(bytes);
  return { bytes, view, ends, depthBound: Number.POSITIVE_INFINITY };
}

/** The value, with exact numbers: see `exact.ts`. */
export function valueIn({ source, from, to }: JsonText): unknown {
  return parseExact(textIn(source.bytes, from, to));
}

export function textIn(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('utf8', from, to);
}

/** The name that a string token spells. */
export function nameIn(bytes: Buffer, from: number, to: number): string {
  const name = textIn(bytes, from + 1, to - 1);
  return name.includes('\\') ? JSON.parse(textIn(bytes, from, to)) : name;
}

/** True for the start of null. */
export function isNull(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x6e;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** True for the start of an object or an array. */
export function isNested(opening: number | undefined): boolean {
  return opening === openBrace || opening === openBracket;
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

/** The end of a string token. */
export function skipString({ bytes, ends }: JsonSource, from: number): number {
  return ends === undefined ? scanString(bytes, from) : ends[from]!;
}

/** The end of a value. */
export function skipValue({ bytes, ends }: JsonSource, from: number): number {
  if (ends !== undefined) return ends[from]!;
  const opening = bytes[from];
  if (opening === quote) return scanString(bytes, from);
  if (isNested(opening)) return scanNested(bytes, from).to;
  let at = from + 1;
  while (isInScalar(bytes[at])) at++;
  return at;
}

/** Where the value of a member starts, from where its name ends. */
export function skipColon(bytes: Buffer, nameEnd: number): number {
  return skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
}

/** The value of a member of an object in which no name comes twice; undefined if it has no such member. */
export function memberIn(source: JsonSource, from: number, name: string): JsonText | undefined {
  const { bytes } = source;
  let at = skipSpace(bytes, from + 1);
  while (bytes[at] !== closeBrace) {
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
    const nameEnd = skipString(source, at);
    const valueAt = skipColon(bytes, nameEnd);
    const to = skipValue(source, valueAt);
    if (nameIn(bytes, at, nameEnd) === name) return { source, from: valueAt, to };
    at = skipSpace(bytes, to);
  }
  return undefined;
}

/** True for an object or an array in which more are open at once, itself included, than the limit says. */
export function isDeeperThan(limit: number, { bytes, depthBound }: JsonSource, from: number): boolean {
  return depthBound > limit && isNested(bytes[from]) && scanNested(bytes, from).depth > limit;
}

function scanString(bytes: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const byte = bytes[at++];
    if (byte === quote) return at;
    if (byte === backslash) at++;
  }
}

/** Letters, digits and signs: what numbers, true, false and null are made of. */
function isInScalar(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== comma && byte !== closeBrace && byte !== closeBracket;
}

/** The end of an object or an array, and how many are open at once at most. */
function scanNested(bytes: Buffer, from: number): { to: number; depth: number } {
  let at = from;
  let nesting = 0;
  let depth = 0;
  for (;;) {
    const byte = bytes[at];
    if (byte === quote) {
      at = scanString(bytes, at);
      continue;
    }
    at++;
    if (isNested(byte)) {
      nesting++;
      if (nesting > depth) depth = nesting;
    } else if ((byte === closeBrace || byte === closeBracket) && --nesting === 0) {
      return { to: at, depth };
    }
  }
}
