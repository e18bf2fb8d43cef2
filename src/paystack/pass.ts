/**
 * Reads one window, or a list that has none, to its end, and settles it: a *pass* reads it from its first page to its end.
 *
 * A pass ends with an answer that says that nothing follows, an empty page (asked for twice if more was announced), the same
 * page three times, or a page that is not full once as many records have come as were announced. A full page is no end, nor is
 * a total by itself.
 *
 * A window is settled by one pass if it fits in one answer; or if it has cursors, which stay where they are while records come
 * and go; or if as many records came as were announced, newest first, and no total was disproved. Else it is read again, in
 * turns from its last page to its first and from its first to its last, until a pass brings nothing new: when a record goes,
 * what moves comes toward a reader that reads back. One such pass settles a list that comes oldest first. Pages without a gap,
 * in three passes, outweigh a total that is too high.
 */
import { lookahead } from '../prefetch.ts';
import { EndlessList, Refused } from './errors.ts';
import { beginPass, countOf, hasGap, isContiguous, type Ledger, missingIn, type Tally, type Wanted } from './ledger.ts';
import type { List, Page } from './list.ts';
import type { Query } from './paging.ts';
import { covered, type Readings, rowsOf } from './reading.ts';
import { firstPage } from './windows.ts';

/** A list that is being read. */
export interface Reader<Content> {
  readonly list: List<Content>;
  readonly wanted: Wanted;
  /** Pages that may be in flight or waiting, asked again before each. */
  readonly ahead: () => number;
  readonly tally: Tally;
  /** False once a total of this list was disproved. */
  areTotalsBelieved: boolean;
  /** The lowest page number that was refused, and the refusal: such pages are not asked for again. */
  tooDeep: { readonly number: number; readonly refusal: Refused } | undefined;
}

/** Passes in a row that bring nothing new, after which what is missing is given up. */
const maxQuiet = 3;

/** Passes at most: a list whose order changes between two answers gives a few more records each time. */
const maxPasses = 8;

/** How often a page comes again, one time after the other, until a list without a total is at its end. */
const maxRepeats = 2;

/** Pages in a row without a new key: so many records have come in meanwhile that the reader gets nowhere. */
const maxWithoutNews = 50;

/**
 * The pages behind the last that was taken, one after the other, however the list pages.
 *
 * @throws EndlessList if a cursor comes back to where it was, or page after page holds nothing new; Refused for a page that is
 * too deep
 */
export async function* readToEnd<Content>(
  reader: Reader<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
): Readings<Content> {
  yield* lookahead(laterPages(reader, query, first, ledger));
}

async function* laterPages<Content>(
  reader: Reader<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
): Readings<Content> {
  const cursors = new Set<string>();
  let page: Page<unknown> = ledger.last!;
  let repeats = 0;
  let pagesWithoutNews = 0;
  while (ledger.isBelieved && !isEnd(reader, ledger, first, page)) {
    if (page.next !== undefined) {
      if (cursors.has(page.next)) {
        throw new EndlessList('its cursor leads back to a page already read: it would never end');
      }
      cursors.add(page.next);
    }
    const asked = await nextPage(reader, query, first, ledger, page);
    if (asked === undefined) return;
    const before = ledger.distinct;
    yield rowsOf(ledger, asked);
    // Of those that came, some may have gone since: the larger of the two totals counts.
    const most = Math.max(first.total ?? 0, asked.total ?? Number.POSITIVE_INFINITY);
    if (reader.areTotalsBelieved && countOf(ledger) > most) disprove(reader, most, ledger);
    const hasNothingNew = ledger.distinct === before;
    // As many new records as a page holds push the same page to the next place; the total says that it goes on.
    const isAnnounced = reader.areTotalsBelieved && ledger.pages * first.count < (asked.total ?? 0);
    repeats = hasNothingNew && isSamePage(asked, page) && !isAnnounced ? repeats + 1 : 0;
    pagesWithoutNews = hasNothingNew ? pagesWithoutNews + 1 : 0;
    page = asked;
    if (repeats === maxRepeats) return;
    if (pagesWithoutNews === maxWithoutNews) {
      throw new EndlessList('page after page holds nothing new: it would never end');
    }
  }
}

/** @returns undefined if the refusal of the page shows that the list has ended */
async function nextPage<Content>(
  reader: Reader<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
  page: Page<unknown>,
): Promise<Page<Content> | undefined> {
  const { list, tooDeep } = reader;
  if (page.next !== undefined) {
    ledger.hasCursors = true;
    return list.after(page.next, query);
  }
  const number = ledger.pages + 1;
  const isAllThere = isAnnouncedThere(reader, ledger, first);
  try {
    if (tooDeep !== undefined && number >= tooDeep.number) throw tooDeep.refusal;
    const asked = await list.page(number, query);
    if (asked.count > 0 || isAllThere || first.total === undefined) return asked;
    return await certainlyEmpty(reader, query, first, ledger, number);
  } catch (error) {
    if (!(error instanceof Refused) || !error.isPaystacks) throw error;
    // What is refused behind a page that is not full is not there. Behind a full one it may be too deep, whatever was announced.
    if (!page.isFull || (isAllThere && reader.wanted.range === undefined)) return undefined;
    noteDepth(reader, number, error);
    throw error;
  }
}

/** True if as many records have come as the first page announced. */
export function isAnnouncedThere(reader: Reader<unknown>, ledger: Ledger, { total }: Page<unknown>): boolean {
  return reader.areTotalsBelieved && countOf(ledger) >= (total ?? Number.POSITIVE_INFINITY);
}

