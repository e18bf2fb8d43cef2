/**
 * Cuts a range of creation time into windows that are read, and resumed, one after the other.
 *
 * The first page of the whole range says how many records there are. Most accounts are one window, and cost not one
 * request more than they have pages. Large ranges are cut into windows of a bounded number of pages, the last of which
 * begins at today's midnight: it alone is still growing. What the first page says is checked against the last page that it
 * announces before anything is cut by it.
 *
 * Nobody knows whether `from` and `to` are inclusive or exclusive, or cut down to their date, and when its day begins. So
 * cuts fall on UTC midnights, a window is asked for with some margin on both sides, and what comes twice is sorted out by
 * its key.
 */
import { Refused } from './errors.ts';
import type { List, Page, Row } from './list.ts';
import type { Query } from './paging.ts';

export const dayMs = 86_400_000;

/** A span of creation time, in milliseconds since 1970. */
export interface Span {
  /** Infinite: from whenever the first record is. */
  readonly from: number;
  /** Exclusive. Infinite: up to the present and beyond, whatever arrives while it is read. */
  readonly to: number;
}

/** What is to be read. */
export interface Range {
  /** Ascending, apart from each other, at least one. */
  readonly spans: readonly Span[];
  /** The start of the run. */
  readonly now: number;
  /** Ask for both ends of every span, also where one is open. */
  readonly needsBothEnds?: boolean;
}

export interface Window<Content> extends Span {
  readonly query: Query;
  readonly first: Page<Content>;
  /** False if what the first page announces was disproved. */
  readonly isAnnounced: boolean;
}

/** Pages of a window that was cut out, about. A run that is stopped repeats at most one window. */
const windowPages = 50;

/** Pages of a range that is not worth cutting: a cut costs half a page, and two requests to find out where. */
const maxPages = 3 * windowPages;

/** Days of a window that was cut out, at least: each is asked for with the day behind it, which is read twice. */
const minWindowDays = 14;

/** An exclusive `from` must not lose the record of that very moment. */
const marginMs = 1000;

/** How the windows of a range came about. */
export interface Cut {
  /** Records that the first page of each span announced, where it was cut: all spans together. */
  announced: number;
}

/**
 * The windows of a range, oldest first, each with its first page.
 *
 * @param cut gets what was announced of the spans that were cut
 */
export async function* cutWindows<Content>(
  list: List<Content>,
  range: Range,
  cut: Cut,
): AsyncGenerator<Window<Content>, void, undefined> {
  const { spans } = range;
  const pending = [...spans];
  for (let span = pending.shift(); span !== undefined; span = pending.shift()) {
    const query = queryOf(span, range);
    const first = await firstPage(list, query);
    const { cuts, isAnnounced } = await cutsOf(list, span, first, range);
    if (cuts.length === 0) {
      yield { ...span, query, first, isAnnounced };
      continue;
    }
    if (spans.includes(span)) cut.announced += first.total ?? 0;
    first.release();
    const edges = [span.from, ...cuts, span.to];
    pending.unshift(...edges.slice(1).map((to, index) => ({ from: edges[index]!, to })));
  }
}

/**
 * Where a span is cut, ascending: nowhere unless it is large.
 *
 * @returns also where its records begin, if it is large, and whether what its first page announces is to be believed
 */
export async function cutsOf(
  list: Pick<List<unknown>, 'page'>,
  span: Span,
  first: Page<unknown>,
  range: Range,
): Promise<{ readonly cuts: readonly number[]; readonly oldest?: number; readonly isAnnounced: boolean }> {
  const pages = pagesIn(first);
  const isLarge = pages > maxPages && Number.isFinite(pages) && isBelieved(first, span);
  if (!isLarge) return { cuts: [], isAnnounced: true };
  const oldest = await oldestOf(list, queryOf(span, range), pages, span.from);
  if (oldest === undefined) return { cuts: [], isAnnounced: false };
  return { cuts: cutsIn(span, oldest, pages, range.now), oldest, isAnnounced: true };
}

/** The first page of a query. One without records is asked for twice: an empty answer may be a failure in disguise. */
export async function firstPage<Content>(list: List<Content>, query: Query): Promise<Page<Content>> {
  const first = await list.page(1, query);
  return first.count > 0 ? first : list.page(1, query);
}

