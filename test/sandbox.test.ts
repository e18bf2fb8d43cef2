/** The sandbox answers as Paystack is known to, and goes wrong exactly as its options ask. */
import { EventEmitter, once } from 'node:events';
import { request as httpRequest } from 'node:http';
import t, { type Test } from 'tap';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import type { Quirks, Style } from '../src/sandbox/answers.ts';
import { type Records, readFixtures } from '../src/sandbox/dataset.ts';
import { atRandom, everyNth, type Fault, type FaultContext } from '../src/sandbox/faults.ts';
import { rawRecord } from '../src/sandbox/rows.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as JSON of any shape, and asserted on
type Json = any;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined if the text is no JSON. */
  readonly body: Json;
}

type Get = (path: string, init?: RequestInit) => Promise<Answer>;

/** A test against a sandbox of its own. */
function check(name: string, options: SandboxOptions, work: (t: Test, get: Get, sandbox: Sandbox) => Promise<void>) {
  return t.test(name, async (t) => {
    const sandbox = await startSandbox(options);
    t.teardown(() => sandbox.close());
    await work(t, getter(sandbox), sandbox);
  });
}

function getter({ url, secretKey }: Sandbox): Get {
  return async (path, init) => {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${secretKey}` },
      redirect: 'manual',
      ...init,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const rows = 137;
const spread = { rows, from: '2024-01-01T00:00:00Z', to: '2024-03-01T00:00:00Z' };

function idsOf({ body }: Answer): number[] {
  return body.data.map(({ id }: { id: number }) => id);
}

/** Reads a list to its end, in the way its style has it. */
async function readAll(get: Get, path: string, style: Style, beforeNext = async () => {}): Promise<number[]> {
  const ids: number[] = [];
  let position = '';
  for (let page = 1; page <= 50; page++) {
    const size = style === 'mandate-cursor' ? 'per_page=25' : 'perPage=25';
    const answer = await get(`${path}?${size}${position}`);
    ids.push(...idsOf(answer));
    await beforeNext();
    const { next } = answer.body.meta ?? {};
    if (style === 'single' || answer.body.data.length === 0) return ids;
    if (style === 'numbered' || style === 'no-meta') position = `&page=${page + 1}`;
    else if (typeof next !== 'string' || next === '' || next === 'null') return ids;
    else position = `&${style === 'cursor' ? 'next' : 'cursor'}=${encodeURIComponent(next)}`;
  }
  throw new Error('the list has no end');
}

for (const style of ['numbered', 'cursor', 'mandate-cursor', 'no-meta', 'single'] as const) {
  for (const order of ['newest-first', 'oldest-first', 'shuffled'] as const) {
    const options = { synthetic: { transactions: spread }, style: { transactions: style }, quirks: { order } };
    check(`${style}, ${order}: each row once`, options, async (t, get) => {
      const ids = await readAll(get, '/transaction', style);
      t.equal(ids.length, rows);
      t.equal(new Set(ids).size, rows);
      const sorted = ids.toSorted((a, b) => (order === 'oldest-first' ? a - b : b - a));
      if (order === 'shuffled') t.notSame(ids, sorted);
      else t.same(ids, sorted);
    });
  }
}

check('meta of numbered pages', { synthetic: { transactions: spread, plans: spread } }, async (t, get) => {
  const { body } = await get('/transaction?page=6&perPage=25');
  t.match(body, { status: true, message: 'Transactions retrieved' });
  t.equal(body.data.length, 12);
  const { total_volume, ...meta } = body.meta;
  t.same(meta, { total: rows, skipped: 125, perPage: 25, page: 6, pageCount: 6 });
  t.equal(typeof total_volume, 'number');
  t.same((await get('/plan')).body.meta, { total: rows, skipped: 0, perPage: 50, page: 1, pageCount: 3 });
  t.same((await get('/plan?page=99')).body.data, []);
  t.same((await get('/plan?page=none&perPage=-3')).body.meta.perPage, 50);
});

check('total_volume is the sum of what is asked for', {}, async (t, get, sandbox) => {
  sandbox.add('transactions', { id: 1, amount: 700, createdAt: '2001-01-01T00:00:00.000Z', status: 'odd' });
  sandbox.add('transactions', { id: 2, amount: 50, createdAt: '2001-01-02T00:00:00.000Z', status: 'odd' });
  t.equal((await get('/transaction?status=odd')).body.meta.total_volume, 750);
  t.equal((await get('/transaction?to=2001-01-01')).body.meta.total_volume, 700);
});

check('cursors: meta, both directions', { synthetic: { customers: spread } }, async (t, get) => {
  const first = await get('/customer?use_cursor=true&perPage=50');
  t.match(first.body.meta, { next: String, previous: null, perPage: 50 });
  t.notOk('total' in first.body.meta);
  t.match(Buffer.from(first.body.meta.next, 'base64').toString(), /^customer:\d+$/);
  const second = await get(`/customer?use_cursor=true&perPage=50&next=${first.body.meta.next}`);
  const back = await get(`/customer?use_cursor=true&perPage=50&previous=${second.body.meta.previous}`);
  t.same(idsOf(back), idsOf(first));
  t.equal((await get('/customer?use_cursor=true&next=nonsense')).status, 400);
});

check('a cursor list takes no notice of page', { synthetic: { terminals: spread } }, async (t, get) => {
  t.same(idsOf(await get('/terminal?page=2')), idsOf(await get('/terminal')));
});

check('meta of mandates', { synthetic: { mandate_authorizations: spread } }, async (t, get) => {
  const { meta } = (await get('/directdebit/mandate-authorizations?per_page=100')).body;
  t.match(meta, { per_page: 100, next: String, count: 100, total: rows });
  t.match(Buffer.from(meta.next, 'base64').toString(), /^\d+$/);
});

const quirky = async (path: string, quirks: Quirks, style?: Style): Promise<Answer> => {
  const sandbox = await startSandbox({ synthetic: { plans: spread }, quirks, ...(style && { style }) });
  try {
    return await getter(sandbox)(path);
  } finally {
    await sandbox.close();
  }
};

t.test('quirks of pages', async (t) => {
  t.equal((await quirky('/plan?perPage=100', { maxPageSize: 20 })).body.data.length, 20);
  t.equal((await quirky('/plan?perPage=100', { maxPageSize: 20 })).body.meta.perPage, 20);
  t.equal((await quirky('/plan?perPage=20', { refusePageSizeAbove: 20 })).status, 200);
  const refused = await quirky('/plan?perPage=21', { refusePageSizeAbove: 20 });
  t.equal(refused.status, 400);
  t.match(refused.body, { status: false, message: /perPage/, type: 'validation_error', code: 'invalid_params' });
  t.equal((await quirky('/plan?perPage=100', { perPageAsString: true })).body.meta.perPage, '100');
  t.equal((await quirky('/plan', { perPageAsString: true })).body.meta.perPage, 50);
  t.equal((await quirky('/plan', { pageCountZero: true })).body.meta.pageCount, 0);
  t.notOk('total' in (await quirky('/plan', { noTotal: true })).body.meta);
  t.equal((await quirky('/plan', { extraMeta: { total_volume: 12 } })).body.meta.total_volume, 12);
  t.notOk('meta' in (await quirky('/plan?page=2', {}, 'no-meta')).body);
});

t.test('the last cursor can be marked in four ways', async (t) => {
  const last = async (quirks: Quirks) => (await quirky('/plan?perPage=500', quirks, 'cursor')).body.meta;
  t.equal((await last({})).next, null);
  t.equal((await last({ cursorEnd: '' })).next, '');
  t.equal((await last({ cursorEnd: 'null' })).next, 'null');
  t.notOk('next' in (await last({ cursorEnd: 'absent' })));
});

t.test('quirks of one stream come on top of those of all', async (t) => {
  const sandbox = await startSandbox({ quirks: { noTotal: true }, streamQuirks: { plans: { noTotal: false } } });
  const get = getter(sandbox);
  t.ok('total' in (await get('/plan')).body.meta);
  t.notOk('total' in (await get('/customer')).body.meta);
  await sandbox.close();
});

const days = Array.from({ length: 10 }, (_, index) => ({
  id: 10 - index,
  status: index % 2 ? 'active' : 'inactive',
  createdAt: `2024-05-${String(20 - index).padStart(2, '0')}T00:00:00.000Z`,
  paid_at: `2024-06-${String(20 - index).padStart(2, '0')}T12:00:00.000Z`,
}));

check(
  'a record without a date is in every range, and one that comes is shown first',
  { records: { plans: [{ id: 1, createdAt: '2024-05-01T00:00:00Z' }, { id: 2 }] } },
  async (t, get, sandbox) => {
    t.same(idsOf(await get('/plan?from=2024-06-01')), [2]);
    sandbox.add('plans', { id: 3, createdAt: '2024-07-01T00:00:00Z' });
    t.same(idsOf(await get('/plan')).at(0), 3);
    t.same(idsOf(await get('/plan?from=2024-06-01')).toSorted(), [2, 3]);
  },
);

check('a list is filtered right however many filters there were', { records: { plans: days } }, async (t, get) => {
  for (let hour = 0; hour < 70; hour++) {
    const from = new Date(Date.UTC(2024, 4, 18, hour)).toISOString();
    const expected = days.filter(({ createdAt }) => createdAt >= from).map(({ id }) => id);
    t.same(idsOf(await get(`/plan?from=${from}`)), expected, from);
  }
});

t.test('filters, and what might be odd about them', async (t) => {
  const filtered = async (query: string, quirks: Quirks = {}) => {
    const sandbox = await startSandbox({ records: { plans: days }, quirks });
    const answer = await getter(sandbox)(`/plan?${query}`);
    await sandbox.close();
    return answer.status === 200 ? idsOf(answer) : answer.status;
  };
  for (const order of ['newest-first', 'oldest-first', 'shuffled'] as const) {
    const found = await filtered('from=2024-05-13&to=2024-05-15', { order });
    t.same((found as number[]).toSorted(), [3, 4, 5], order);
  }
  t.same(await filtered('from=2024-05-18T00:00:00.001Z'), [10, 9]);
  t.same(await filtered('from=2024-05-18T02:00:00.000000%2B02:00'), [10, 9, 8], 'an offset, and microseconds');
  t.same(await filtered('to=2024-05-12'), [2, 1]);
  t.same(await filtered('from=2024-05-13&to=2024-05-15', { fromExclusive: true }), [5, 4]);
  t.same(await filtered('from=2024-05-13&to=2024-05-15', { toExclusive: true }), [4, 3]);
  t.same(await filtered('from=2024-05-19T20:00:00Z&to=2024-05-20', { dateOnly: 'start-of-day' }), [10, 9]);
  t.same(await filtered('from=2024-06-19&to=2024-06-20T13:00:00Z', { filterField: 'paid_at' }), [10, 9]);
  const dated = { filterField: 'paid_at', dateOnly: 'start-of-day' } as const;
  t.same(await filtered('from=2024-06-19&to=2024-06-20T13:00:00Z', dated), [9]);
  t.same(await filtered('from=2024-06-19&to=2024-06-20', { ...dated, dateOnly: 'end-of-day' }), [10, 9]);
  t.same(await filtered('status=active&from=2024-05-15'), [9, 7, 5]);
  t.equal(((await filtered('from=2024-05-18', { ignoreFilters: true })) as number[]).length, 10);
  t.same(await filtered('from=2024-05-18&to=2024-05-12'), [], 'the wrong way round');
  t.equal(await filtered('from=yesterday'), 400);
});

check('lists without from and to take no notice of them', {}, async (t, get) => {
  t.same((await get('/storefront?from=2999-01-01')).text, (await get('/storefront')).text);
});

check('banks come 100 a page at most, as is documented', { synthetic: { banks: spread } }, async (t, get) => {
  const { data, meta } = (await get('/bank?use_cursor=true&perPage=200')).body;
  t.equal(data.length, 100);
  t.equal(meta.perPage, 100);
});

/** Where a stream's first list is, and what it holds. */
function firstList(stream: StreamName): { path: string; records: readonly unknown[] } {
  const { path }: StreamFacts = streams[stream];
  const fixtures = readFixtures(stream);
  if (!isList(fixtures)) {
    const [parent, records] = Object.entries(fixtures)[0] ?? [''];
    return { path: path.replace(/\{\w+\}/, parent), records: records ?? [] };
  }
  return { path, records: fixtures };
}

function isList(records: Records): records is readonly unknown[] {
  return Array.isArray(records);
}

check('every stream of the table is served from its fixtures', {}, async (t, get, sandbox) => {
  for (const stream of Object.keys(streams) as StreamName[]) {
    const { path, records } = firstList(stream);
    const { status, body } = await get(path);
    t.equal(status, 200, path);
    const { records: taken = (data: unknown) => data }: StreamFacts = streams[stream];
    const found = taken(body.data) as unknown[];
    // The newest invoice comes twice.
    t.equal(found.length, records.length + (stream === 'subscription_invoices' ? 1 : 0), stream);
    t.equal(sandbox.requests.at(-1)?.endpoint, stream);
  }
});

check('every stream has synthetic records', synthesizeAll(), async (t, get) => {
  for (const [stream, facts] of Object.entries(streams) as [StreamName, StreamFacts][]) {
    const parent = facts.parent && (await get(streams[facts.parent.stream as StreamName].path)).body.data[0];
    const path = facts.path.replace(/\{(\w+)\}/, (_, field: string) => parent[field]);
    const { body } = await get(path);
    const found = (facts.records?.(body.data) ?? body.data) as Json[];
    const keys = found.map((record) => facts.key.map((name) => record[name] ?? parent?.[name]).join());
    t.equal(new Set(keys).size, 7, stream);
    for (const column of Object.keys(facts.parent?.carries ?? {})) {
      const values = found.map((record) => record[column]).filter((value) => value !== undefined);
      t.ok(
        values.every((value) => value === parent[facts.parent!.carries[column]!]),
        `${stream}.${column}`,
      );
    }
  }
});

function synthesizeAll(): SandboxOptions {
  const seven = { rows: 7, from: '2024-01-01', to: '2024-01-07' };
  return { synthetic: Object.fromEntries(Object.keys(streams).map((stream) => [stream, seven])) };
}

check('synthetic records differ in what must be unique', { synthetic: { transactions: spread } }, async (t, get) => {
  const { data } = (await get('/transaction?perPage=200')).body as { data: Json[] };
  for (const field of ['id', 'reference']) t.equal(new Set(data.map((record) => record[field])).size, rows, field);
  t.equal(data[0].createdAt, '2024-03-01T00:00:00.000Z');
  t.equal(data.at(-1).createdAt, '2024-01-01T00:00:00.000Z');
  for (const record of data) {
    t.match(record.createdAt, /\.000Z$/);
    if ('created_at' in record) t.equal(record.created_at, record.createdAt);
  }
  const again = await startSandbox({ synthetic: { transactions: spread } });
  t.same((await getter(again)('/transaction?perPage=200')).body.data, data, 'the same every time');
  await again.close();
  const other = await startSandbox({ synthetic: { transactions: { ...spread, seed: 1 } } });
  const { data: others } = (await getter(other)('/transaction?perPage=200')).body as { data: Json[] };
  t.same(
    others.map(({ id, createdAt }) => [id, createdAt]),
    data.map(({ id, createdAt }) => [id, createdAt]),
  );
  t.notSame(others, data);
  await other.close();
});

t.test('synthetic rows, records and streams that make no sense are refused', async (t) => {
  const refused = (options: SandboxOptions, message: RegExp) => t.rejects(startSandbox(options), { message });
  await refused({ synthetic: { plans: { rows: 1, from: '2024-02-01', to: '2024-01-01' } } }, /between/);
  await refused({ synthetic: { plans: { rows: 1, from: 'then', to: 'now' } } }, /between/);
  await refused({ synthetic: { plans: { rows: -1, from: '2024-01-01', to: '2024-01-01' } } }, /number/);
  await refused({ records: { plans: { 1: [] } } }, /list/);
  await refused({ records: { bulk_charge_items: [{ id: 1 }] } }, /parents/);
  await refused({ records: { plnas: [] } } as SandboxOptions, /plnas/);
  const sandbox = await startSandbox();
  t.throws(() => sandbox.add('bulk_charge_items', { id: 1 }), /parent/);
  t.throws(() => sandbox.change('plans', 'nothing', {}), /no record/);
  await refused({ port: Number(new URL(sandbox.url).port) }, /EADDRINUSE/);
  await sandbox.close();
});

check('lists under a parent', {}, async (t, get, sandbox) => {
  t.equal((await get('/settlement/nobody/transactions')).status, 404);
  t.equal((await get('/address_verification/states')).status, 400);
  t.equal((await get('/address_verification/states?country=ZZ')).status, 404);
  sandbox.add('settlements', { id: 88, createdAt: '2030-01-01T00:00:00.000Z' });
  t.same((await get('/settlement/88/transactions')).body.data, []);
  sandbox.addUnder('settlement_transactions', 88, { id: 1 }, { id: 2 });
  sandbox.change('settlement_transactions', 2, { status: 'reversed' }, 88);
  t.same((await get('/settlement/88/transactions')).body.data, [{ id: 1 }, { id: 2, status: 'reversed' }]);
});

check('a subscription holds its invoices', { fixtures: false, records: subscription() }, async (t, get) => {
  const { data, meta } = (await get('/subscription/SUB_1')).body;
  const [older, newer] = subscription().subscription_invoices.SUB_1;
  t.same(data, { id: 5, subscription_code: 'SUB_1', most_recent_invoice: newer, invoices: [newer, older] });
  t.equal(meta, undefined);
  t.same((await get('/subscription')).body.data.length, 1);
});

function subscription() {
  const invoice = (id: number) => ({ id, created_at: `2024-01-0${id}T00:00:00.000Z` });
  return {
    subscriptions: [{ id: 5, subscription_code: 'SUB_1', most_recent_invoice: { id: 99 }, invoices: [] }],
    subscription_invoices: { SUB_1: [invoice(1), invoice(2)] as const },
  };
}

check('one transaction', { synthetic: { transactions: spread } }, async (t, get, sandbox) => {
  const { data } = (await get('/transaction?page=2')).body;
  t.same((await get(`/transaction/${data[3].id}`)).body.data, data[3]);
  t.equal((await get('/transaction/1')).status, 404);
  t.equal(sandbox.requests.at(-1)?.endpoint, undefined);
});

const hostile =
  '{"id":18446744073709551615,"createdAt":"2024-01-01T00:00:00.000Z","n":[1.10,-0,1e400,"\\ud800"],"n":2}';

check(
  'records as text are sent byte for byte',
  { records: { plans: [rawRecord(hostile)] } },
  async (t, get, sandbox) => {
    t.ok((await get('/plan')).text.includes(`[${hostile}]`));
    sandbox.change('plans', '18446744073709551615', { name: 'new' });
    t.match((await get('/plan')).text, /"id":18446744073709551615,.*"name":"new"/);
    t.throws(() => rawRecord('{'), SyntaxError);
  },
);

check('new records are woven in by date', { records: { plans: days } }, async (t, get, sandbox) => {
  const cursor = (await get('/plan?use_cursor=true&perPage=4')).body.meta.next;
  sandbox.add('plans', { id: 90, createdAt: '2024-05-21T00:00:00.000Z' });
  sandbox.add('plans', { id: 91, createdAt: '2024-05-18T12:00:00.000Z' }, { id: 92, createdAt: days[9]!.createdAt });
  t.same(idsOf(await get('/plan')), [90, 10, 9, 91, 8, 7, 6, 5, 4, 3, 2, 92, 1]);
  t.same(idsOf(await get('/plan?from=2024-05-18&to=2024-05-19')), [9, 91, 8]);
  t.same(idsOf(await get(`/plan?use_cursor=true&next=${cursor}`)), [6, 5, 4, 3, 2, 92, 1], 'the cursor stays');
  const woven = (await get('/plan?use_cursor=true&perPage=4')).body.meta.next;
  t.same(idsOf(await get(`/plan?use_cursor=true&perPage=1&next=${woven}`)), [8], 'a cursor at a new record');
  sandbox.change('plans', 91, { createdAt: '2024-05-30T00:00:00.000Z' });
  t.same(idsOf(await get('/plan?from=2024-05-21')), [90, 91], 'a list that is not sorted any more');
});

const clock = Date.parse('2024-06-01T00:00:00Z');

check('arrivals', { ...arriving(), now: () => clock }, async (t, get, sandbox) => {
  const first = idsOf(await get('/customer?perPage=10'));
  const second = await get('/customer?perPage=10');
  t.same(idsOf(second).slice(3), first.slice(0, 7), 'the pages shift');
  t.equal(second.body.data[0].createdAt, '2024-06-01T00:00:00.000Z');
  t.equal(second.body.meta.total, rows + 3);
  for (let asked = 0; asked < 5; asked++) await get('/customer');
  t.equal((await get('/customer')).body.meta.total, rows + 8, 'not beyond the maximum');
  t.equal((await get('/country')).text, (await get('/country')).text, 'not where there are no dates');
  t.equal(sandbox.requests[0]?.at, clock);
});

check('arrivals shift no cursor', arriving(), async (t, get) => {
  const ids = await readAll(get, '/customer', 'cursor').catch(() => []);
  t.equal(ids.length, 25, 'numbered without being asked otherwise');
  const all = await readAll((path) => get(`${path}&use_cursor=true`), '/customer', 'cursor');
  t.equal(new Set(all).size, all.length);
});

check('arrivals where they are asked for', { ...arriving(['plans']) }, async (t, get) => {
  for (const path of ['/customer', '/plan']) {
    const before = (await get(path)).body.meta.total;
    t.equal((await get(path)).body.meta.total, before + (path === '/plan' ? 3 : 0));
  }
});

function arriving(only?: StreamName[]): SandboxOptions {
  return {
    synthetic: { customers: spread },
    arrivals: { perRequest: 3, max: 8, ...(only && { streams: only }) },
  };
}

check('the key', {}, async (t, get) => {
  const wrong = await get('/plan', { headers: { authorization: 'Bearer sk_test_other' } });
  t.equal(wrong.status, 401);
  t.same(wrong.body, { status: false, message: 'Invalid key' });
  t.equal((await get('/plan', { headers: {} })).status, 401);
});

check('another key, and another way to refuse', { secretKey: 'sk_live_x', badKeyStatus: 400 }, async (t, get) => {
  t.equal((await get('/plan')).status, 200);
  t.equal((await get('/plan', { headers: { authorization: 'Bearer sk_test_sandbox' } })).status, 400);
});

check('only GET, and only what there is', {}, async (t, get, sandbox) => {
  const headers = { authorization: `Bearer ${sandbox.secretKey}` };
  for (const method of ['POST', 'PUT', 'DELETE']) t.equal((await get('/plan', { method, headers })).status, 405);
  for (const path of ['/', '//', '/plan/', '/nothing', '/transaction/%E0%A4%A', '/settlement/1', '/plan/1/2']) {
    const { status, body } = await get(path);
    t.equal(status, 404, path);
    t.match(body, { status: false, message: String });
  }
  const log = sandbox.requests.map(({ method, status }) => [method, status]).slice(0, 4);
  t.same(log, [...[['POST'], ['PUT'], ['DELETE']].map((method) => [...method, 405]), ['GET', 404]]);
  await get('/plan?page=2&from=2024-01-01T00:00:00Z');
  const query = { page: '2', from: '2024-01-01T00:00:00Z' };
  t.match(sandbox.requests.at(-1), { method: 'GET', endpoint: 'plans', path: '/plan', query, status: 200 });
  sandbox.resetRequests();
  t.same(sandbox.requests, []);
});

for (const status of [400, 403, 404] as const) {
  check(`a stream that is missing, ${status}`, { missing: { preauthorizations: status } }, async (t, get) => {
    const answer = await get('/preauthorization');
    t.equal(answer.status, status);
    t.match(answer.body, { status: false, message: /not available/ });
    t.equal((await get('/plan')).status, 200);
  });
}

t.test('the quota', async (t) => {
  let now = 0;
  const quota = { requests: 2, seconds: 60, headers: true };
  const sandbox = await startSandbox({ quota, now: () => now });
  const get = getter(sandbox);
  const reported = ({ headers }: Answer) =>
    ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`));
  t.same(reported(await get('/plan')), ['2', '1', '60']);
  now = 58_500;
  t.same(reported(await get('/plan')), ['2', '0', '2']);
  const refused = await get('/plan');
  t.equal(refused.status, 429);
  t.match(refused.body, { status: false, message: 'Rate limit exceeded!', type: 'api_error', code: 'rate_limited' });
  t.same(reported(refused), ['2', '0', '2']);
  t.equal((await get('/customer')).status, 200, 'each endpoint has its own');
  now = 60_000;
  t.equal((await get('/plan')).status, 200, 'the next window');
  await sandbox.close();
});

