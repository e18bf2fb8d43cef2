/**
 * A list that grows while it is read. It begins with many records, which stay in their order. A few newcomers are put between
 * them, by date.
 */
import { exactDigits } from '../json/exact.ts';
import type { Order, Row, Rows } from './rows.ts';

export interface List extends Rows {
  /** How the list is sorted by creation; undefined if it is not, or if a record has no date. */
  readonly sorted: 'newest-first' | 'oldest-first' | undefined;
  /** Puts in a new record by its date. Without a date, and in a list that is not sorted, it goes to the top. */
  add(row: Row): void;
  /** Puts a changed record in its old place, whatever its date is now. */
  change(place: number, row: Row): void;
  /** A number of the record's own, which it keeps while others come in: what a cursor holds. */
  serial(place: number): number;
  /** Where the record with that number is now; undefined if there is none. */
  placeOf(serial: number): number | undefined;
  /** Where the first record is whose field holds this text, or a number of these digits; undefined if there is none. */
  find(field: string, text: string): number | undefined;
  /** Returns the result of `work`, which is kept until the list changes. */
  remember<Result>(what: string, work: () => Result): Result;
}

interface Newcomer {
  row: Row;
  readonly serial: number;
  /** Records of the beginning that are shown before it. */
  readonly before: number;
}

/** @param beginning the records it begins with, in the order asked for */
export function growingList(beginning: Rows, order: Order): List {
  const first = changeable(beginning);
  const find = finder(first);
  const memory = createMemory();
  /** In the order in which they are shown. */
  const newcomers: Newcomer[] = [];
  let sorted = sortedBy(first, order);

  /** The newcomer at a place, or which of the first records is there. */
  function at(place: number): Newcomer | number {
    const index = firstWhere(newcomers.length, (index) => newcomers[index]!.before + index >= place);
    const newcomer = newcomers[index];
    return newcomer !== undefined && newcomer.before + index === place ? newcomer : place - index;
  }

  const placeOfFirst = (place: number) => place + firstWhere(newcomers.length, (at) => newcomers[at]!.before > place);
  const placeOfNewcomer = (index: number) => newcomers[index]!.before + index;

  function add(row: Row): void {
    if (Number.isNaN(row.created)) sorted = undefined;
    // Of equal dates, the record that came later is on the newer side.
    const isAfter = (created: number) =>
      sorted === undefined || (sorted === 'newest-first' ? created <= row.created : created > row.created);
    const before = firstWhere(first.length, (place) => isAfter(first.created(place)));
    const follower = newcomers.findIndex(
      (other) => other.before > before || (other.before === before && isAfter(other.row.created)),
    );
    const newcomer = { row, before, serial: first.length + newcomers.length + 1 };
    newcomers.splice(follower === -1 ? newcomers.length : follower, 0, newcomer);
    memory.clear();
  }

  function change(place: number, row: Row): void {
    const found = at(place);
    const old = typeof found === 'number' ? first.created(found) : found.row.created;
    if (!Object.is(old, row.created)) sorted = undefined;
    if (typeof found === 'number') first.change(found, row);
    else found.row = row;
    memory.clear();
  }

  return {
    get length() {
      return first.length + newcomers.length;
    },
    get sorted() {
      return sorted;
    },
    text: (place) => {
      const found = at(place);
      return typeof found === 'number' ? first.text(found) : found.row.text;
    },
    created: (place) => {
      const found = at(place);
      return typeof found === 'number' ? first.created(found) : found.row.created;
    },
    value: (place, field) => {
      const found = at(place);
      return typeof found === 'number' ? first.value(found, field) : found.row.fields[field];
    },
    add,
    change,
    serial: (place) => {
      const found = at(place);
      return typeof found === 'number' ? first.length - found : found.serial;
    },
    placeOf: (serial) => {
      if (serial >= 1 && serial <= first.length) return placeOfFirst(first.length - serial);
      const index = newcomers.findIndex((newcomer) => newcomer.serial === serial);
      return index === -1 ? undefined : placeOfNewcomer(index);
    },
    find: (field, text) => {
      const index = newcomers.findIndex(({ row }) => textOf(row.fields[field]) === text);
      if (index !== -1) return placeOfNewcomer(index);
      const place = find(field, text);
      return place === undefined ? undefined : placeOfFirst(place);
    },
    remember: memory.remember,
  };
}

/** Rows of which single ones can be put in the place of others. */
function changeable(rows: Rows): Rows & { change(place: number, row: Row): void } {
  const changed = new Map<number, Row>();
  return {
    length: rows.length,
    text: (place) => changed.get(place)?.text ?? rows.text(place),
    created: (place) => changed.get(place)?.created ?? rows.created(place),
    value: (place, field) => {
      const row = changed.get(place);
      return row === undefined ? rows.value(place, field) : row.fields[field];
    },
    change: (place, row) => changed.set(place, row),
  };
}

/** Looks records up by a field that never changes, in an index that is made when it is first needed. */
function finder(rows: Rows): (field: string, text: string) => number | undefined {
  const indexes = new Map<string, Map<string, number>>();
  return (field, text) => {
    let index = indexes.get(field);
    if (index === undefined) {
      index = new Map();
      // Backwards, so that the first of several with the same value stays.
      for (let place = rows.length - 1; place >= 0; place--) index.set(textOf(rows.value(place, field)), place);
      indexes.set(field, index);
    }
    return index.get(text);
  };
}

function textOf(value: unknown): string {
  return exactDigits(value) ?? String(value);
}

/** Results that are kept at most: about as many filters as are used at the same time. */
const maxRemembered = 64;

function createMemory(): Pick<List, 'remember'> & { clear(): void } {
  const results = new Map<string, unknown>();
  return {
    remember: <Result>(what: string, work: () => Result) => {
      if (results.has(what)) return results.get(what) as Result;
      if (results.size >= maxRemembered) results.clear();
      const result = work();
      results.set(what, result);
      return result;
    },
    clear: () => results.clear(),
  };
}

/** The first number below `length` that passes the test, `length` if none does; all above it must pass as well. */
export function firstWhere(length: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sortedBy(rows: Rows, order: Order): List['sorted'] {
  if (order === 'shuffled') return undefined;
  const sign = order === 'newest-first' ? 1 : -1;
  let last = rows.length === 0 ? 0 : rows.created(0);
  for (let place = 0; place < rows.length; place++) {
    const created = rows.created(place);
    // Not `<`: a date that is missing is NaN.
    if (!((last - created) * sign >= 0)) return undefined;
    last = created;
  }
  return order;
}
