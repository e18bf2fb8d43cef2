/**
 * JSON as text: checked once, then walked and cut without making values of it.
 *
 * What the tap writes is nearly always what Paystack sent, so most of it is copied. Text has no rounded numbers, no lost
 * duplicates and no special names, and building values to print them again costs three times as much (measured).
 */
import { isUtf8 } from 'node:buffer';
import { parseExact, stringifyExact } from './exact.ts';

/** A value, as its place in JSON text that is known to be valid. */
export interface JsonText {
  readonly bytes: Buffer;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** What an object or an array holds, down to the depth that was asked for. Of names that are repeated, the last. */
  readonly members?: ReadonlyMap<string, JsonText>;
  readonly items?: readonly JsonText[];
}

/**
 * Where the values and names of a text end, by where they start: noted while it is checked, so that what is passed over
 * need not be scanned again. That is half of the work where few columns are selected (measured).
 */
interface Ends {
  bytes: Buffer | undefined;
  to: Int32Array;
  /** How many objects and arrays are open at once at most, in the values that are not told apart. */
  depth: number;
}

/** Of the answer that is being read. */
const noted: Ends = { bytes: undefined, to: new Int32Array(0), depth: 0 };

/** Of any other text, such as JSON in a string: it is small, and nobody asks. */
const scratch: Ends = { bytes: undefined, to: new Int32Array(0), depth: 0 };

let ends = scratch;

/**
 * Checks JSON text, and finds its values down to a depth. Line ends between them become spaces, since what is copied from
 * it must stay on one line.
 *
 * @param body UTF-8; what is none becomes U+FFFD
 * @param depth of the objects and arrays whose content is told apart
 * @throws SyntaxError when it is no JSON
 */
export function readJson(body: Buffer, depth: number): JsonText {
  const bytes = asUtf8(body);
  if (ends.to.length <= bytes.length) ends.to = new Int32Array(bytes.length + (bytes.length >> 2) + 1);
  ends.bytes = bytes;
  ends.depth = 0;
  const value = readValue(bytes, skipSpace(bytes, 0), depth);
  if (skipSpace(bytes, value.to) < bytes.length) throw wrong(bytes, value.to);
  blank(bytes, 0x0a);
  blank(bytes, 0x0d);
  return value;
}

/** Makes spaces of a control character: in JSON that is valid, it stands in no string. */
function blank(bytes: Buffer, control: number): void {
  for (let at = bytes.indexOf(control); at !== -1; at = bytes.indexOf(control, at + 1)) bytes[at] = 0x20;
}

/**
 * The same for an answer, which is then read until the next one comes: its bytes must stay as they are. A byte order mark in
 * front of it is passed over, as fetch does.
 */
export function readAnswer(body: Buffer, depth: number): JsonText {
  ends = noted;
  try {
    return readJson(body.subarray(0, 3).equals(byteOrderMark) ? body.subarray(3) : body, depth);
  } catch (error) {
    noted.bytes = undefined;
    throw error;
  } finally {
    ends = scratch;
  }
}

const byteOrderMark = Buffer.from('\uFEFF');

/** What UTF-8 cannot hold as U+FFFD: bytes that are none, and half a surrogate pair, which may come as an escape. */
function asUtf8(body: Buffer): Buffer {
  const bytes = isUtf8(body) ? body : Buffer.from(body.toString());
  if (!bytes.includes('\\ud') && !bytes.includes('\\uD')) return bytes;
  return Buffer.from(bytes.toString().replace(escapeToken, (token, half) => (half === undefined ? token : '\\ufffd')));
}

/** Every escape of JSON; half a pair is told. */
const escapeToken = /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)/g;

/** The same for a value, as `parseExact` gives it. */
export function jsonOf(value: unknown, depth: number): JsonText {
  return readJson(Buffer.from(stringifyExact(value)), depth);
}

/** The value, with exact numbers: see `exact.ts`. */
export function valueIn({ bytes, from, to }: JsonText): unknown {
  return parseExact(textIn(bytes, from, to));
}

export function textIn(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('utf8', from, to);
}

export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

function readValue(bytes: Buffer, from: number, depth: number): JsonText {
  const opening = bytes[from];
  if (depth === 0 || (opening !== openBrace && opening !== openBracket)) {
    return { bytes, from, to: checkValue(bytes, from) };
  }
  const isObject = opening === openBrace;
  const closing = isObject ? closeBrace : closeBracket;
  const members = new Map<string, JsonText>();
  const items: JsonText[] = [];
  let at = skipSpace(bytes, from + 1);
  for (let isFirst = true; bytes[at] !== closing; isFirst = false) {
    if (!isFirst) {
      if (bytes[at] !== comma) throw wrong(bytes, at);
      at = skipSpace(bytes, at + 1);
    }
    const nameAt = at;
    if (isObject) at = checkName(bytes, at);
    const value = readValue(bytes, skipSpace(bytes, at), depth - 1);
    if (isObject) members.set(nameIn(bytes, nameAt, skipString(bytes, nameAt)), value);
    else items.push(value);
    at = skipSpace(bytes, value.to);
  }
  ends.to[from] = at + 1;
  return { bytes, from, to: at + 1, ...(isObject ? { members } : { items }) };
}

/** The name that a string token spells. */
export function nameIn(bytes: Buffer, from: number, to: number): string {
  const name = textIn(bytes, from + 1, to - 1);
  return name.includes('\\') ? JSON.parse(textIn(bytes, from, to)) : name;
}

/** Where the objects and arrays begin that are open around a value. Nesting has no limit, so it is no recursion. */
let open = new Int32Array(1024);

