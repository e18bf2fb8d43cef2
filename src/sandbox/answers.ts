/** The answers of lists: a page of records and its `meta`, in each of the ways that Paystack pages. */
import { parseExact, stringifyExact } from '../json/exact.ts';
import { type Paging, type PagingStyle, pagingStyles } from '../paystack/paging.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import type { StreamName } from '../paystack/streams.ts';
import type { PerStream } from './dataset.ts';
import { type FilterQuirks, type Query, type Selection, select } from './filters.ts';
import type { List } from './list.ts';
import { Refusal } from './refusal.ts';
import type { Order } from './rows.ts';

/**
 * How a list pages. `numbered` lists take `use_cursor=true` as well (documented for six of them); `cursor` lists take no
 * notice of `page`; `no-meta` gives pages without any `meta`; `single` gives everything at once.
 */
export type Style = Paging | 'no-meta';

/** How a list might answer, where Paystack's documentation is silent or was seen to be wrong. */
export interface Quirks extends FilterQuirks {
  /** Larger pages are cut to this size, in silence. Default: as the table of streams documents (banks: 100). */
  readonly maxPageSize?: number;
  /** Larger pages are refused with a 400. */
  readonly refusePageSizeAbove?: number;
  /** Observed: `meta.perPage` is a string where the query names it. */
  readonly perPageAsString?: boolean;
  /** Observed: `meta.pageCount` is 0 although there are records. */
  readonly pageCountZero?: boolean;
  /** Numbered pages without `meta.total`. */
  readonly noTotal?: boolean;
  /** `meta.total` is so many records too low. */
  readonly totalShortBy?: number;
  /** More fields of `meta`, besides those that are documented for the list. */
  readonly extraMeta?: Readonly<Record<string, unknown>>;
  /** What `meta.next` is on the last page. Observed: null; documented samples have "null", or nothing. Default: null. */
  readonly cursorEnd?: null | 'absent' | '' | 'null';
  /** Default: `newest-first`. */
  readonly order?: Order;
}

export interface ListRequest {
  readonly stream: StreamName;
  readonly facts: StreamFacts;
  readonly query: Query;
  readonly style: Style;
  readonly quirks: Quirks;
  /** The parent's record as JSON text, where the list hangs under one that is listed. */
  readonly parent: string | undefined;
}

/** Documented: the page size without `perPage`. */
const defaultPageSize = 50;

/** The records of a selection from `start` to before `end`, and their `meta`. */
interface Page {
  readonly start: number;
  readonly end: number;
  readonly meta?: object;
}

/**
 * The body of a list's answer.
 *
 * @throws Refusal (400) if the query makes no sense
 */
export function listBody(list: List, request: ListRequest): string {
  const { stream, facts, query, quirks, parent } = request;
  const selection = select(list, query, facts.ranged === true, quirks);
  const { start, end, meta } = pageOf(list, selection, request);
  let records = '';
  for (let index = start; index < end; index++) {
    records += (index > start ? ',' : '') + list.text(selection.place(index));
  }
  const data = wraps[stream]?.(records, list, parent) ?? `[${records}]`;
  const metaText = meta === undefined ? '' : `,"meta":${JSON.stringify({ ...meta, ...quirks.extraMeta })}`;
  return `{"status":true,"message":"${titleOf(stream)} retrieved","data":${data}${metaText}}`;
}

type PageOf = (list: List, selection: Selection, size: number, request: ListRequest) => Page;

/** The page of a list, by its style. A style of the tap's that is missing here does not compile. */
const pagesOf: Readonly<Record<Style, PageOf>> = {
  numbered: (list, selection, size, request) =>
    request.query['use_cursor'] === 'true'
      ? cursorPage(list, selection, size, request)
      : numberedPage(list, selection, size, request),
  cursor: cursorPage,
  'mandate-cursor': cursorPage,
  single: (_, selection) => ({ start: 0, end: selection.length }),
  'no-meta': (list, selection, size, request) => {
    const { start, end } = numberedPage(list, selection, size, request);
    return { start, end };
  },
};

function pageOf(list: List, selection: Selection, request: ListRequest): Page {
  return pagesOf[request.style](list, selection, pageSize(request), request);
}

function numberedPage(list: List, selection: Selection, size: number, request: ListRequest): Page {
  const page = wholeNumber(request.query['page']) ?? 1;
  const start = Math.min((page - 1) * size, selection.length);
  const end = Math.min(start + size, selection.length);
  return { start, end, meta: numberedMeta(list, selection, size, page, request) };
}

/** How the tap asks for such a list. */
function askedAs(style: Style): PagingStyle {
  return pagingStyles[style === 'no-meta' ? 'numbered' : style];
}

