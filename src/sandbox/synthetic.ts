/**
 * Any number of records, made from a few. A template is a record, cut into text that stays and slots for the fields that
 * differ in each copy (keys, codes, dates). So a copy costs microseconds when it is shown, and nothing before.
 */
import { stringifyExact } from '../json/exact.ts';
import { isObject } from '../json/values.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { ownCreated, ownKey } from './own-fields.ts';
import { creationOf, type Rows, timeOf } from './rows.ts';

/** A list of made records instead of the stream's own, which serve as templates. */
export interface Synthetic {
  /** Records of the list; of each parent's list, where the stream hangs under another. */
  readonly rows: number;
  /** Creation of the oldest record. Dates are spread evenly, in whole seconds. */
  readonly from: string;
  /** Creation of the newest record. */
  readonly to: string;
  /** Turns the order of the templates: another seed gives other records of the same ids and dates. Default: 0. */
  readonly seed?: number;
}

export interface Template {
  text(id: number, created: number): string;
  value(field: string, id: number, created: number): unknown;
}

/** What a field of a copy holds, as JSON text. */
type Slot = (id: number, created: number) => string;

/** Stands for a field's value in a template's text; in a private use area that no record uses. */
const slotMark = /"\uE0F0(\d+)\uE0F0"/;

/** Fields besides the key that are unique in Paystack: references, and codes with a prefix such as `PLN_`. */
const uniqueField = /^(?:reference|slug|code|\w+_code)$/;
const codePrefix = /^[A-Z]+_/;
const isoDateTime = /^\d{4}-\d\d-\d\dT.*Z$/;

/**
 * @param record as the API would list it
 * @param carried values for the fields that name the record's parent
 */
export function createTemplate(
  record: unknown,
  facts: StreamFacts,
  carried: Readonly<Record<string, unknown>> = {},
): Template {
  if (!isObject(record)) {
    const text = (id: number) => JSON.stringify(`${id}.${String(record)}`);
    return { text, value: () => undefined };
  }
  const fields = { ...record };
  for (const [name, value] of Object.entries(carried)) if (name in fields) fields[name] = value;
  const slots = slotsOf(fields, facts);
  const names = [...slots.keys()];
  for (const [number, name] of names.entries()) fields[name] = `\uE0F0${number}\uE0F0`;
  const parts = stringifyExact(fields).split(slotMark);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const fills = parts.filter((_, index) => index % 2 === 1).map((number) => slots.get(names[Number(number)]!)!);
  return {
    text: (id, created) => {
      let text = texts[0]!;
      for (let index = 0; index < fills.length; index++) {
        text += fills[index]!(id, created) + texts[index + 1]!;
      }
      return text;
    },
    value: (field, id, created) => {
      const slot = slots.get(field);
      return slot === undefined ? fields[field] : JSON.parse(slot(id, created));
    },
  };
}

function slotsOf(fields: Readonly<Record<string, unknown>>, facts: StreamFacts): Map<string, Slot> {
  const slots = new Map<string, Slot>();
  const creation = ownCreated(facts);
  const created = creationOf(fields, creation);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || name in (facts.parent?.carries ?? {})) continue;
    if (uniqueField.test(name) && (codePrefix.test(value) || !name.includes('_'))) slots.set(name, uniqueText(value));
    // Other dates keep their distance: what was paid two days after its creation still is.
    const distance = isoDateTime.test(value) ? timeOf(value) - created : Number.NaN;
    if (!Number.isNaN(distance)) slots.set(name, dateSlot(distance));
  }
  for (const name of ownKey(facts)) slots.set(name, uniqueValue(fields[name]));
  const spellings = ['createdAt', 'created_at'].filter((name) => name in fields);
  if (creation !== undefined) spellings.push(creation);
  for (const name of spellings) slots.set(name, dateSlot(0));
  return slots;
}

function uniqueValue(value: unknown): Slot {
  if (typeof value !== 'string') return String;
  return /^\d+$/.test(value) ? (id) => `"${id}"` : uniqueText(value);
}

function uniqueText(value: string): Slot {
  const prefix = codePrefix.exec(value)?.[0];
  if (prefix !== undefined) return (id) => `"${prefix}x${id.toString(36)}"`;
  const open = JSON.stringify(value).slice(0, -1);
  return (id) => `${open}-${id}"`;
}

const dayMs = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/**
 * A date that lies so long after the creation of its record. The text of its day is kept: records beside each other are
 * mostly of one day.
 */
function dateSlot(distanceMs: number): Slot {
  let lastDay = { day: Number.NaN, text: '' };
  return (_, created) => {
    const ms = created + distanceMs;
    const day = Math.floor(ms / dayMs);
    if (day !== lastDay.day) lastDay = { day, text: new Date(ms).toISOString().slice(0, 11) };
    const rest = ms - day * dayMs;
    const hour = twoDigits[Math.floor(rest / 3_600_000)];
    const minute = twoDigits[Math.floor(rest / 60_000) % 60];
    const second = twoDigits[Math.floor(rest / 1000) % 60];
    return `"${lastDay.text}${hour}:${minute}:${second}.${String(Math.floor(rest) % 1000).padStart(3, '0')}Z"`;
  };
}

/**
 * @param template the template whose turn it is
 * @param firstId id of the oldest record; each newer one has the next
 */
export function syntheticRows(
  template: (turn: number) => Template,
  { rows, from, to, seed = 0 }: Synthetic,
  firstId: number,
): Rows {
  const oldest = timeOf(from);
  const newest = timeOf(to);
  const step = rows > 1 ? (newest - oldest) / (rows - 1) : 0;
  const id = (place: number) => firstId + rows - 1 - place;
  const created = (place: number) => Math.max(oldest, wholeSecond(newest - place * step));
  return {
    length: rows,
    text: (place) => template(place + seed).text(id(place), created(place)),
    created,
    value: (place, field) => template(place + seed).value(field, id(place), created(place)),
  };
}

/** @throws Error if the number of rows is none, or the dates are none or the wrong way round */
export function checkSynthetic({ rows, from, to }: Synthetic): void {
  if (!(Number.isSafeInteger(rows) && rows >= 0)) throw new Error(`${rows} is no number of synthetic records`);
  if (!(timeOf(from) <= timeOf(to))) throw new Error(`synthetic records cannot lie between ${from} and ${to}`);
}

/** Observed: Paystack's dates are whole seconds. */
export function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
