/**
 * Whatever combination of paging, filters, page size, arrivals, faults and concurrency: every row that was there arrives
 * once. Whatever of totals, orders, refusals, clocks, stops and rows that go, come and change: none is lost unheard.
 * `PROPERTY_RUNS=500 npx tap test/properties.test.ts` looks longer, `PROPERTY_SEED=123` again.
 */
import fc from 'fast-check';
import t from 'tap';
import { atRandom, type Fault } from '../src/sandbox/faults.ts';
import { randomNumbers } from '../src/sandbox/rows.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { noMeta, noTotal, refused, total } from './support/bends.ts';
import { type Bend, type HostileList, oldestFirst, startHostilePaystack } from './support/hostile-paystack.ts';
import { type Running, type Stopped, startSync } from './support/stopped.ts';
import { runSync } from './support/tap.ts';

const dayMs = 86_400_000;
const runs = Number(process.env['PROPERTY_RUNS'] ?? 10);
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000);
/** A slow machine tries fewer situations, and a failure is not made smaller for ever. */
const patienceMs = 5000;
const settings = { numRuns: runs, seed, interruptAfterTimeLimit: runs * patienceMs };

const faults: readonly Fault[] = [
  { kind: 'status', status: 503 },
  { kind: 'html', status: 200 },
  { kind: 'status-false' },
  { kind: 'truncated' },
  { kind: 'cut' },
  { kind: 'reset' },
];

const situation = fc.record({
  rows: fc.oneof(fc.nat(400), fc.integer({ min: 500, max: 700 })),
  days: fc.integer({ min: 1, max: 1000 }),
  style: fc.constantFrom('numbered', 'numbered', 'numbered', 'cursor', 'no-meta'),
  quirks: fc.record(
    {
      maxPageSize: fc.integer({ min: 3, max: 50 }),
      perPageAsString: fc.boolean(),
      pageCountZero: fc.boolean(),
      noTotal: fc.boolean(),
      ignoreFilters: fc.boolean(),
      fromExclusive: fc.boolean(),
      toExclusive: fc.boolean(),
      dateOnly: fc.constantFrom('start-of-day', 'end-of-day'),
      dayBeginsEarlier: fc.constantFrom(1, 3, -5),
      order: fc.constantFrom('oldest-first', 'shuffled'),
    },
    { requiredKeys: [] },
  ),
  // The smallest one has large lists cut into windows.
  pageSize: fc.oneof(fc.integer({ min: 3, max: 60 }), fc.constant(3)),
  concurrency: fc.integer({ min: 1, max: 20 }),
  /** Arrivals are dated now, or, by a clock that is behind, in what should be over. */
  arrivals: fc.option(
    fc.record({ perRequest: fc.integer({ min: 1, max: 9 }), behindMs: fc.constantFrom(0, 2 * dayMs) }),
  ),
  faulty: fc.constantFrom(0, 0, 1 / 7, 1 / 3),
  seed: fc.integer({ min: 1 }),
});

