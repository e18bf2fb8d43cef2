/** The records the sandbox serves: fixtures, synthetic volume, and what is added while it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../package.ts';
import { type StreamFacts, type StreamName, streams } from '../paystack/streams.ts';

/** A record as the API sends it. */
export type Sent = unknown;

/** Records of one list, or, for lists that hang under a parent, of each parent. */
export type Records = readonly Sent[] | Readonly<Record<string, readonly Sent[]>>;

/** A record ready to be sent. */
export interface Item {
  readonly json: string;
  readonly id: string;
  readonly status: unknown;
  /** Milliseconds since 1970; NaN without a date. */
  readonly created: number;
}

/** One list, in the order in which it is sent. */
export type ItemList = Item[];

export interface Synthetic {
  readonly rows: number;
  /** Creation dates are spread evenly from here to there, RFC 3339. */
  readonly from: string;
  readonly to: string;
}

const dates = ['createdAt', 'created_at'] as const;

/** The fixture records of a stream. */
export function readFixtures(stream: StreamName): Records {
  return JSON.parse(readFileSync(join(packageFolder, 'fixtures', 'records', `${stream}.json`), 'utf8')) as Records;
}

/** @param dateField which date the list is filtered by; undefined for the creation date */
export function toItem(record: Sent, dateField?: string): Item {
  const fields = (typeof record === 'object' && record !== null ? record : {}) as Record<string, unknown>;
  const date = dateField === undefined ? (fields['createdAt'] ?? fields['created_at']) : fields[dateField];
  return {
    json: JSON.stringify(record),
    id: String(fields['id'] ?? ''),
    status: fields['status'],
    created: typeof date === 'string' ? Date.parse(date) : Number.NaN,
  };
}

/** Records made from the fixtures of a stream, newest first, each with an id, a reference and a date of its own. */
export function synthesize(stream: StreamName, { rows, from, to }: Synthetic): ItemList {
  const templates = templatesOf(stream);
  const start = Date.parse(from);
  const step = rows > 1 ? (Date.parse(to) - start) / (rows - 1) : 0;
  return Array.from({ length: rows }, (_, index) => {
    const number = rows - 1 - index;
    return fill(templates, number, new Date(start + step * number));
  });
}

/** New records for a list, the newest last, numbered from `first`. */
export function makeArrivals(stream: StreamName, first: number, count: number, at: Date): ItemList {
  const templates = templatesOf(stream);
  return Array.from({ length: count }, (_, index) => fill(templates, first + index, at));
}

/** A record as text around what differs between records: made once, so that a million of them take seconds. */
type Template = readonly { readonly text: string; readonly hole?: 'id' | 'reference' | 'date' }[];

interface Templates {
  readonly texts: readonly Template[];
  readonly statuses: readonly unknown[];
  readonly firstId: number;
}

function templatesOf(stream: StreamName): Templates {
  const { key }: StreamFacts = streams[stream];
  const idField = key.at(-1) ?? 'id';
  const records = [readFixtures(stream)].flat() as Record<string, unknown>[];
  const whole = records.filter((record) => typeof record[idField] === 'number');
  return {
    texts: whole.map((record) => toTemplate(record, idField)),
    statuses: whole.map(({ status }) => status),
    firstId: Number(whole[0]?.[idField] ?? 1) + 1_000_000,
  };
}

function toTemplate(record: Record<string, unknown>, idField: string): Template {
  const marked: Record<string, unknown> = { ...record, [idField]: '<id>' };
  if ('reference' in record) marked['reference'] = '<reference>';
  for (const date of dates) if (date in record) marked[date] = '<date>';
  return JSON.stringify(marked)
    .split(/"<(?=id>"|reference>"|date>")/)
    .map((part, index) => {
      if (index === 0) return { text: part };
      const [, hole, text] = /^(\w+)>"(.*)$/s.exec(part) ?? [];
      return { hole: hole as 'id' | 'reference' | 'date', text: text ?? '' };
    });
}

function fill({ texts, statuses, firstId }: Templates, number: number, date: Date): Item {
  const at = number % texts.length;
  const id = String(firstId + number);
  const holes = { id, reference: `"synthetic-${number}"`, date: `"${date.toISOString()}"` };
  let json = '';
  for (const { hole, text } of texts[at] ?? []) json += (hole ? holes[hole] : '') + text;
  return { json, id, status: statuses[at], created: date.getTime() };
}
