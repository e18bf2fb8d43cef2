/** What a window has given so far: which keys came, how many, in which order, and what of it is new. */
import type { Page, Row } from './list.ts';
import { isBelieved, isInRange, midnightBefore, type Range, type Span } from './windows.ts';

/** What a reading amounts to, kept up to date while it goes on. */
export interface Tally {
  /** Records that the lists said they hold, where they said so. */
  announced: number;
  /** Records left out because they were created outside the range. */
  leftOut: number;
  /** Records that are not written again: they were read beside others, and say that they have not changed. */
  unchanged: number;
  /** Records that are no rows: no objects, or without their key. */
  unusable: number;
  /** Windows that were read again because something was missing. */
  reread: number;
  /** Records that were announced and never came. */
  missing: number;
  /** Windows of which each pass brought something new: there may be more. */
  unsettled: number;
  /** The lists under parents that could not be read, by their paths, and why; the first few of them. */
  readonly failedParents: string[];
  /** How many they are. */
  failures: number;
  /** A total that the pages of its list contradicted, and how many records they hold; undefined if there was none. */
  disproved: { readonly total: number; readonly records: number } | undefined;
}

export function newTally(): Tally {
  const counts = {
    announced: 0,
    leftOut: 0,
    unchanged: 0,
    unusable: 0,
    reread: 0,
    missing: 0,
    unsettled: 0,
    failures: 0,
  };
  return { ...counts, failedParents: [], disproved: undefined };
}

/** What is to be known of rows before they are given out. */
export interface Wanted {
  /** Undefined for a list that cannot be filtered by creation date. */
  readonly range: Range | undefined;
  /** False for a row that need not be written: it was read beside others. Default: all are. */
  readonly isWanted?: (row: Row<unknown>) => boolean;
  /** True if a list without records need not be asked for twice. */
  readonly isEmptyBelieved?: boolean;
  /** True if two passes must bring the same: what does not come is taken for gone. */
  readonly mustAgree?: boolean;
}

/** The keys that came, each with the fingerprint of what came last under it. */
export type Known = ReadonlyMap<string, number>;

/** How the records of a window follow each other, as far as its pages show: by creation, else by number. */
export type Order = 'newest-first' | 'oldest-first' | 'unsorted';

export interface Ledger {
  /** Undefined when a list is read whole. */
  readonly window: Span | undefined;
  readonly wanted: Wanted;
  readonly tally: Tally;
  /** Every key of the window before: windows share their cut, and are asked for with a margin. */
  readonly knownBefore: Known;
  /** Every key that came. */
  readonly known: Map<string, number>;
  /** The midnights before the creation of the open records that came, by their keys. */
  readonly open: Map<string, number>;
  /** Creation of the newest record that came and is in the range; and of the oldest. */
  newest: number;
  oldest: number;
  /** Creation of the newest record of the first pass: what came since is newer. Infinite until then. */
  top: number;
  /** Keys that came for the first time and are no newer than that. */
  found: number;
  /** Keys that came and that the window before had not given. */
  fresh: number;
  order: Order | undefined;
  /** False once a row shows that the list does not filter by creation date. */
  isBelieved: boolean;
  /** True once a page was asked for by a cursor. */
  hasCursors: boolean;
  /** True once the window was read from its last page to its first. */
  wasReadBack: boolean;
  /** Distinct keys that came in this pass. */
  distinct: number;
  /** The keys that came in this pass. Undefined in the first, in which they are all that are known: a second set costs memory. */
  pass: Set<string> | undefined;
  /** Pages that this pass has taken, and the last of them. */
  pages: number;
  last: Page<unknown> | undefined;
  /** Records of this pass, and those among them that are no rows. */
  records: number;
  unusable: number;
  /** The keys that came more than once in this pass. */
  repeated: Set<string>;
  /** Records of the first page of this pass; and of its smallest that has any. */
  firstCount: number;
  leastCount: number;
  /** True if a page in the middle of this pass has fewer records than the first. */
  isUneven: boolean;
  /** The last page that is known to have records, if one before it has none; else 0. */
  gapsUntil: number;
}

export function openLedger(window: Span | undefined, wanted: Wanted, tally: Tally, knownBefore: Known): Ledger {
  return {
    ...{ window, wanted, tally, knownBefore, known: new Map(), open: new Map(), order: undefined },
    ...{ newest: Number.NEGATIVE_INFINITY, oldest: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY },
    ...{ found: 0, fresh: 0 },
    ...{ isBelieved: true, hasCursors: false, wasReadBack: false, pass: undefined, ...newCounts() },
  };
}

