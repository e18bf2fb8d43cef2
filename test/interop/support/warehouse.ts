/** What must be true of a warehouse that a run was loaded into, whatever target did it. */
import type { Test } from 'tap';
import type { Json } from '../../support/tap.ts';
import { awkwardLines, awkwardText, bigId, type Held, keyOf, streamNames, sumsOf } from './payments.ts';

export interface Warehouse {
  /** Rows of a SELECT; each column is text. */
  query(sql: string): Promise<Json[]>;
  /** A column as the target names it, quoted if need be. */
  column(name: string): string;
  /** A table, with its schema. */
  table(stream: string): string;
}

export async function holdsAll(t: Test, warehouse: Warehouse, held: Held): Promise<void> {
  const { query, column, table } = warehouse;

  const counted = streamNames.map((stream) => {
    const key = keyOf(stream).map(column);
    const keys = key.length === 1 ? key[0] : `(${key.join(', ')})`;
    return `select '${stream}' as stream, count(*) as n, count(distinct ${keys}) as keys from ${table(stream)}`;
  });
  const counts = (await query(counted.join(' union all '))).map(({ stream, n, keys }) => [stream, n, keys]);
  const expected = streamNames.map((stream) => [stream, String(held.counts[stream]), String(held.counts[stream])]);
  t.strictSame(counts.sort(), expected.sort(), 'every record once: stream, rows, keys');

  const transactions = table('transactions');
  const sums = await query(`select currency, sum(amount) as total from ${transactions} group by currency`);
  const totals = Object.fromEntries(sums.map(({ currency, total }) => [currency, total]).sort());
  t.strictSame(totals, sumsOf(held.transactions), 'amounts by currency');

  const columns = `amount, metadata->>'order' as "order", metadata->'cart'->>'sku' as sku`;
  const big = await query(`select id, ${columns} from ${transactions} where id = ${bigId}`);
  const exact = { id: bigId, amount: bigId, order: '18446744073709551615', sku: 'SKU-BIG' };
  t.strictSame(big, [exact], '64 bits to the last digit, and inside metadata');

  const skus = await query(`select count(*) as n from ${transactions} where metadata->'cart'->>'sku' like 'SKU-%'`);
  const withSku = held.transactions.filter(({ metadata }) => JSON.stringify(metadata ?? '').includes('SKU-'));
  t.equal(Number(skus[0].n), withSku.length, 'metadata can be asked as JSON');
  const awkward = `select message, metadata->>'note' as note from ${transactions} where reference = 'interop-1'`;
  t.strictSame(await query(awkward), [{ message: awkwardText, note: awkwardLines }], 'text as it was');

  const created = column('createdAt');
  const dates = await query(`select reference, ${created} as created from ${transactions} order by reference`);
  const sent = held.transactions.map(({ reference, createdAt }) => [reference, toSecond(createdAt)]);
  const stored = dates.map(({ reference, created }) => [reference, toSecond(created)]);
  t.strictSame(stored.sort(), sent.sort(), 'dates to the second');
}

/** RFC 3339, and what databases make of it: with a blank, and with or without a fraction. */
function toSecond(date: string): string {
  return date.slice(0, 19).replace('T', ' ');
}
