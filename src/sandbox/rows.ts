/**
 * Records in the order of a list, addressed by place. A page is cut out of a million of them without a copy, and synthetic
 * ones are made only when they are shown.
 */

import { instantOf } from '../json/dates.ts';
import { parseExact, stringifyExact } from '../json/exact.ts';
import { isObject } from '../json/values.ts';

export interface Rows {
  readonly length: number;
  /** The record, as JSON text. */
  text(place: number): string;
  /** When it was created, milliseconds since 1970; NaN if it does not say. */
  created(place: number): number;
  /** What one of its fields holds; undefined if it has no such field. */
  value(place: number, field: string): unknown;
}

/** One record that is kept. */
export interface Row {
  readonly text: string;
  readonly created: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How a list is sorted. Observed: newest first, almost everywhere. */
export type Order = 'newest-first' | 'oldest-first' | 'shuffled';

const rawText = Symbol('rawText');

/** A record that is sent byte for byte, see `rawRecord`. */
interface RawRecord {
  readonly [rawText]: string;
}

/**
 * A record as JSON text, sent byte for byte: for numbers, escapes and repeated names that no JavaScript object can hold.
 *
 * @throws SyntaxError if the text is no JSON
 */
export function rawRecord(text: string): object {
  JSON.parse(text);
  return { [rawText]: text } satisfies RawRecord;
}

/**
 * @param record as the API would list it: an object, a string (Apple Pay's domains), or a `rawRecord`; numbers that
 *   `parseExact` gave keep their digits
 * @param created field that holds the creation date; `createdAt` and `created_at` are looked at as well
 */
export function toRow(record: unknown, created?: string): Row {
  const content = contentOf(record);
  const fields = isObject(content) ? content : {};
  return { text: rawTextOf(record) ?? stringifyExact(content), created: creationOf(fields, created), fields };
}

/** What a record holds, whether it was given as a value or as text. */
export function contentOf(record: unknown): unknown {
  const text = rawTextOf(record);
  return text === undefined ? record : parseExact(text);
}

function rawTextOf(record: unknown): string | undefined {
  return isObject(record) ? (record as Partial<RawRecord>)[rawText] : undefined;
}

/** Milliseconds since 1970; NaN if there is no date that can be read. */
export function creationOf(fields: Readonly<Record<string, unknown>>, created = 'createdAt'): number {
  return timeOf(fields[created] ?? fields['createdAt'] ?? fields['created_at']);
}

/** Milliseconds since 1970; NaN if the value is no date. A date without a zone is UTC, one without a time is midnight. */
export function timeOf(value: unknown): number {
  const instant = typeof value === 'string' ? instantOf(value) : undefined;
  return instant === undefined ? Number.NaN : Date.parse(instant.text);
}

/** Records that are kept one by one, newest first; those without a date come last, in the order they have. */
export function toRows(records: readonly unknown[], created?: string): readonly Row[] {
  const age = (row: Row) => (Number.isNaN(row.created) ? Number.MAX_VALUE : -row.created);
  return records.map((record) => toRow(record, created)).sort((a, b) => age(a) - age(b));
}

/** Rows that exist, one by one. */
export function keptRows(rows: readonly Row[]): Rows {
  return {
    length: rows.length,
    text: (place) => rows[place]!.text,
    created: (place) => rows[place]!.created,
    value: (place, field) => rows[place]!.fields[field],
  };
}

/** The same records in another order, without a copy. */
export function reordered(rows: Rows, order: Order): Rows {
  if (order === 'newest-first') return rows;
  const shuffled = order === 'shuffled' ? shuffledPlaces(rows.length) : undefined;
  const from = shuffled ? (place: number) => shuffled[place]! : (place: number) => rows.length - 1 - place;
  return {
    length: rows.length,
    text: (place) => rows.text(from(place)),
    created: (place) => rows.created(from(place)),
    value: (place, field) => rows.value(from(place), field),
  };
}

/** The same order each time. */
function shuffledPlaces(length: number): Uint32Array {
  const places = Uint32Array.from({ length }, (_, place) => place);
  const random = randomNumbers(length);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [places[last], places[other]] = [places[other]!, places[last]!];
  }
  return places;
}

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
