/**
 * Reads JSON text: checks it once, finds its values down to a depth, and notes where each value ends.
 *
 * The notes of a text take five times its memory, so a reader has only one set of them, for the text that it read last. A
 * text that was read before can still be walked, but is then scanned for the ends of its values.
 */
import { isUtf8 } from 'node:buffer';
import { checkName, checkValue, type Notes, wrong } from './check.ts';
import { stringifyExact } from './exact.ts';
import {
  closeBrace,
  closeBracket,
  comma,
  isNested,
  type JsonSource,
  type JsonText,
  nameIn,
  newSource,
  openBrace,
  skipSpace,
} from './scan.ts';

/** Reads one text after the other. */
export interface JsonReader {
  readonly notes: Notes;
  /** The text that the notes are of. */
  source: JsonSource | undefined;
}

export function newJsonReader(): JsonReader {
  return { notes: { ends: new Int32Array(0), open: new Int32Array(64), depth: 0 }, source: undefined };
}

/**
 * Checks JSON text, and finds its values down to a depth. Line ends between them become spaces, since what is copied from
 * it must stay on one line.
 *
 * @param body UTF-8; what is none becomes U+FFFD. It must stay as it is for as long as the value is used
 * @param depth of the objects and arrays that get `members` and `items`
 * @throws SyntaxError when it is no JSON
 */
export function readJson(reader: JsonReader, body: Buffer, depth: number): JsonText {
  const { notes } = reader;
  const bytes = asUtf8(body);
  if (reader.source !== undefined) reader.source.ends = undefined;
  reader.source = undefined;
  if (notes.ends.length <= bytes.length) notes.ends = new Int32Array(bytes.length + (bytes.length >> 2) + 1);
  notes.depth = 0;
  const source = newSource(bytes, notes.ends);
  const value = readValue(source, skipSpace(bytes, 0), depth, notes);
  const end = skipSpace(bytes, value.to);
  if (end < bytes.length) throw wrong(bytes, end);
  blank(bytes, 0x0a);
  blank(bytes, 0x0d);
  source.depthBound = notes.depth;
  reader.source = source;
  return value;
}

/** Replaces a control character by spaces. In valid JSON it stands only between values. */
function blank(bytes: Buffer, control: number): void {
  for (let at = bytes.indexOf(control); at !== -1; at = bytes.indexOf(control, at + 1)) bytes[at] = 0x20;
}

/** The same for the body of an answer. A byte order mark in front of it is passed over, as fetch does. */
export function readAnswer(reader: JsonReader, body: Buffer, depth: number): JsonText {
  return readJson(reader, body.subarray(0, 3).equals(byteOrderMark) ? body.subarray(3) : body, depth);
}

const byteOrderMark: Uint8Array = Buffer.from('\uFEFF');

/** The same for a value, as `parseExact` gives it. */
export function jsonOf(value: unknown, depth: number): JsonText {
  return readJson(newJsonReader(), Buffer.from(stringifyExact(value)), depth);
}

/** The body as valid UTF-8. Other bytes become U+FFFD, and so does half a surrogate pair that comes as an escape. */
function asUtf8(body: Buffer): Buffer {
  const bytes = isUtf8(body) ? body : Buffer.from(body.toString());
  if (!bytes.includes('\\ud') && !bytes.includes('\\uD')) return bytes;
  return Buffer.from(bytes.toString().replace(escapeToken, (token, half) => (half === undefined ? token : '\\ufffd')));
}

/** Every escape of JSON; half a pair is captured. */
const escapeToken = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/g;

function readValue(source: JsonSource, from: number, depth: number, notes: Notes): JsonText {
  const { bytes } = source;
  const opening = bytes[from];
  if (depth === 0 || !isNested(opening)) return { source, from, to: checkValue(source, from, notes) };
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
    if (isObject) at = checkName(source, at, notes.ends);
    const value = readValue(source, skipSpace(bytes, at), depth - 1, notes);
    if (isObject) members.set(nameIn(bytes, nameAt, notes.ends[nameAt]!), value);
    else items.push(value);
    at = skipSpace(bytes, value.to);
  }
  notes.ends[from] = at + 1;
  return { source, from, to: at + 1, ...(isObject ? { members } : { items }) };
}
