/** From records as the API sends them to rows: conformed, with their key and date, their content as JSON text. */
import { stringifyExact } from './json.ts';
import type { Parent } from './paystack/children.ts';
import type { Row } from './paystack/pages.ts';
import type { StreamFacts } from './paystack/streams.ts';
import type { Conformed } from './record.ts';
import { isObject } from './values.ts';

type Conform = (record: object) => Conformed;

/**
 * Makes the rows of a page. A record that is no object, has no key, or is nested too deep to be written gives none.
 *
 * The texts of a page are cut from one string. Pages wait for their turn, and many strings that wait are moved about by
 * the garbage collector: measured, that took an eighth of the run.
 *
 * @param fromParent columns that a child gets from its parent; what the record itself says of them stands
 */
export function rowMaker(
  facts: StreamFacts,
  conform: Conform,
  fromParent: Readonly<Record<string, unknown>> = {},
): (records: readonly unknown[]) => readonly Row[] {
  const carried = Object.entries(fromParent);
  return (records) => {
    const rows: Row[] = [];
    const texts: string[] = [];
    for (const sent of records) {
      if (!isObject(sent)) continue;
      for (const [name, value] of carried) sent[name] ??= value;
      const conformed = conform(sent);
      const key = keyOf(conformed.record, facts.key);
      const text = textOf(conformed.record);
      if (key === undefined || text === undefined) continue;
      const created = createdOf(conformed.record, facts);
      texts.push(text);
      rows.push({ key, created, content: text, misfits: conformed.misfits });
    }
    return cutFromOne(rows, texts);
  };
}

/** Makes rows of parent records, which are not written but asked for their children. */
export function parentMaker(
  facts: StreamFacts,
  conform: Conform,
): (records: readonly unknown[]) => readonly Row<Parent>[] {
  return (records) =>
    records.filter(isObject).flatMap((sent) => {
      const { record } = conform(sent);
      const key = keyOf(record, facts.key);
      return key === undefined ? [] : [{ key, created: createdOf(record, facts), content: record, misfits: [] }];
    });
}

function cutFromOne(rows: readonly Row[], texts: readonly string[]): readonly Row[] {
  const page = texts.join('');
  let from = 0;
  return rows.map(({ key, created, content, misfits }) => {
    const to = from + content.length;
    const row = { key, created, content: page.slice(from, to), misfits };
    from = to;
    return row;
  });
}

function keyOf(record: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  let key = '';
  for (const name of names) {
    const value = record[name];
    if (value === null || value === undefined) return undefined;
    key = key === '' ? String(value) : `${key}\0${value}`;
  }
  return key;
}

function createdOf(record: Readonly<Record<string, unknown>>, { created }: StreamFacts): number {
  const date = created === undefined ? undefined : record[created];
  return typeof date === 'string' ? Date.parse(date) : Number.NaN;
}

/** Undefined if the record is nested too deep. */
function textOf(record: object): string | undefined {
  try {
    return stringifyExact(record);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
