/**
 * A backfill of years, split over workers by `start_date` and `end_date`: their shards are the whole, each record in one
 * of them, and one run takes over from their states.
 */
import t from 'tap';
import type { StreamName } from '../src/paystack/streams.ts';
import { readFixtures } from '../src/sandbox/dataset.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { type Json, runSync, type SyncRun } from './support/tap.ts';

const dayMs = 86_400_000;
const now = Date.now();

function dateOf(daysAgo: number): string {
  return new Date(now - daysAgo * dayMs).toISOString();
}

/** An instant within a day, and a date without a time. */
const cuts = [dateOf(200.3), dateOf(60).slice(0, 10)] as const;

const span = { from: dateOf(299), to: dateOf(1) };
const childrenOfEach = 3;

/** Refunds ended before the last shard begins. */
const synthetic = {
  transactions: { rows: 300, ...span },
  customers: { rows: 40, ...span },
  settlements: { rows: 30, ...span },
  settlement_transactions: { rows: childrenOfEach, ...span },
  refunds: { rows: 0, ...span },
  transfers: { rows: 0, ...span },
} as const;

const streams = Object.keys(synthetic) as StreamName[];
const listed = ['transactions', 'customers', 'settlements'] as const;

/** However a list reads `from` and `to`, or whether it does. */
const streamQuirks = {
  transactions: { fromExclusive: true, toExclusive: true },
  customers: { ignoreFilters: true },
  refunds: { dateOnly: 'start-of-day' },
  settlements: { dateOnly: 'start-of-day', dayBeginsEarlier: 1 },
} as const;

let lastId = 7_000_000;

function recordOf(stream: StreamName, createdAt: string): object {
  const [{ created_at: _, ...record }] = readFixtures(stream) as [Json];
  return { ...record, id: ++lastId, createdAt };
}

/** Where each stream resumes. A bookmark may hold more than its date. */
function datesIn({ state }: SyncRun): Json {
  const dates = Object.entries<object>(state.bookmarks).map(([stream, bookmark]) => [
    stream,
    Object.entries(bookmark).filter(([name, value]) => name !== 'as_of' && typeof value === 'string'),
  ]);
  return Object.fromEntries(dates);
}

function keysOf(stream: StreamName, ...runs: readonly SyncRun[]): string[] {
  const records = runs.flatMap((run) => run.records[stream] ?? []);
  return records.map(({ id, settlement_id }: Json) => (settlement_id ? `${settlement_id}/${id}` : `${id}`)).sort();
}

t.test('shards are the whole, each record in one of them, and a run takes over from them', async (t) => {
  const sandbox = await startSandbox({ synthetic, streamQuirks });
  t.teardown(() => sandbox.close());
  const sync = (settings: object, ...states: readonly Json[]) =>
    runSync({ streams, config: { secret_key: sandbox.secretKey, api_url: sandbox.url, ...settings }, states });
  for (let age = 100; age < 300; age += 10) {
    sandbox.add('refunds', { ...recordOf('refunds', dateOf(age)), status: 'processed', transaction: null });
  }
  const openId = ++lastId;
  sandbox.add('transfers', { id: openId, status: 'pending', createdAt: dateOf(250) });
  for (const stream of listed) {
    for (const cut of cuts) {
      const at = Date.parse(cut);
      for (const ms of [at - 1, at, at + 1]) sandbox.add(stream, recordOf(stream, new Date(ms).toISOString()));
    }
  }

  const shards = await Promise.all([
    sync({ end_date: cuts[0] }),
    sync({ start_date: cuts[0], end_date: cuts[1] }),
    sync({ start_date: cuts[1] }),
  ]);
  for (const { code, stderr } of shards) t.equal(code, 0, 'a worker ends well', { stderr });
  const edges = 3 * cuts.length;
  const expected = {
    transactions: 300 + edges,
    customers: 40 + edges,
    settlements: 30 + edges,
    settlement_transactions: childrenOfEach * (30 + edges),
    refunds: 20,
    transfers: 1,
  };
  for (const stream of streams) {
    const keys = keysOf(stream, ...shards);
    t.equal(keys.length, expected[stream as keyof typeof expected], `${stream}: all of them`);
    t.equal(new Set(keys).size, keys.length, `${stream}: none in two shards`);
  }
  for (const stream of listed) {
    for (const [index, cut] of cuts.entries()) {
      const dates = (run: SyncRun) => run.records[stream]?.map(({ createdAt }) => Date.parse(createdAt)) ?? [];
      t.equal(Math.max(...dates(shards[index]!)), Date.parse(cut) - 1, `${stream}: up to the cut`);
      t.equal(Math.min(...dates(shards[index + 1]!)), Date.parse(cut), `${stream}: from the cut on`);
    }
  }
  const bookmarks = shards.map(({ state }) => state.bookmarks);
  t.equal(bookmarks[0].transactions.createdAt, new Date(Date.parse(cuts[0]) - 1).toISOString());
  t.notOk('refunds' in bookmarks[2], 'a shard without records of a stream has no bookmark of it');

  const again = await sync({ start_date: cuts[0], end_date: cuts[1], lookback_window_days: 10 }, shards[1]!.state);
  t.strictSame(datesIn(again), datesIn(shards[1]!), 'a shard may be run again, from its own state too');
  for (const stream of streams) {
    const own = keysOf(stream, shards[1]!);
    t.ok(
      keysOf(stream, again).every((key) => own.includes(key)),
      `${stream}: nothing of another shard`,
    );
  }

  // What arrives in between: at the very moment of the bookmark, a day late, and just now.
  const bookmark = bookmarks[2].transactions.createdAt as string;
  for (const stream of listed) {
    for (const date of [bookmark, dateOf(2), new Date().toISOString()]) sandbox.add(stream, recordOf(stream, date));
  }
  const { id: transaction } = shards[0]!.records['transactions']![0] as Json;
  sandbox.add('refunds', { ...recordOf('refunds', dateOf(80)), transaction });
  sandbox.change('transfers', openId, { status: 'success' });
  const takeover = await sync({}, ...shards.map(({ state }) => state));
  const whole = await sync({});
  t.equal(takeover.code, 0, takeover.stderr);
  for (const stream of streams) {
    const loaded = new Set(keysOf(stream, ...shards, takeover));
    t.strictSame([...loaded].sort(), keysOf(stream, whole), `${stream}: nothing that arrived is missed`);
  }
  const read = Object.fromEntries(streams.map((stream) => [stream, takeover.records[stream]?.length ?? 0]));
  t.ok(read['transactions']! < 100, `the run is incremental: ${read['transactions']} of 309 transactions`);
  t.ok(read['settlement_transactions']! < 90, `and for the child: ${read['settlement_transactions']} of 117`);
  t.ok(read['refunds']! < 21, 'and for what had no record in the last shard');
  t.match(takeover.records['transfers'], [{ id: openId, status: 'success' }], 'what was open in a shard is read again');
  t.strictSame(datesIn(takeover), datesIn(whole), 'from then on, it is as if one run had read it all');
});
