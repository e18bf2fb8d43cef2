/**
 * Reads a list, or a range of it, so that every record comes, and comes once.
 *
 * A list may grow while it is read. Page by page, that does no harm: a new record pushes others to later pages (a repeat,
 * recognised by its key) and never past the reader. Pages that are asked for in parallel are as good as long as their
 * totals never fall from one page to the next, since each was then answered as if after the one before. Where one falls,
 * the rest of the window is read page by page.
 *
 * At the end of a window the keys that were read are counted against the announced total; if any is missing the window is
 * read again, and what is still missing is reported, not passed over.
 *
 * A list that ignores `from` and `to`, or filters by another date, is read once, whole; what lies outside the range is
 * then left out here.
 */
import { inOrder, lookahead } from '../prefetch.ts';
import { EndlessList } from './errors.ts';
import type { List, Page, PageRows, Query } from './list.ts';
import { cutWindows, isBelieved, isInRange, midnightBefore, pagesIn, type Range, type Window } from './windows.ts';

export type Reading<Content> = RowsRead<Content> | Covered;

export interface RowsRead<Content> extends PageRows<Content> {
  readonly kind: 'rows';
}

/** Everything is read that was created from `from` to before `until`; if it is not whole, something is missing. */
export interface Covered {
  readonly kind: 'covered';
  readonly from: number;
  readonly until: number;
  readonly isWhole: boolean;
  /** The midnights before the records that are still open. */
  readonly openDays: ReadonlySet<number>;
}

/** What a reading amounts to, kept up to date while it goes on. */
export interface Tally {
  /** Records that the lists said they hold, where they said so. */
  announced: number;
  /** Records left out because they were created outside the range. */
  leftOut: number;
  /** Records that are no rows: no objects, or without their key. */
  refused: number;
  /** Windows that were read again because something was missing. */
  reread: number;
  /** Records that were announced and never came. */
  missing: number;
}

export function newTally(): Tally {
  return { announced: 0, leftOut: 0, refused: 0, reread: 0, missing: 0 };
}

/** How often a window with something missing is read again. */
const maxRereads = 2;

/** How often a page comes again, one time after the other, until a list without a total is at its end. */
const maxRepeats = 2;

/** Pages in a row without a new key: so many records have come in meanwhile that the reader gets nowhere. */
const maxStalePages = 50;

/**
 * @param range undefined for a list that cannot be filtered by creation date: it is read whole
 * @param ahead pages that may be in flight or waiting, asked again before each
 * @throws what the list throws, and EndlessList if its paging leads nowhere
 */
export async function* readList<Content>(
  list: List<Content>,
  range: Range | undefined,
  ahead: () => number,
  tally: Tally,
): AsyncGenerator<Reading<Content>, void, undefined> {
  if (range === undefined) {
    yield* readWhole(list, undefined, tally);
    return;
  }
  const outOfOrder = new WeakSet<Window<Content>>();
  let ledger: Ledger | undefined;
  for await (const { window, page, isLast } of inOrder(pageTasks(list, range, outOfOrder), ahead)) {
    ledger = ledger?.window === window ? ledger : openLedger(window, range, tally, ledger?.known);
    if (page !== undefined && hasFallen(ledger.last, page)) outOfOrder.add(window);
    if (page !== undefined) {
      if (outOfOrder.has(window)) page.release();
      else yield take(ledger, page);
    }
    if (isLast && ledger.isBelieved) yield* finishWindow(list, window, ledger);
    if (!ledger.isBelieved) {
      yield* readWhole(list, range, tally, new Set([...ledger.knownBefore, ...ledger.known]));
      return;
    }
  }
}

interface Step<Content> {
  readonly window: Window<Content>;
  readonly page?: Page<Content>;
  readonly isLast?: true;
}

/**
 * Every page that can be known beforehand, as tasks in order; behind those of a window a step that finishes it.
 *
 * @param outOfOrder windows of which no further page is to be asked for beforehand
 */
async function* pageTasks<Content>(
  list: List<Content>,
  range: Range,
  outOfOrder: WeakSet<Window<Content>>,
): AsyncGenerator<() => Promise<Step<Content>>, void, undefined> {
  for await (const window of lookahead(cutWindows(list, range))) {
    yield async () => ({ window, page: window.first });
    const pages = pagesIn(window.first);
    for (let number = 2; number <= pages && Number.isFinite(pages) && !outOfOrder.has(window); number++) {
      yield async () => ({ window, page: await list.page(number, window.query) });
    }
    yield async () => ({ window, isLast: true });
  }
}

/** True if a page was answered before the one in front of it, as far as the totals tell: what came between is lost. */
function hasFallen(before: Page<unknown> | undefined, page: Page<unknown>): boolean {
  return before !== undefined && !((page.total ?? Number.NaN) >= (before.total ?? Number.NaN));
}

/** Reads what the tasks could not know of, then counts. */
async function* finishWindow<Content>(
  list: List<Content>,
  { first, query }: Window<Content>,
  ledger: Ledger,
): AsyncGenerator<Reading<Content>, void, undefined> {
  yield* lookahead(laterPages(list, query, first, ledger));
  if (ledger.isBelieved) yield* reconcile(list, query, first, ledger);
}

/** A list read from its first to its last page; what lies outside the range is left out. */
async function* readWhole<Content>(
  list: List<Content>,
  range: Range | undefined,
  tally: Tally,
  knownBefore: ReadonlySet<string> = new Set(),
): AsyncGenerator<Reading<Content>, void, undefined> {
  const ledger = openLedger(undefined, range, tally, knownBefore);
  const first = await list.page(1, {});
  yield take(ledger, first);
  yield* lookahead(laterPages(list, {}, first, ledger));
  yield* reconcile(list, {}, first, ledger);
}

