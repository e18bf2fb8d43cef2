/** From records as the API sends them to rows: conformed, with their key and date. */
import { type ByteSpan, type ByteWriter, newByteWriter, viewed, writeBytes } from '../json/byte-writer.ts';
import { timeAt } from '../json/dates.ts';
import { isNull, type JsonText, memberIn, newSource, openBrace, textIn } from '../json/scan.ts';
import { isToken, type Token, tokenOf } from '../json/token.ts';
import type { Parent } from '../paystack/children.ts';
import type { Row, ToRows } from '../paystack/list.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type Conformed, compileConform } from '../record/conform.ts';
import { type Held, heldText, holdsValue } from '../record/held.ts';
import type { Misfit } from '../record/record-edit.ts';
import type { Schema } from '../schema.ts';
import type { RecordFrame } from '../singer/messages.ts';

/** A record as its message, and what of it no column foresees. */
export interface RecordLine extends ByteSpan {
  readonly misfits: readonly Misfit[];
  /** What the asked columns hold, see `askedOf`; empty unless any are asked beside those that a row needs. */
  readonly asked: readonly (string | undefined)[];
}

/**
 * Compiles what makes the rows of a stream.
 *
 * @param schema every column
 * @param selected those that are written
 * @param frame what is written around each record
 * @param beside columns that are asked of each record, beside those that its row needs
 * @returns a function of what the records get from their parent, as JSON text; what a record itself says stands
 */
export function compileRows(
  facts: StreamFacts,
  schema: Schema,
  selected: Schema,
  frame: (askedAt: number) => RecordFrame,
  beside: readonly string[] = [],
): (fromParent?: Parent) => ToRows<RecordLine> {
  const absent = Object.fromEntries(
    Object.entries(facts.absentKeys ?? {}).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  const carried = [...Object.keys(facts.parent?.carries ?? {}), ...Object.keys(absent)];
  const conform = compileConform(schema, selected, { asked: askedOf(facts, beside), carried });
  const rowOf = compileRow(facts);
  // One buffer a page, used again: left to the garbage collector, pages fill the memory before it wakes up.
  const idle: ByteWriter[] = [];
  return (fromParent) => (records, askedAt) => {
    const fromElsewhere = { ...absent, ...fromParent };
    const framed = frame(askedAt);
    const [before, after] = [viewed(framed.before), viewed(framed.after)];
    const writer = idle.pop() ?? newByteWriter(expectedBytes);
    writer.length = 0;
    const rows: Row<RecordLine>[] = [];
    for (const record of records) {
      if (!isObject(record)) continue;
      const from = writer.length;
      writeBytes(writer, before, 0, before.bytes.length);
      const conformed = conform(record, writer, fromElsewhere);
      const end = writer.length;
      writeBytes(writer, after, 0, after.bytes.length);
      // A buffer that was too small is left as it was, so the rows before keep their bytes.
      const { bytes, view, length: to } = writer;
      const misfits = conformed.misfits.length > 0 ? conformed.misfits : none;
      const asked = beside.length > 0 ? conformed.asked.map(heldText) : none;
      const fingerprint = fingerprintOf(view, from + before.bytes.length, end);
      const row = rowOf(conformed, { bytes, from, to, misfits, asked }, fingerprint);
      if (row !== undefined) rows.push(row);
    }
    return { rows, release: () => idle.push(writer) };
  };
}

const none: readonly never[] = [];

/** Of a page, about. */
const expectedBytes = 64_000;

/** Makes rows of parent records, which are not written but asked for their children: of them, these fields are kept. */
export function compileParents(facts: StreamFacts, schema: Schema, fields: readonly string[]): ToRows<Parent> {
  const asked = askedOf(facts, fields);
  const conform = compileConform(schema, schema, { asked });
  const writer = newByteWriter(1024);
  const rowOf = compileRow(facts);
  return (records) => ({
    rows: records.filter(isObject).flatMap((record) => {
      writer.length = 0;
      const conformed = conform(record, writer);
      const parent = Object.fromEntries(
        asked.map((field, index) => [field, heldText(conformed.asked[index]!) ?? 'null']),
      );
      return rowOf(conformed, parent, fingerprintOf(writer.view, 0, writer.length)) ?? [];
    }),
    release: () => {},
  });
}

function isObject({ source, from }: JsonText): boolean {
  return source.bytes[from] === openBrace;
}

/**
 * What is asked of each record: the columns of its key, then its creation, its status, and what it changes, if it has them; and
 * whatever is asked beside, each once.
 */
export function askedOf(
  { key, created, updated, finalStatuses, changes }: StreamFacts,
  beside: readonly string[],
): string[] {
  const more = [created, updated, finalStatuses && 'status', changes?.by];
  return [...new Set([...key, ...more.filter((column) => column !== undefined), ...beside])];
}

/** Compiles what makes a row of a conformed record: undefined if a part of its key is missing. */
function compileRow({ key, created, updated, finalStatuses, changes }: StreamFacts) {
  const createdAs = key.length;
  const updatedAs = createdAs + (created === undefined ? 0 : 1);
  const statusAs = updatedAs + (updated === undefined ? 0 : 1);
  const changesAs = statusAs + (finalStatuses === undefined ? 0 : 1);
  const final = finalStatuses?.map((status) => tokenOf(JSON.stringify(status)));
  return <Content>({ asked }: Conformed, content: Content, fingerprint: number): Row<Content> | undefined => {
    for (let part = 0; part < key.length; part++) if (!holdsValue(asked[part]!)) return undefined;
    const time = created === undefined ? Number.NaN : timeOf(asked[createdAs]!);
    return {
      key: key.length === 1 ? heldText(asked[0]!)! : asked.slice(0, key.length).map(heldText).join('\0'),
      created: time,
      updated: updated === undefined ? Number.NaN : timeOf(asked[updatedAs]!),
      isOpen: final !== undefined && isNoneOf(final, asked[statusAs]!) && !Number.isNaN(time),
      changes: changes && keyIn(asked[changesAs]!),
      fingerprint,
      content,
    };
  };
}

/**
 * A number of 32 bits that differs where the bytes do, but for one case in four billion. FNV-1a, four bytes at a time, and twice
 * side by side: a processor multiplies for the one while it waits for the other.
 */
function fingerprintOf(view: DataView, from: number, to: number): number {
  let one = 0x811c9dc5 ^ (to - from);
  let other = 0x01000193;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    one = Math.imul(one ^ view.getInt32(at, true), 0x01000193) ^ (one >>> 15);
    other = Math.imul(other ^ view.getInt32(at + 4, true), 0x01000193) ^ (other >>> 15);
  }
  for (; at < to; at++) one = Math.imul(one ^ view.getUint8(at), 0x01000193);
  return one ^ Math.imul(other, 0x85ebca6b);
}

function timeOf(date: Held): number {
  return holdsValue(date) ? timeAt(date.view, date.from + 1) : Number.NaN;
}

/** True for a value that none of the texts is. */
function isNoneOf(texts: readonly Token[], held: Held): boolean {
  return holdsValue(held) && !texts.some((text) => isToken(text, held.view, held.from));
}

/** The key that a column holds, or the object in it as `id`. */
function keyIn(held: Held): string | undefined {
  if (!holdsValue(held)) return undefined;
  const text = heldText(held)!;
  if (!text.startsWith('{')) return text;
  const id = memberIn(newSource(Buffer.from(text)), 0, 'id');
  return id === undefined || isNull(id.source.bytes, id.from) ? undefined : textIn(id.source.bytes, id.from, id.to);
}
