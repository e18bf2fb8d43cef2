/**
 * A small Paystack on 127.0.0.1, for trying and testing the tap. It is never in the path of a real sync.
 *
 * Its routes are those of the table of streams. How it answers is documented by Paystack, or was seen in its answers; what
 * nobody outside knows can be switched on, one way and the other, by `quirks`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type StreamFacts, type StreamName, streams } from '../paystack/streams.ts';
import { answerList, forgetFilters, type Quirks, type Style } from './answers.ts';
import {
  type ItemList,
  makeArrivals,
  type Records,
  readFixtures,
  type Sent,
  type Synthetic,
  synthesize,
  toItem,
} from './dataset.ts';
import { errorBody, type FaultPlan, sendFault } from './faults.ts';
import { createQuotas, type QuotaOptions } from './quotas.ts';

export interface SandboxOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Default: `sk_test_sandbox`. Any other key is answered 401. */
  readonly secretKey?: string;
  /** What streams hold instead of their fixtures. */
  readonly records?: { readonly [stream in StreamName]?: Records };
  readonly synthetic?: { readonly [stream in StreamName]?: Synthetic };
  /** Streams that hold nothing unless told here: false for those of `records` and `synthetic` alone. Default: true. */
  readonly fixtures?: boolean;
  /** How lists page, whatever they are documented to do. */
  readonly style?: Style;
  readonly quirks?: Quirks;
  /** So many new records come into each list after each of its answers, as long as there are fewer than `max`. */
  readonly arrivals?: { readonly perRequest: number; readonly max: number };
  readonly latencyMs?: number;
  readonly quota?: QuotaOptions;
  readonly faults?: FaultPlan;
  /** Streams the integration does not have, and how their endpoints answer. */
  readonly missing?: { readonly [stream in StreamName]?: 400 | 403 | 404 };
}

export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Stream whose endpoint was asked; undefined for an unknown path. */
  readonly endpoint: StreamName | undefined;
  status: number;
}

export interface Sandbox {
  readonly url: string;
  readonly secretKey: string;
  /** Everything that was asked, in order. */
  readonly requests: SandboxRequest[];
  /** Most requests that were open at once. */
  readonly peak: () => number;
  /** Puts new records at the top of a list. */
  add(stream: StreamName, ...records: Sent[]): void;
  /** Changes a record of a list in place. */
  change(stream: StreamName, id: string | number, changes: object): void;
  close(): Promise<void>;
}

/** Status and body. */
type Answer = readonly [number, string];

interface Route {
  readonly endpoint: StreamName;
  readonly pattern: RegExp;
  /** Name of the query parameter that names the parent, where it is not in the path. */
  readonly parentParameter: string | undefined;
  /** A list answers with its records, `subscription_invoices` and the like with an object that holds them. */
  readonly wrap: (texts: readonly string[], parent: string | undefined) => string;
}

