/**
 * What a conformed record must be, said a second time and in another way: over values, for one value after the other, each
 * against what came.
 */
import type { Schema } from '../../src/schema.ts';

/**
 * JSON as data in which strings and names stand behind "s" and numbers, as they were written, behind "#": nothing is
 * rounded, and no name is special.
 */
export function tagged(text: string): unknown {
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? `"s${token.slice(1)}` : `"#${token}"`,
    ),
  );
}

export type Tagged = { readonly [name: string]: unknown };

/** What a field of a record became: undefined where there is nothing. */
interface Outcome {
  readonly column: unknown;
  readonly extra: unknown;
}

/** Names the fields of an object that are neither in their column nor in `_extra`, and what appeared from nowhere. */
export function inObject(
  schema: Schema,
  selected: Schema,
  sent: Tagged,
  columns: unknown,
  extra: unknown,
  path: string,
): string[] {
  if (!isObject(columns) || (extra !== undefined && !isObject(extra))) return [`${path}: is no object`];
  const rest = (extra ?? {}) as Tagged;
  const problems = Object.keys(rest).flatMap((name) => (name in sent ? [] : [`${path}: _extra made up ${name}`]));
  const spellings = new Set<string>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (path === '' && name === '_extra') continue;
    const names = [name, ...(property['x-aliases'] ?? [])].map((spelling) => `s${spelling}`);
    for (const spelling of names) spellings.add(spelling);
    problems.push(...inColumn(property, selected.properties?.[name], names, sent, columns, rest, `${path}.${name}`));
  }
  for (const name of Object.keys(columns)) if (!spellings.has(name)) problems.push(`${path}: made up ${name}`);
  for (const [name, value] of Object.entries(sent)) {
    if (!spellings.has(name) && value !== null && !same(rest[name], value))
      problems.push(`${path}: unknown ${name} is not in _extra`);
  }
  return problems;
}

/** The same for one column of an object, which may have been sent under several names. */
function inColumn(
  schema: Schema,
  selected: Schema | undefined,
  names: readonly string[],
  sent: Tagged,
  columns: Tagged,
  extra: Tagged,
  path: string,
): string[] {
  const column = columns[names[0]!];
  const came = names.filter((name) => name in sent);
  if (selected === undefined || came.length === 0) {
    const dropped = column === undefined && came.every((name) => extra[name] === undefined);
    return dropped ? [] : [`${path}: was not selected or not sent, but is there`];
  }
  if (column === undefined) return [`${path}: was sent, but is not there`];
  let isExplained = false;
  let problems: string[] = [];
  for (const name of came) {
    const value = sent[name];
    const found = inPlace(schema, selected, value, { column, extra: extra[name] }, path);
    if (found.length === 0) isExplained = true;
    // Another name's value has the column: this one is kept whole, unless it says nothing.
    const saysNothing = (value === null || value === 's') && extra[name] === undefined;
    const isKept = came.length > 1 && (same(extra[name], value) || saysNothing);
    if (found.length > 0 && !isKept) problems = found;
  }
  return isExplained ? problems : [...problems, `${path}: nothing that was sent explains its value`];
}

