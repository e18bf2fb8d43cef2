/** From records as the API sends them to rows: conformed, with their key and date. */
import { newByteWriter } from './byte-writer.ts';
import { type JsonText, openBrace, readJson, textIn } from './json-text.ts';
import type { Parent } from './paystack/children.ts';
import type { Row } from './paystack/pages.ts';
import type { StreamFacts } from './paystack/streams.ts';
import { type Conformed, compileConform } from './record.ts';
import type { Schema } from './schema.ts';

/** Makes the rows of a page. A record that is no object, or has no key, gives none. */
export type ToRows<Content> = (records: readonly JsonText[]) => readonly Row<Content>[];

/**
 * Compiles what makes the rows of a stream.
 *
 * @param schema every column
 * @param selected those that are written
 * @returns a function of what the records get from their parent, as JSON text; what a record itself says stands
 */
export function compileRows(
  facts: StreamFacts,
  schema: Schema,
  selected: Schema,
): (fromParent?: Parent) => ToRows<Uint8Array> {
  const carried = Object.keys(facts.parent?.carries ?? {});
  const conform = compileConform(schema, selected, { asked: askedOf(facts), carried });
  const rowOf = compileRow(facts);
  return (fromParent) => (records) => {
    const objects = records.filter(isObject);
    // One buffer a page: many small ones that wait for their turn would be moved about by the garbage collector.
    const writer = newByteWriter(objects.reduce((size, { from, to }) => size + to - from + 64, 0));
    const conformed = objects.map((record) => {
      const from = writer.length;
      const told = conform(record, writer, fromParent);
      return { told, from, to: writer.length };
    });
    const rows: Row[] = [];
    for (const { told, from, to } of conformed) {
      const row = rowOf(told, writer.bytes.subarray(from, to));
      if (row !== undefined) rows.push(row);
    }
    return rows;
  };
}

/** Makes rows of parent records, which are not written but asked for their children: of them, these fields are kept. */
export function compileParents(facts: StreamFacts, schema: Schema, fields: readonly string[]): ToRows<Parent> {
  const asked = [...new Set([...askedOf(facts), ...fields])];
  const conform = compileConform(schema, schema, { asked });
  const writer = newByteWriter(1024);
  const rowOf = compileRow(facts);
  return (records) =>
    records.filter(isObject).flatMap((record) => {
      writer.length = 0;
      const told = conform(record, writer);
      const parent = Object.fromEntries(asked.map((field, index) => [field, told.asked[index] ?? 'null']));
      return rowOf({ ...told, misfits: [] }, parent) ?? [];
    });
}

function isObject({ bytes, from }: JsonText): boolean {
  return bytes[from] === openBrace;
}

/** What is asked of each record: the columns of its key, then its creation, its status, and what it changes, if it has them. */
function askedOf({ key, created, finalStatuses, changes }: StreamFacts): string[] {
  const more = [created, finalStatuses && 'status', changes?.by];
  return [...key, ...more.filter((column) => column !== undefined)];
}

/** Compiles what makes a row of a conformed record: undefined if a part of its key is missing. */
function compileRow({ key, created, finalStatuses, changes }: StreamFacts) {
  const createdAs = key.length;
  const statusAs = createdAs + (created === undefined ? 0 : 1);
  const changesAs = statusAs + (finalStatuses === undefined ? 0 : 1);
  const final = finalStatuses && new Set(finalStatuses.map((status) => JSON.stringify(status)));
  return <Content>({ asked, misfits }: Conformed, content: Content): Row<Content> | undefined => {
    for (let part = 0; part < key.length; part++) if (!isTold(asked[part])) return undefined;
    const time = created === undefined ? Number.NaN : timeOf(asked[createdAs]);
    const status = final && asked[statusAs];
    return {
      key: key.length === 1 ? asked[0]! : asked.slice(0, key.length).join('\0'),
      created: time,
      isOpen: isTold(status) && !final!.has(status) && !Number.isNaN(time),
      changes: changes && keyIn(asked[changesAs]),
      content,
      misfits,
    };
  };
}

function timeOf(date: string | undefined): number {
  return isTold(date) ? Date.parse(date.slice(1, -1)) : Number.NaN;
}

/** The key that a column holds, or the object in it as `id`. */
function keyIn(text: string | undefined): string | undefined {
  if (!isTold(text)) return undefined;
  if (!text.startsWith('{')) return text;
  const id = readJson(Buffer.from(text), 1).members?.get('id');
  return id && textIn(id.bytes, id.from, id.to);
}

function isTold(text: string | undefined): text is string {
  return text !== undefined && text !== 'null';
}
