/**
 * One page of a list: how it is asked for, and what its answer says about the rest.
 *
 * The `meta` that came is believed, not the one that is documented: numbers may be strings (observed), `pageCount` may be
 * 0 although there are records (observed), a list may answer in cursor mode without having been asked to (documented
 * sample), and some lists send no `meta` at all.
 */

import { type JsonText, jsonOf, valueIn } from '../json/scan.ts';
import type { Answer, Ask } from './client.ts';
import { mayBeMissing, Refused, WrongAnswer } from './errors.ts';
import type { Paging, StreamFacts } from './streams.ts';

/**
 * A record with what paging and windows need to know of it. Its content is what is written of it, as UTF-8: rows wait for
 * their turn, and bytes wait in less memory than values.
 */
export interface Row<Content> {
  /** Primary key: the JSON text of its columns. */
  readonly key: string;
  /** Creation, milliseconds since 1970; NaN if the record has no such date. */
  readonly created: number;
  /** True as long as the record has a status that is not final. */
  readonly isOpen: boolean;
  /** Key of the record of another stream that this one changes, as JSON text. */
  readonly changes: string | undefined;
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
  /** Records in the whole list, where the answer tells. */
  readonly total: number | undefined;
  /** Cursor of the next page; undefined on the last one, and in lists that have no cursor. */
  readonly next: string | undefined;
  /** True if the answer itself says that nothing follows. A short page does not. */
  readonly isLast: boolean;
}

/** A list, ready to be asked for its pages. */
export interface List<Content> {
  /** Page by number, from 1. Not for cursor lists beyond the first page. */
  page(number: number, query: Query): Promise<Page<Content>>;
  /** Page by the cursor that the page before told. */
  after(cursor: string, query: Query): Promise<Page<Content>>;
}

export type Query = Readonly<Record<string, string>>;

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

/** A page size that is refused is halved, as long as it stays above this. */
const minPageSize = 10;

export function openList<Content>(options: ListOptions<Content>): List<Content> {
  const { facts, endpoint, rank, path, pageSize, ask, toRows } = options;
  let size = Math.min(pageSize, facts.maxPageSize ?? pageSize);
  const paging = facts.paging ?? 'numbered';
  let hasAnswered = false;
  const pageSizeName = paging === 'mandate-cursor' ? 'per_page' : 'perPage';

  async function askPage(position: Query, query: Query): Promise<Page<Content>> {
    for (;;) {
      const asked = size;
      const sized = paging === 'single' ? {} : { [pageSizeName]: String(asked) };
      try {
        const question = { endpoint, rank, path, query: { ...facts.query, ...query, ...position, ...sized } };
        const page = await ask(question, (answer) => pageOf(answer, facts, toRows));
        hasAnswered = true;
        return page;
      } catch (error) {
        // One that never gave anything else may be a feature that the integration does not have.
        if (!(error instanceof Refused)) throw error;
        if (facts.emptyIs404 && hasAnswered && error.isPaystacks && error.status === 404) return emptyPage;
        const refused = error.status === 400 && !mayBeMissing(error);
        if (!refused || paging === 'single' || asked / 2 < minPageSize) throw error;
        // Undocumented: what a list does with a page size above its limit. Other pages may have found out already.
        size = Math.min(size, Math.floor(asked / 2));
      }
    }
  }

  return {
    page: (number, query) => askPage(paging === 'numbered' || number > 1 ? { page: String(number) } : {}, query),
    after: (cursor, query) => {
      if (paging === 'mandate-cursor') return askPage({ cursor }, query);
      return askPage(paging === 'numbered' ? { use_cursor: 'true', next: cursor } : { next: cursor }, query);
    },
  };
}

const emptyPage: Page<never> = { ...noRows, count: 0, total: 0, next: undefined, isLast: true };

function pageOf<Content>(answer: Answer, facts: StreamFacts, toRows: ToRows<Content>): Page<Content> {
  const records = facts.records ? jsonOf(facts.records(valueIn(answer.data)) ?? null, 1).items : answer.data.items;
  if (records === undefined) throw new WrongAnswer('answered with data that is no list of records');
  const { meta } = answer;
  const total = wholeNumber(meta['total']);
  const next = cursorIn(meta['next']);
  return {
    ...toRows(records, answer.askedAt),
    count: records.length,
    total,
    next,
    isLast: facts.paging === 'single' || (next === undefined && isCursorMode(meta, total, facts.paging)),
  };
}

/** In cursor mode, no `next` means the end. A total belongs to numbered pages, but for mandates (documented). */
function isCursorMode(meta: Answer['meta'], total: number | undefined, paging: Paging | undefined): boolean {
  if (total !== undefined) return paging === 'mandate-cursor';
  return 'next' in meta || 'previous' in meta || paging === 'cursor' || paging === 'mandate-cursor';
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
