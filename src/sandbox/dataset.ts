/** The records of the sandbox: the lists of all streams. They are given, synthetic, or arrive while it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { exactDigits, parseExact } from '../json/exact.ts';
import { isObject } from '../json/values.ts';
import { packageFolder } from '../package.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { growingList, type List } from './list.ts';
import { ownCreated, ownKey } from './own-fields.ts';
import { contentOf, keptRows, type Order, rawRecord, reordered, toRow, toRows } from './rows.ts';
import {
  checkSynthetic,
  createTemplate,
  type Synthetic,
  syntheticRows,
  type Template,
  wholeSecond,
} from './synthetic.ts';

/** Something for some of the streams. */
export type PerStream<Value> = { readonly [stream in StreamName]?: Value };

/**
 * Records as the API lists them: objects, strings (Apple Pay's domains) or `rawRecord`s. For a stream whose lists hang
 * under another: the value of the parent's field that is in the path → the records of that parent.
 */
export type Records = readonly unknown[] | Readonly<Record<string, readonly unknown[]>>;

export interface DatasetOptions {
  readonly records: PerStream<Records>;
  /** Whether streams that `records` does not name hold their fixtures, or nothing. */
  readonly fixtures: boolean;
  readonly synthetic: PerStream<Synthetic>;
  readonly orderOf: (stream: StreamName) => Order;
}

export interface Dataset {
  /**
   * The list of a stream, or of one of its parents.
   *
   * @returns undefined if there is no such parent
   */
  list(stream: StreamName, parent?: string): List | undefined;
  /** The parent's own record, as JSON text; undefined if its stream does not list it. */
  parentText(stream: StreamName, parent: string): string | undefined;
  /** Puts records into a list, by date. A parent that is not known yet is created. */
  add(stream: StreamName, parent: string | undefined, records: readonly unknown[]): void;
  /** Changes fields of a record in place. */
  change(stream: StreamName, key: string, fields: object, parent: string | undefined): void;
  /** Adds so many made records to a list, dated `now` or as its newest record, whichever is later. */
  arrive(list: List, count: number, now: number): void;
}

/** One stream: the records that its lists begin with, and the lists that have been opened. */
interface Shelf {
  readonly facts: StreamFacts;
  readonly records: ReadonlyMap<string, readonly unknown[]>;
  /** The records that synthetic ones are made from. */
  readonly models: readonly unknown[];
  readonly lists: Map<string, List>;
  nextId: number;
}

/** Name of the one list of a stream that has no parent. */
const noParent = '';

/** @throws Error if a fixture file is no JSON, or if a stream's name, records or dates make no sense */
export function createDataset(options: DatasetOptions): Dataset {
  const shelves = createShelves(options);
  /** For each list, a function that adds a synthetic record. */
  const makers = new WeakMap<List, (created: number) => void>();

  function open(stream: StreamName, parent: string, carried: Readonly<Record<string, unknown>> = {}): List {
    const shelf = shelves.get(stream)!;
    const { facts, records, lists } = shelf;
    const opened = lists.get(parent);
    if (opened !== undefined) return opened;
    let templates: readonly Template[] | undefined;
    const template = (id: number) => {
      templates ??= shelf.models.map((model) => createTemplate(model, facts, carried));
      return templates[id % templates.length]!;
    };
    const synthetic = options.synthetic[stream];
    const rows = synthetic
      ? syntheticRows(template, synthetic, takeIds(shelf, synthetic.rows))
      : keptRows(toRows(records.get(parent) ?? [], ownCreated(facts)));
    const order = options.orderOf(stream);
    const list = growingList(reordered(rows, order), order);
    lists.set(parent, list);
    makers.set(list, (created) => {
      const id = takeIds(shelf, 1);
      list.add(toRow(rawRecord(template(id).text(id, created)), ownCreated(facts)));
    });
    return list;
  }

  function list(stream: StreamName, parent = noParent): List | undefined {
    const { facts, records, lists } = shelves.get(stream)!;
    if (facts.parent === undefined) return open(stream, noParent);
    const parents = open(facts.parent.stream as StreamName, noParent);
    const place = placeOfParent(facts, parents, parent);
    if (place === undefined) return records.has(parent) || lists.has(parent) ? open(stream, parent) : undefined;
    const carried = Object.entries(facts.parent.carries).map(([name, field]) => [name, parents.value(place, field)]);
    return open(stream, String(parents.value(place, parentField(facts))), Object.fromEntries(carried));
  }

  return {
    list,
    parentText: (stream, parent) => {
      const { facts } = shelves.get(stream)!;
      const parents = facts.parent && open(facts.parent.stream as StreamName, noParent);
      const place = parents && placeOfParent(facts, parents, parent);
      return place === undefined ? undefined : parents!.text(place);
    },
    change: (stream, key, fields, parent) => {
      const { facts } = shelves.get(stream)!;
      const within = list(stream, parent);
      const place = within?.find(ownKey(facts)[0]!, key);
      if (within === undefined || place === undefined) throw new Error(`${stream} holds no record ${key}`);
      within.change(place, toRow({ ...(parseExact(within.text(place)) as object), ...fields }, ownCreated(facts)));
    },
    add: (stream, parent = noParent, records) => {
      const { facts } = shelves.get(stream)!;
      if ((parent === noParent) !== (facts.parent === undefined))
        throw new Error(`the parent of ${stream} is not clear`);
      const to = list(stream, parent) ?? open(stream, parent);
      // The last one first, since of equal dates the one that came later is shown first.
      for (const row of toRows(records, ownCreated(facts)).toReversed()) to.add(row);
    },
    arrive: (list, count, now) => {
      const { length, sorted } = list;
      const newest =
        length === 0 || sorted === undefined ? 0 : list.created(sorted === 'newest-first' ? 0 : length - 1);
      const created = Math.max(wholeSecond(now), newest);
      for (let arrived = 0; arrived < count; arrived++) makers.get(list)!(created);
    },
  };
}