/** What is counted from the first page on. */
function newCounts() {
  const counts = {
    pages: 0,
    records: 0,
    distinct: 0,
    unusable: 0,
    firstCount: 0,
    leastCount: Number.POSITIVE_INFINITY,
    gapsUntil: 0,
  };
  return { ...counts, repeated: new Set<string>(), last: undefined, isUneven: false };
}

/** Begins to count from the first page again. */
export function beginPass(ledger: Ledger): void {
  Object.assign(ledger, { ...newCounts(), pass: new Set() });
}

/** True if a page of this pass had no records though one behind it has. */
export function hasGap({ gapsUntil }: Ledger): boolean {
  return gapsUntil > 0;
}

/** True if the pages of this pass held so many records each, the last of them fewer, and none twice: there is no room for more. */
export function isContiguous({ records, unusable, distinct, isUneven }: Ledger): boolean {
  return !isUneven && records === distinct + unusable;
}

/** The rows of a page that are to be written: in the range, and new, or with other content than before. */
export function take<Content>(ledger: Ledger, page: Page<Content>): readonly Row<Content>[] {
  const { window, wanted, known, tally } = ledger;
  notePage(ledger, page);
  if (window !== undefined && !isBelieved(page, window)) {
    ledger.isBelieved = false;
    return [];
  }
  noteOrder(ledger, page.rows);
  return page.rows.filter((row) => {
    const { key, created, isOpen, fingerprint } = row;
    const before = known.get(key);
    if (ledger.pass === undefined ? before !== undefined : ledger.pass.has(key)) ledger.repeated.add(key);
    else ledger.distinct++;
    ledger.pass?.add(key);
    if (before === undefined) {
      if (!(created > ledger.top)) ledger.found++;
      if (!ledger.knownBefore.has(key)) ledger.fresh++;
    }
    if (before === fingerprint) return false;
    known.set(key, fingerprint);
    if (wanted.range !== undefined && !isInRange(created, wanted.range)) {
      if (before === undefined) tally.leftOut++;
      return false;
    }
    if (created > ledger.newest) ledger.newest = created;
    if (created < ledger.oldest) ledger.oldest = created;
    // One that the window before has given may lie in this one all the same.
    if (isOpen) ledger.open.set(key, midnightBefore(created));
    else if (before !== undefined) ledger.open.delete(key);
    if (ledger.knownBefore.get(key) === fingerprint) return false;
    if (wanted.isWanted?.(row) === false) {
      tally.unchanged++;
      return false;
    }
    return true;
  });
}

function notePage(ledger: Ledger, page: Page<unknown>): void {
  ledger.pages++;
  ledger.last = page;
  ledger.records += page.count;
  ledger.unusable += page.count - page.rows.length;
  if (ledger.pages === 1) ledger.firstCount = page.count;
  if (page.count === 0) return;
  ledger.isUneven ||= ledger.leastCount < ledger.firstCount || page.count > ledger.firstCount;
  ledger.leastCount = Math.min(ledger.leastCount, page.count);
}

/** Records that came in this pass, those included that are no rows. */
export function countOf(ledger: Ledger): number {
  return ledger.distinct + ledger.unusable;
}

/** How many of the announced records have come in no pass. */
export function missingIn(ledger: Ledger, total: number | undefined): number {
  return Math.max(0, (total ?? 0) - ledger.known.size - ledger.unusable);
}

/** A page shows the order of its own records only: between two pages, records move. */
function noteOrder(ledger: Ledger, rows: readonly Row<unknown>[]): void {
  for (let index = 1; index < rows.length; index++) {
    const direction = directionOf(rows[index - 1]!, rows[index]!, ledger.window === undefined);
    if (direction === undefined) continue;
    ledger.order = ledger.order === undefined || ledger.order === direction ? direction : 'unsorted';
  }
}

/** @param byKey compare keys where dates are missing or equal, as those of children are, which have their parent's */
function directionOf(one: Row<unknown>, next: Row<unknown>, byKey: boolean): Order | undefined {
  const difference = next.created - one.created || (byKey ? numberOf(next.key) - numberOf(one.key) : 0);
  return difference < 0 ? 'newest-first' : difference > 0 ? 'oldest-first' : undefined;
}

/** The last part of a key, if that is a number. */
function numberOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('\0') + 1));
}