/** The same for one value. */
function inPlace(schema: Schema, selected: Schema, sent: unknown, { column, extra }: Outcome, path: string): string[] {
  const wrong = [
    `${path}: ${JSON.stringify(sent)} became ${JSON.stringify(column)}, ${JSON.stringify(extra)} in _extra`,
  ];
  if (column === null && same(extra, sent)) return fits(schema, sent) ? wrong : [];
  const alone = (isRight: boolean) => (isRight && extra === undefined ? [] : wrong);
  if (sent === null) return alone(column === null);
  const kind = [schema.type].flat().filter((type) => type !== 'null');
  const number = isNumber(sent) ? sent.slice(1) : undefined;
  const string = isString(sent) ? sent.slice(1) : undefined;
  const digits = /^-?\d+(?:\.\d+)?$/.test(string ?? '') ? string : number;
  switch (kind[0]) {
    case 'boolean':
      return alone(column === sent || (number === '0' && column === false) || (number === '1' && column === true));
    case 'integer': {
      if (schema['x-record-id'] && isObject(sent))
        return inObject(idHolder, idHolder, sent, { sid: column }, extra, path);
      return alone(digits !== undefined && isNumber(column) && BigInt(column.slice(1)) === wholeOf(digits));
    }
    case 'number':
      return alone(isNumber(column) && equalNumbers(column.slice(1), digits ?? number));
    case 'string': {
      if (schema.format === undefined) {
        return alone(isString(column) && (column === sent || equalNumbers(column.slice(1), number)));
      }
      if (string === '') return alone(column === null);
      const isSame = isString(column) && Math.floor(Date.parse(zoned(string ?? ''))) === Date.parse(column.slice(1));
      return isSame && (extra === undefined || same(extra, sent)) ? [] : wrong;
    }
    case 'array': {
      if (string === '') return alone(column === null);
      const items = string === undefined ? sent : taggedOr(string);
      if (!Array.isArray(items) || !Array.isArray(column) || column.length !== items.length) return wrong;
      if (extra !== undefined && !isObject(extra)) return wrong;
      const rest = (extra ?? {}) as Tagged;
      if (Object.keys(rest).some((index) => !(index.slice(1) in items))) return wrong;
      return items.flatMap((item, at) => {
        const outcome = { column: column[at], extra: rest[`s${at}`] };
        return inPlace(schema.items!, selected.items!, item, outcome, `${path}.${at}`);
      });
    }
    default: {
      if (string === '') return alone(column === null);
      const object = isObject(sent) ? sent : taggedOr(string ?? '');
      if (schema.properties === undefined) {
        const held = Array.isArray(object) ? object : sent;
        return alone(same(column, isObject(object) ? object : { svalue: held }));
      }
      if (isObject(object)) return inObject(schema, selected, object, column, extra, path);
      if (digits === undefined || schema.properties['id'] === undefined) return wrong;
      return alone(same(column, selected.properties?.['id'] === undefined ? {} : { sid: `#${digits}` }));
    }
  }
}

const idHolder: Schema = { type: 'object', properties: { id: { type: ['null', 'integer'] } } };

/** The integer that a number is, of a size that matters here; undefined if it is none. */
function wholeOf(number: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(number)!;
  const shift = BigInt(exponent) - BigInt(fraction.length);
  if (shift < -500n || shift > 500n) return undefined;
  const digits = BigInt(sign + whole + fraction);
  if (shift >= 0n) return digits * 10n ** shift;
  return digits % 10n ** -shift === 0n ? digits / 10n ** -shift : undefined;
}

/** True for a value that the column holds as it is, so that it has no business in `_extra`. */
function fits(schema: Schema, sent: unknown): boolean {
  const types = [schema.type].flat();
  if (sent === null) return true;
  if (isNumber(sent)) return types.includes('number') || (types.includes('integer') && /^#-?\d{1,18}$/.test(sent));
  if (isString(sent)) return types.includes('string') && schema.format === undefined;
  return types.includes(Array.isArray(sent) ? 'array' : typeof sent);
}

function isObject(value: unknown): value is Tagged {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is `#${string}` {
  return typeof value === 'string' && value.startsWith('#');
}

function isString(value: unknown): value is `s${string}` {
  return typeof value === 'string' && value.startsWith('s');
}

/** The value that JSON text holds, tagged. */
function taggedOr(text: string): unknown {
  try {
    JSON.parse(text);
    return tagged(text);
  } catch {
    return undefined;
  }
}

/** The same leaves in the same places; numbers by their value, to the last digit. */
function same(one: unknown, other: unknown): boolean {
  if (isNumber(one) && isNumber(other)) return equalNumbers(one.slice(1), other.slice(1));
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, at) => same(item, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => name in other && same(one[name], other[name]))
  );
}

/** Trailing zeros aside, the same text. */
function equalNumbers(one: string, other: string | undefined): boolean {
  const bare = (number: string) => (/^-?\d+\.\d+$/.test(number) ? number.replace(/\.?0+$/, '') : number);
  return other !== undefined && bare(one) === bare(other);
}

/** A date without a zone is UTC, which JavaScript does not think. */
function zoned(text: string): string {
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(text) || text.length <= 10 ? text : `${text}Z`;
}

/** A name that comes twice in one object of a valid text. */
export function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, isName] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (isName !== undefined) {
      const name = JSON.parse(token.slice(0, -isName.length)) as string;
      if (open.at(-1)!.has(name)) return name;
      open.at(-1)!.add(name);
    }
  }
  return undefined;
}