/**
 * The end of the value that starts here.
 *
 * @throws SyntaxError if it is no JSON
 */
function checkValue(bytes: Buffer, from: number): number {
  const { to } = ends;
  let depth = 0;
  let at = from;
  for (;;) {
    if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
    const start = at;
    const opening = bytes[at];
    if (opening === quote) {
      at = checkString(bytes, at);
    } else if (opening === openBrace || opening === openBracket) {
      at = skipSpace(bytes, at + 1);
      if (depth === open.length) open = grown(open);
      open[depth++] = start;
      if (depth > ends.depth) ends.depth = depth;
      if (bytes[at] !== opening + 2) {
        if (opening === openBrace) at = checkName(bytes, at);
        continue;
      }
      to[start] = ++at;
      depth--;
    } else {
      at = checkScalar(bytes, at);
      to[start] = at;
    }
    for (;;) {
      if (depth === 0) return at;
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
      const byte = bytes[at++];
      const around = open[depth - 1]!;
      if (byte === comma) {
        if (bytes[around] === openBrace) at = checkName(bytes, at);
        break;
      }
      // Closing brackets stand two places behind the opening ones.
      if (byte !== bytes[around]! + 2) throw wrong(bytes, at - 1);
      to[around] = at;
      depth--;
    }
  }
}

function checkScalar(bytes: Buffer, from: number): number {
  switch (bytes[from]) {
    case 0x6e:
      return checkWord(bytes, from, 'null');
    case 0x74:
      return checkWord(bytes, from, 'true');
    case 0x66:
      return checkWord(bytes, from, 'false');
    default:
      return checkNumber(bytes, from);
  }
}

function grown(positions: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * positions.length);
  larger.set(positions);
  return larger;
}

/** A name and the colon behind it. */
function checkName(bytes: Buffer, from: number): number {
  const start = bytes[from]! <= 0x20 ? skipSpace(bytes, from) : from;
  if (bytes[start] !== quote) throw wrong(bytes, start);
  const end = checkString(bytes, start);
  const at = bytes[end] === colon ? end : skipSpace(bytes, end);
  if (bytes[at] !== colon) throw wrong(bytes, at);
  return at + 1;
}

function checkString(bytes: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    while (isPlain[bytes[at]!] === 1) at++;
    const byte = bytes[at];
    if (byte === quote) {
      ends.to[from] = at + 1;
      return at + 1;
    }
    // Control characters must be escaped, and behind the end there is nothing.
    if (byte !== backslash) throw wrong(bytes, at);
    at = checkEscape(bytes, at);
  }
}

/** 1 for bytes that stand in a string for themselves, whatever is around them. One look-up is quicker than comparing. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== quote && byte !== backslash ? 1 : 0,
);

function checkEscape(bytes: Buffer, at: number): number {
  const byte = bytes[at + 1]!;
  if (byte === 0x75) {
    for (let digit = at + 2; digit < at + 6; digit++) if (!isHex(bytes[digit]!)) throw wrong(bytes, digit);
    return at + 6;
  }
  if (!escapes.includes(byte)) throw wrong(bytes, at + 1);
  return at + 2;
}

const escapes = [...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0));

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
}

function checkWord(bytes: Buffer, from: number, word: string): number {
  for (let index = 0; index < word.length; index++) {
    if (bytes[from + index] !== word.charCodeAt(index)) throw wrong(bytes, from + index);
  }
  return from + word.length;
}

function checkNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  at = bytes[at] === 0x30 ? at + 1 : checkDigits(bytes, at);
  if (bytes[at] === 0x2e) at = checkDigits(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
    at = checkDigits(bytes, at);
  }
  return at;
}

function checkDigits(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at]!)) at++;
  if (at === from) throw wrong(bytes, at);
  return at;
}

/** Of the start of a value. */
export function isNull(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x6e;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function wrong(bytes: Buffer, at: number): SyntaxError {
  return new SyntaxError(at < bytes.length ? `no JSON at byte ${at}` : 'JSON that ends too early');
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

/** The end of a string token. The text is known to be valid, here and below. */
export function skipString(bytes: Buffer, from: number): number {
  if (bytes === noted.bytes) return noted.to[from]!;
  let at = from + 1;
  for (;;) {
    const byte = bytes[at++];
    if (byte === quote) return at;
    if (byte === backslash) at++;
  }
}

/** The end of a value. */
export function skipValue(bytes: Buffer, from: number): number {
  if (bytes === noted.bytes) return noted.to[from]!;
  const opening = bytes[from];
  if (opening === quote) return skipString(bytes, from);
  if (opening === openBrace || opening === openBracket) return skipNested(bytes, from).to;
  let at = from + 1;
  while (isInScalar(bytes[at])) at++;
  return at;
}

/** True for an object or an array in which more are open at once, itself included, than the limit says. */
export function isDeeperThan(limit: number, bytes: Buffer, from: number): boolean {
  if (bytes === noted.bytes && noted.depth <= limit) return false;
  return skipNested(bytes, from).depth > limit;
}

/** Letters, digits and signs: what numbers, true, false and null are made of. */
function isInScalar(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== comma && byte !== closeBrace && byte !== closeBracket;
}

/** The end of an object or an array, and how many are open at once at most. */
function skipNested(bytes: Buffer, from: number): { to: number; depth: number } {
  let at = from;
  let nesting = 0;
  let depth = 0;
  for (;;) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipString(bytes, at);
      continue;
    }
    at++;
    if (byte === openBrace || byte === openBracket) {
      nesting++;
      if (nesting > depth) depth = nesting;
    } else if ((byte === closeBrace || byte === closeBracket) && --nesting === 0) {
      return { to: at, depth };
    }
  }
}
