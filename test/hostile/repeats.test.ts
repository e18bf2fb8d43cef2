/** A repeat is the same record with the same content. The same key with another content is another state of it, or another row. */
import t from 'tap';
import { noTotal } from '../support/bends.ts';
import { type Case, daily, newcomer, tryCases } from '../support/hostile-cases.ts';
import { type HostileList, startHostilePaystack } from '../support/hostile-paystack.ts';
import { type Json, runSync } from '../support/tap.ts';

/** Sixty rows of which some are there again, the second time as they are changed. */
function twice(ids: readonly number[], change: (row: Json) => Json, more: Partial<HostileList> = {}): Case['list'] {
  return (stream) => {
    const records = daily(stream, 60, () => ({ mark: 'one' }));
    return { records: [...records, ...records.filter(({ id }) => ids.includes(id)).map(change)], ...more };
  };
}

t.test('two records with one key in a list', (t) => {
  const other = (row: Json) => ({ ...row, mark: 'other' });
  const far = (row: Json) => ({
    ...row,
    mark: 'other',
    createdAt: new Date(Date.parse(row.createdAt) - 1_000_000_000).toISOString(),
  });
  const ids = [5, 35, 36, 55];
  return tryCases(t, { page_size: 10 }, [
    { name: 'other content, on the same page', list: twice(ids, other) },
    { name: 'other content, on another page', list: twice(ids, far) },
    { name: 'other content, no total', list: twice(ids, far, { bends: [noTotal] }) },
    { name: 'the same content, on the same page', list: twice(ids, (row) => ({ ...row })), outcome: 'written' },
    {
      name: 'all of them, with other content',
      list: twice(
        Array.from({ length: 60 }, (_, at) => at + 1),
        other,
      ),
    },
  ]);
});

t.test('windows: two records with one key in each of them', (t) =>
  tryCases(t, { page_size: 2 }, [
    {
      name: 'other content, years apart',
      list: (stream) => {
        const records = daily(stream, 330, () => ({ mark: 'one' }));
        return { records: records.map((row) => (row.id > 300 ? { ...row, id: row.id - 300, mark: 'other' } : row)) };
      },
      maxRequests: 900,
    },
  ]),
);

t.test('an order of two variants of one product is two rows', async (t) => {
  const order = { order_id: 7, created_at: '2025-03-01T10:00:00.000Z', amount: 500 };
  const rows = [
    { ...order, variant_code: 'VAR_small', quantity: 1 },
    { ...order, variant_code: 'VAR_large', quantity: 2 },
    { ...order, order_id: 8, variant_code: null, quantity: 3 },
    { ...order, order_id: 9, variant_code: null, quantity: 4 },
    { ...order, order_id: 9, variant_code: null, quantity: 5 },
  ];
  const lists = {
    products: { records: daily('products', 2) },
    'product_orders/1': { records: rows, order: (all: readonly Json[]) => all },
  };
  const server = await startHostilePaystack(lists);
  const run = await runSync({ config: server.config, streams: ['product_orders'] });
  await server.close();
  t.equal(run.code, 0, run.stderr);
  const quantities = new Set(run.records['product_orders']?.map(({ quantity }) => quantity as number));
  t.same([...quantities].sort(), [1, 2, 3, 4, 5]);
  const keys: string[] = run.messages.find(({ type }) => type === 'SCHEMA').key_properties;
  const written = run.records['product_orders']!.slice(0, 2).map((row) => keys.map((key) => row[key]).join());
  t.equal(new Set(written).size, 2, 'by their key, in the warehouse too');
});

t.test('what is seen later is newer: of each record, what was shown last is written last', async (t) => {
  const situations = [
    { name: 'one window, rows come', stream: 'transactions', rows: 60, pageSize: 10, arrivals: 4 },
    { name: 'one window, none come', stream: 'customers', rows: 60, pageSize: 10, arrivals: 0 },
    { name: 'windows', stream: 'transfers', rows: 330, pageSize: 2, arrivals: 0 },
    { name: 'windows, rows come', stream: 'plans', rows: 330, pageSize: 2, arrivals: 8 },
  ] as const;
  for (const { name, stream, rows, pageSize, arrivals } of situations) {
    const shown = new Map<number, number>();
    let version = 0;
    const list: HostileList = {
      records: daily(stream, rows, () => ({ mark: 0 })),
      bends: [
        (answer) => {
          version++;
          for (const { id } of answer.rows) shown.set(id, version);
          return { ...answer, rows: answer.rows.map((row) => ({ ...row, mark: version })) };
        },
      ],
      meanwhile: ({ records }, { nth }) => {
        if (nth <= arrivals) records.push(newcomer(stream, 1_000_000 + nth));
      },
    };
    const server = await startHostilePaystack({ [stream]: list });
    const config = { ...server.config, page_size: pageSize, concurrency: 1 };
    const run = await runSync({ config, streams: [stream] });
    await server.close();
    t.equal(run.code, 0, run.stderr);
    const written = new Map(run.records[stream]?.map(({ id, _extra }) => [id as number, _extra.mark as number]));
    t.equal(written.size >= rows, true, `${name}: all of them`);
    const stale = [...written].filter(([id, mark]) => mark !== shown.get(id));
    t.same(stale, [], `${name}: none is stale`);
  }
});
