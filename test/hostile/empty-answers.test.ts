/**
 * A target is asked to remove what was not in a list only when that list was whole: an empty answer, or one that has lost most of
 * its rows, is believed when it is given twice.
 */
import t from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import { emptied, first, noMeta, noTotal, total } from '../support/bends.ts';
import { daily, dayMs } from '../support/hostile-cases.ts';
import { type Bend, type HostileList, startHostilePaystack } from '../support/hostile-paystack.ts';
import { type Json, runSync, type SyncRun } from '../support/tap.ts';

const count = 30;

/** Lists that are read whole, with each way of paging. */
const streams = [
  'subaccounts',
  'dedicated_virtual_accounts',
  'storefronts',
  'terminals',
  'virtual_terminals',
  'countries',
  'dedicated_account_providers',
] as const satisfies readonly StreamName[];

const paged = ['subaccounts', 'dedicated_virtual_accounts', 'storefronts'] as const;

function rows(): Json[] {
  return Array.from({ length: count }, (_, id) => ({ id: id + 1, created_at: '2025-01-01T00:00:00.000Z' }));
}

/** As if the list had so many rows, and no more. */
function cutTo(left: number, when: Parameters<typeof emptied>[0]): Bend {
  return (answer, asked) => {
    if (!when(asked) || answer.status !== 200) return answer;
    const meta = answer.meta && {
      ...answer.meta,
      ...('next' in answer.meta ? { next: null } : { total: left, pageCount: 1 }),
    };
    return { ...answer, rows: answer.rows.slice(0, left), meta };
  };
}

function activations({ messages }: SyncRun, stream: string): Json[] {
  return messages.filter((message) => message.type === 'ACTIVATE_VERSION' && message.stream === stream);
}

/** Each stream is written whole, or its target keeps what it has. */
const situations: readonly (readonly [string, readonly StreamName[], Bend])[] = [
  ['nothing at first', streams, emptied(first)],
  ['two rows of thirty at first', streams, cutTo(2, first)],
  ['nothing from page 2 on, at first', paged, emptied(({ page, again }) => page > 1 && again === 1)],
  [
    'nothing at page 2, once, and no total',
    paged,
    (answer, asked) => noTotal(emptied(({ page, again }) => page === 2 && again === 1)(answer, asked), asked),
  ],
  [
    'no meta, and nothing at page 2, once',
    paged,
    (answer, asked) => noMeta(emptied(({ page, again }) => page === 2 && again === 1)(answer, asked), asked),
  ],
  ['a total of a page', paged, total(() => 10)],
  ['a total of 0', paged, total(() => 0)],
];

for (const [name, names, bend] of situations) {
  t.test(`${name}: nothing is removed that is there`, async (t) => {
    const lists: Record<string, HostileList> = Object.fromEntries(names.map((stream) => [stream, { records: rows() }]));
    const server = await startHostilePaystack(lists);
    t.teardown(() => server.close());
    const config = { ...server.config, page_size: 10, activate_version: true };
    const before = await runSync({ config, streams: names });
    t.equal(before.code, 0, before.stderr);
    for (const stream of names) t.equal(activations(before, stream).length, 1, `${stream}: all is well`);
    for (const stream of names) {
      // What counts is how often it was asked in this run.
      const again = new Map<string, number>();
      let nth = 0;
      lists[stream]!.bends = [
        (answer, asked) => {
          const times = (again.get(JSON.stringify(asked.query)) ?? 0) + 1;
          again.set(JSON.stringify(asked.query), times);
          nth++;
          return bend(answer, { ...asked, nth, again: times });
        },
      ];
    }
    const run = await runSync({ config, streams: names, state: before.state });
    for (const stream of names) {
      const written = new Set(run.records[stream]?.map(({ id }) => id));
      const removed = activations(run, stream).length > 0 ? count - written.size : 0;
      t.equal(removed, 0, `${stream}: ${removed} rows of ${count} would be removed`);
      if (run.code === 0) t.equal(written.size, count, `${stream}: a run that ends well has read everything`);
    }
  });
}

t.test('an empty list is asked for again, and then believed', async (t) => {
  const server = await startHostilePaystack({});
  t.teardown(() => server.close());
  const run = await runSync({ config: { ...server.config, activate_version: true }, streams });
  t.equal(run.code, 0, run.stderr);
  for (const stream of streams) {
    t.equal(activations(run, stream).length, 1, `${stream}: what was there is removed`);
    const asked = server.requests.filter((request) => request.stream === stream).length;
    t.ok(asked >= 2 && asked <= 4, `${stream}: asked ${asked} times`);
  }
});

t.test('an empty list costs two requests at most', async (t) => {
  const server = await startHostilePaystack({});
  t.teardown(() => server.close());
  const run = await runSync({ config: server.config, streams: ['subaccounts', 'countries', 'transactions'] });
  t.equal(run.code, 0, run.stderr);
  t.ok(server.requests.length <= 6, `${server.requests.length} requests for three empty lists`);
});

t.test('what is open and was read by its key stays open when a range is read again as a whole', async (t) => {
  // So many, one a page, and over so many days, that what came in the lookback is cut into windows.
  const older = daily('transactions', 100).filter(({ id }) => id < 45);
  const newer = Array.from({ length: 200 }, (_, index) => ({
    id: 1000 + index,
    createdAt: new Date(Date.now() - (index + 1) * 6 * 3_600_000).toISOString(),
  }));
  const records: Json[] = [...older, ...newer].map((row) => ({ ...row, status: 'success' }));
  const open = records.find(({ id }) => id === 30);
  open.status = 'pending';
  const inside = ({ from, page }: { readonly from: number; readonly page: number }) =>
    page === 1 && from > Date.now() - 40 * dayMs && from < Date.now() - 2 * dayMs;
  let emptied = 0;
  const bend: Bend = (answer, asked) => {
    if (!inside(asked) || ++emptied > 2) return answer;
    return { ...answer, rows: [], meta: { ...answer.meta, total: 0 } };
  };
  const list: HostileList = { records, bends: [bend] };
  const server = await startHostilePaystack({ transactions: list });
  t.teardown(() => server.close());
  const dayOf = (id: number) => records.find((row) => row.id === id).createdAt.slice(0, 10);
  const bookmark = {
    createdAt: new Date(Date.now() - dayMs).toISOString(),
    open: [`${dayOf(15)}/${dayOf(16)}`, `${dayOf(30)} 30`],
  };
  const config = { ...server.config, page_size: 1, lookback_window_days: 50 };
  const input = { config, streams: ['transactions'] };
  const run = await runSync({ ...input, state: { bookmarks: { transactions: bookmark } } });
  t.equal(run.code, 0, run.stderr);
  t.ok(emptied >= 2, 'a window was empty, twice');
  t.match(run.state.bookmarks.transactions.open, [/ 30$/]);
  open.status = 'success';
  const next = await runSync({ ...input, state: run.state });
  t.ok(next.records['transactions']?.some(({ id, status }) => id === 30 && status === 'success'));
});
