/** What a run reads depends on the state, the dates and the lookback, and nothing that arrived in between is missed. */
import t from 'tap';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { runSync, type SyncInput, type SyncRun, selecting } from './support/tap.ts';

const dayMs = 86_400_000;
const now = Date.now();

function dateOf(daysAgo: number): string {
  return new Date(now - daysAgo * dayMs).toISOString();
}

const transactions = { rows: 300, from: dateOf(299), to: dateOf(0.01) };

async function withSandbox(options: SandboxOptions, work: (sync: Sync, sandbox: Sandbox) => Promise<void>) {
  const sandbox = await startSandbox({ synthetic: { transactions }, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const sync: Sync = (input, config) =>
    runSync({ streams: ['transactions'], ...input, config: { ...settings, ...config } });
  try {
    await work(sync, sandbox);
  } finally {
    await sandbox.close();
  }
}

type Sync = (input?: Partial<SyncInput>, config?: object) => Promise<SyncRun>;

function createdDates(run: SyncRun): string[] {
  return (run.records['transactions'] ?? []).map(({ createdAt }) => createdAt as string).sort();
}

for (const lookback of [0, 31]) {
  t.test(`the second run reads fewer rows and misses none that arrived, lookback ${lookback}`, (t) =>
    withSandbox({}, async (sync, sandbox) => {
      const first = await sync();
      t.equal(first.records['transactions']?.length, 300);
      const bookmark = first.state.bookmarks.transactions.createdAt as string;
      t.equal(bookmark, createdDates(first).at(-1), 'the bookmark is the newest record');
      const arrived = { id: 77, status: 'success', createdAt: bookmark };
      sandbox.add('transactions', arrived, { ...arrived, id: 78, createdAt: new Date().toISOString() });
      const config = { lookback_window_days: lookback, open_lookback_days: 0 };
      const second = await sync({ state: first.state }, config);
      const ids = second.records['transactions']?.map(({ id }) => id) ?? [];
      t.ok(ids.includes(77), 'a record of the very moment of the bookmark');
      t.ok(ids.includes(78));
      t.ok(ids.length < 300);
      t.equal(createdDates(second)[0]?.slice(0, 10), dateOf(lookback + 0.01).slice(0, 10));
      t.ok(
        createdDates(second).every((date) => date >= new Date(Date.parse(bookmark) - lookback * dayMs).toISOString()),
      );
      t.ok(second.state.bookmarks.transactions.createdAt > bookmark);
    }),
  );
}

t.test('start_date leaves out what is older, however it is written', (t) =>
  withSandbox({}, async (sync) => {
    const day = dateOf(100).slice(0, 10);
    const forms = [day, `${day}T00:00:00`, `${day}T01:00:00+01:00`, `${day}T00:00:00.000000Z`];
    for (const start_date of forms) {
      const run = await sync({}, { start_date });
      t.equal(run.records['transactions']?.length, 101, start_date);
      t.ok(createdDates(run).every((date) => date >= day));
    }
  }),
);

t.test('a bookmark before the start date gives way to it', (t) =>
  withSandbox({}, async (sync) => {
    const state = { bookmarks: { transactions: { createdAt: dateOf(250) } } };
    const run = await sync({ state }, { start_date: dateOf(10.5) });
    t.equal(run.records['transactions']?.length, 11);
  }),
);

t.test('a bookmark in the future is said to be one, and the stream is read from its beginning', (t) =>
  withSandbox({}, async (sync) => {
    const state = { bookmarks: { transactions: { createdAt: '2999-01-01T00:00:00.000Z' } } };
    const run = await sync({ state });
    t.equal(run.code, 0);
    t.match(run.stderr, /WARNING transactions: its bookmark \(2999-01-01T00:00:00.000Z\) is in the future/);
    t.equal(run.records['transactions']?.length, 300);
    t.ok(run.state.bookmarks.transactions.createdAt < new Date().toISOString());
  }),
);

t.test('a bookmark by another replication key is refused, not read as a fresh start', (t) =>
  withSandbox({}, async (sync, sandbox) => {
    const state = { bookmarks: { transactions: { updated_since: dateOf(1) } } };
    const run = await sync({ state });
    t.equal(run.code, 1);
    t.equal(run.stdout, '');
    t.match(run.stderr, /^CRITICAL state file .*"transactions" has "updated_since", and must have "createdAt"/);
    t.equal(sandbox.requests.length, 0);
  }),
);

t.test('state that is not ours is kept', (t) =>
  withSandbox({}, async (sync) => {
    const others = { bookmarks: { elsewhere: { id: 12 } }, activate_versions: { elsewhere: 3 } };
    const run = await sync({ state: { ...others, bookmarks: { ...others.bookmarks, transactions: {} } } });
    t.equal(run.code, 0, run.stderr);
    t.match(run.state, others);
    for (const message of run.messages) if (message.type === 'STATE') t.match(message.value, others);
  }),
);

t.test('an interrupted stream comes first, all others follow, and the state ends as if nothing had been', (t) =>
  withSandbox({}, async (sync) => {
    const streams = ['customers', 'refunds', 'transactions', 'transfers'];
    const whole = await sync({ streams });
    const resumed = await sync({ streams, state: { bookmarks: {}, currently_syncing: 'transactions' } });
    const order = (run: SyncRun) =>
      run.messages.filter(({ type }) => type === 'SCHEMA').map(({ stream }) => stream as string);
    t.same(order(whole), streams);
    t.same(order(resumed), ['transactions', 'transfers', 'customers', 'refunds']);
    // When each of the runs began is its own.
    const undated = (run: SyncRun) =>
      JSON.parse(JSON.stringify(run.state), (name, value) => (name === 'as_of' ? undefined : value));
    t.same(undated(resumed), undated(whole));
    t.notOk('currently_syncing' in resumed.state);
  }),
);

t.test('every STATE is a safe point: a run from it gives what was not written before it', (t) =>
  withSandbox({}, async (sync) => {
    const run = await sync({ streams: ['transactions', 'refunds'] }, { page_size: 1, requests_per_minute: 1_000_000 });
    const written = new Set<number>();
    // By what each says of the transactions: where some say the same, the first has the least written before it.
    const points = new Map<string, { state: unknown; written: Set<number> }>();
    for (const { type, stream, record, value } of run.messages) {
      if (type === 'RECORD' && stream === 'transactions') written.add(record.id);
      if (type !== 'STATE') continue;
      const said = JSON.stringify(value.bookmarks.transactions ?? null);
      if (!points.has(said)) points.set(said, { state: value, written: new Set(written) });
    }
    t.ok(points.size > 4, 'the range was cut into windows');
    for (const point of points.values()) {
      const resumed = await sync({ state: point.state }, { lookback_window_days: 0 });
      for (const { id } of resumed.records['transactions'] ?? []) point.written.add(id);
      t.equal(point.written.size, 300);
    }
  }),
);

t.test('replication as FULL_TABLE reads everything and keeps no bookmark', (t) =>
  withSandbox({}, async (sync) => {
    const catalog = selecting(['transactions']);
    catalog.streams[0].metadata[0].metadata['replication-method'] = 'FULL_TABLE';
    for (const state of [{}, { bookmarks: { transactions: { createdAt: dateOf(1) } } }]) {
      const run = await sync({ catalog, state });
      t.equal(run.records['transactions']?.length, 300);
      t.same(run.state.bookmarks, { bookmarks: {}, ...state }.bookmarks);
    }
  }),
);
