/**
 * Makes a record fit its schema without losing anything.
 *
 * A column has one type. A value of another type is converted where that loses nothing, by the rules of `scalar-rules.ts` and
 * `nested-rules.ts`. A value that its column cannot hold goes into `_extra`, and so does a field without a column: under the
 * same names and in the same nesting as in the record, array items under their index. So every leaf of a record is written, in
 * its column or in `_extra`. One thing is not: a null under a name that is not declared says nothing, and is only counted.
 *
 * A record is conformed in its text: what is right is copied, and the rest is replaced. The rules are compiled once for each
 * stream, and share one edit.
 */
import type { ByteWriter } from '../json/byte-writer.ts';
import { beginEdit, copyUntil } from '../json/edit.ts';
import type { JsonText } from '../json/scan.ts';
import { type Schema, typeOf } from '../schema.ts';
import { type ConformOptions, compileColumns } from './columns.ts';
import { type Held, holdNothing } from './held.ts';
import { arrayRule, freeObjectRule, objectOrIdRule, recordIdRule } from './nested-rules.ts';
import { objectRule } from './object-rule.ts';
import { type Misfit, newRecordEdit, type Rule } from './record-edit.ts';
import { booleanRule, dateRule, integerRule, numberRule, stringRule } from './scalar-rules.ts';
import { extraColumn } from './schemas.ts';

export interface Conformed {
  /** What the asked columns hold. Only until the next record is conformed. */
  readonly asked: readonly Held[];
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
 * Compiles a schema into a function that conforms one record after the other.
 *
 * @param schema every column, with the aliases of `catalogs/`
 * @param selected the same schema without the columns that are not selected: their values are not written and not counted
 * @throws Error for a schema that has something without a rule
 */
export function compileConform(schema: Schema, selected: Schema, options: ConformOptions = {}): ConformRecord {
  const { [extraColumn]: _, ...properties } = schema.properties ?? {};
  const conform = objectRule(compileColumns({ ...schema, properties }, selected, '', ruleFor, options));
  const edit = newRecordEdit(options.asked?.length ?? 0);
  return (record, writer, carried = noneCarried) => {
    holdNothing(edit.asked);
    edit.carried = carried;
    // Nearly no record has misfits.
    if (edit.misfits.length > 0) edit.misfits = [];
    edit.extra = undefined;
    beginEdit(edit, record.source, record.from, writer);
    copyUntil(edit, conform(edit, record.from));
    return edit;
  };
}

const noneCarried: Readonly<Record<string, string>> = {};

function ruleFor(schema: Schema, selected: Schema, path: string): Rule {
  switch (typeOf(schema)) {
    case 'boolean':
      return booleanRule(path);
    case 'integer': {
      const conform = integerRule(path);
      if (!schema['x-record-id']) return conform;
      const holder: Schema = { type: 'object', properties: { id: { type: schema.type } } };
      return recordIdRule(conform, objectRule(compileColumns(holder, holder, path, ruleFor, {})), path);
    }
    case 'number':
      return numberRule(path);
    case 'string':
      return schema.format === 'date-time' ? dateRule(path) : stringRule(path);
    case 'array':
      if (schema.items === undefined) break;
      return arrayRule(ruleFor(schema.items, selected.items ?? schema.items, `${path}[]`), path);
    case 'object': {
      if (schema.properties === undefined) return freeObjectRule(path);
      const { id } = schema.properties;
      const holdsId = id !== undefined && typeOf(id) === 'integer';
      return objectOrIdRule(objectRule(compileColumns(schema, selected, path, ruleFor, {})), path, holdsId);
    }
  }
  throw new Error(`no rule for ${path}: ${JSON.stringify(schema)}`);
}
