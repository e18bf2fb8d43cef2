/** Records that change long after they were created are read again: those that were open, and those that others change. */
import t from 'tap';
import type { StreamName } from '../src/paystack/streams.ts';
import type { Quirks } from '../src/sandbox/answers.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { runSync, type SyncRun } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const dayMs = 86_400_000;
const now = Date.now();

function dateOf(daysAgo: number): string {
  return new Date(now - daysAgo * dayMs).toISOString();
}

/** One record a day at noon, the first of them today's: `id` is its age in days. */
function daily(count: number, fields: (age: number) => object): object[] {
  return Array.from({ length: count }, (_, age) => ({ id: age, createdAt: dateOf(age), ...fields(age) }));
}

type Sync = (streams: readonly string[], state?: unknown, config?: object) => Promise<SyncRun>;

async function withSandbox(options: SandboxOptions, work: (sync: Sync, sandbox: Sandbox) => Promise<void>) {
  const sandbox = await startSandbox({ fixtures: false, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, request_timeout_seconds: 20 };
  try {
    await work((streams, state, config) => {
      sandbox.resetRequests();
      return runSync({ streams, ...(state !== undefined && { state }), config: { ...settings, ...config } });
    }, sandbox);
  } finally {
    await sandbox.close();
  }
}

const idsOf = (run: SyncRun, stream: string) => (run.records[stream] ?? []).map(({ id }) => id as number);

const openings: readonly [StreamName, string, string, number, Quirks?][] = [
  ['transfers', 'pending', 'success', 60],
  ['disputes', 'awaiting-merchant-feedback', 'resolved', 90, { ignoreFilters: true }],
  ['subscriptions', 'active', 'cancelled', 700],
  ['refunds', 'needs-attention', 'processed', 45, { toExclusive: true, dateOnly: 'start-of-day' }],
  // One that the vocabulary does not know may change.
  ['settlements', 'on-hold', 'success', 100],
];

for (const [stream, open, final, age, quirks = {}] of openings) {
  t.test(`${stream}: open for ${age} days, it is read again until it is final`, (t) => {
    const records = daily(age + 5, (id) => ({ status: id === age ? open : final }));
    return withSandbox({ records: { [stream]: records }, quirks }, async (sync, sandbox) => {
      const first = await sync([stream]);
      t.equal(idsOf(first, stream).length, age + 5);
      sandbox.change(stream, age, { changed: true });
      const second = await sync([stream], first.state);
      t.equal(second.code, 0, second.stderr);
      t.match(
        second.records[stream]?.find(({ id }) => id === age),
        { status: open, _extra: { changed: true } },
      );
      t.ok(idsOf(second, stream).length <= 34, 'its day, not all that came since');
      t.ok(sandbox.requests.length <= 4);
      sandbox.change(stream, age, { status: final });
      const third = await sync([stream], second.state);
      t.match(
        third.records[stream]?.find(({ id }) => id === age),
        { status: final },
      );
      t.notOk('open' in third.state.bookmarks[stream]);
    });
  });
}

t.test('what is older than open_lookback_days is not read again', (t) => {
  const records = { transfers: daily(70, (age) => ({ status: age === 60 || age === 40 ? 'pending' : 'success' })) };
  return withSandbox({ records }, async (sync) => {
    const first = await sync(['transfers']);
    const second = await sync(['transfers'], first.state, { open_lookback_days: 50 });
    t.ok(idsOf(second, 'transfers').includes(40));
    t.notOk(idsOf(second, 'transfers').includes(60));
    t.match(second.state.bookmarks.transfers.open, [/^\d{4}-\d\d-\d\d 40$/], 'and it is forgotten');
  });
});

t.test('of transactions, what is stuck for good is not read again for ever', (t) => {
  const records = {
    transactions: daily(120, (age) => ({ status: age === 100 || age === 80 ? 'ongoing' : 'success' })),
  };
  return withSandbox({ records }, async (sync) => {
    const second = await sync(['transactions'], (await sync(['transactions'])).state);
    t.ok(idsOf(second, 'transactions').includes(80));
    t.notOk(idsOf(second, 'transactions').includes(100));
  });
});

t.test('the children of an open parent are read again with it', (t) => {
  const subscriptions = daily(100, (id) => ({
    subscription_code: `SUB_${id}`,
    status: id === 80 ? 'active' : 'complete',
  }));
  const invoice = { id: 1, subscription: 80, status: 'success' };
  const newest = { ...invoice, id: 9, subscription: 0 };
  const records = { subscriptions, subscription_invoices: { SUB_80: [invoice], SUB_0: [newest] } };
  return withSandbox({ records }, async (sync, sandbox) => {
    const first = await sync(['subscription_invoices']);
    t.same(idsOf(first, 'subscription_invoices').sort(), [1, 9]);
    sandbox.addUnder('subscription_invoices', 'SUB_80', { ...invoice, id: 2 });
    const second = await sync(['subscription_invoices'], first.state);
    t.same(idsOf(second, 'subscription_invoices').sort(), [1, 2, 9]);
    const visited = sandbox.requests.map(({ path }) => path);
    t.ok(visited.includes('/subscription/SUB_80'));
    t.notOk(visited.includes('/subscription/SUB_79'), 'its neighbours are final');
  });
});

t.test('an interrupted run does not forget what it has not read again', (t) => {
  const records = { transfers: daily(400, (age) => ({ status: age % 50 === 0 ? 'pending' : 'success' })) };
  return withSandbox({ records }, async (sync) => {
    const first = await sync(['transfers']);
    const second = await sync(['transfers'], first.state, { page_size: 10 });
    const states = second.messages.filter(({ type }) => type === 'STATE').map(({ value }) => value);
    t.ok(states.length > 5);
    for (const state of states) t.same(state.bookmarks.transfers.open, first.state.bookmarks.transfers.open);
  });
});

const byKey = (sandbox: Sandbox) => sandbox.requests.filter(({ path }) => /^\/transaction\/\d+$/.test(path));

t.test('a refund or a dispute that comes has its transaction read again', (t) => {
  const records = { transactions: daily(200, () => ({ status: 'success' })), refunds: [], disputes: [] };
  return withSandbox({ records }, async (sync, sandbox) => {
    const streams = ['disputes', 'refunds', 'transactions'];
    const first = await sync(streams);
    t.equal(byKey(sandbox).length, 0);
    sandbox.add('refunds', { id: 1, transaction: 150, status: 'processed', createdAt: dateOf(0) });
    sandbox.add('refunds', { id: 2, transaction: 3, status: 'processed', createdAt: dateOf(0) });
    sandbox.add('disputes', { id: 1, transaction: { id: 120 }, status: 'resolved', createdAt: dateOf(0) });
    for (const id of [150, 120, 3]) sandbox.change('transactions', id, { status: 'reversed' });

    const alone = await sync(['refunds', 'disputes'], first.state);
    t.equal(byKey(sandbox).length, 0, 'transactions are not selected');
    t.same(Object.keys(alone.records), ['disputes', 'refunds']);

    const second = await sync(streams, first.state);
    t.equal(second.code, 0, second.stderr);
    for (const id of [150, 120, 3]) {
      const found = second.records['transactions']?.filter((record) => record.id === id);
      t.match(found, [{ status: 'reversed' }], `transaction ${id}, once`);
      t.equal(found?.length, 1);
    }
    t.same(
      byKey(sandbox)
        .map(({ path }) => path)
        .sort(),
      ['/transaction/120', '/transaction/150'],
    );
    t.match(second.stderr, /"metric":"record_count","value":34,"tags":\{"endpoint":"transactions"\}/);

    const later = await sync(streams, second.state, { start_date: dateOf(130) });
    t.ok(idsOf(later, 'transactions').includes(120));
    t.notOk(idsOf(later, 'transactions').includes(150), 'it is older than the start date');
  });
});

t.test('as long as the transaction cannot be read, its refund counts as not covered', (t) => {
  let isDown = true;
  const records = { transactions: daily(100, () => ({ status: 'success' })), refunds: [] };
  const faults: SandboxOptions['faults'] = ({ path }) =>
    isDown && path.startsWith('/transaction/') ? { kind: 'status', status: 422 } : undefined;
  return withSandbox({ records, faults }, async (sync, sandbox) => {
    const streams = ['refunds', 'transactions'];
    sandbox.add('refunds', { id: 1, transaction: 0, status: 'processed', createdAt: dateOf(90) });
    const first = await sync(streams);
    sandbox.add('refunds', { id: 2, transaction: 80, status: 'processed', createdAt: dateOf(0) });
    const settings = { lookback_window_days: 0 };
    const second = await sync(streams, first.state, settings);
    t.equal(second.code, 1);
    t.match(second.stderr, /ERROR transactions: .*1 could not be read again: 80 \(answered 422/);
    t.same(idsOf(second, 'refunds').includes(2), true);
    t.same(second.state.bookmarks.refunds, first.state.bookmarks.refunds);
    isDown = false;
    const third = await sync(streams, second.state, settings);
    t.equal(third.code, 0, third.stderr);
    t.ok(idsOf(third, 'transactions').includes(80));
    t.equal(third.state.bookmarks.refunds.createdAt, dateOf(0));
  });
});

t.test(
  'a transaction that Paystack does not know is said, one without data is asked for again, another is not written',
  (t) => {
    const records = { transactions: daily(200, () => ({ status: 'success' })), refunds: [] };
    const another = { kind: 'status', status: 200, body: { status: true, message: 'ok', data: { id: 149 } } } as const;
    const empty = { kind: 'status', status: 200, body: { status: true, message: 'ok', data: [] } } as const;
    const faults: SandboxOptions['faults'] = ({ path, attempt }) => {
      if (path === '/transaction/140') return another;
      return path === '/transaction/150' && attempt === 1 ? empty : undefined;
    };
    return withSandbox({ records, faults }, async (sync, sandbox) => {
      const streams = ['refunds', 'transactions'];
      const first = await sync(streams);
      sandbox.add('refunds', { id: 1, transaction: 999, createdAt: dateOf(0) });
      sandbox.add('refunds', { id: 2, transaction: 150, createdAt: dateOf(0) });
      sandbox.add('refunds', { id: 3, transaction: 140, createdAt: dateOf(0) });
      const second = await sync(streams, first.state);
      t.equal(second.code, 1);
      t.match(second.stderr, /ERROR transactions: .*999 \(answered 404/);
      t.same(second.state.bookmarks.refunds, first.state.bookmarks.refunds, 'the next run asks for it again');
      t.match(second.stderr, /140 \(answered with another record than 140\)/);
      t.notOk(idsOf(second, 'transactions').includes(149));
      t.same(idsOf(second, 'refunds').sort(), [1, 2, 3]);
      t.ok(idsOf(second, 'transactions').includes(150));
      t.same(
        byKey(sandbox)
          .map(({ path, status }) => `${path} ${status}`)
          .sort(),
        ['/transaction/140 200', '/transaction/150 200', '/transaction/150 200', '/transaction/999 404'],
      );
    });
  },
);
