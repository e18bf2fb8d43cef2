/**
 * Makes a record fit its schema without losing anything.
 *
 * A column has one type. What Paystack sends is turned into it where that loses nothing (the functions below, each with
 * its rule). What a column cannot hold, and what no column is declared for, goes into `_extra`, under the same names and
 * in the same nesting as in the record; array items under their index. So every leaf that came in goes out, in its
 * column or in `_extra`.
 *
 * The rules are compiled once for each stream into closures; the record itself is changed in place, because nobody else
 * holds it and most of it is right as it is.
 */
import { instantOf } from './dates.ts';
import { exactDigits, exactNumber } from './json.ts';
import { type Schema, typeOf } from './schema.ts';
import { isId, isObject, jsonType, objectInText, sameValue, valueInText } from './values.ts';

type Conform = (value: unknown) => unknown;

/** Something that went into `_extra`: where it stood, and the JSON type of what came. Never the value. */
export interface Misfit {
  /** `customer.new_field`, `log.history[].time` */
  readonly path: string;
  readonly type: string;
}

type OnMisfit = (path: string, type: string) => void;

export interface Conformed {
  readonly record: Record<string, unknown>;
  readonly misfits: readonly Misfit[];
}

export const extraColumn = '_extra';

/** What the last conformer could not put into its column. One place serves all, since conforming never waits. */
let leftover: unknown;

/**
 * Compiles a schema into a function that conforms one record, in place where it can.
 *
 * @param schema every column, with the aliases of `catalogs/`
 * @param selected the same schema without the columns that are not selected: they are dropped without a word
 */
export function compileConform(schema: Schema, selected: Schema): (record: object) => Conformed {
  const { [extraColumn]: _, ...properties } = schema.properties ?? {};
  const columns = { ...schema, properties };
  let misfits: Misfit[] = none;
  const onMisfit: OnMisfit = (path, type) => {
    if (misfits === none) misfits = [];
    misfits.push({ path, type });
  };
  const keepsExtra = selected.properties?.[extraColumn] !== undefined;
  const conform = keepsExtra
    ? objectConformer(columns, selected, '', onMisfit)
    : columnPicker(columns, selected, onMisfit);
  return (sent) => {
    misfits = none;
    const record = conform(sent as Record<string, unknown>) as Record<string, unknown>;
    if (keepsExtra) record[extraColumn] = leftover ?? null;
    leftover = undefined;
    return { record, misfits };
  };
}

const none: Misfit[] = [];

function conformerFor(schema: Schema, selected: Schema, path: string, onMisfit: OnMisfit): Conform {
  const misfit: Conform = (value) => {
    onMisfit(path, jsonType(value));
    leftover = value;
    return null;
  };
  switch (typeOf(schema)) {
    case 'boolean':
      return (value) => conformBoolean(value, misfit);
    case 'integer':
      return (value) => conformInteger(value, misfit);
    case 'number':
      return (value) => conformNumber(value, misfit);
    case 'string':
      return schema.format === 'date-time'
        ? (value) => conformDate(value, path, onMisfit, misfit)
        : (value) => conformString(value, misfit);
    case 'array':
      return arrayConformer(schema, selected, path, onMisfit, misfit);
    case 'object':
      return schema.properties === undefined
        ? conformFreeObject
        : typedObjectConformer(schema, selected, path, onMisfit, misfit);
    default:
      return (value) => value;
  }
}

/** 0 and 1 are false and true. */
function conformBoolean(value: unknown, misfit: Conform): unknown {
  if (typeof value === 'boolean' || value === null) return value;
  if (value === 0 || value === 1) return value === 1;
  return misfit(value);
}

/** Digits in a string are an integer. What 64 bits, signed or not, do not hold is none: no warehouse could store it. */
function conformInteger(value: unknown, misfit: Conform): unknown {
  if (Number.isSafeInteger(value) || value === null) return value;
  const digits = exactDigits(value) ?? value;
  if (typeof digits !== 'string' || !/^-?(?:0|[1-9]\d{0,19})$/.test(digits)) return misfit(value);
  const integer = BigInt(digits);
  return integer >= -(2n ** 63n) && integer < 2n ** 64n ? exactNumber(digits) : misfit(value);
}

/** A number in a string is a number, with the same digits. */
function conformNumber(value: unknown, misfit: Conform): unknown {
  if (typeof value === 'number' || value === null || exactDigits(value) !== undefined) return value;
  if (typeof value !== 'string' || !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) return misfit(value);
  return exactNumber(value);
}

/** A number is a string with its digits. */
function conformString(value: unknown, misfit: Conform): unknown {
  if (typeof value === 'string') return exactDigits(value) ?? value;
  if (typeof value === 'number') return String(value);
  return value === null ? null : misfit(value);
}

/** Dates leave as RFC 3339, UTC, milliseconds; "" is null. A finer date keeps its own text in `_extra` as well. */
function conformDate(value: unknown, path: string, onMisfit: OnMisfit, misfit: Conform): unknown {
  if (value === '' || value === null) return null;
  const instant = typeof value === 'string' ? instantOf(value) : undefined;
  if (instant === undefined) return misfit(value);
  if (!instant.whole) {
    onMisfit(path, 'string');
    leftover = value;
  }
  return instant.text;
}

/** Content is the merchant's: an object as it is, JSON text that holds an object as that object, x as {"value": x}. */
function conformFreeObject(value: unknown): unknown {
  if (value === null || value === '') return null;
  if (isObject(value)) return value;
  return objectInText(value) ?? { value };
}