t.test(`every row that was there arrives once, PROPERTY_SEED=${seed}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      situation,
      async ({ rows: most, days, style, quirks, pageSize, concurrency, arrivals, faulty, seed }) => {
        const largestPage = Math.min(pageSize, quirks.maxPageSize ?? pageSize);
        // After a fault the tap waits for some of a real second: not for hundreds of them.
        const [rows, arriving] = faulty > 0 ? [Math.min(most, 20 * largestPage), 40] : [most, 200];
        // A list that does not say how much it holds, and does not keep new records at the top, cannot be read while it grows.
        const isOrdered = quirks.order === undefined;
        // Nor one of which a page and more arrive at every request, if it does not: it looks as if it stood still.
        const isReported = style === 'cursor' || (style === 'numbered' && !quirks.noTotal);
        const moves = isReported || (arrivals?.perRequest ?? 0) < largestPage;
        const now = Date.now() - (arrivals?.behindMs ?? 0);
        const spread = {
          rows,
          from: new Date(now - days * dayMs).toISOString(),
          to: new Date(now - 60_000).toISOString(),
        };
        const sandbox = await startSandbox({
          fixtures: false,
          synthetic: { transactions: spread },
          style,
          quirks,
          now: () => now,
          ...(arrivals && isOrdered && moves && { arrivals: { perRequest: arrivals.perRequest, max: arriving } }),
          ...(faulty > 0 && { faults: atRandom(faulty, faults, seed) }),
        });
        const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: pageSize, concurrency };
        const run = await runSync({ config: { ...config, requests_per_minute: 1_000_000 }, streams: ['transactions'] });
        await sandbox.close();
        const records = run.records['transactions'] ?? [];
        const old = records.filter(({ createdAt }) => createdAt <= spread.to);
        if (run.code !== 0) throw new Error(run.stderr);
        if (new Set(old.map(({ id }) => id)).size !== rows) throw new Error(`${old.length} of ${rows} rows`);
        if (new Set(records.map(({ id }) => id)).size !== records.length) throw new Error('a row came twice');
      },
    ),
    settings,
  );
});

/** How a list says how much it holds. */
const totals: Readonly<Record<string, Bend>> = {
  honest: (answer) => answer,
  text: total((all) => String(all)),
  absent: noTotal,
  'no meta': noMeta,
  'too low': total((all) => Math.max(0, all - 7)),
  'too high': total((all) => all + 7),
  capped: total((all) => Math.min(all, 25)),
  stale: total((all, { nth }) => all - (nth % 3)),
  'of the page': total((all, { page, size }) => Math.max(0, Math.min(size, all - (page - 1) * size))),
  nonsense: total(() => 1e9),
};

const hostile = fc.record({
  rows: fc.nat(150),
  days: fc.integer({ min: 1, max: 200 }),
  pageSize: fc.integer({ min: 3, max: 40 }),
  maxPageSize: fc.option(fc.integer({ min: 3, max: 20 }), { nil: undefined }),
  total: fc.constantFrom(...Object.keys(totals)),
  order: fc.constantFrom('newest', 'newest', 'oldest', 'shuffled'),
  /** Rows with the same date, so many together. */
  tied: fc.constantFrom(1, 1, 5),
  /** Row behind which pages are refused. */
  depth: fc.option(fc.integer({ min: 10, max: 100 })),
  meanwhile: fc.subarray(['come', 'go', 'change']),
  /** The question at which the run is stopped. */
  stopAt: fc.option(fc.integer({ min: 1, max: 40 })),
  signal: fc.constantFrom('SIGKILL', 'SIGTERM'),
  /** How far the clock of Paystack is ahead of the machine's. */
  aheadHours: fc.integer({ min: -6, max: 6 }),
  seed: fc.nat(1_000_000),
});

type Hostile = typeof hostile extends fc.Arbitrary<infer Situation> ? Situation : never;

function listOf(stream: 'transactions' | 'settlements', situation: Hostile): HostileList {
  const { rows, days, tied, order, seed, depth, aheadHours, maxPageSize } = situation;
  const newest = Date.now() + aheadHours * 3_600_000 - 60_000;
  const step = (days * dayMs) / Math.max(1, rows);
  const records = Array.from({ length: rows }, (_, index) => {
    const back = Math.floor((rows - index - 1) / tied) * tied * step;
    return { id: index + 1, createdAt: new Date(newest - back).toISOString(), mark: 0 };
  });
  const weight = new Map(records.map(({ id }) => [id, randomNumbers(seed + id)()] as const));
  const shuffled: HostileList['order'] = (all) =>
    all.toSorted((a, b) => (weight.get(a.id) ?? 0) - (weight.get(b.id) ?? 0));
  const orders = { newest: undefined, oldest: oldestFirst(stream), shuffled };
  const bends = [totals[situation.total]!];
  if (depth !== null) bends.push(refused(400, 'Page is too deep', ({ page, size }) => page * size > depth));
  return {
    records,
    bends,
    order: orders[order as keyof typeof orders],
    ...(maxPageSize !== undefined && { maxPageSize }),
  };
}

/** What may happen to such a list while it is read, and still shows in what the list says. */
function happeningsIn({ meanwhile, order, total, tied }: Hostile): readonly string[] {
  if (order !== 'newest' || tied > 1 || !['honest', 'text'].includes(total))
    return meanwhile.filter((one) => one === 'change');
  return meanwhile;
}

t.test(`what a run has not read it says, and the next one reads it, PROPERTY_SEED=${seed}`, async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (situation) => {
      const lists: Record<string, HostileList> = {
        transactions: listOf('transactions', situation),
        settlements: listOf('settlements', { ...situation, rows: Math.min(situation.rows, 25), depth: null }),
      };
      const settlements = lists['settlements']!.records;
      for (const { id } of settlements) {
        const records = Array.from({ length: id % 7 }, (_, index) => ({ id: id * 100 + index }));
        lists[`settlement_transactions/${id}`] = { records, bends: [totals[situation.total]!] };
      }
      const all = [...lists['transactions']!.records];
      const server = await startHostilePaystack(lists);
      const chance = randomNumbers(situation.seed);
      const happenings = happeningsIn(situation);
      let running: Running | undefined;
      for (const [name, list] of Object.entries(lists)) {
        list.meanwhile = () => {
          if (server.requests.length === situation.stopAt) running?.stop(situation.signal as NodeJS.Signals);
          if (name !== 'transactions' || chance() < 0.6 || server.requests.length > 60) return;
          const one = Math.floor(chance() * list.records.length);
          const id = 10_000 + server.requests.length;
          if (happenings.includes('come')) list.records.push({ id, createdAt: new Date().toISOString(), mark: 0 });
          if (happenings.includes('change') && list.records[one] !== undefined) list.records[one].mark++;
          if (happenings.includes('go')) list.records.splice(one, 1);
        };
      }
      const streams = ['settlement_transactions', 'transactions'];
      const config = { ...server.config, page_size: situation.pageSize };
      running = startSync({ config, streams });
      const first = await running.ended;
      const asked = server.requests.filter(({ stream }) => stream === 'transactions').length;
      const size = Math.min(situation.pageSize, situation.maxPageSize ?? situation.pageSize);
      for (const list of Object.values(lists))
        Object.assign(list, { bends: [], meanwhile: undefined, order: undefined });
      const second = await startSync({ config, streams, state: first.state }).ended;
      await server.close();

      const stayed = all.filter((row) => lists['transactions']!.records.includes(row)).map(({ id }) => id as number);
      const children = settlements.flatMap(({ id }) =>
        lists[`settlement_transactions/${id}`]!.records.map((row) => row.id),
      );
      const lost = (runs: readonly Stopped[], stream: string, ids: readonly number[]) => {
        const written = new Set(runs.flatMap(({ records }) => (records[stream] ?? []).map(({ id }) => id)));
        return ids.filter((id) => !written.has(id)).length;
      };
      const missing = (runs: readonly Stopped[]) =>
        `${lost(runs, 'transactions', stayed)} transactions, ${lost(runs, 'settlement_transactions', children)} children`;
      const none = '0 transactions, 0 children';
      if (second.code !== 0) throw new Error(`all was well, and yet: ${second.stderr}`);
      if (missing([first, second]) !== none) throw new Error(`lost for good: ${missing([first, second])}`);
      if (first.code === 0 && missing([first]) !== none) throw new Error(`not said: ${missing([first])}`);
      if (first.code === 1 && !/^ERROR (?:settlement_)?transactions: /m.test(first.stderr))
        throw new Error(first.stderr);
      const atMost = (situation.depth === null ? 4 : 12) * Math.ceil((all.length + 60) / size) + 60;
      if (asked > atMost) throw new Error(`${asked} requests for ${all.length} rows, ${size} a page`);
    }),
    settings,
  );
});
