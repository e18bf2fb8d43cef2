/** A daily run costs what changed and what is open, and never more than everything read again and a tenth. */
import t from 'tap';
import { type StreamFacts, streams as table } from '../src/paystack/streams.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { accounts, recordsOf } from './support/accounts.ts';
import { spread } from './support/spread.ts';
import { type Json, runSync, type SyncRun } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const dayMs = 86_400_000;
const lookbackMs = 31 * dayMs;

type Sync = (state?: unknown) => Promise<SyncRun & { readonly requests: number }>;

async function withAccount(
  options: SandboxOptions,
  streams: readonly string[],
  pageSize: number,
  work: (sync: Sync, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ fixtures: false, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: pageSize };
  const config = { ...settings, requests_per_minute: 1_000_000 };
  try {
    await work(async (state) => {
      sandbox.resetRequests();
      const run = await runSync({ streams, config, ...(state !== undefined && { state }) });
      if (run.code !== 0) throw new Error(run.stderr);
      return { ...run, requests: sandbox.requests.length };
    }, sandbox);
  } finally {
    await sandbox.close();
  }
}

const idsOf = (run: SyncRun, stream: string) => (run.records[stream] ?? []).map(({ id }) => id as number);
const ascending = (ids: readonly number[]) => [...new Set(ids)].sort((one, other) => one - other);

for (const account of accounts) {
  const { stream, what } = account;
  t.test(`${stream}, ${what}: requests, rows, and what becomes final`, { buffered: true }, (t) => {
    const { created = 'createdAt', updated }: StreamFacts = table[stream];
    const records: Json[] = recordsOf(account);
    const { open, final } = account.spread;
    return withAccount({ records: { [stream]: records } }, [stream], 10, async (sync, sandbox) => {
      const full = await sync();
      t.equal(idsOf(full, stream).length, records.length);
      const most = Math.floor(1.1 * full.requests + 2);

      const daily = await sync(full.state);
      t.ok(daily.requests <= most, `${daily.requests} requests, ${full.requests} for everything`);
      const since = Date.parse(full.state.bookmarks[stream][created]) - lookbackMs;
      const isDue = (record: Json) => record.status === open || Date.parse(record[created]) >= since;
      const due = records.filter(isDue).map(({ id }) => id as number);
      const written = idsOf(daily, stream);
      if (updated === undefined) t.ok(due.every((id) => written.includes(id)));
      else t.same(ascending(written), due, 'none that says that it has not changed');
      t.equal(written.length, new Set(written).size, 'none twice');

      // A bookmark that names only days cannot tell what was open in them: there the record has to say that it has changed.
      const isOpen = records.filter(({ status }) => status === open).map(({ id }) => id as number);
      const changes = { status: final, ...(isOpen.length > 500 && { [updated!]: new Date().toISOString() }) };
      const settled = isOpen.filter((_, index) => index % 2 === 0);
      for (const id of settled) sandbox.change(stream, id, changes);
      const next = await sync(daily.state);
      t.ok(next.requests <= most, `${next.requests} requests`);
      const came = new Map(next.records[stream]!.map((record) => [record.id, record.status]));
      t.same(
        settled.filter((id) => came.get(id) !== final),
        [],
        'what became final came',
      );
      const isKept = isOpen.filter((id) => !settled.includes(id));
      t.ok(
        isKept.every((id) => came.get(id) === open),
        'and what is still open',
      );
    });
  });
}

t.test('a bystander that says that it has changed is written', { buffered: true }, (t) => {
  const isOpen = (index: number) => index < 40;
  // Of one day: the day is read, not 40 keys.
  const options = { count: 500, open: 'pending', final: 'success', isOpen, crowd: [0, 60] } as const;
  const records = spread('transfers', options);
  return withAccount({ records: { transfers: records } }, ['transfers'], 50, async (sync, sandbox) => {
    const full = await sync();
    sandbox.change('transfers', 45, { updatedAt: new Date().toISOString() });
    const { records, requests } = await sync(full.state);
    const old = records['transfers']!.map(({ id }) => id as number).filter((id) => id <= 60);
    t.same(ascending(old), [...Array.from({ length: 40 }, (_, index) => index + 1), 45]);
    t.ok(requests < 10, `${requests} requests`);
  });
});