/** Asks again for a page that is empty though more was announced; then for the last one, which disproves the total or shows a gap. */
async function certainlyEmpty<Content>(
  { list, ...reader }: Reader<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
  number: number,
): Promise<Page<Content>> {
  const again = await list.page(number, query);
  const lastAnnounced = Math.ceil(first.total! / first.count);
  if (again.count > 0 || !reader.areTotalsBelieved || lastAnnounced <= number) return again;
  const last = await list.page(lastAnnounced, query);
  last.release();
  if (last.count > 0) ledger.gapsUntil = lastAnnounced;
  return again;
}

/** Notes that pages from a number on are refused. */
export function noteDepth(reader: Reader<unknown>, number: number, refusal: Refused): void {
  if (number < (reader.tooDeep?.number ?? Number.POSITIVE_INFINITY)) reader.tooDeep = { number, refusal };
}

function isEnd(reader: Reader<unknown>, ledger: Ledger, first: Page<unknown>, page: Page<unknown>): boolean {
  if (page.isLast) return true;
  if (page.count === 0) return ledger.pages >= ledger.gapsUntil;
  return !page.isFull && reader.areTotalsBelieved && countOf(ledger) >= (first.total ?? Number.POSITIVE_INFINITY);
}

function isSamePage({ rows }: Page<unknown>, other: Page<unknown>): boolean {
  return rows.length === other.rows.length && rows.every(({ key }, index) => key === other.rows[index]!.key);
}

/** What passes through a window have come to so far. */
interface Progress {
  /** The first page of the last pass. */
  begun: Page<unknown>;
  passes: number;
  /** Passes in a row, up to the last, that brought nothing new. */
  quiet: number;
  /** Passes in a row, up to the last, that gave the same records twice. */
  alike: number;
}

/** Reads a window again until it is settled; then says how far everything is read. */
export async function* settle<Content>(
  reader: Reader<Content>,
  query: Query,
  first: Page<Content>,
  ledger: Ledger,
): Readings<Content> {
  const { list, tally } = reader;
  ledger.top = ledger.newest;
  const progress: Progress = { begun: first, passes: 1, quiet: 0, alike: 1 };
  let isWhole = isSettled(reader, ledger, progress);
  while (!isWhole && progress.passes < maxPasses && progress.quiet < maxQuiet) {
    tally.reread++;
    progress.passes++;
    const { found, repeated } = ledger;
    if (progress.passes % 2 === 0 && !ledger.hasCursors && !hasGap(ledger)) {
      progress.begun = yield* readBack(reader, query, ledger);
    } else {
      beginPass(ledger);
      const begun = await firstPage(list, query);
      progress.begun = begun;
      yield rowsOf(ledger, begun);
      yield* readToEnd(reader, query, begun, ledger);
    }
    progress.quiet = ledger.found > found ? 0 : progress.quiet + 1;
    progress.alike = areSame(ledger.repeated, repeated) ? progress.alike + 1 : 1;
    isWhole = isSettled(reader, ledger, progress);
  }
  const total = reader.areTotalsBelieved ? progress.begun.total : undefined;
  const missing = isWhole ? 0 : Math.max(missingIn(ledger, total), hasGap(ledger) ? 1 : 0);
  const isUnsettled = !isWhole && progress.quiet === 0;
  tally.announced += total ?? ledger.known.size + ledger.unusable;
  tally.missing += missing;
  if (isUnsettled) tally.unsettled++;
  tally.unusable += ledger.unusable;
  yield covered(ledger, missing === 0 && !isUnsettled);
}

function areSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key));
}

/** Also disproves the totals of a list whose pages say otherwise. */
function isSettled(reader: Reader<unknown>, ledger: Ledger, { begun, passes, quiet, alike }: Progress): boolean {
  const total = reader.areTotalsBelieved ? begun.total : undefined;
  if (hasGap(ledger) || (reader.wanted.mustAgree === true && quiet === 0)) return false;
  // A full page with nothing behind it may have had something there, which has moved.
  const isOneAnswer = ledger.distinct <= begun.rows.length && !(begun.isFull && ledger.last!.count === 0);
  const isStill = isOneAnswer || ledger.hasCursors;
  const isSorted = ledger.order !== 'unsorted' && (ledger.order !== 'oldest-first' || ledger.wasReadBack);
  if (countOf(ledger) >= (total ?? 0) && (isStill || (isSorted && total !== undefined))) return true;
  if (quiet === 0) return false;
  if (missingIn(ledger, total) === 0) return true;
  // A list may hold a record twice: then it does so whenever it is read.
  if (alike >= 3 && ledger.records >= (total ?? 0)) return true;
  if (passes % 2 === 0 || !isContiguous(ledger)) return false;
  disprove(reader, total ?? 0, ledger);
  return true;
}

/** From now on no total of the list steers the reading. */
function disprove(reader: Reader<unknown>, total: number, { known, unusable }: Ledger): void {
  reader.areTotalsBelieved = false;
  reader.tally.disproved = { total, records: known.size + unusable };
}

/**
 * Reads the pages of the pass before once more, the last first.
 *
 * @returns the first page
 */
async function* readBack<Content>(
  { list }: Reader<Content>,
  query: Query,
  ledger: Ledger,
): Readings<Content, Page<Content>> {
  const { pages } = ledger;
  beginPass(ledger);
  ledger.wasReadBack = true;
  for (let number = pages; number > 1; number--) yield rowsOf(ledger, await list.page(number, query));
  const first = await list.page(1, query);
  yield rowsOf(ledger, first);
  return first;
}
