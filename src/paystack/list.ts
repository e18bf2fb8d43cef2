/**
 * One page of a list: how it is asked for, and what its answer says about the rest.
 *
 * The `meta` that came is believed, not the one that is documented: numbers may be strings (observed), `pageCount` may be
 * 0 although there are records (observed), and some lists send no `meta` at all.
 *
 * A list may refuse what no documentation rules out: a page size, or the filter by creation. Both are worked round here
 * (half the size; no filter) before the refusal is passed on. So is a later page that is refused, if pages come shorter than
 * they are asked for: it is asked for by the size that came.
 */
import { jsonOf } from '../json/read.ts';
import { isNull, type JsonText, valueIn } from '../json/scan.ts';
import type { Answer, Ask } from './client.ts';
import { Refused, WrongAnswer } from './errors.ts';
import { type Meta, type PagingStyle, pagingStyles, type Query } from './paging.ts';
import type { StreamFacts } from './stream-facts.ts';

/**
 * A record with what the reader needs to know of it. Its content is what is written of it, as bytes: rows wait for their
 * turn, and bytes wait in less memory than values.
 */
export interface Row<Content> {
  /** Primary key: the JSON text of its columns. */
  readonly key: string;
  /** Creation, milliseconds since 1970; NaN if the record has no such date. */
  readonly created: number;
  /** Last change as far as the record says, milliseconds since 1970; NaN if it does not. */
  readonly updated: number;
  /** True as long as the record has a status that is not final. */
  readonly isOpen: boolean;
  /** Key of the record of another stream that this one changes, as JSON text. */
  readonly changes: string | undefined;
  /** Differs for a record of the same key whose content has changed (but for one in four billion). */
  readonly fingerprint: number;
  readonly content: Content;
}

/** The rows of a page, in the order of its records, without those that cannot be one (no object, no key). */
export interface PageRows<Content> {
  readonly rows: readonly Row<Content>[];
  /** To be called when the contents are not needed any more: the next page may take their place. */
  readonly release: () => void;
}

export const noRows: PageRows<never> = { rows: [], release: () => {} };

/** Makes the rows of the records of a page that was asked for at a time, milliseconds since 1970. */
export type ToRows<Content> = (records: readonly JsonText[], askedAt: number) => PageRows<Content>;

export interface Page<Content> extends PageRows<Content> {
  /** Records on the page, those included that are no rows. */
  readonly count: number;
  /** Records in the whole list, as far as the answer says. */
  readonly total: number | undefined;
  /** Cursor of the next page; undefined on the last one, and in lists that have no cursor. */
  readonly next: string | undefined;
  /** True if the answer itself says that nothing follows. A short page does not. */
  readonly isLast: boolean;
  /** True if there may be more behind it for all that its size says. */
  readonly isFull: boolean;
  /** False if the list refused to be filtered by creation, and was asked without. */
  readonly isFiltered: boolean;
}

/** A list, ready to be asked for its pages. */
export interface List<Content> {
  readonly path: string;
  /** Page by number, from 1. Not for cursor lists beyond the first page. */
  page(number: number, query: Query): Promise<Page<Content>>;
  /** Page by the cursor that the page before gave. */
  after(cursor: string, query: Query): Promise<Page<Content>>;
}

export interface ListOptions<Content> {
  readonly facts: StreamFacts;
  readonly endpoint: string;
  readonly rank: number;
  /** The path with its parent's fields filled in. */
  readonly path: string;
  readonly pageSize: number;
  readonly ask: Ask;
  readonly toRows: ToRows<Content>;
}

/** More than there are streams, which are ranked from 0. */
const firstPageLead = 1000;

/** Sizes at which servers are known to cut pages in silence are multiples of it: a page of so many may be a full one. */
const likelyCut = 50;

export function openList<Content>(options: ListOptions<Content>): List<Content> {
  const { facts, path, pageSize } = options;
  const style: PagingStyle = pagingStyles[facts.paging ?? 'numbered'];
  const asking: Asking<Content> = {
    ...{ ...options, style, size: Math.min(pageSize, facts.maxPageSize ?? pageSize), isFiltered: true },
    ...{ hasAnswered: false, largest: 0, fullSize: Number.POSITIVE_INFINITY },
  };
  return {
    path,
    page: (number, query) => {
      const position = style.pageQuery(number);
      return number === 1 ? askFirst(asking, position, query) : askLater(asking, position, query);
    },
    after: (cursor, query) => askOnce(asking, style.cursorQuery(cursor), query, false),
  };
}

/** How a list is asked, and what its answers have shown. */
interface Asking<Content> extends ListOptions<Content> {
  readonly style: PagingStyle;
  /** The page size that is asked for. */
  size: number;
  /** False once the list refused to be filtered by creation. */
  isFiltered: boolean;
  hasAnswered: boolean;
  /** Records of the largest page that came. */
  largest: number;
  /** The same, once a page that was not the first had any: so many a page are given. */
  fullSize: number;
}

