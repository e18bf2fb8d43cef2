/**
 * How an object with declared properties is conformed: each member under the column that is named for it, whatever their
 * order, names that are aliases of one another, and members that come twice.
 */

import { edit, editedApart, insert, leaveOut, replace } from '../json/edit.ts';
import { parseExact, stringifyExact } from '../json/exact.ts';
import { closeBrace, isNull, nameIn, skipSpace, skipString, skipValue, textIn } from '../json/scan.ts';
import { isToken, type Token, tokenOf } from '../json/token.ts';
import type { Schema } from '../schema.ts';
import { type Extra, extraColumn, extraText, keepLeftover } from './extra.ts';
import { keep, misfit, type Rule } from './scalar-rules.ts';

export interface ConformOptions {
  /** Columns whose values are told, whether they are selected or not. */
  readonly asked?: readonly string[];
  /** Columns that get a value from elsewhere where the record has none. */
  readonly carried?: readonly string[];
}

/** Compiles the rule of a property. */
export type RuleFor = (schema: Schema, selected: Schema, path: string) => Rule;

/** Of the record that is conformed: the values of its asked columns, and those of its carried columns, as JSON text. */
export const conforming = {
  asked: [] as (string | undefined)[],
  carried: {} as Readonly<Record<string, string>>,
};

const nullExtra = Buffer.from(`,"${extraColumn}":null`);

/** A column of an object. */
interface Column {
  readonly name: string;
  readonly conform: Rule;
  readonly isSelected: boolean;
  readonly askedAs: number;
  /** True if it can come under another name, or from elsewhere. */
  readonly hasOthers: boolean;
  /** The object in which it was last told, by number, and its value there. */
  toldIn: number;
  from: number;
  to: number;
  /** Whether it fit; then the same value under another name says nothing new. */
  isPlain: boolean;
}

/** A name under which a column may come: its own, or an alias. */
interface Spelling {
  readonly name: string;
  readonly isAlias: boolean;
  /** The name as JSON text, with the colon behind it. */
  readonly token: Token;
  readonly column: Column;
  /** The object in which it last came. */
  seenIn: number;
  /** What came behind it there. */
  next: Spelling | undefined;
}

/** A value that came for a column but not in its place. */
interface Deferred {
  readonly spelling: Pick<Spelling, 'name' | 'isAlias'>;
  readonly column: Column;
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** Objects that were conformed, so that each has a number. */
let objects = 0;

/** The rule of an object with declared properties; `path` is '' for the record itself. */
export function objectRule(
  schema: Schema,
  selected: Schema,
  path: string,
  ruleFor: RuleFor,
  options: ConformOptions = {},
): Rule {
  const isRecord = path === '';
  const keepsExtra = !isRecord || selected.properties?.[extraColumn] !== undefined;
  const spellings = new Map<string, Spelling>();
  const carriedColumns: Column[] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const aliases = property['x-aliases'] ?? [];
    const selectedProperty = selected.properties?.[name];
    const column: Column = {
      name,
      conform: ruleFor(property, selectedProperty ?? property, pathOf(name)),
      isSelected: selectedProperty !== undefined,
      askedAs: options.asked?.indexOf(name) ?? -1,
      hasOthers: aliases.length > 0 || (options.carried?.includes(name) ?? false),
      ...{ toldIn: 0, from: 0, to: 0, isPlain: false },
    };
    if (options.carried?.includes(name)) carriedColumns.push(column);
    for (const spelling of [name, ...aliases]) {
      const token = tokenOf(`${JSON.stringify(spelling)}:`);
      spellings.set(spelling, {
        name: spelling,
        isAlias: spelling !== name,
        token,
        column,
        seenIn: 0,
        next: undefined,
      });
    }
  }
  // The records of a list have their fields in the same order, so the name is mostly known before it is looked up.
  let first: Spelling | undefined;

  function pathOf(name: string): string {
    return isRecord ? name : `${path}.${name}`;
  }

  return (source, start) => {
    const { copied, writer } = edit;
    const { length } = writer;
    const known = misfit.all.length;
    const end = walk(source, start, undefined);
    if (end !== undefined) return end;
    // Rare: a name came twice, or a column is null under one name and not under another.
    edit.copied = copied;
    writer.length = length;
    misfit.all.length = known;
    misfit.leftover = undefined;
    return walk(source, start, repeatedIn(source, start))!;
  };