check(
  'the quota: windows by the clock, and seconds that are rounded down',
  { quota: { requests: 2, seconds: 60, headers: true, begins: 'clock', rounded: 'down' }, now: () => 58_500 },
  async (t, get) => {
    t.equal((await get('/plan')).headers.get('x-ratelimit-reset'), '1');
  },
);

for (const headers of [false, 'never'] as const) {
  check(`the quota, headers: ${headers}`, { quota: { requests: 1, seconds: 60, headers } }, async (t, get) => {
    t.notOk((await get('/plan')).headers.has('x-ratelimit-reset'));
    const refused = await get('/plan');
    t.equal(refused.status, 429);
    t.equal(refused.headers.has('x-ratelimit-reset'), headers === false);
  });
}

function failing(fault: Fault): SandboxOptions {
  return { faults: ({ attempt }) => (attempt === 1 ? fault : undefined) };
}

const answered: [Fault, (t: Test, answer: Answer) => void][] = [
  [
    { kind: 'status', status: 503 },
    (t, { status, body }) => t.match({ status, body }, { status: 503, body: { status: false } }),
  ],
  [
    { kind: 'status', status: 429, body: 'slow down', headers: { 'retry-after': '7' } },
    (t, { status, text, headers }) => t.same([status, text, headers.get('retry-after')], [429, 'slow down', '7']),
  ],
  [{ kind: 'status', status: 200, body: [] }, (t, { body }) => t.same(body, [])],
  [{ kind: 'html', status: 502 }, (t, { status, text }) => t.match({ status, text }, { status: 502, text: /<html>/ })],
  [{ kind: 'html', status: 200 }, (t, { headers }) => t.equal(headers.get('content-type'), 'text/html')],
  [
    { kind: 'status-false' },
    (t, { status, body }) => t.match({ status, body }, { status: 200, body: { status: false } }),
  ],
  [
    { kind: 'truncated' },
    (t, { status, text, body }) => t.ok(status === 200 && text.startsWith('{"status":true') && !body),
  ],
  [
    { kind: 'redirect', location: 'http://127.0.0.1:9/' },
    (t, { status, headers }) => t.same([status, headers.get('location')], [302, 'http://127.0.0.1:9/']),
  ],
];