t.test('of 600 refunds in the lookback, only the new one has its transaction asked for', { buffered: true }, (t) => {
  const done = { isOpen: () => false, open: '', final: 'processed' };
  const transactions = spread('transactions', { ...done, count: 1000, final: 'success' });
  const refunds = spread('refunds', { ...done, count: 600, firstDays: 30, lastDays: 2 }).map((refund, index) => ({
    ...refund,
    transaction: index + 1,
  }));
  const streams = ['refunds', 'transactions'];
  return withAccount({ records: { transactions, refunds } }, streams, 200, async (sync, sandbox) => {
    const lookups = () => sandbox.requests.map(({ path }) => path).filter((path) => /^\/transaction\/\d+$/.test(path));
    const full = await sync();
    t.same(lookups(), []);
    let { state } = full;
    for (const [day, transaction] of [701, 702, 703].entries()) {
      const now = new Date().toISOString();
      sandbox.add('refunds', { id: 9001 + day, transaction, status: 'processed', createdAt: now, updatedAt: now });
      sandbox.change('transactions', transaction, { status: 'reversed' });
      const daily = await sync(state);
      ({ state } = daily);
      t.ok(lookups().includes(`/transaction/${transaction}`));
      t.ok(lookups().length <= 3, `${lookups().length} lookups`);
      t.equal(daily.records['transactions']!.find(({ id }) => id === transaction)?.status, 'reversed');
      t.ok(daily.requests <= Math.floor(1.1 * full.requests + 2), `${daily.requests} requests`);
    }
  });
});

t.test(
  'of parents, only those are visited that are new, changed, open, or in the lookback',
  { buffered: true },
  (t) => {
    const isOpen = (index: number) => index % 12 === 0;
    const spreadOut = spread('subscriptions', { count: 300, open: 'active', final: 'completed', isOpen });
    const subscriptions: Json[] = spreadOut.map((row) => ({ ...row, subscription_code: `SUB_${row.id}` }));
    const invoices = Object.fromEntries(
      subscriptions.map(({ id, subscription_code }) => [subscription_code, [{ id: id * 10, subscription: id }]]),
    );
    const records = { subscriptions, subscription_invoices: invoices };
    return withAccount({ records }, ['subscription_invoices'], 20, async (sync, sandbox) => {
      const visited = () =>
        ascending(sandbox.requests.flatMap(({ path }) => Number(/SUB_(\d+)$/.exec(path)?.[1] ?? []) || []));
      const full = await sync();
      t.equal(visited().length, 300);
      const now = new Date().toISOString();
      sandbox.add('subscriptions', { id: 301, subscription_code: 'SUB_301', status: 'completed', createdAt: now });
      // One that is read beside the open ones, and says that it has changed.
      sandbox.change('subscriptions', 90, { updatedAt: now });
      const daily = await sync(full.state);
      const since = Date.parse(full.state.bookmarks.subscription_invoices.subscription_created_at) - lookbackMs;
      const isDue = ({ status, createdAt }: Json) => status === 'active' || Date.parse(createdAt) >= since;
      const due = subscriptions.filter(isDue).map(({ id }) => id as number);
      t.same(visited(), ascending([...due, 90, 301]));
      t.ok(daily.requests <= visited().length + 2 + 1.1 * 16, `${daily.requests} requests`);
    });
  },
);

t.test(
  'a busy merchant, with 20 pages a day, is read at the cost of the pages and a tenth',
  { buffered: true },
  (t) => {
    const now = Date.now();
    const month = { rows: 6200, from: new Date(now - 31 * dayMs).toISOString(), to: new Date(now).toISOString() };
    return withAccount({ synthetic: { transactions: month } }, ['transactions'], 10, async (sync) => {
      const { requests } = await sync();
      t.ok(requests <= 1.1 * 620 + 2, `${requests} requests for 620 pages`);
    });
  },
);