function createShelves({ records, fixtures, synthetic }: DatasetOptions): ReadonlyMap<StreamName, Shelf> {
  for (const name of [...Object.keys(records), ...Object.keys(synthetic)]) {
    if (!(name in streams)) throw new Error(`there is no stream ${name}`);
  }
  for (const one of Object.values(synthetic)) checkSynthetic(one);
  const shelves = new Map<StreamName, Shelf>();
  for (const stream of Object.keys(streams) as StreamName[]) {
    const given = records[stream] ?? readFixtures(stream);
    const isHeld = fixtures || records[stream] !== undefined;
    const facts: StreamFacts = streams[stream];
    const models = [...byParent(stream, given).values()].flat().map(contentOf);
    shelves.set(stream, {
      facts,
      records: isHeld ? byParent(stream, given) : new Map(),
      // Without any, a made record has what its stream cannot do without.
      models: models.length > 0 ? models : [{}],
      lists: new Map(),
      nextId: models.reduce<number>((highest, model) => Math.max(highest, idIn(model, facts)), 0) + 1,
    });
  }
  return shelves;
}

/** The number that is the record's key, or the last part of it; 0 if it has none. */
function idIn(record: unknown, facts: StreamFacts): number {
  const value = isObject(record) ? record[ownKey(facts).at(-1)!] : undefined;
  const id = Number(exactDigits(value) ?? value);
  return Number.isSafeInteger(id) ? id : 0;
}

/** Reserves ids that no record of the stream has; the first of them. */
function takeIds(shelf: Shelf, count: number): number {
  const first = shelf.nextId;
  shelf.nextId += count;
  return first;
}

/** The parent's field that is part of a child list's path. */
function parentField({ path }: StreamFacts): string {
  return /\{(\w+)\}/.exec(path)![1]!;
}

/** Documented: a subscription is found by its code and by its id. */
function placeOfParent(facts: StreamFacts, parents: List, parent: string): number | undefined {
  return parents.find(parentField(facts), parent) ?? parents.find('id', parent);
}

function byParent(stream: StreamName, records: Records): ReadonlyMap<string, readonly unknown[]> {
  const hasParent = (streams[stream] as StreamFacts).parent !== undefined;
  if (isList(records)) {
    if (hasParent) throw new Error(`the records of ${stream} must be given for each of its parents`);
    return new Map([[noParent, records]]);
  }
  if (!hasParent) throw new Error(`the records of ${stream} must be a list`);
  return new Map(Object.entries(records));
}

function isList(records: Records): records is readonly unknown[] {
  return Array.isArray(records);
}

/** The records in `fixtures/records/`. */
export function readFixtures(stream: StreamName): Records {
  const path = join(packageFolder, 'fixtures', 'records', `${stream}.json`);
  try {
    return parseExact(readFileSync(path, 'utf8')) as Records;
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`);
  }
}
