/** The records of a list that a request selects. */
import { firstWhere, type List } from './list.ts';
import { Refusal } from './refusal.ts';
import { timeOf } from './rows.ts';

/** Ways in which `from` and `to` might work; nobody outside knows. Default: both are inclusive, and a date means its midnight. */
export interface FilterQuirks {
  /** The query is ignored: every list is whole. */
  readonly ignoreFilters?: boolean;
  readonly fromExclusive?: boolean;
  readonly toExclusive?: boolean;
  /** `from` and `to` are cut to their UTC date. `to` then means the start or the end of that day. */
  readonly dateOnly?: 'start-of-day' | 'end-of-day';
  /** Hours by which such a day begins earlier than in UTC: 1 in Lagos. Default: 0. */
  readonly dayBeginsEarlier?: number;
  /** The date that `from` and `to` are compared with, e.g. `paid_at`. Default: the creation date. */
  readonly filterField?: string;
}

/** Records of a list, in its order. */
export interface Selection {
  readonly length: number;
  /** Where in the list the nth of them is. */
  place(index: number): number;
  /** How many of them are before a place of the list. */
  before(place: number): number;
}

export type Query = Readonly<Record<string, string>>;

const dayMs = 86_400_000;

/**
 * Documented: `from`, `to` and `status`. Undocumented: what the real API does with a date that is none; here it is refused.
 *
 * @param ranged whether the list takes `from` and `to`
 * @throws Refusal (400) for a date that is none
 */
export function select(list: List, query: Query, ranged: boolean, quirks: FilterQuirks): Selection {
  if (quirks.ignoreFilters) return span(0, list.length);
  const { from, to, status } = query;
  const range = ranged && (from !== undefined || to !== undefined) ? rangeOf(query, quirks) : undefined;
  if (range === undefined && status === undefined) return span(0, list.length);
  return list.remember(`select ${from} ${to} ${status}`, () => {
    if (status === undefined && range !== undefined && list.sorted !== undefined && quirks.filterField === undefined) {
      return sortedSpan(list, list.sorted, range);
    }
    return picked(list, (place) => {
      if (status !== undefined && list.value(place, 'status') !== status) return false;
      return range === undefined || isInside(list, place, range, quirks.filterField);
    });
  });
}

/** Milliseconds since 1970. */
interface Range {
  isEarly(ms: number): boolean;
  isLate(ms: number): boolean;
}

function rangeOf(query: Query, quirks: FilterQuirks): Range {
  const { fromExclusive, toExclusive, dateOnly, dayBeginsEarlier = 0 } = quirks;
  const cut = (ms: number) => (dateOnly ? Math.floor(ms / dayMs) * dayMs - dayBeginsEarlier * 3_600_000 : ms);
  const from = cut(bound(query, 'from', Number.NEGATIVE_INFINITY));
  const to = cut(bound(query, 'to', Number.POSITIVE_INFINITY)) + (dateOnly === 'end-of-day' ? dayMs - 1 : 0);
  return {
    isEarly: fromExclusive ? (ms) => ms <= from : (ms) => ms < from,
    isLate: toExclusive ? (ms) => ms >= to : (ms) => ms > to,
  };
}

function bound(query: Query, name: 'from' | 'to', without: number): number {
  const text = query[name];
  const ms = text === undefined ? without : timeOf(text);
  if (Number.isNaN(ms)) throw new Refusal(400, `"${name}" must be a valid date`, 'invalid_params');
  return ms;
}

/** A record that shows no creation date has one at Paystack all the same: it is in every range. */
function isInside(list: List, place: number, range: Range, field: string | undefined): boolean {
  const ms = field === undefined ? list.created(place) : timeOf(list.value(place, field));
  if (Number.isNaN(ms)) return field === undefined;
  return !range.isEarly(ms) && !range.isLate(ms);
}

function sortedSpan(list: List, order: 'newest-first' | 'oldest-first', { isEarly, isLate }: Range): Selection {
  const isBefore = order === 'newest-first' ? isLate : isEarly;
  const isBehind = order === 'newest-first' ? isEarly : isLate;
  const start = firstWhere(list.length, (place) => !isBefore(list.created(place)));
  return span(
    start,
    Math.max(
      start,
      firstWhere(list.length, (place) => isBehind(list.created(place))),
    ),
  );
}

function span(start: number, end: number): Selection {
  return {
    length: end - start,
    place: (index) => start + index,
    before: (place) => Math.min(Math.max(place, start), end) - start,
  };
}

function picked(list: List, test: (place: number) => boolean): Selection {
  const places: number[] = [];
  for (let place = 0; place < list.length; place++) if (test(place)) places.push(place);
  return {
    length: places.length,
    place: (index) => places[index]!,
    before: (place) => firstWhere(places.length, (index) => places[index]! >= place),
  };
}