async function askOnce<Content>(
  asking: Asking<Content>,
  position: Query,
  query: Query,
  isFirst: boolean,
  size = asking.size,
): Promise<Page<Content>> {
  const { facts, endpoint, rank, path, ask, toRows, style, isFiltered } = asking;
  const { from: _, to: __, ...unfiltered } = query;
  const sized = style.sizeParameter === undefined ? {} : { [style.sizeParameter]: String(size) };
  // The first answer says how much there is to come: it is asked of all streams before anything else of any.
  const isUrgent = !asking.hasAnswered && facts.parent === undefined;
  const question = {
    ...{ endpoint, rank: isUrgent ? rank - firstPageLead : rank, path },
    query: { ...facts.query, ...(isFiltered ? query : unfiltered), ...position, ...sized },
  };
  const page = await ask(question, (answer) => {
    const total = wholeNumber(answer.meta['total']);
    const records = recordsIn(answer, facts, total);
    if (records === undefined) throw new WrongAnswer('answered with data that is no list of records');
    return { ...toRows(records, answer.askedAt), count: records.length, total, meta: answer.meta };
  });
  const { meta, count, total } = page;
  asking.hasAnswered = true;
  asking.largest = Math.max(asking.largest, count);
  if (!isFirst && count > 0) asking.fullSize = asking.largest;
  const isFull = count > 0 && (count >= Math.min(size, asking.fullSize, sizeIn(meta)) || count % likelyCut === 0);
  const next = cursorIn(meta['next']);
  return { ...page, next, isFull, isLast: style.isLast({ meta, next, total, isFull }), isFiltered };
}

/**
 * Asks for a page behind the first. A list whose pages are cut in silence may all the same refuse a page as too deep by the size
 * that it is asked for, so that it looks as if it had ended.
 */
async function askLater<Content>(asking: Asking<Content>, position: Query, query: Query): Promise<Page<Content>> {
  const { size } = asking;
  try {
    return await askOnce(asking, position, query, false);
  } catch (error) {
    const { largest, style } = asking;
    const isCut = style.sizeParameter !== undefined && largest > 0 && largest < size;
    if (!isCut || !(error instanceof Refused) || !error.isPaystacks) throw error;
    const page = await askOnce(asking, position, query, false, largest).catch((again) => {
      throw again instanceof Refused ? error : again;
    });
    if (page.count === 0) throw error;
    asking.size = Math.min(asking.size, largest);
    return page;
  }
}

/** Asks for a first page, round what is refused of how it is asked. */
async function askFirst<Content>(asking: Asking<Content>, position: Query, query: Query): Promise<Page<Content>> {
  let first: Refused | undefined;
  const wished = asking.size;
  for (;;) {
    const { size } = asking;
    try {
      return await askOnce(asking, position, query, true);
    } catch (error) {
      if (!(error instanceof Refused) || !error.isPaystacks) throw error;
      if (asking.facts.emptyIs404 && error.status === 404) return await emptyUnlessRefused(asking, position, error);
      if (![400, 422].includes(error.status)) throw error;
      first ??= error;
      const canHalve = asking.style.sizeParameter !== undefined && size > 1;
      const canUnfilter = asking.isFiltered && ('from' in query || 'to' in query);
      if (canUnfilter && (!canHalve || isAboutDates(error.said))) {
        asking.isFiltered = false;
        asking.size = Math.max(asking.size, wished);
      } else if (canHalve) {
        // Another window of the list may have found out already.
        asking.size = Math.min(asking.size, Math.floor(size / 2));
      } else throw first;
    }
  }
}

/** Documented: "No preauthorized transaction exists" comes with 404. It is the range that is empty if the list is there. */
async function emptyUnlessRefused<Content>(
  asking: Asking<Content>,
  position: Query,
  refusal: Refused,
): Promise<Page<Content>> {
  if (!asking.hasAnswered) {
    try {
      (await askOnce(asking, position, {}, true)).release();
    } catch (error) {
      throw error instanceof Refused ? refusal : error;
    }
  }
  return emptyPage;
}

/** True for a refusal whose words name a date or a filter rather than a size. */
function isAboutDates(said: string): boolean {
  return (
    /\b(?:from|to|date|dates|filter|filters|range|period)\b/i.test(said) && !/per_?page|page size|limit/i.test(said)
  );
}

const emptyPage: Page<never> = {
  ...noRows,
  ...{ count: 0, total: 0, next: undefined, isLast: true, isFull: false, isFiltered: true },
};

function recordsIn({ data }: Answer, { records }: StreamFacts, total: number | undefined) {
  if (isNull(data.source.bytes, data.from)) return total === 0 ? [] : undefined;
  return records ? jsonOf(records(valueIn(data)) ?? null, 1).items : data.items;
}

/** Records of a page as the answer has it: a number, or a string where it was in the query (observed). */
function sizeIn(meta: Meta): number {
  return wholeNumber(meta['perPage'] ?? meta['per_page']) || Number.POSITIVE_INFINITY;
}

/** Documented samples end with null, with "null", and with nothing. */
function cursorIn(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  return text === '' || text === 'null' ? undefined : text;
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