  /**
   * @param repeated members that are overridden by a later one of the same name. Without it, every value is expected to
   * come once and in its place; undefined is returned if that turns out to be wrong
   */
  function walk(source: Buffer, start: number, repeated: ReadonlySet<number> | undefined): number | undefined {
    const number = ++objects;
    let extra: Extra | undefined;
    let deferred: Deferred[] | undefined;
    let isEmpty = true;
    let before: Spelling | undefined;
    let from = start + 1;
    let at = from;
    for (let position = 0; ; position++) {
      if (source[at]! <= 0x20) at = skipSpace(source, at);
      if (source[at] === closeBrace) break;
      if (position > 0) at++; // The comma.
      if (source[at]! <= 0x20) at = skipSpace(source, at);
      const nameAt = at;
      let spelling = before === undefined ? first : before.next;
      if (spelling !== undefined && isToken(spelling.token, at)) {
        at += spelling.token.length;
      } else {
        const nameEnd = skipString(source, at);
        spelling = spellings.get(nameIn(source, at, nameEnd));
        if (before !== undefined) before.next = spelling;
        else if (position === 0) first = spelling;
        at = skipSpace(source, nameEnd) + 1;
      }
      before = spelling ?? before;
      if (source[at]! <= 0x20) at = skipSpace(source, at);
      const valueAt = at;
      if (spelling === undefined || repeated?.has(position)) {
        at = skipValue(source, at);
        leaveOut(from, at);
        if (keepsExtra) keep(pathOf(nameIn(source, nameAt, skipString(source, nameAt))), source, valueAt, at);
      } else {
        const { column } = spelling;
        if (spelling.seenIn === number) return undefined;
        spelling.seenIn = number;
        if (!column.isSelected) {
          at = skipValue(source, at);
          leaveOut(from, at);
          if (column.askedAs !== -1) tell(column, source, valueAt);
        } else if (column.hasOthers && (repeated !== undefined || spelling.isAlias)) {
          at = skipValue(source, at);
          leaveOut(from, at);
          deferred ??= [];
          deferred.push({ spelling, column, bytes: source, from: valueAt, to: at });
        } else {
          if (isEmpty && position > 0) leaveOut(from, nameAt); // The comma behind what was left out.
          isEmpty = false;
          edit.replacement = undefined;
          at = isNull(source, at) ? at + 4 : column.conform(source, at);
          if (column.askedAs !== -1) conforming.asked[column.askedAs] = edit.replacement ?? textIn(source, valueAt, at);
          if (column.hasOthers) {
            column.toldIn = number;
            column.from = valueAt;
            column.to = at;
            column.isPlain = misfit.leftover === undefined;
          }
        }
      }
      if (misfit.leftover !== undefined) {
        extra = keepLeftover(extra, nameIn(source, nameAt, skipString(source, nameAt)));
      }
      from = at;
    }
    if (deferred !== undefined || carriedColumns.length > 0) {
      const settled = settle(source, number, deferred, extra);
      if (settled === undefined) return undefined;
      extra = settled.extra;
      for (const [column, text] of settled.texts) {
        append(at, isEmpty, column.name, text);
        isEmpty = false;
        if (column.askedAs !== -1) conforming.asked[column.askedAs] = text;
      }
    }
    misfit.leftover = extra && extraText(extra);
    if (isRecord) {
      if (keepsExtra) {
        // Nearly always, so it has its bytes ready.
        if (misfit.leftover === undefined && !isEmpty) insert(at, nullExtra);
        else append(at, isEmpty, extraColumn, misfit.leftover ?? 'null');
      }
      misfit.leftover = undefined;
    }
    return at + 1;
  }

