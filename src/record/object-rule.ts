/**
 * Conforms an object with declared columns: each member goes into the column of its name, in whatever order they come.
 *
 * There are two modes:
 *
 * - the first expects each column once, under its own name, and copies the text as it goes by. Nearly every object begins
 *   and ends in it. It is given up when a name comes twice, or when a column that was written as null has a value under
 *   another name. Then the text that was written of the object is taken back.
 * - the second goes through such an object again. It knows which members a later one overrides, and leaves them out. A column
 *   with several names is not written in its place, but at the end of the object.
 *
 * In both, a value that comes under an alias waits for the end of the object, and is decided there: see `several-names.ts`.
 */
import { viewed } from '../json/byte-writer.ts';
import { copyUntil, insert, leaveOut, replace } from '../json/edit.ts';
import { overriddenIn } from '../json/names.ts';
import { closeBrace, isNull, type JsonSource, nameIn, quote, skipSpace, skipString, skipValue } from '../json/scan.ts';
import { isToken } from '../json/token.ts';
import { type Column, type Columns, pathOf } from './columns.ts';
import { addExtra, type ExtraMembers, extraObject } from './extra.ts';
import { type Held, hold, holdNothing, holdsValue } from './held.ts';
import { editUnnoticed, keep, type RecordEdit, type Rule } from './record-edit.ts';
import { extraColumn } from './schemas.ts';
import { decideValues, hasNews } from './several-names.ts';

/** The rule of an object with these columns. */
export function objectRule(columns: Columns): Rule {
  return (edit, start) => {
    const { copied, writer } = edit;
    const { length } = writer;
    const misfits = edit.misfits.length;
    const end = conformMembers(columns, edit, start, undefined);
    if (end !== undefined) return end;
    edit.copied = copied;
    writer.length = length;
    edit.misfits.length = misfits;
    edit.extra = undefined;
    if (columns.isRecord) holdNothing(edit.asked);
    return conformMembers(columns, edit, start, overriddenIn(edit.source, start))!;
  };
}

/**
 * @param overridden positions of members that a later one of the same name overrides; undefined in the first mode
 * @returns where the object ends; undefined if the first mode has to be given up
 */
function conformMembers(
  columns: Columns,
  edit: RecordEdit,
  start: number,
  overridden: ReadonlySet<number> | undefined,
): number | undefined {
  const { source } = edit;
  const { bytes, view } = source;
  const object = ++edit.objects;
  let extra: ExtraMembers | undefined;
  let isAnyWaiting = false;
  let isEmpty = true;
  let { sequence } = columns;
  let from = start + 1;
  let at = from;
  for (let position = 0; ; position++) {
    if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
    if (bytes[at] === closeBrace) break;
    if (position > 0) at++; // The comma.
    if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
    const nameAt = at;
    let spelling = sequence.next;
    if (spelling !== undefined && isToken(spelling.token, view, at)) {
      at += spelling.token.length;
    } else {
      const nameEnd = skipString(source, at);
      spelling = columns.spellings.get(nameIn(bytes, at, nameEnd));
      sequence.next = spelling;
      at = skipSpace(bytes, nameEnd) + 1;
    }
    if (bytes[at]! <= 0x20) at = skipSpace(bytes, at);
    const valueAt = at;
    if (spelling === undefined || overridden?.has(position)) {
      at = skipValue(source, at);
      leaveOut(edit, from, at);
      if (spelling?.column.isSelected ?? columns.keepsExtra) keepMember(columns, edit, nameAt, valueAt, at);
    } else {
      const { column } = spelling;
      if (spelling.sequence.object === object) return undefined;
      spelling.sequence.object = object;
      if (!column.isSelected) {
        at = skipValue(source, at);
        leaveOut(edit, from, at);
        if (column.askedAs !== -1) answerUnselected(column, edit, valueAt);
      } else if (column.hasOthers && (overridden !== undefined || spelling.isAlias)) {
        at = skipValue(source, at);
        leaveOut(edit, from, at);
        spelling.sequence.waitsIn = object;
        spelling.sequence.from = valueAt;
        spelling.sequence.to = at;
        isAnyWaiting = true;
      } else {
        if (isEmpty && position > 0) leaveOut(edit, from, nameAt); // The comma behind what was left out.
        isEmpty = false;
        const writtenAt = edit.writer.length + valueAt - edit.copied;
        if (isNull(bytes, at)) at += 4;
        else at = isTextFor(column, source, at) ? skipString(source, at) : column.conform(edit, at);
        if (column.askedAs !== -1) holdWritten(edit.asked[column.askedAs]!, edit, valueAt, at, writtenAt);
        if (column.hasOthers) note(column, edit, object, valueAt, at);
      }
    }
    if (spelling !== undefined) ({ sequence } = spelling);
    if (edit.extra !== undefined) extra = addExtra(extra, nameIn(bytes, nameAt, skipString(source, nameAt)), edit);
    from = at;
  }
  if ((isAnyWaiting && hasNews(columns, source, object)) || columns.carried.length > 0) {
    const decided = decideValues(columns, edit, object, extra);
    if (decided === undefined) return undefined;
    ({ extra } = decided);
    for (const [column, text] of decided.texts) {
      append(edit, at, isEmpty, column.name, text);
      isEmpty = false;
      if (column.askedAs !== -1) holdText(edit.asked[column.askedAs]!, text);
    }
  }
  edit.extra = extraObject(extra);
  if (columns.isRecord) appendExtra(columns, edit, at, isEmpty);
  return at + 1;
}