for (const [fault, verify] of answered) {
  check(`fault: ${Object.values(fault).join(' ')}`, failing(fault), async (t, get) => {
    verify(t, await get('/plan'));
    t.equal((await get('/plan')).body.status, true, 'the second attempt');
  });
}

for (const kind of ['cut', 'reset'] as const) {
  check(`fault: ${kind}`, failing({ kind }), async (t, get, sandbox) => {
    await t.rejects(get('/plan'));
    t.equal(sandbox.requests[0]?.status, kind === 'cut' ? 200 : 0);
    t.equal((await get('/plan')).status, 200);
  });
}

check('fault: stall sends half of the body, and waits', failing({ kind: 'stall' }), async (t, get, sandbox) => {
  const headers = { authorization: `Bearer ${sandbox.secretKey}` };
  const [length, first] = await new Promise<[number, number]>((resolve, reject) => {
    const asking = httpRequest(`${sandbox.url}/plan`, { headers }, (response) => {
      let came = 0;
      const announced = Number(response.headers['content-length']);
      response.on('data', (chunk: Buffer) => {
        came += chunk.length;
        if (came < Math.floor(announced / 2)) return;
        resolve([announced, came]);
        asking.destroy();
      });
    });
    asking.on('error', reject).end();
  });
  t.equal(first, Math.floor(length / 2));
  t.equal((await get('/plan')).status, 200);
});

