/**
 * Makes a record fit its schema without losing anything.
 *
 * A column has one type. What Paystack sends is turned into it where that loses nothing, by the rules of `scalar-rules.ts`.
 * What a column cannot hold, and what no column is declared for, goes into `_extra`, under the same names and in the same
 * nesting as in the record; array items under their index. So every leaf that came in goes out, in its column or in
 * `_extra`.
 *
 * A record is conformed in its text: what is right is copied, what is not is replaced, and no value is made of either.
 * The rules are compiled once for each stream.
 */
import type { ByteWriter } from '../json/byte-writer.ts';
import { beginEdit, copyUntil, editedApart, replace } from '../json/edit.ts';
import { closeBracket, isNull, type JsonText, openBrace, openBracket, skipSpace, skipValue } from '../json/scan.ts';
import { type Schema, typeOf } from '../schema.ts';
import { type Extra, extraColumn, extraText, keepLeftover } from './extra.ts';
import { type ConformOptions, conforming, objectRule } from './object-rule.ts';
import {
  anythingRule,
  booleanRule,
  dateRule,
  freeObjectRule,
  idAt,
  integerRule,
  isEmptyString,
  type Misfit,
  misfit,
  nestedInText,
  nothing,
  numberRule,
  type Rule,
  refuse,
  stringRule,
} from './scalar-rules.ts';

export interface Conformed {
  /** What the asked columns hold, as JSON text; undefined where nothing was sent. */
  readonly asked: readonly (string | undefined)[];
  readonly misfits: readonly Misfit[];
}

/**
 * Conforms one record.
 *
 * @param record an object
 * @param writer gets its text
 * @param carried values of the carried columns, as JSON text
 */
export type ConformRecord = (
  record: JsonText,
  writer: ByteWriter,
  carried?: Readonly<Record<string, string>>,
) => Conformed;

/**
 * Compiles a schema into a function that conforms one record.
 *
 * @param schema every column, with the aliases of `catalogs/`
 * @param selected the same schema without the columns that are not selected: they are dropped without a word
 */
export function compileConform(schema: Schema, selected: Schema, options: ConformOptions = {}): ConformRecord {
  const { [extraColumn]: _, ...properties } = schema.properties ?? {};
  const conform = objectRule({ ...schema, properties }, selected, '', ruleFor, options);
  return (record, writer, fromElsewhere = {}) => {
    const asked = new Array<string | undefined>(options.asked?.length ?? 0);
    conforming.asked = asked;
    conforming.carried = fromElsewhere;
    misfit.all = [];
    misfit.leftover = undefined;
    beginEdit(record.bytes, record.from, writer);
    copyUntil(conform(record.bytes, record.from));
    return { asked, misfits: misfit.all };
  };
}

function ruleFor(schema: Schema, selected: Schema, path: string): Rule {
  switch (typeOf(schema)) {
    case 'boolean':
      return booleanRule(path);
    case 'integer':
      return integerRule(path);
    case 'number':
      return numberRule(path);
    case 'string':
      return schema.format === 'date-time' ? dateRule(path) : stringRule(path);
    case 'array':
      return arrayRule(schema, selected, path);
    case 'object':
      return schema.properties === undefined ? freeObjectRule(path) : typedObjectRule(schema, selected, path);
    default:
      return anythingRule(path);
  }
}

/** JSON text that holds an object is that object, "" is null, an id is an object that holds it. */
function typedObjectRule(schema: Schema, selected: Schema, path: string): Rule {
  const conform = objectRule(schema, selected, path, ruleFor);
  const holdsId = schema.properties?.['id'] !== undefined && typeOf(schema.properties['id']) === 'integer';
  return (source, at) => {
    if (source[at] === openBrace) return conform(source, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return nothing(at, end);
    const inText = nestedInText(source, at, end, openBrace);
    if (inText !== undefined) return replaceBy(editedApart(conform, inText.bytes, inText.from), at, end);
    const id = holdsId ? idAt(source, at, end) : undefined;
    if (id === undefined) return refuse(path, source, at, end);
    return replaceBy(editedApart(conform, Buffer.from(`{"id":${id}}`), 0), at, end);
  };
}

function replaceBy(text: string, from: number, to: number): number {
  replace(from, to, text);
  return to;
}

/** JSON text that holds an array is that array, "" is null. */
function arrayRule(schema: Schema, selected: Schema, path: string): Rule {
  const { items } = schema;
  const conform =
    items === undefined || typeOf(items) === undefined
      ? anythingRule(path)
      : itemsRule(ruleFor(items, selected.items ?? items, `${path}[]`));
  return (source, at) => {
    if (source[at] === openBracket) return conform(source, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return nothing(at, end);
    const inText = nestedInText(source, at, end, openBracket);
    if (inText === undefined) return refuse(path, source, at, end);
    return replaceBy(editedApart(conform, inText.bytes, inText.from), at, end);
  };
}

function itemsRule(conformItem: Rule): Rule {
  return (source, start) => {
    let extra: Extra | undefined;
    let at = skipSpace(source, start + 1);
    for (let index = 0; source[at] !== closeBracket; index++) {
      if (index > 0) at = skipSpace(source, at + 1);
      at = isNull(source, at) ? at + 4 : conformItem(source, at);
      if (misfit.leftover !== undefined) extra = keepLeftover(extra, String(index));
      at = skipSpace(source, at);
    }
    misfit.leftover = extra && extraText(extra);
    return at + 1;
  };
}
