/**
 * Reads a list, or a range of it, so that every record comes.
 *
 * What comes is believed in this order: the records themselves, then what answers say of them (`meta`), then the documentation.
 *
 * **In parallel.** Newest first, page by page, arrivals do no harm: they push records to later pages (a repeat, recognised by
 * its key) and never past the reader. Pages that are asked for in parallel are as good as long as their totals never fall from
 * one page to the next, since each was then answered as if after the one before. Where one falls, or a page has nothing though
 * more was announced, the rest of the window is read page by page. How a window ends, and when it is settled: see `pass.ts`.
 *
 * **Totals** are a hint. One that pages contradict disproves all totals of the list: from then on none of them steers the
 * reading. At the end of a range, what its windows gave is compared with what was announced before it was cut.
 *
 * **Refusals** of a page that is deep in a window: the window is cut until no page is so deep. A list that ignores `from` and
 * `to`, or refuses them, or filters by another date, is read once, whole; what lies outside the range is then left out here.
 */
import { inOrder, lookahead, quiet } from '../prefetch.ts';
import { Refused } from './errors.ts';
import { countOf, type Known, type Ledger, openLedger, type Tally, type Wanted } from './ledger.ts';
import type { List, Page } from './list.ts';
import { isAnnouncedThere, noteDepth, type Reader, readToEnd, settle } from './pass.ts';
import { covered, type Readings, rowsOf } from './reading.ts';
import {
  type Cut,
  cutWindows,
  dayMs,
  firstPage,
  isBelieved,
  middleOf,
  midnightAfter,
  pagesToEnd,
  queryOf,
  type Range,
  type Span,
  type Window,
} from './windows.ts';

/**
 * @param wanted `range` is undefined for a list that cannot be filtered by creation date: it is read whole
 * @param ahead pages that may be in flight or waiting, asked again before each
 * @throws what the list throws, and EndlessList if its paging leads nowhere
 */
export async function* readList<Content>(
  list: List<Content>,
  wanted: Wanted,
  ahead: () => number,
  tally: Tally,
): Readings<Content> {
  const reader = { list, wanted, ahead, tally, areTotalsBelieved: true, tooDeep: undefined };
  if (wanted.range === undefined) yield* readWhole(reader, noneKnown);
  else yield* readRange(reader, wanted.range);
}

const noneKnown: Known = new Map();

/** Reads the windows of a range; then counts what they gave against what was announced of the range. */
async function* readRange<Content>(reader: Reader<Content>, range: Range): Readings<Content> {
  const cut: Cut = { announced: 0 };
  const came = { records: 0 };
  const isFiltered = yield* readWindows(reader, range, cut, came, noneKnown);
  if (!isFiltered || came.records >= cut.announced) return;
  const whole = { from: range.spans[0]!.from, to: range.spans.at(-1)!.to };
  const query = queryOf(whole, range);
  const first = await firstPage(reader.list, query);
  // Fewer by now: some have gone while the windows were read.
  if (came.records >= Math.min(cut.announced, first.total ?? 0)) return first.release();
  reader.tally.reread++;
  const ledger = openLedger(undefined, reader.wanted, reader.tally, noneKnown);
  yield rowsOf(ledger, first);
  yield* finishWindow(reader, { ...whole, query, first }, ledger, range, came);
}

/** Distinct records that the windows of a range gave. */
interface Came {
  records: number;
}

/**
 * Reads windows, oldest first, with the pages that can be known beforehand in parallel, across the windows.
 *
 * @returns false if the list turned out not to filter by creation, and was read whole instead
 */
async function* readWindows<Content>(
  reader: Reader<Content>,
  range: Range,
  cut: Cut,
  came: Came,
  knownBefore: Known,
): Readings<Content, boolean> {
  const closed = new WeakSet<Window<Content>>();
  let ledger: Ledger | undefined;
  for await (const step of inOrder(pageSteps(reader, range, cut, closed), reader.ahead)) {
    const { window } = step;
    if (ledger?.window !== window) {
      ledger = openLedger(window, reader.wanted, reader.tally, ledger?.known ?? knownBefore);
    }
    if (step.kind === 'page') {
      if (!closed.has(window) && isOutOfTurn(ledger, step.page)) closed.add(window);
      if (closed.has(window)) step.page.release();
      else yield rowsOf(ledger, step.page);
    } else if (step.kind === 'refused') {
      noteDepth(reader, step.number, step.refusal);
      closed.add(window);
    } else {
      yield* finishWindow(reader, window, ledger, range, came);
    }
    if (!ledger.isBelieved) {
      yield* readWhole(reader, new Map([...ledger.knownBefore, ...ledger.known]));
      return false;
    }
  }
  return true;
}

type Step<Content> = { readonly window: Window<Content> } & (
  | { readonly kind: 'page'; readonly page: Page<Content> }
  | { readonly kind: 'refused'; readonly number: number; readonly refusal: Refused }
  /** Behind the pages of a window. */
  | { readonly kind: 'end' }
);

/**
 * Every page that can be known beforehand, as tasks in order.
 *
 * @param closed windows of which no further page is to be asked for beforehand
 */