/** Keeps a member that has no column, or that a later one overrides. A null that has no column is only counted. */
function keepMember(columns: Columns, edit: RecordEdit, nameAt: number, from: number, to: number): void {
  const { source } = edit;
  const name = nameIn(source.bytes, nameAt, skipString(source, nameAt));
  keep(edit, pathOf(columns, name), source, from, to);
  if (isNull(source.bytes, from) && !columns.spellings.has(name)) edit.extra = undefined;
}

/** Notes what was written for a column: the text of the source, unless it was changed. */
function holdWritten(held: Held, edit: RecordEdit, from: number, to: number, writtenAt: number): void {
  if (edit.copied <= from) {
    hold(held, edit.source, from, to);
  } else {
    copyUntil(edit, to);
    hold(held, edit.writer, writtenAt, edit.writer.length);
  }
}

function holdText(held: Held, text: string): void {
  const written = viewed(Buffer.from(text));
  hold(held, written, 0, written.bytes.length);
}

/** Notes the value of an asked column that is not selected. The first of its names that has a value counts. */
function answerUnselected(column: Column, edit: RecordEdit, from: number): void {
  const { source } = edit;
  const held = edit.asked[column.askedAs]!;
  if (isNull(source.bytes, from) || holdsValue(held)) return;
  if (isTextFor(column, source, from)) hold(held, source, from, skipString(source, from));
  else holdText(held, editUnnoticed(edit, column.conform, source, from));
}

/** True for a string in a column that holds it as it is. */
function isTextFor({ holdsText }: Column, { bytes }: JsonSource, at: number): boolean {
  return holdsText && bytes[at] === quote;
}

/** Notes where a column was written from, as it may come under another name as well. */
function note({ sighting }: Column, edit: RecordEdit, object: number, from: number, to: number): void {
  sighting.object = object;
  sighting.from = from;
  sighting.to = to;
  sighting.isWhole = edit.extra === undefined;
}

/** Writes a column in front of the brace that ends an object. */
function append(edit: RecordEdit, at: number, isFirst: boolean, name: string, text: string): void {
  replace(edit, at, at, `${isFirst ? '' : ','}${JSON.stringify(name)}:${text}`);
}

function appendExtra({ keepsExtra }: Columns, edit: RecordEdit, at: number, isEmpty: boolean): void {
  if (keepsExtra) {
    // Nearly every record has no extra, so these bytes are ready.
    if (edit.extra === undefined && !isEmpty) insert(edit, at, nullExtra);
    else append(edit, at, isEmpty, extraColumn, edit.extra ?? 'null');
  }
  edit.extra = undefined;
}

const nullExtra = viewed(Buffer.from(`,"${extraColumn}":null`));
