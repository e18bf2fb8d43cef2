/** Dates before everything, after everything and none at all, in records, bookmarks and settings. */
import t from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import { daily, dayMs, newcomer } from '../support/hostile-cases.ts';
import { startHostilePaystack } from '../support/hostile-paystack.ts';
import { type Json, runSync } from '../support/tap.ts';

const odd = [
  '0001-01-01T00:00:00.000Z',
  '1970-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.000Z',
  '2014-12-31T23:59:59.000Z',
  '2015-01-01T00:00:00.000Z',
  null,
  '',
  'yesterday',
  '0000-00-00 00:00:00',
];

/** One of them filters as it should, the other not at all. */
const streams = ['customers', 'transactions'] as const satisfies readonly StreamName[];

function listsWith(records: readonly Json[]): Record<string, { records: Json[]; isFiltered: boolean }> {
  return {
    customers: { records: [...records], isFiltered: true },
    transactions: { records: [...records], isFiltered: false },
  };
}

const oddRecords = odd.map((createdAt, index) => ({ id: 1000 + index, createdAt }));
const idsOf = (records: readonly Json[] | undefined) => (records ?? []).map(({ id }) => id as number);

t.test('without a start_date nothing is before it', async (t) => {
  const server = await startHostilePaystack(listsWith([...daily('transactions', 30), ...oddRecords]));
  t.teardown(() => server.close());
  for (const page_size of [200, 2]) {
    const run = await runSync({ config: { ...server.config, page_size }, streams });
    t.equal(run.code, 0, run.stderr);
    for (const stream of streams) {
      const written = new Set(idsOf(run.records[stream]));
      t.same(
        oddRecords.filter(({ id }) => !written.has(id)),
        [],
        `${stream}, ${page_size} a page`,
      );
      t.equal(written.size, 30 + odd.length);
    }
  }
});

t.test('what lies outside a range that the user did set is left out', async (t) => {
  const server = await startHostilePaystack(listsWith([...daily('transactions', 30), ...oddRecords]));
  t.teardown(() => server.close());
  const run = await runSync({ config: { ...server.config, start_date: '2015-01-01' }, streams });
  t.equal(run.code, 0, run.stderr);
  for (const stream of streams) {
    const written = new Set(idsOf(run.records[stream]));
    const early = oddRecords.filter(({ createdAt }) => createdAt !== null && Date.parse(createdAt) < Date.UTC(2015));
    t.same(
      early.filter(({ id }) => written.has(id)),
      [],
      `${stream}: what is older`,
    );
    t.ok(written.has(1000 + odd.indexOf('2015-01-01T00:00:00.000Z')), `${stream}: the very moment`);
    t.ok(written.has(1000 + odd.indexOf(null)), `${stream}: what has no date is not left out`);
  }
});

t.test('records of the future are written, and hide nothing that comes after', async (t) => {
  const ahead = [
    { id: 2001, createdAt: new Date(Date.now() + 3_600_000).toISOString() },
    { id: 2002, createdAt: new Date(Date.now() + 5 * dayMs).toISOString() },
    { id: 2003, createdAt: '2999-01-01T00:00:00.000Z' },
  ];
  const lists = listsWith([...daily('transactions', 30), ...ahead]);
  const server = await startHostilePaystack(lists);
  t.teardown(() => server.close());
  const settings = { ...server.config, lookback_window_days: 0 };
  const first = await runSync({ config: settings, streams });
  t.equal(first.code, 0, first.stderr);
  for (const stream of streams) {
    t.ok(first.state.bookmarks[stream].createdAt <= new Date().toISOString(), `${stream}: the bookmark is of today`);
    lists[stream]!.records.push(newcomer(stream, 3001));
  }
  const second = await runSync({ config: settings, streams, state: first.state });
  t.equal(second.code, 0, second.stderr);
  for (const stream of streams) {
    const written = new Set([first, second].flatMap(({ records }) => idsOf(records[stream])));
    // The list that filters may keep back what its `to` forbids, until its day has come.
    const owed = stream === 'transactions' ? [2001, 2002, 2003, 3001] : [2001, 3001];
    t.same(
      owed.filter((id) => !written.has(id)),
      [],
      stream,
    );
  }
});

t.test('a bookmark in the future is said, and nothing of the lookback is missed', async (t) => {
  for (const [name, createdAt] of [
    ['tomorrow', new Date(Date.now() + 1.5 * dayMs).toISOString()],
    ['far ahead', '2999-01-01T00:00:00.000Z'],
  ] as const) {
    const lists = listsWith(daily('transactions', 60));
    const server = await startHostilePaystack(lists);
    const bookmarks = Object.fromEntries(streams.map((stream) => [stream, { createdAt }]));
    const run = await runSync({ config: server.config, streams, state: { bookmarks } });
    for (const stream of streams) {
      const written = new Set(idsOf(run.records[stream]));
      // The newest is an hour old, the 31st is 30 days and an hour.
      const owed = Array.from({ length: 31 }, (_, index) => 60 - index);
      t.same(
        owed.filter((id) => !written.has(id)),
        [],
        `${stream}: ${name}`,
      );
      t.match(run.stderr, new RegExp(`${stream}: .*(?:future|ahead)`), `${stream}: ${name}: it is said`);
      t.ok(run.state.bookmarks[stream].createdAt <= new Date().toISOString(), `${stream}: ${name}: mended`);
      lists[stream]!.records.push(newcomer(stream, 3001));
    }
    const second = await runSync({ config: server.config, streams, state: run.state });
    for (const stream of streams)
      t.ok(idsOf(second.records[stream]).includes(3001), `${stream}: the next run reads on`);
    await server.close();
  }
});

t.test('a bookmark in the future of a list under parents is no other', async (t) => {
  const lists: Record<string, { records: Json[] }> = { settlements: { records: daily('settlements', 5) } };
  for (let id = 1; id <= 5; id++) lists[`settlement_transactions/${id}`] = { records: [{ id: id * 10 }] };
  const server = await startHostilePaystack(lists);
  t.teardown(() => server.close());
  const stream = 'settlement_transactions';
  const bookmarks = { [stream]: { settlement_created_at: '2999-01-01T00:00:00.000Z' } };
  const run = await runSync({ config: server.config, streams: [stream], state: { bookmarks } });
  t.same(idsOf(run.records[stream]).sort(), [10, 20, 30, 40, 50]);
  t.ok(run.state.bookmarks[stream].settlement_created_at <= new Date().toISOString());
});

t.test('a start_date in the future is said', async (t) => {
  const server = await startHostilePaystack(listsWith(daily('transactions', 5)));
  t.teardown(() => server.close());
  const run = await runSync({ config: { ...server.config, start_date: '2999-01-01' }, streams });
  t.match(run.stderr, /start_date.*(?:future|ahead)/);
});
