/**
 * Decides columns that come under several names: their own, their aliases, or carried from a parent. A column is written once,
 * with the first of these values that is not null. Another value that differs from it goes into `_extra`.
 */
import { editApart } from '../json/edit.ts';
import { parseExact, stringifyExact } from '../json/exact.ts';
import { isNull, type JsonSource, newSource } from '../json/scan.ts';
import { type Column, type Columns, pathOf, type Spelling } from './columns.ts';
import { addExtra, type ExtraMembers } from './extra.ts';
import { editUnnoticed, keep, type RecordEdit } from './record-edit.ts';

/** A value that waits for the end of the object: it came under an alias, or for a column with several names. */
interface Waiting {
  readonly spelling: Pick<Spelling, 'name' | 'isAlias' | 'column'>;
  readonly source: JsonSource;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface Decided {
  /** What is to be written, as JSON text. */
  readonly texts: ReadonlyMap<Column, string>;
  readonly extra: ExtraMembers | undefined;
}

/**
 * True if a value that waits is another than that which is written. Nearly always it is the same: records have the same date
 * as `paid_at` and as `paidAt`. So this makes nothing that the garbage collector would have to take away.
 */
export function hasNews({ waiting }: Columns, source: JsonSource, object: number): boolean {
  for (const spelling of waiting) {
    if (spelling.sequence.waitsIn === object && !isSaidAlready(spelling, source, object)) return true;
  }
  return false;
}

/** The values that wait and say something new, in the order in which they came. */
function newsOf({ waiting }: Columns, source: JsonSource, object: number): Waiting[] {
  return waiting
    .filter((spelling) => spelling.sequence.waitsIn === object && !isSaidAlready(spelling, source, object))
    .map((spelling) => ({ spelling, source, from: spelling.sequence.from, to: spelling.sequence.to }))
    .sort((one, other) => one.from - other.from);
}

/**
 * Decides the columns that have values that wait, or carried ones.
 *
 * @param object the number of the object
 * @param extra what it leaves so far
 * @returns undefined if one of the columns has been written as null already, and has a value after all
 */
export function decideValues(
  columns: Columns,
  edit: RecordEdit,
  object: number,
  extra: ExtraMembers | undefined,
): Decided | undefined {
  const news = newsOf(columns, edit.source, object);
  if (news.length > 1) news.sort((one, other) => Number(one.spelling.isAlias) - Number(other.spelling.isAlias));
  if (columns.carried.length > 0) news.push(...carriedValues(columns, edit, object));
  if (news.length === 0) return { texts: noTexts, extra };
  const texts = new Map<Column, string>();
  let allExtra = extra;
  for (const { spelling, source, from, to } of news) {
    const { column } = spelling;
    const isWritten = column.sighting.object === object;
    const text = isNull(source.bytes, from) ? 'null' : editApart(edit, column.conform, source, from);
    const before = (isWritten ? writtenText(edit, column) : texts.get(column)) ?? 'null';
    if (before === 'null') {
      if (!isWritten) texts.set(column, text);
      else if (text !== 'null') return undefined;
    } else if (text !== 'null' && !isSameJson(text, before)) {
      keep(edit, pathOf(columns, spelling.name), source, from, to);
    }
    if (edit.extra !== undefined) allExtra = addExtra(allExtra, spelling.name, edit);
  }
  return { texts, extra: allExtra };
}

const noTexts: ReadonlyMap<Column, string> = new Map();

function carriedValues({ carried }: Columns, edit: RecordEdit, object: number): Waiting[] {
  return carried.flatMap((column) => {
    const { name, isSelected, sighting } = column;
    const text = edit.carried[name];
    if (text === undefined || !isSelected) return [];
    if (sighting.object === object && !isNull(edit.source.bytes, sighting.from)) return [];
    const source = newSource(Buffer.from(text));
    return [{ spelling: { name, isAlias: true, column }, source, from: 0, to: source.bytes.length }];
  });
}

/** What a column holds that was written in its place. */
function writtenText(edit: RecordEdit, { conform, sighting }: Column): string {
  return isNull(edit.source.bytes, sighting.from) ? 'null' : editUnnoticed(edit, conform, edit.source, sighting.from);
}

/** True if the text that waits is the same as the text that the column was written from. */
function isSaidAlready({ column, sequence }: Spelling, { bytes }: JsonSource, object: number): boolean {
  const { sighting } = column;
  const { from, to } = sequence;
  if (sighting.object !== object || !sighting.isWhole || to - from !== sighting.to - sighting.from) return false;
  for (let index = 0; index < to - from; index++) {
    if (bytes[sighting.from + index] !== bytes[from + index]) return false;
  }
  return true;
}

function isSameJson(one: string, other: string): boolean {
  return one === other || stringifyExact(parseExact(one)) === stringifyExact(parseExact(other));
}