function numberedMeta(list: List, selection: Selection, size: number, page: number, request: ListRequest): object {
  const { query, quirks, stream } = request;
  const total = selection.length;
  const more = list.remember(`meta ${query['from']} ${query['to']} ${query['status']}`, () =>
    documentedMeta[stream]?.(total, (index, field) => list.value(selection.place(index), field)),
  );
  return {
    ...(!quirks.noTotal && { total: Math.max(0, total - (quirks.totalShortBy ?? 0)) }),
    ...more,
    skipped: (page - 1) * size,
    perPage: perPageOf(size, request),
    // Documented: the `meta` of a product's orders has everything but the page.
    ...(stream !== 'product_orders' && { page }),
    pageCount: quirks.pageCountZero ? 0 : Math.ceil(total / size),
  };
}

function perPageOf(size: number, { query, quirks }: ListRequest): number | string {
  return quirks.perPageAsString && query['perPage'] !== undefined ? String(size) : size;
}

/**
 * A page that follows the record which the cursor names. So nothing shifts while records arrive. Observed: a cursor is base64
 * of `<entity>:<id>`, or of a bare id for mandates. Here the id is the record's number within the list.
 */
function cursorPage(list: List, selection: Selection, size: number, request: ListRequest): Page {
  const { facts, query, style, quirks } = request;
  const isMandate = style === 'mandate-cursor';
  const entity = isMandate ? '' : `${facts.path.split('/')[1]}:`;
  const cursorAt = (index: number) => Buffer.from(`${entity}${list.serial(selection.place(index))}`).toString('base64');
  const next = query[askedAs(style).cursorParameter ?? ''];
  const previous = isMandate || next !== undefined ? undefined : query['previous'];
  let start = next === undefined ? 0 : selection.before(placeOf(next, list) + 1);
  if (previous !== undefined) start = Math.max(0, selection.before(placeOf(previous, list)) - size);
  const end = Math.min(start + size, selection.length);
  const ending = quirks.cursorEnd === 'absent' ? {} : { next: quirks.cursorEnd ?? null };
  const following = end < selection.length ? { next: cursorAt(end - 1) } : ending;
  if (isMandate) {
    return { start, end, meta: { per_page: size, ...following, count: end - start, total: selection.length } };
  }
  const before = start > 0 ? cursorAt(start) : null;
  return { start, end, meta: { ...following, previous: before, perPage: perPageOf(size, request) } };
}

function placeOf(cursor: string, list: List): number {
  const serial = /^(?:\w+:)?(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  const place = serial === undefined ? undefined : list.placeOf(Number(serial));
  if (place === undefined) throw new Refusal(400, 'Cursor is invalid', 'invalid_params');
  return place;
}

function pageSize({ facts, query, style, quirks }: ListRequest): number {
  const asked = wholeNumber(query[askedAs(style).sizeParameter ?? '']) ?? defaultPageSize;
  if (asked > (quirks.refusePageSizeAbove ?? Number.POSITIVE_INFINITY)) {
    throw new Refusal(400, `"perPage" must be at most ${quirks.refusePageSizeAbove}`, 'invalid_params');
  }
  return Math.min(asked, quirks.maxPageSize ?? facts.maxPageSize ?? asked);
}

/** Undefined for what is no number from 1 on. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

type Fields = (index: number, field: string) => unknown;

/** Documented: further fields in the `meta` of some numbered lists, about all records of the request. */
const documentedMeta: PerStream<(count: number, value: Fields) => object> = {
  transactions: (count, value) => ({ total_volume: sum(count, (index) => value(index, 'amount')) }),
  settlement_transactions: (count, value) => ({ total_volume: sum(count, (index) => value(index, 'amount')) }),
  refunds: (count, value) => ({
    failedRefundCount: sum(count, (index) => Number(value(index, 'status') === 'failed')),
  }),
  orders: () => ({ revenue: {} }),
  product_orders: (count, value) => ({
    quantity_sold: sum(count, (index) => value(index, 'quantity')),
    revenue: sum(count, (index) => value(index, 'amount')),
  }),
};

function sum(count: number, addend: (index: number) => unknown): number {
  let total = 0;
  for (let index = 0; index < count; index++) {
    const value = addend(index);
    if (typeof value === 'number') total += value;
  }
  return total;
}

/** Documented: answers whose `data` is no list. `records` in the table of streams takes the list out again. */
const wraps: PerStream<(records: string, list: List, parent: string | undefined) => string> = {
  apple_pay_domains: (names) => `{"domainNames":[${names}]}`,
  subscription_invoices: (invoices, list, parent) => {
    const whole = parseExact(parent!) as Record<string, unknown>;
    const { most_recent_invoice, invoices: _, invoices_history: __, ...subscription } = whole;
    const newest = list.length > 0 ? list.text(0) : 'null';
    const own = stringifyExact(subscription).slice(0, -1);
    return `${own},"most_recent_invoice":${newest},"invoices":[${invoices}]}`;
  },
};

/** `transfer_recipients` → `Transfer recipients`. */
function titleOf(stream: StreamName): string {
  return stream[0]!.toUpperCase() + stream.slice(1).replaceAll('_', ' ');
}