/** @throws Error if the port is taken */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const secretKey = options.secretKey ?? 'sk_test_sandbox';
  const lists = openLists(options);
  const quotas = options.quota && createQuotas(options.quota);
  const requests: SandboxRequest[] = [];
  let open = 0;
  let peak = 0;
  let arrived = 0;

  function listOf(stream: StreamName, parent: string | undefined): ItemList | undefined {
    const list = lists.get(stream);
    return list instanceof Map ? list.get(parent ?? '') : list;
  }

  function letArrive(stream: StreamName, list: ItemList): void {
    const { arrivals } = options;
    if (arrivals === undefined || arrived >= arrivals.max) return;
    const items = makeArrivals(stream, 50_000_000 + arrived, arrivals.perRequest, new Date());
    arrived += items.length;
    list.unshift(...items.reverse());
    forgetFilters(list);
  }

  function answer(request: SandboxRequest, route: Route, parent: string | undefined): Answer {
    const missing = options.missing?.[route.endpoint];
    if (missing !== undefined) return [missing, errorBody('This feature is not available on your integration')];
    const list = listOf(route.endpoint, parent);
    if (list === undefined) return [404, errorBody('Record not found', 'not_found', 'validation_error')];
    const facts: StreamFacts = streams[route.endpoint];
    const style = facts.paging === 'single' ? 'single' : (options.style ?? facts.paging ?? 'numbered');
    const page = answerList(list, style, request.query, options.quirks ?? {});
    if (page === undefined) return [400, errorBody('perPage is too large', 'invalid_params', 'validation_error')];
    const data = route.wrap(
      page.items.map(({ json }) => json),
      parent,
    );
    const meta = page.meta === undefined ? '' : `,"meta":${JSON.stringify(page.meta)}`;
    letArrive(route.endpoint, list);
    return [200, `{"status":true,"message":"Records retrieved","data":${data}${meta}}`];
  }

  /** Answers with the right thing, or with what the options ask for instead. */
  function handle(incoming: IncomingMessage, response: ServerResponse): void {
    const url = new URL(incoming.url ?? '/', 'http://sandbox');
    const query = Object.fromEntries(url.searchParams);
    const found = findRoute(url.pathname, query);
    const { method = '' } = incoming;
    const request: SandboxRequest = { method, path: url.pathname, query, endpoint: found?.route.endpoint, status: 0 };
    const index = requests.push(request) - 1;
    const headers = (found && quotas?.count(found.route.endpoint)) ?? {};
    const refusal = refuse(method, incoming.headers.authorization, found?.route.endpoint);
    const [status, body] = refusal ?? (found ? answer(request, found.route, found.parent) : fetched(url.pathname));
    const endpoint = found?.route.endpoint ?? 'transactions';
    const fault = refusal ? undefined : options.faults?.({ index, endpoint, path: url.pathname, query });
    if (fault !== undefined) {
      request.status = sendFault(fault, response, body);
      return;
    }
    request.status = status;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  }

  function refuse(method: string, key: string | undefined, endpoint: StreamName | undefined): Answer | undefined {
    if (method !== 'GET') return [405, errorBody('Only GET is served here')];
    if (key !== `Bearer ${secretKey}`) return [401, JSON.stringify({ status: false, message: 'Invalid key' })];
    if (endpoint !== undefined && quotas?.isExceeded(endpoint)) return [429, rateLimited];
    return undefined;
  }

  /** Documented: one transaction is fetched by its id. */
  function fetched(path: string): Answer {
    const id = /^\/transaction\/(\d+)$/.exec(path)?.[1];
    const item = id === undefined ? undefined : listOf('transactions', undefined)?.find((one) => one.id === id);
    if (item === undefined) return [404, errorBody('Not found', 'not_found', 'validation_error')];
    return [200, `{"status":true,"message":"Transaction retrieved","data":${item.json}}`];
  }

  const server = createServer((incoming, response) => {
    peak = Math.max(peak, ++open);
    response.on('close', () => open--);
    const work = () => handle(incoming, response);
    if (options.latencyMs) setTimeout(work, options.latencyMs);
    else work();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    requests,
    peak: () => peak,
    add: (stream, ...records) => {
      const list = listOf(stream, undefined) ?? [];
      list.unshift(...records.map((record) => toItem(record, options.quirks?.filterField)));
      forgetFilters(list);
    },
    change: (stream, id, changes) => {
      const list = listOf(stream, undefined) ?? [];
      const at = list.findIndex((item) => item.id === String(id));
      list[at] = toItem({ ...JSON.parse(list[at]?.json ?? '{}'), ...changes }, options.quirks?.filterField);
      forgetFilters(list);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Documented body of a 429. */
const rateLimited = errorBody('Rate limit exceeded!', 'rate_limited');

/** A list, or those of each parent. */
type List = ItemList | Map<string, ItemList>;

function openLists(options: SandboxOptions): Map<StreamName, List> {
  const names = Object.keys(streams) as StreamName[];
  const itemsOf = (records: readonly Sent[]) => records.map((record) => toItem(record, options.quirks?.filterField));
  const open = (name: StreamName): List => {
    const synthetic = options.synthetic?.[name];
    if (synthetic !== undefined) return synthesize(name, synthetic);
    const records = options.records?.[name] ?? (options.fixtures === false ? emptyOf(name) : readFixtures(name));
    if (isList(records)) return itemsOf(records);
    return new Map(Object.entries(records).map(([parent, children]) => [parent, itemsOf(children)]));
  };
  return new Map(names.map((name) => [name, open(name)]));
}

function isList(records: Records): records is readonly Sent[] {
  return Array.isArray(records);
}

function emptyOf(name: StreamName): Records {
  return (streams[name] as StreamFacts).parent === undefined ? [] : {};
}

/** Answers whose `data` is no plain list: what the `records` of their entry in the table undoes. */
const wraps: { readonly [stream in StreamName]?: Route['wrap'] } = {
  apple_pay_domains: (names) => `{"domainNames":[${names.join(',')}]}`,
  subscription_invoices: (invoices, code) =>
    `{"subscription_code":"${code}","most_recent_invoice":${invoices[0] ?? null},"invoices":[${invoices.join(',')}]}`,
};

/** Fixed paths before those with a parent in them: `/dedicated_account/available_providers` is no account. */
const routes: readonly Route[] = (Object.keys(streams) as StreamName[]).map((endpoint) => {
  const { path }: StreamFacts = streams[endpoint];
  const [plain = '', parameters] = path.split('?');
  return {
    endpoint,
    pattern: new RegExp(`^${plain.replace(/\{\w+\}/g, '([^/]+)')}$`),
    parentParameter: parameters?.split('=')[0],
    wrap: wraps[endpoint] ?? ((texts) => `[${texts.join(',')}]`),
  };
});

function findRoute(
  path: string,
  query: Readonly<Record<string, string>>,
): { route: Route; parent: string | undefined } | undefined {
  for (const route of routes) {
    const match = route.pattern.exec(path);
    if (match === null) continue;
    const parent = route.parentParameter === undefined ? match[1] : query[route.parentParameter];
    return { route, parent: parent === undefined ? undefined : decodeURIComponent(parent) };
  }
  return undefined;
}