async function* pageSteps<Content>(
  reader: Reader<Content>,
  range: Range,
  cut: Cut,
  closed: WeakSet<Window<Content>>,
): AsyncGenerator<() => Promise<Step<Content>>, void, undefined> {
  for await (const window of lookahead(cutWindows(reader.list, range, cut))) {
    yield async () => ({ window, kind: 'page', page: window.first });
    const pages = pagesAhead(reader, window);
    for (let number = 2; number <= pages && !closed.has(window) && reader.areTotalsBelieved; number++) {
      if (number > 2 || window.first.isFull) yield () => pageStep(reader.list, window, number);
      else {
        // A first page that is not full though more is announced: its size was cut, or the total is wrong.
        const second = quiet(pageStep(reader.list, window, number));
        yield () => second;
        // Whoever takes the step learns of an error.
        const step = await second.catch(() => undefined);
        if (step?.kind !== 'page' || step.page.count === 0) break;
      }
    }
    yield async () => ({ window, kind: 'end' });
  }
}

async function pageStep<Content>(list: List<Content>, window: Window<Content>, number: number): Promise<Step<Content>> {
  try {
    return { window, kind: 'page', page: await list.page(number, window.query) };
  } catch (error) {
    if (!(error instanceof Refused) || !error.isPaystacks) throw error;
    return { window, kind: 'refused', number, refusal: error };
  }
}

/** The pages of a window that are asked for without waiting for those before: of a list that ignores the range, no more. */
function pagesAhead<Content>(reader: Reader<Content>, window: Window<Content>): number {
  const { first, isAnnounced } = window;
  const pages = pagesToEnd(first);
  if (!isBelieved(first, window)) return 1;
  if (!reader.areTotalsBelieved || !isAnnounced || !Number.isFinite(pages)) return 1;
  return Math.min(pages, (reader.tooDeep?.number ?? Number.POSITIVE_INFINITY) - 1);
}

/** True if a page was answered before the one in front of it, as far as the totals show, or has nothing though it should. */
function isOutOfTurn(ledger: Ledger, page: Page<unknown>): boolean {
  const { last } = ledger;
  if (last === undefined) return false;
  const hasFallen = !((page.total ?? Number.NaN) >= (last.total ?? Number.NaN));
  return hasFallen || (page.count === 0 && countOf(ledger) < (page.total ?? 0));
}

/** Reads what could not be known beforehand, settles the window, and says how far everything is read. */
async function* finishWindow<Content>(
  reader: Reader<Content>,
  window: Omit<Window<Content>, 'isAnnounced'>,
  ledger: Ledger,
  range: Range,
  came: Came,
): Readings<Content> {
  const { query, first } = window;
  try {
    yield* readToEnd(reader, query, first, ledger);
    if (!ledger.isBelieved) return;
    yield* settle(reader, query, first, ledger);
    came.records += ledger.fresh;
  } catch (error) {
    if (!(error instanceof Refused) || !error.isPaystacks) throw error;
    const cut = cutOf(window, ledger, range.now);
    if (cut !== undefined) yield* finishInParts(reader, window, ledger, range, came, cut);
    else if (isAnnouncedThere(reader, ledger, first)) yield* settle(reader, query, first, ledger);
    else throw error;
  }
}

/** Where a window is cut of which a page is too deep: behind what was read, or in the middle; undefined if it cannot be. */
function cutOf(window: Span, { order, oldest }: Ledger, now: number): number | undefined {
  const cut = order === 'newest-first' ? midnightAfter(oldest) : middleOf(window, oldest, now);
  return cut > window.from && cut < Math.min(window.to, midnightAfter(now) + dayMs) ? cut : undefined;
}

/**
 * Finishes a window of which a page is refused as too deep. What was read newest first need not be read again: the rest is a
 * window of its own. Of any other order both halves are.
 */
async function* finishInParts<Content>(
  reader: Reader<Content>,
  window: Omit<Window<Content>, 'isAnnounced'>,
  ledger: Ledger,
  range: Range,
  came: Came,
  cut: number,
): Readings<Content> {
  const known = new Map([...ledger.knownBefore, ...ledger.known]);
  const older = { from: window.from, to: cut };
  const newer = { from: cut, to: window.to };
  if (ledger.order !== 'newest-first') {
    yield* readWindows(reader, { ...range, spans: [older, newer] }, { announced: 0 }, came, known);
    return;
  }
  const begun = came.records;
  came.records += ledger.fresh;
  const before = came.records;
  yield* readWindows(reader, { ...range, spans: [older] }, { announced: 0 }, came, known);
  const records = ledger.known.size + came.records - before;
  const total = reader.areTotalsBelieved ? (window.first.total ?? 0) : 0;
  const missing = Math.max(0, total - records - ledger.unusable);
  reader.tally.announced += before - begun + ledger.unusable;
  reader.tally.missing += missing;
  reader.tally.unusable += ledger.unusable;
  yield covered({ ...ledger, window: newer }, missing === 0);
}

/** A list read from its first to its last page; what lies outside the range is left out. */
async function* readWhole<Content>(reader: Reader<Content>, knownBefore: Known): Readings<Content> {
  const { list, wanted, tally } = reader;
  const ledger = openLedger(undefined, wanted, tally, knownBefore);
  const first = wanted.isEmptyBelieved ? await list.page(1, {}) : await firstPage(list, {});
  yield rowsOf(ledger, first);
  yield* readToEnd(reader, {}, first, ledger);
  yield* settle(reader, {}, first, ledger);
}