/**
 * The pages behind the last that was taken, one after the other, however the list pages. The total may be too low: as long
 * as more records come than were announced, it is not taken for the end.
 *
 * @throws EndlessList if a cursor comes back to where it was, or page after page holds nothing new: the list would never end
 */
async function* laterPages<Content>(
  list: List<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
): AsyncGenerator<Reading<Content>, void, undefined> {
  const cursors = new Set<string>();
  let page: Page<unknown> = ledger.last ?? first;
  let repeats = 0;
  let stalePages = 0;
  for (let number = ledger.pages + 1; !page.isLast && page.count > 0 && ledger.isBelieved; number++) {
    if (page.next !== undefined) {
      if (cursors.has(page.next))
        throw new EndlessList('its cursor leads back to a page already read: it would never end');
      cursors.add(page.next);
    } else if (isBehind(number, page, first) && ledger.pass.size <= (page.total ?? 0)) return;
    const asked = page.next === undefined ? await list.page(number, query) : await list.after(page.next, query);
    const known = ledger.pass.size;
    yield take(ledger, asked);
    const isStale = ledger.pass.size === known;
    // As many new records as a page holds push the same page to the next place; the total tells that it goes on.
    const isAnnounced = asked.total !== undefined && !isBehind(number + 1, asked, first);
    repeats = isStale && isSamePage(asked, page) && !isAnnounced ? repeats + 1 : 0;
    stalePages = isStale ? stalePages + 1 : 0;
    page = asked;
    if (repeats === maxRepeats) return;
    if (stalePages === maxStalePages) throw new EndlessList('page after page holds nothing new: it would never end');
  }
}

/** True if the pages before this one hold all that a page announces. */
function isBehind(number: number, { total }: Page<unknown>, first: Page<unknown>): boolean {
  return total !== undefined && (number - 1) * first.count >= total;
}

function isSamePage({ rows }: Page<unknown>, other: Page<unknown>): boolean {
  return rows.length === other.rows.length && rows.every(({ key }, index) => key === other.rows[index]!.key);
}

/** Reads a window again while keys are missing; then tells how far everything is read. */
async function* reconcile<Content>(
  list: List<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
): AsyncGenerator<Reading<Content>, void, undefined> {
  const { tally } = ledger;
  let missing = missingIn(ledger, first);
  tally.announced += first.total ?? ledger.pass.size + ledger.refused;
  for (let rereads = 0; missing > 0 && rereads < maxRereads; rereads++) {
    tally.reread++;
    beginPass(ledger);
    const again = await list.page(1, query);
    yield take(ledger, again);
    yield* lookahead(laterPages(list, query, again, ledger));
    missing = missingIn(ledger, again);
  }
  tally.missing += missing;
  tally.refused += ledger.refused;
  const { from, until, openDays } = ledger;
  yield { kind: 'covered', from, until, isWhole: missing === 0 && ledger.refused === 0, openDays };
}

/** What a window has given so far. */
interface Ledger {
  /** Undefined when a list is read whole. */
  readonly window: Window<unknown> | undefined;
  readonly range: Range | undefined;
  readonly tally: Tally;
  readonly from: number;
  readonly until: number;
  /** The midnights before the open records that came. */
  readonly openDays: Set<number>;
  /** Every key of the window before: windows share their cut, and are asked for with a margin. */
  readonly knownBefore: ReadonlySet<string>;
  /** Every key that came. */
  readonly known: Set<string>;
  /** The keys that came since the window was last begun: in the first pass, `known`. */
  pass: Set<string>;
  /** Pages that this pass has taken, and the last of them. */
  pages: number;
  last: Page<unknown> | undefined;
  /** Records of this pass that are no rows. */
  refused: number;
  /** False once a row shows that the list does not filter by creation date. */
  isBelieved: boolean;
}

function openLedger(
  window: Window<unknown> | undefined,
  range: Range | undefined,
  tally: Tally,
  knownBefore: ReadonlySet<string> = new Set(),
): Ledger {
  const known = new Set<string>();
  const from = window?.from ?? range?.spans[0]?.from ?? Number.NEGATIVE_INFINITY;
  const until = window?.to ?? range?.spans.at(-1)?.to ?? Number.POSITIVE_INFINITY;
  const opening = { from, until, openDays: new Set<number>(), known, pass: known, refused: 0, isBelieved: true };
  return { window, range, tally, knownBefore, pages: 0, last: undefined, ...opening };
}

function beginPass(ledger: Ledger): void {
  ledger.pass = new Set();
  ledger.pages = 0;
  ledger.last = undefined;
  ledger.refused = 0;
}

function missingIn(ledger: Ledger, first: Page<unknown>): number {
  return Math.max(0, (first.total ?? 0) - ledger.pass.size - ledger.refused);
}

/** The rows of a page that are in the range and were not given before. */
function take<Content>(ledger: Ledger, page: Page<Content>): RowsRead<Content> {
  const { window, range, known, knownBefore, tally } = ledger;
  ledger.pages++;
  ledger.last = page;
  ledger.refused += page.count - page.rows.length;
  if (window !== undefined && !isBelieved(page.rows, window)) {
    ledger.isBelieved = false;
    return { kind: 'rows', rows: [], release: page.release };
  }
  const rows = page.rows.filter(({ key, created, isOpen }) => {
    const { size } = known;
    known.add(key);
    if (ledger.pass !== known) ledger.pass.add(key);
    if (known.size === size) return false;
    if (range !== undefined && !isInRange(created, range)) {
      tally.leftOut++;
      return false;
    }
    // One that the window before has given may lie in this one all the same.
    if (isOpen) ledger.openDays.add(midnightBefore(created));
    return !knownBefore.has(key);
  });
  return { kind: 'rows', rows, release: page.release };
}
