/** Conversion rules of columns that hold objects and arrays. */
import { viewed } from '../json/byte-writer.ts';
import { editApart, insert, leaveOut } from '../json/edit.ts';
import { overriddenIn, repeatsNames } from '../json/names.ts';
import { readJson } from '../json/read.ts';
import {
  closeBrace,
  closeBracket,
  isDeeperThan,
  isNested,
  isNull,
  type JsonText,
  memberIn,
  nameIn,
  newSource,
  openBrace,
  openBracket,
  quote,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  textIn,
} from '../json/scan.ts';
import { addExtra, type ExtraMembers, extraObject } from './extra.ts';
import { extraText, isTooDeep, moveToExtra, type RecordEdit, type Rule, replaceBy } from './record-edit.ts';
import { idAt, isEmptyString, stringIn } from './scalar-rules.ts';

/**
 * For an object with declared fields. A string with the JSON of an object becomes that object, "" becomes null, and an id
 * becomes an object that holds it.
 *
 * @param conform the rule of an object
 */
export function objectOrIdRule(conform: Rule, path: string, holdsId: boolean): Rule {
  return (edit, at) => {
    const { source } = edit;
    if (source.bytes[at] === openBrace) return conform(edit, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return replaceBy(edit, 'null', at, end);
    const inText = nestedInText(edit, at, end, openBrace);
    if (inText !== undefined) return replaceBy(edit, editApart(edit, conform, inText.source, inText.from), at, end);
    const id = holdsId ? idAt(source, at, end) : undefined;
    if (id === undefined) return moveToExtra(edit, path, at, end);
    return replaceBy(edit, editApart(edit, conform, newSource(Buffer.from(`{"id":${id}}`)), 0), at, end);
  };
}

/**
 * For the number of another record. An object with an `id` becomes that number, and the rest of it goes into `_extra`.
 *
 * @param conform the rule of a number
 * @param conformId the rule of an object that has such a number as `id`
 */
export function recordIdRule(conform: Rule, conformId: Rule, path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    if (source.bytes[at] !== openBrace) return conform(edit, at);
    const end = skipValue(source, at);
    const { length } = edit.misfits;
    const conformed = newSource(Buffer.from(editApart(edit, conformId, source, at)));
    const id = memberIn(conformed, 0, 'id');
    if (id !== undefined && !isNull(conformed.bytes, id.from)) {
      return replaceBy(edit, textIn(conformed.bytes, id.from, id.to), at, end);
    }
    edit.misfits.length = length;
    return moveToExtra(edit, path, at, end);
  };
}

/**
 * For an object without declared fields, whose content is the merchant's or unknown. An object stays as it is. Any other value
 * x becomes {"value": x}. A string with the JSON of an object or array is treated like that object or array.
 */
export function freeObjectRule(path: string): Rule {
  const copy = copyRule(path);
  const wrap: Rule = (edit, at) => {
    insert(edit, at, beforeValue);
    const end = copy(edit, at);
    insert(edit, end, afterValue);
    return end;
  };
  return (edit, at) => {
    const { source } = edit;
    if (source.bytes[at] === openBrace) return copy(edit, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return replaceBy(edit, 'null', at, end);
    const object = nestedInText(edit, at, end, openBrace);
    if (object !== undefined) return replaceBy(edit, editApart(edit, copy, object.source, object.from), at, end);
    const array = nestedInText(edit, at, end, openBracket);
    if (array !== undefined) return replaceBy(edit, editApart(edit, wrap, array.source, array.from), at, end);
    return isNested(source.bytes[at]) && isTooDeep(source, at) ? moveToExtra(edit, path, at, end) : wrap(edit, at);
  };
}

const beforeValue = viewed(Buffer.from('{"value":'));
const afterValue = viewed(Buffer.from('}'));

/** For an array. A string with the JSON of an array becomes that array, "" becomes null. */
export function arrayRule(conformItem: Rule, path: string): Rule {
  const conform: Rule = (edit, at) => conformItems(edit, at, conformItem);
  return (edit, at) => {
    const { source } = edit;
    if (source.bytes[at] === openBracket) return conform(edit, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return replaceBy(edit, 'null', at, end);
    const inText = nestedInText(edit, at, end, openBracket);
    if (inText === undefined) return moveToExtra(edit, path, at, end);
    return replaceBy(edit, editApart(edit, conform, inText.source, inText.from), at, end);
  };
}

function conformItems(edit: RecordEdit, start: number, conformItem: Rule): number {
  const { bytes } = edit.source;
  let extra: ExtraMembers | undefined;
  let at = skipSpace(bytes, start + 1);
  for (let index = 0; bytes[at] !== closeBracket; index++) {
    if (index > 0) at = skipSpace(bytes, at + 1);
    at = isNull(bytes, at) ? at + 4 : conformItem(edit, at);
    if (edit.extra !== undefined) extra = addExtra(extra, String(index), edit);
    at = skipSpace(bytes, at);
  }
  edit.extra = extraObject(extra);
  return at + 1;
}

/** JSON in a string that is nested more deeply stays a string. */
const maxDepthInText = 100;

/** The object or array that JSON text in a string holds, if it holds one. */
function nestedInText(edit: RecordEdit, from: number, to: number, opening: number): JsonText | undefined {
  if (edit.source.bytes[from] !== quote) return undefined;
  const text = stringIn(edit.source, from, to).trim();
  if (text.charCodeAt(0) !== opening) return undefined;
  try {
    const nested = readJson(edit.reader, Buffer.from(text), 0);
    return isDeeperThan(maxDepthInText, nested.source, nested.from) ? undefined : nested;
  } catch {
    return undefined;
  }
}

/** Copies any value. Only nesting that is too deep, and names that an object has twice, are not copied as they are. */
function copyRule(path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    const end = skipValue(source, at);
    if (!isNested(source.bytes[at])) return end;
    if (isTooDeep(source, at)) return moveToExtra(edit, path, at, end);
    return repeatsNames(edit.names, source, at) ? copyDistinct(edit, at, path) : end;
  };
}

/** Copies a value in which names are repeated (rare): the last member of a name is copied, the others go into `_extra`. */
function copyDistinct(edit: RecordEdit, at: number, path: string): number {
  const opening = edit.source.bytes[at];
  if (opening === openBracket) return conformItems(edit, at, (_, item) => copyDistinct(edit, item, path));
  return opening === openBrace ? copyMembers(edit, at, path) : skipValue(edit.source, at);
}

function copyMembers(edit: RecordEdit, start: number, path: string): number {
  const { source } = edit;
  const { bytes } = source;
  const overridden = overriddenIn(source, start);
  let extra: ExtraMembers | undefined;
  let at = skipSpace(bytes, start + 1);
  for (let position = 0; bytes[at] !== closeBrace; position++) {
    const nameAt = at;
    const nameEnd = skipString(source, at);
    const valueAt = skipColon(bytes, nameEnd);
    if (overridden.has(position)) {
      at = skipValue(source, valueAt);
      edit.misfits.push({ path, type: 'object with a repeated name' });
      edit.extra = extraText(edit, source, valueAt, at);
      // Another member follows, so there is a comma.
      at = skipSpace(bytes, skipSpace(bytes, at) + 1);
      leaveOut(edit, nameAt, at);
    } else {
      at = skipSpace(bytes, copyDistinct(edit, valueAt, path));
      if (bytes[at] !== closeBrace) at = skipSpace(bytes, at + 1);
    }
    if (edit.extra !== undefined) extra = addExtra(extra, nameIn(bytes, nameAt, nameEnd), edit);
  }
  edit.extra = extraObject(extra);
  return at + 1;
}