t.test('fault: silence lasts until the sandbox closes', async (t) => {
  const asked = new EventEmitter();
  const isAsked = once(asked, 'plan');
  const sandbox = await startSandbox({
    faults: () => {
      asked.emit('plan');
      return { kind: 'silence' };
    },
  });
  const answer = getter(sandbox)('/plan');
  await isAsked;
  await Promise.all([t.rejects(answer), sandbox.close()]);
  t.equal(sandbox.requests[0]?.status, 0);
});

t.test('an answer that takes long is not given after the sandbox has closed', async (t) => {
  const sandbox = await startSandbox({ latencyMs: 600_000 });
  const answer = getter(sandbox)('/plan');
  while (sandbox.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([t.rejects(answer), sandbox.close()]);
});

t.test('what a plan of faults is given', async (t) => {
  const contexts: FaultContext[] = [];
  const sandbox = await startSandbox({
    faults: (context) => {
      contexts.push(context);
      return undefined;
    },
  });
  const get = getter(sandbox);
  for (const path of ['/plan?page=1', '/customer', '/plan?page=1', '/transaction/1']) await get(path);
  await get('/plan', { headers: {} });
  t.same(
    contexts.map(({ index, endpoint, path, query, attempt }) => [index, endpoint, path, query, attempt]),
    [
      [0, 'plans', '/plan', { page: '1' }, 1],
      [1, 'customers', '/customer', {}, 1],
      [2, 'plans', '/plan', { page: '1' }, 2],
      [3, undefined, '/transaction/1', {}, 1],
    ],
  );
  await sandbox.close();
});

t.test('plans of faults', async (t) => {
  const kinds: Fault[] = [{ kind: 'cut' }, { kind: 'reset' }];
  const drawn = (plan: (context: FaultContext) => Fault | undefined, count: number) =>
    Array.from({ length: count }, (_, index) => {
      return plan({ index, endpoint: 'plans', path: '/plan', query: {}, attempt: 1 })?.kind;
    });
  t.same(drawn(everyNth(3, kinds), 9), [
    ...[undefined, undefined, 'cut', undefined, undefined, 'reset'],
    ...[undefined, undefined, 'cut'],
  ]);
  const chances = drawn(atRandom(0.3, kinds, 4), 1000);
  t.same(chances, drawn(atRandom(0.3, kinds, 4), 1000), 'the same seed, the same chances');
  t.notSame(chances, drawn(atRandom(0.3, kinds, 5), 1000));
  const failed = chances.filter((kind) => kind !== undefined).length;
  t.ok(failed > 200 && failed < 400, `${failed} of 1000`);
  t.same(
    drawn(atRandom(0, kinds), 100),
    drawn(() => undefined, 100),
  );
});

check('latency, and requests that are open at once', { latencyMs: 200 }, async (t, get, sandbox) => {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 5 }, (_, page) => get(`/plan?page=${page}`)));
  t.ok(performance.now() - startedAt >= 199);
  t.equal(sandbox.peak(), 5);
  sandbox.resetRequests();
  await get('/plan');
  t.equal(sandbox.peak(), 1);
});

const million = { rows: 1_000_000, from: '2020-01-01T00:00:00Z', to: '2024-01-01T00:00:00Z' };

t.test('a million records: at once, by page, by date, by cursor, while others arrive', async (t) => {
  const startedAt = performance.now();
  const sandbox = await startSandbox({ synthetic: { transactions: million }, arrivals: { perRequest: 2, max: 20 } });
  const get = getter(sandbox);
  const paths = [
    '/transaction?page=1&perPage=200',
    '/transaction?page=4999&perPage=200',
    '/transaction?from=2022-03-01&to=2022-03-02&perPage=200',
    '/transaction?use_cursor=true&perPage=200',
    '/transaction?status=success&perPage=200',
  ];
  for (const path of paths) t.equal((await get(path)).body.data.length, 200, path);
  const { body } = await get('/transaction?from=2022-03-01&to=2022-03-01T23:59:59Z&perPage=1');
  t.ok(Math.abs(body.meta.total - 1_000_000 / 1461) < 2);
  t.ok(performance.now() - startedAt < 30_000);
  const pageAt = performance.now();
  await get('/transaction?page=2500&perPage=200&from=2020-01-01');
  t.ok(performance.now() - pageAt < 5000);
  await sandbox.close();
});
