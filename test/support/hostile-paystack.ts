/**
 * A Paystack on 127.0.0.1 whose lists are arrays that a test changes as it likes, also while they are read, and whose answers
 * are bent before they are sent: a total that is none, a page that is refused. What is not bent is honest.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { ownCreated } from '../../src/sandbox/own-fields.ts';
import { findTarget } from '../../src/sandbox/routes.ts';
import type { Json } from './tap.ts';

/** One question, as it came. */
export interface Asked {
  readonly stream: StreamName;
  /** The list it is about: the stream, `stream/parent` for a list under a parent, `stream by key` for a single record. */
  readonly list: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly page: number;
  readonly size: number;
  /** Milliseconds since 1970; infinite where the question sets no bound. */
  readonly from: number;
  readonly to: number;
  /** How many questions this list got, this one included. */
  readonly nth: number;
  /** How often the list got this very question, this time included. */
  readonly again: number;
  /** What it was answered with. */
  status: number;
}

/** What is about to be answered. */
export interface Answer {
  readonly status: number;
  readonly message: string;
  /** Records of the page. */
  readonly rows: readonly Json[];
  /** Records that the filter lets through. */
  readonly selected: number;
  /** Undefined where the answer has none. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  /** What is sent instead of all that. */
  readonly body?: string;
}

export type Bend = (answer: Answer, asked: Asked) => Answer;

/** A list of one stream, or of one parent. */
export interface HostileList {
  /** In any order: answers show them as `order` says. */
  records: Json[];
  /** Default: newest first, of equal dates the higher id first. */
  order?: ((records: readonly Json[], asked: Asked) => readonly Json[]) | undefined;
  /** Default: true. */
  readonly isFiltered?: boolean;
  /** Larger pages are cut to this size, in silence. */
  readonly maxPageSize?: number;
  /** Applied one after the other. A test may take them away. */
  bends?: readonly Bend[];
  /** What happens right after an answer. */
  meanwhile?: ((list: HostileList, asked: Asked) => void) | undefined;
}

export interface HostilePaystack {
  /** Settings to reach it, with no quota. */
  readonly config: { readonly secret_key: string; readonly api_url: string; readonly requests_per_minute: number };
  /** By stream, or `stream/parent`. What is not there is an empty list. */
  readonly lists: Record<string, HostileList>;
  /** Everything that was asked, in order. A test may empty it. */
  readonly requests: Asked[];
  close(): Promise<void>;
}

/** A Paystack without a network. */
export interface Answerer {
  readonly requests: Asked[];
  answer(url: URL): { readonly status: number; readonly body: string };
}

export function answerer(lists: Record<string, HostileList>): Answerer {
  const requests: Asked[] = [];
  const counts = new Map<string, number>();
  const count = (what: string) => {
    const times = (counts.get(what) ?? 0) + 1;
    counts.set(what, times);
    return times;
  };
  return {
    requests,
    answer: (url) => {
      const asked = understand(url, lists, count);
      if (asked === undefined) return { status: 404, body: '{"status":false,"message":"Not found"}' };
      requests.push(asked);
      const list = lists[asked.list] ?? { records: [] };
      const honest = asked.list.endsWith(' by key') ? oneRecord(lists[asked.stream], asked) : page(list, asked);
      const answer = (list.bends ?? []).reduce((sofar, bend) => bend(sofar, asked), honest);
      asked.status = answer.status;
      const { status, body = JSON.stringify(bodyOf(answer, asked, subscriptionOf(url, lists))) } = answer;
      list.meanwhile?.(list, asked);
      return { status, body };
    },
  };
}

