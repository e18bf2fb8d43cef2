/**
 * Cuts a range of creation time into windows that are read, and resumed, one after the other.
 *
 * The first page of the whole range tells how many records there are. Most accounts are one window, and cost not one
 * request more than they have pages. Large ranges are cut into windows of a bounded number of pages, the last of which
 * begins at today's midnight: it alone is still growing.
 *
 * Nobody knows whether `from` and `to` are inclusive or exclusive, or cut down to their date, and when its day begins. So
 * cuts fall on UTC midnights, a window is asked for with some margin on both sides, and what comes twice is sorted out by
 * its key.
 */
import type { List, Page, Query, Row } from './list.ts';

export const dayMs = 86_400_000;

/** A span of creation time, in milliseconds since 1970. */
export interface Span {
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
}

export interface Window<Content> extends Span {
  readonly query: Query;
  readonly first: Page<Content>;
}

/** Pages of a window that was cut out, about. A run that is stopped repeats at most one window. */
const windowPages = 50;

/** Pages of a range that is not worth cutting: a cut costs half a page, and two requests to find out where. */
const maxPages = 3 * windowPages;

/** An exclusive `from` must not lose the record of that very moment. */
const marginMs = 1000;

/** The windows of a range, oldest first, each with its first page. */
export async function* cutWindows<Content>(
  list: List<Content>,
  range: Range,
): AsyncGenerator<Window<Content>, void, undefined> {
  const today = midnightBefore(range.now);
  const pending = [...range.spans];
  for (let span = pending.shift(); span !== undefined; span = pending.shift()) {
    const query = queryOf(span, range.now);
    const first = await list.page(1, query);
    const pages = pagesIn(first);
    const window: Window<Content> = { ...span, query, first };
    if (pages <= maxPages || pages === Number.POSITIVE_INFINITY || !isBelieved(first.rows, window)) {
      yield window;
      continue;
    }
    const oldest = await oldestOf(list, query, pages, span.from);
    const cuts = [today];
    const parts = Math.ceil(pages / windowPages);
    const end = Math.min(span.to, today);
    for (let part = 1; part < parts; part++) cuts.push(midnightBefore(oldest + ((end - oldest) * part) / parts));
    const inside = [...new Set(cuts)].filter((cut) => cut > span.from && cut < span.to).sort((a, b) => a - b);
    if (inside.length === 0) {
      yield window;
      continue;
    }
    const edges = [span.from, ...inside, span.to];
    pending.unshift(...edges.slice(1).map((to, index) => ({ from: edges[index]!, to })));
  }
}

/**
 * False if a row lies so far outside the window that no reading of `from` and `to` explains it: the list ignores them,
 * or filters by something else than the creation date.
 */
export function isBelieved(rows: readonly Pick<Row<unknown>, 'created'>[], { from, to }: Span): boolean {
  return rows.every(
    ({ created }) => !(created < from - marginMs - 2 * dayMs || created >= midnightAfter(to) + 3 * dayMs),
  );
}

/** Infinite where the first page does not tell, or where the others cannot be asked for by number. */
export function pagesIn(first: Page<unknown>): number {
  if (first.isLast) return 1;
  if (first.total === undefined || first.next !== undefined) return Number.POSITIVE_INFINITY;
  return first.count === 0 ? 0 : Math.ceil(first.total / first.count);
}

/** Where the records begin, as far as the last page tells: a hint for even cuts, nothing depends on it. */
async function oldestOf(list: List<unknown>, query: Query, pages: number, from: number): Promise<number> {
  const { rows } = await list.page(pages, query);
  const oldest = Math.min(...rows.map(({ created }) => created).filter(Number.isFinite));
  return Number.isFinite(oldest) ? Math.max(from, oldest) : from;
}

function queryOf({ from, to }: Span, now: number): Query {
  // A `to` that is cut down to its date must not lose that day, nor its last hours where days begin earlier than in UTC.
  const end = Number.isFinite(to) ? midnightAfter(to) + dayMs : now + dayMs;
  return { from: new Date(from - marginMs).toISOString(), to: new Date(end).toISOString() };
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
function midnightAfter(ms: number): number {
  return Math.ceil(ms / dayMs) * dayMs;
}