  /**
   * One fact that came under several names is told once, under the first that says something. What another says beside it
   * is kept in `_extra`.
   *
   * @returns columns to be written; undefined if one of them already has been, and says nothing
   */
  function settle(
    source: Buffer,
    number: number,
    deferred: readonly Deferred[] | undefined,
    extraSoFar: Extra | undefined,
  ): { texts: ReadonlyMap<Column, string>; extra: Extra | undefined } | undefined {
    let extra = extraSoFar;
    const told = (column: Column) => (column.toldIn === number ? toldText(source, column) : texts.get(column));
    const texts = new Map<Column, string>();
    const news = (deferred ?? []).filter((value) => !isToldAlready(value, number));
    if (news.length > 1) news.sort((one, other) => Number(one.spelling.isAlias) - Number(other.spelling.isAlias));
    if (carriedColumns.length > 0) news.push(...carriedValues(source, number));
    if (news.length === 0) return { texts: noTexts, extra: extraSoFar };
    for (const { spelling, column, bytes, from, to } of news) {
      const text = isNull(bytes, from) ? 'null' : editedApart(column.conform, bytes, from);
      const before = told(column) ?? 'null';
      if (before === 'null') {
        if (column.toldIn !== number) texts.set(column, text);
        else if (text !== 'null') return undefined;
      } else if (text !== 'null' && !isSameJson(text, before)) {
        keep(pathOf(spelling.name), bytes, from, to);
      }
      if (misfit.leftover !== undefined) extra = keepLeftover(extra, spelling.name);
    }
    return { texts, extra };
  }

  function carriedValues(source: Buffer, number: number): Deferred[] {
    return carriedColumns.flatMap((column) => {
      const { name, isSelected } = column;
      const text = conforming.carried[name];
      if (text === undefined || !isSelected) return [];
      if (column.toldIn === number && !isNull(source, column.from)) return [];
      return [
        { spelling: { name, isAlias: true }, column, bytes: Buffer.from(text), from: 0, to: Buffer.byteLength(text) },
      ];
    });
  }
}

const noTexts: ReadonlyMap<Column, string> = new Map();

/** Writes a column in front of the brace that ends an object. */
function append(at: number, isFirst: boolean, name: string, text: string): void {
  replace(at, at, `${isFirst ? '' : ','}${JSON.stringify(name)}:${text}`);
}

/** What the column holds that was told in its place. */
function toldText(source: Buffer, { conform, from }: Column): string {
  return isNull(source, from) ? 'null' : unnoticed(() => editedApart(conform, source, from));
}

function isToldAlready({ column, bytes, from, to }: Deferred, number: number): boolean {
  return column.toldIn === number && column.isPlain && isSameText(bytes, column, from, to);
}

/** Tells a column that is not written. */
function tell({ askedAs, conform }: Column, source: Buffer, at: number): void {
  if (isNull(source, at) || (conforming.asked[askedAs] ?? 'null') !== 'null') return;
  conforming.asked[askedAs] = unnoticed(() => editedApart(conform, source, at));
}

/** The text of what is not written, or already has been: nothing that does not fit in it counts. */
function unnoticed(work: () => string): string {
  const known = misfit.all.length;
  const { leftover } = misfit;
  const text = work();
  misfit.all.length = known;
  misfit.leftover = leftover;
  return text;
}

/** The positions of members that a later one of the same name overrides. */
function repeatedIn(source: Buffer, start: number): ReadonlySet<number> {
  const last = new Map<string, number>();
  const repeated = new Set<number>();
  let at = skipSpace(source, start + 1);
  for (let position = 0; source[at] !== closeBrace; position++) {
    if (position > 0) at = skipSpace(source, at + 1);
    const nameAt = at;
    at = skipString(source, at);
    const name = nameIn(source, nameAt, at);
    const before = last.get(name);
    if (before !== undefined) repeated.add(before);
    last.set(name, position);
    at = skipSpace(source, skipSpace(source, at) + 1);
    at = skipSpace(source, skipValue(source, at));
  }
  return repeated;
}

function isSameText(source: Buffer, { from, to }: Column, otherFrom: number, otherTo: number): boolean {
  if (otherTo - otherFrom !== to - from) return false;
  for (let index = 0; index < to - from; index++) {
    if (source[from + index] !== source[otherFrom + index]) return false;
  }
  return true;
}

function isSameJson(one: string, other: string): boolean {
  return one === other || stringifyExact(parseExact(one)) === stringifyExact(parseExact(other));
}