export async function startHostilePaystack(lists: Record<string, HostileList>): Promise<HostilePaystack> {
  const { requests, answer } = answerer(lists);
  const server = createServer((request, response) => {
    const { status, body } = answer(new URL(request.url ?? '/', 'http://127.0.0.1'));
    response.writeHead(status, { 'content-type': body[0] === '<' ? 'text/html' : 'application/json' }).end(body);
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    config: { secret_key: 'sk_test_hostile', api_url, requests_per_minute: 1_000_000 },
    lists,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function understand(url: URL, lists: HostilePaystack['lists'], count: (what: string) => number): Asked | undefined {
  const query = Object.fromEntries(url.searchParams);
  const target = findTarget(url.pathname, query);
  if (target === undefined) return undefined;
  const { stream } = target;
  const parent = target.kind === 'list' ? (subscriptionOf(url, lists)?.subscription_code ?? target.parent) : undefined;
  const list = target.kind === 'record' ? `${stream} by key` : [stream, parent ?? []].flat().join('/');
  return {
    ...{ stream, list, path: url.pathname, query, status: 0 },
    page: Number(query['page'] ?? 1),
    size: Number(query['perPage'] ?? query['per_page'] ?? 50),
    from: Date.parse(query['from'] ?? '') || Number.NEGATIVE_INFINITY,
    to: Date.parse(query['to'] ?? '') || Number.POSITIVE_INFINITY,
    nth: count(list),
    again: count(`${url.pathname}?${url.searchParams}`),
  };
}

/** Documented: a subscription is fetched by its code or its id, and has its invoices with it. */
function subscriptionOf({ pathname }: URL, lists: HostilePaystack['lists']): Json {
  const [, path, key] = pathname.split('/');
  if (path !== 'subscription' || key === undefined) return undefined;
  return lists['subscriptions']?.records.find((one) => one.subscription_code === key || String(one.id) === key);
}

export function createdField(stream: StreamName): string {
  return ownCreated(streams[stream]) ?? 'createdAt';
}

function page(list: HostileList, asked: Asked): Answer {
  const { stream, from, to } = asked;
  const facts: StreamFacts = streams[stream];
  const created = createdField(stream);
  const isInside = (record: Json) => {
    const ms = Date.parse(record?.[created]);
    return Number.isNaN(ms) || (ms >= from && ms <= to);
  };
  const isFiltered = list.isFiltered !== false && facts.ranged === true && facts.parent === undefined;
  const order = list.order ?? newestFirst(created);
  const selected = order(list.records, asked).filter((record) => !isFiltered || isInside(record));
  const ok = { status: 200, message: `${stream} retrieved`, selected: selected.length };
  if (facts.paging === 'single') return { ...ok, rows: selected, meta: undefined };
  const perPage = Math.min(asked.size, list.maxPageSize ?? asked.size);
  if (facts.paging !== undefined && facts.paging !== 'numbered') {
    const start = Number(asked.query['next'] ?? asked.query['cursor'] ?? 0);
    const end = Math.min(start + perPage, selected.length);
    const meta = { next: end < selected.length ? String(end) : null, previous: null, perPage };
    return { ...ok, rows: selected.slice(start, end), meta };
  }
  const start = (asked.page - 1) * perPage;
  const pageCount = Math.ceil(selected.length / perPage);
  const meta = { total: selected.length, skipped: start, perPage, page: asked.page, pageCount };
  return { ...ok, rows: selected.slice(start, start + perPage), meta };
}

function newestFirst(created: string): (records: readonly Json[]) => readonly Json[] {
  return (records) => {
    // Read once each, not at each comparison.
    const dated = records.map((record) => ({ record, ms: Date.parse(record[created]), id: Number(record.id) }));
    return dated.sort((a, b) => b.ms - a.ms || b.id - a.id).map(({ record }) => record);
  };
}

export function oldestFirst(stream: StreamName): NonNullable<HostileList['order']> {
  return (records) => newestFirst(createdField(stream))(records).toReversed();
}

function oneRecord(list: HostileList | undefined, asked: Asked): Answer {
  const record = list?.records.find(({ id }) => String(id) === asked.path.split('/').at(-1));
  if (record === undefined) return { status: 404, message: 'Record not found', rows: [], selected: 0, meta: undefined };
  return { status: 200, message: 'Record retrieved', rows: [record], selected: 1, meta: undefined };
}

function bodyOf({ status, message, rows, meta }: Answer, { stream, list }: Asked, subscription: Json): object {
  // Observed: an error has no more than this, mostly.
  if (status !== 200) return { status: false, message };
  const data = list.endsWith(' by key') ? rows[0] : wrapped(rows, stream, subscription);
  return { status: true, message, data, ...(meta && { meta }) };
}

function wrapped(rows: readonly Json[], stream: StreamName, subscription: Json): unknown {
  if (stream === 'apple_pay_domains') return { domainNames: rows };
  if (stream === 'subscription_invoices') return { ...subscription, most_recent_invoice: null, invoices: rows };
  return rows;
}
