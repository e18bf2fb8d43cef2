/**
 * Whatever combination of paging, filters, page size, arrivals, faults and concurrency: every row that was there arrives
 * once. `PROPERTY_RUNS=500 npx tap test/properties.test.ts` looks longer; a failure prints its seed.
 */
import fc from 'fast-check';
import t from 'tap';
import { atRandom, type Fault } from '../src/sandbox/faults.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { runSync } from './support/tap.ts';

const dayMs = 86_400_000;
const runs = Number(process.env['PROPERTY_RUNS'] ?? 10);

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

t.test('every row that was there arrives once', async () => {
  await fc.assert(
    fc.asyncProperty(
      situation,
      async ({ rows, days, style, quirks, pageSize, concurrency, arrivals, faulty, seed }) => {
        // A list that does not say how much it holds, and does not keep new records at the top, cannot be read while it grows.
        const isOrdered = quirks.order === undefined;
        // Nor one of which a page and more arrive at every request, if it does not: it looks as if it stood still.
        const isTold = style === 'cursor' || (style === 'numbered' && !quirks.noTotal);
        const moves = isTold || (arrivals?.perRequest ?? 0) < Math.min(pageSize, quirks.maxPageSize ?? pageSize);
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
          ...(arrivals && isOrdered && moves && { arrivals: { perRequest: arrivals.perRequest, max: 200 } }),
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
    { numRuns: runs },
  );
});
