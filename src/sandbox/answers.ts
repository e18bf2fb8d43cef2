/** The answers of the sandbox's lists: filters, paging styles, `meta`. Shapes are the API's, see `pages.ts`. */
import type { Paging } from '../paystack/streams.ts';
import type { Item, ItemList } from './dataset.ts';

/** Ways in which a list may page, whatever it is documented to do. */
export type Style = Paging | 'no-meta';

/** Ways in which the API might behave that nobody outside knows, or that were seen in some answers. */
export interface Quirks {
  /** A larger page is cut to this size, in silence. */
  readonly maxPageSize?: number;
  /** A larger page is refused with 400. */
  readonly refusePageSizeAbove?: number;
  /** `meta.perPage` is a string (observed). */
  readonly perPageAsString?: boolean;
  /** `meta.pageCount` is 0 though there are records (observed). */
  readonly pageCountZero?: boolean;
  readonly noTotal?: boolean;
  /** `from` and `to` change nothing. */
  readonly ignoreFilters?: boolean;
  readonly fromExclusive?: boolean;
  readonly toExclusive?: boolean;
  /** `from` and `to` are cut to their date; `to` then means the start or the end of that day. */
  readonly dateOnly?: 'start-of-day' | 'end-of-day';
  /** The list is filtered by this field instead of the creation date. */
  readonly filterField?: string;
  /** What `meta.next` is on the last page of a cursor list. Default: null. */
  readonly cursorEnd?: 'absent' | '' | 'null';
  /** Default: newest first (observed almost everywhere). */
  readonly order?: 'oldest-first';
}

export interface ListAnswer {
  readonly items: readonly Item[];
  readonly meta: object | undefined;
}

/** @returns undefined if the page size is refused */
export function answerList(
  list: ItemList,
  style: Style,
  query: Readonly<Record<string, string>>,
  quirks: Quirks,
): ListAnswer | undefined {
  const size = pageSize(query, quirks);
  if (size === undefined) return undefined;
  const items = remembered(list, query, quirks);
  const wantsCursor = style === 'cursor' || (style === 'numbered' && query['use_cursor'] === 'true');
  if (style === 'single') return { items, meta: undefined };
  if (wantsCursor || style === 'mandate-cursor') return cursorPage(items, size, style, query, quirks);
  const page = Math.max(1, Number(query['page'] ?? 1));
  const skipped = (page - 1) * size;
  const on = items.slice(skipped, skipped + size);
  if (style === 'no-meta') return { items: on, meta: undefined };
  const pageCount = quirks.pageCountZero ? 0 : Math.ceil(items.length / size);
  const perPage = quirks.perPageAsString ? String(size) : size;
  const total = quirks.noTotal ? {} : { total: items.length };
  return { items: on, meta: { ...total, skipped, perPage, page, pageCount } };
}

/** A keyset: the cursor names the last record of the page, so that new records shift nothing. */
function cursorPage(
  items: readonly Item[],
  size: number,
  style: Style,
  query: Readonly<Record<string, string>>,
  { cursorEnd }: Quirks,
): ListAnswer {
  const cursor = query['next'] ?? query['cursor'];
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64').toString().split(':')[1];
  const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const on = items.slice(start, start + size);
  const isLast = start + size >= items.length;
  const next = Buffer.from(`undefined:${on.at(-1)?.id}`).toString('base64');
  const end = cursorEnd === 'absent' ? {} : { next: cursorEnd ?? null };
  if (style === 'mandate-cursor') {
    return { items: on, meta: { per_page: size, next: isLast ? null : next, count: on.length, total: items.length } };
  }
  return { items: on, meta: { ...(isLast ? end : { next }), previous: null, perPage: size } };
}

function pageSize(query: Readonly<Record<string, string>>, quirks: Quirks): number | undefined {
  const asked = Number(query['perPage'] ?? query['per_page'] ?? 50);
  if (quirks.refusePageSizeAbove !== undefined && asked > quirks.refusePageSizeAbove) return undefined;
  return Math.min(asked, quirks.maxPageSize ?? asked);
}

/** What filters gave, so that the pages of one window are not filtered anew from a million records. */
const filterResults = new WeakMap<ItemList, Map<string, readonly Item[]>>();

/** To be called when a list has changed. */
export function forgetFilters(list: ItemList): void {
  filterResults.delete(list);
}

function remembered(list: ItemList, query: Readonly<Record<string, string>>, quirks: Quirks): readonly Item[] {
  const results = filterResults.get(list) ?? new Map<string, readonly Item[]>();
  filterResults.set(list, results);
  const key = [query['from'], query['to'], query['status']].join();
  const known = results.get(key);
  if (known !== undefined) return known;
  const items = filtered(quirks.order === 'oldest-first' ? list.toReversed() : list, query, quirks);
  results.set(key, items);
  return items;
}

function filtered(items: ItemList, query: Readonly<Record<string, string>>, quirks: Quirks): readonly Item[] {
  const { status } = query;
  const withStatus = status === undefined ? items : items.filter((item) => item.status === status);
  if (quirks.ignoreFilters || (query['from'] === undefined && query['to'] === undefined)) return withStatus;
  const from = bound(query['from'], quirks.dateOnly && 'start-of-day') ?? Number.NEGATIVE_INFINITY;
  const to = bound(query['to'], quirks.dateOnly) ?? Number.POSITIVE_INFINITY;
  return withStatus.filter(
    ({ created }) =>
      (quirks.fromExclusive ? created > from : created >= from) && (quirks.toExclusive ? created < to : created <= to),
  );
}

function bound(text: string | undefined, cut: Quirks['dateOnly']): number | undefined {
  if (text === undefined) return undefined;
  if (cut === undefined) return Date.parse(text);
  const day = text.slice(0, 10);
  return Date.parse(cut === 'start-of-day' ? day : `${day}T23:59:59.999Z`);
}
