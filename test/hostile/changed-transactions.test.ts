/** A transaction that a refund or dispute changed is read, or it is said that it was not, and it is asked for again. */
import t from 'tap';
import { refused, refusedByOthers } from '../support/bends.ts';
import { daily } from '../support/hostile-cases.ts';
import { type Bend, type HostileList, startHostilePaystack } from '../support/hostile-paystack.ts';
import { startSync } from '../support/stopped.ts';
import { type Json, runSync } from '../support/tap.ts';

/** Old enough to lie before the lookback. */
const changed = 20;

const other: Bend = (answer) => ({ ...answer, rows: answer.rows.map((row) => ({ ...row, id: 3 })) });

/** What is answered to `GET /transaction/20`. */
const answers: readonly (readonly [string, Bend])[] = [
  ['403', refused(403, 'You may not see this')],
  ['400', refused(400, 'Transaction ID is not available')],
  ['422', refused(422, 'Wrong state')],
  ['403 of a proxy', refusedByOthers(403)],
  ['another transaction', other],
];

for (const [name, bend] of answers) {
  for (const changer of ['refunds', 'disputes'] as const) {
    // Each answer is tried with one of the two.
    if (answers.findIndex(([one]) => one === name) % 2 === (changer === 'refunds' ? 0 : 1)) continue;
    t.test(`${name}: it is said, the bookmark of ${changer} stays, and the next run asks again`, async (t) => {
      const transactions = daily('transactions', 100, () => ({ status: 'success' }));
      const changers: Json[] = [{ id: 1, transaction: 1, status: 'processed', createdAt: '2025-01-01T00:00:00.000Z' }];
      const byKey = { records: [], bends: [] as Bend[] };
      const lists = {
        transactions: { records: transactions },
        [changer]: { records: changers },
        'transactions by key': byKey,
      };
      const server = await startHostilePaystack(lists);
      t.teardown(() => server.close());
      const input = { config: { ...server.config, request_timeout_seconds: 20 }, streams: [changer, 'transactions'] };
      const first = await runSync(input);
      t.equal(first.code, 0, first.stderr);
      changers.push({ id: 2, transaction: changed, status: 'processed', createdAt: new Date().toISOString() });
      transactions[changed - 1].status = 'reversed';
      byKey.bends = [bend];
      const second = await runSync({ ...input, state: first.state });
      const idsOf = (run: typeof first) => run.records['transactions']?.map(({ id }) => id as number) ?? [];
      t.notOk(idsOf(second).includes(3), 'no other transaction is taken for it');
      t.notOk(idsOf(second).includes(changed));
      t.match(second.stderr, new RegExp(`^(?:WARNING|ERROR) .*\\b${changed}\\b`, 'm'), 'the transaction is named');
      t.same(second.state.bookmarks[changer], first.state.bookmarks[changer]);
      byKey.bends = [];
      const third = await runSync({ ...input, state: second.state });
      t.equal(third.code, 0, third.stderr);
      const found = third.records['transactions']?.find(({ id }) => id === changed);
      t.equal(found?.status, 'reversed');
      t.equal(third.state.bookmarks[changer].createdAt, changers[1].createdAt);
    });
  }
}

t.test(
  'a transaction that Paystack does not know any more is said, and holds the bookmark of its refund',
  async (t) => {
    const refunds: Json[] = [{ id: 1, transaction: 1, status: 'processed', createdAt: '2025-01-01T00:00:00.000Z' }];
    const server = await startHostilePaystack({
      transactions: { records: daily('transactions', 100) },
      refunds: { records: refunds },
    });
    t.teardown(() => server.close());
    const input = { config: server.config, streams: ['refunds', 'transactions'] };
    const first = await runSync(input);
    refunds.push({ id: 2, transaction: 777, status: 'processed', createdAt: new Date().toISOString() });
    const second = await runSync({ ...input, state: first.state });
    t.equal(second.code, 1);
    t.match(second.stderr, /^ERROR transactions: .*\b777\b/m);
    t.same(second.state.bookmarks.refunds, first.state.bookmarks.refunds);
  },
);

t.test('a run that is stopped before it has read the refunds does not say that it has', async (t) => {
  const refunds: HostileList = {
    records: [{ id: 1, transaction: 1, status: 'processed', createdAt: '2025-01-01T00:00:00.000Z' }],
  };
  const server = await startHostilePaystack({ transactions: { records: daily('transactions', 100) }, refunds });
  t.teardown(() => server.close());
  const input = { config: server.config, streams: ['refunds', 'transactions'] };
  const first = await runSync(input);
  refunds.bends = [
    (answer) => {
      // By then the transactions are written.
      if (server.requests.filter(({ stream }) => stream === 'refunds').length > 3) running.stop('SIGTERM');
      return { ...answer, status: 503 };
    },
  ];
  server.requests.length = 0;
  const running = startSync({ ...input, state: first.state });
  const stopped = await running.ended;
  t.equal(stopped.code, 143, stopped.stderr);
  t.same(stopped.state.bookmarks.refunds, first.state.bookmarks.refunds);
});