/** A UTC midnight in the middle of a span, or of its records if it has no beginning. */
export function middleOf({ from, to }: Span, oldest: number, now: number): number {
  const begin = Number.isFinite(from) ? from : oldest;
  return midnightBefore(begin + (Math.min(to, midnightAfter(now)) - begin) / 2);
}

/** Where a large span is cut, at midnights: windows of some fifty pages, of busy merchants more, as if records were spread evenly. */
function cutsIn(span: Span, oldest: number, pages: number, now: number): number[] {
  const today = midnightBefore(now);
  const end = Math.min(span.to, today);
  const days = Math.max(1, Math.floor((end - oldest) / dayMs));
  const parts = Math.min(Math.ceil(pages / windowPages), Math.max(1, Math.floor(days / minWindowDays)));
  const cuts = [today];
  for (let part = 1; part < parts; part++) cuts.push(midnightBefore(oldest + ((end - oldest) * part) / parts));
  return [...new Set(cuts)].filter((cut) => cut > span.from && cut < span.to).sort((a, b) => a - b);
}

/**
 * False if a row lies so far outside the span that no reading of `from` and `to` explains it: the list ignores them,
 * or filters by something else than the creation date.
 */
export function isBelieved(
  { rows, isFiltered }: { readonly rows: readonly Pick<Row<unknown>, 'created'>[]; readonly isFiltered: boolean },
  { from, to }: Span,
): boolean {
  if (!isFiltered) return !Number.isFinite(from) && !Number.isFinite(to);
  return rows.every(
    ({ created }) => !(created < from - marginMs - 2 * dayMs || created >= midnightAfter(to) + 3 * dayMs),
  );
}

/** Infinite where the first page does not say, or where the others cannot be asked for by number. */
export function pagesIn(first: Page<unknown>): number {
  if (first.isLast) return 1;
  if (first.total === undefined || first.next !== undefined) return Number.POSITIVE_INFINITY;
  return first.count === 0 ? 0 : Math.ceil(first.total / first.count);
}

/** The pages of a list that says how many it has; if the last of them is full, one more proves the end. */
export function pagesToEnd(first: Page<unknown>): number {
  const isLastFull = first.isFull && (first.total ?? 0) % first.count === 0;
  return pagesIn(first) + (first.isLast || !isLastFull ? 0 : 1);
}

/**
 * Where the records begin, as far as the last page shows: for even cuts.
 *
 * @returns undefined if that page has no records: there are not so many as were announced, or it is too deep for the list
 */
async function oldestOf(
  list: Pick<List<unknown>, 'page'>,
  query: Query,
  pages: number,
  from: number,
): Promise<number | undefined> {
  try {
    const { rows, release } = await list.page(pages, query);
    const oldest = Math.min(...rows.map(({ created }) => created).filter(Number.isFinite));
    release();
    return Number.isFinite(oldest) ? Math.max(from, oldest) : undefined;
  } catch (error) {
    // The reader finds out by itself how deep the list can be read, and cuts what is deeper.
    if (error instanceof Refused && error.isPaystacks) return undefined;
    throw error;
  }
}

/** What a span is asked for with. An end that is open is left out, unless the list needs both. */
export function queryOf(span: Span, { now, needsBothEnds }: Pick<Range, 'now' | 'needsBothEnds'>): Query {
  const from = needsBothEnds ? Math.max(span.from, marginMs) : span.from;
  const to = needsBothEnds ? Math.min(span.to, now) : span.to;
  return {
    ...(Number.isFinite(from) && { from: dateText(from - marginMs) }),
    // A `to` that is cut down to its date must not lose that day, nor its last hours where days begin earlier than in UTC.
    ...(Number.isFinite(to) && { to: dateText(midnightAfter(to) + dayMs) }),
  };
}

function dateText(ms: number): string {
  return new Date(ms).toISOString();
}

/** True for a time within the range, and for NaN: a record without a date is not left out. */
export function isInRange(created: number, { spans }: Range): boolean {
  return Number.isNaN(created) || spans.some(({ from, to }) => created >= from && created < to);
}

/** The midnight at or before a time. */
export function midnightBefore(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

/** The midnight at or after a time. */
export function midnightAfter(ms: number): number {
  return Math.ceil(ms / dayMs) * dayMs;
}