/** JSON text that holds an object is that object, "" is null, an id is an object that holds it. */
function typedObjectConformer(
  schema: Schema,
  selected: Schema,
  path: string,
  onMisfit: OnMisfit,
  misfit: Conform,
): Conform {
  const conform = objectConformer(schema, selected, path, onMisfit);
  const holdsId = schema.properties?.['id'] !== undefined && typeOf(schema.properties['id']) === 'integer';
  return (value) => {
    if (isObject(value)) return conform(value);
    if (value === null || value === '') return null;
    const inText = objectInText(value);
    if (inText !== undefined) return conform(inText);
    return holdsId && isId(value) ? conform({ id: value }) : misfit(value);
  };
}

/** JSON text that holds an array is that array, "" is null. */
function arrayConformer(schema: Schema, selected: Schema, path: string, onMisfit: OnMisfit, misfit: Conform): Conform {
  const items = schema.items;
  const conformItem =
    items !== undefined && typeOf(items) !== undefined
      ? conformerFor(items, selected.items ?? items, `${path}[]`, onMisfit)
      : undefined;
  return (value) => {
    if (value === null || value === '') return null;
    const array = Array.isArray(value) ? value : valueInText(value, '[');
    if (!Array.isArray(array)) return misfit(value);
    if (conformItem === undefined) return array;
    let extra: Record<string, unknown> | undefined;
    for (let index = 0; index < array.length; index++) {
      array[index] = conformItem(array[index]);
      if (leftover !== undefined) extra = keepLeftover(extra, index);
    }
    leftover = extra;
    return array;
  };
}

interface Field {
  readonly name: string;
  /** How the record spells it: the name, or an alias. */
  readonly spelling: string;
  /** Undefined if the field is not selected. */
  readonly conform: Conform | undefined;
}

/** The conformer of an object with declared properties; `path` is '' for the record itself. */
function objectConformer(
  schema: Schema,
  selected: Schema,
  path: string,
  onMisfit: OnMisfit,
): (object: Record<string, unknown>) => unknown {
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const selectedProperty = selected.properties?.[name];
    const conform = selectedProperty && conformerFor(property, selectedProperty, pathOf(name), onMisfit);
    const spellings = [name, ...(property['x-aliases'] ?? [])];
    for (const spelling of spellings) fields.set(spelling, { name, spelling, conform });
  }
  // The records of a list have their fields in the same order, so the field is mostly known before it is looked up.
  const expected: (Field | undefined)[] = [];

  function pathOf(name: string): string {
    return path === '' ? name : `${path}.${name}`;
  }

  return (object) => {
    let extra: Record<string, unknown> | undefined;
    let aliases: string[] | undefined;
    let position = 0;
    for (const name in object) {
      let field = expected[position];
      if (field?.spelling !== name) {
        field = fields.get(name);
        expected[position] = field;
      }
      position++;
      if (field === undefined) {
        onMisfit(pathOf(name), jsonType(object[name]));
        leftover = object[name];
        remove(object, name);
      } else if (field.conform === undefined) {
        remove(object, name);
      } else if (field.name === name) {
        const sent = object[name];
        const conformed = field.conform(sent);
        if (conformed !== sent) object[name] = conformed;
      } else {
        aliases ??= [];
        aliases.push(name);
      }
      if (leftover !== undefined) extra = keepLeftover(extra, name);
    }
    leftover = aliases === undefined ? extra : foldAliases(object, aliases, extra);
    return object;
  };

  /** One fact under two names is told once. If the two differ, the alias keeps its own in `_extra`. */
  function foldAliases(
    object: Record<string, unknown>,
    aliases: readonly string[],
    extra: Record<string, unknown> | undefined,
  ): Record<string, unknown> | undefined {
    let all = extra;
    for (const alias of aliases) {
      const { name, conform } = fields.get(alias) as Field;
      const sent = object[alias];
      // Conforming changes an object in place, and this one may have to be kept as it came.
      const kept = typeof sent === 'object' ? structuredClone(sent) : sent;
      remove(object, alias);
      const told = conform?.(sent);
      if (object[name] === undefined || object[name] === null) {
        object[name] = told;
      } else if (told !== null && !sameValue(object[name], told)) {
        onMisfit(pathOf(alias), jsonType(sent));
        leftover = kept;
      }
      if (leftover !== undefined) all = keepLeftover(all, alias);
    }
    return all;
  }
}

/** Conforms the selected columns alone: without `_extra`, nothing else of a record has a place to go. */
function columnPicker(
  schema: Schema,
  selected: Schema,
  onMisfit: OnMisfit,
): (object: Record<string, unknown>) => unknown {
  const columns = Object.entries(selected.properties ?? {}).map(([name, property]) => ({
    name,
    spellings: [name, ...(schema.properties?.[name]?.['x-aliases'] ?? [])],
    conform: conformerFor(schema.properties?.[name] ?? property, property, name, onMisfit),
  }));
  return (object) => {
    const picked: Record<string, unknown> = {};
    for (const { name, spellings, conform } of columns) {
      for (const spelling of spellings) {
        if (!Object.hasOwn(object, spelling)) continue;
        picked[name] = conform(object[spelling]);
        leftover = undefined;
        if (picked[name] !== null) break;
      }
    }
    return picked;
  };
}

/** Takes a field out of a record. JSON knows no undefined, and deleting the field would make the object slow. */
function remove(object: Record<string, unknown>, name: string): void {
  object[name] = undefined;
}

/** Puts what is left over under its name. Any name may come, `__proto__` too, so the object has no prototype. */
function keepLeftover(extra: Record<string, unknown> | undefined, name: string | number): Record<string, unknown> {
  const all = extra ?? (Object.create(null) as Record<string, unknown>);
  all[name] = leftover;
  leftover = undefined;
  return all;
}
