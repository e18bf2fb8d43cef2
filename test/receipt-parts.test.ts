/** What a receipt counts of the rows that were written, and by which queries it asks for them. */
import t from 'tap';
import type { StreamName } from '../src/paystack/streams.ts';
import type { SelectedStream } from '../src/singer/selection.ts';
import { parseState } from '../src/singer/state.ts';
import { createReceipts, type Receipts, type StreamReceipt } from '../src/sync/receipt.ts';
import { receiptColumns } from '../src/sync/receipt-columns.ts';
import { askedOf } from '../src/sync/rows.ts';
import { openStreamRuns, type StreamRun } from '../src/sync/stream-run.ts';
import { configWith, day, dayMs, now, rowWith, selectedStreams } from './support/runs.ts';

interface Input {
  readonly settings?: object;
  readonly bookmark?: object;
  /** Columns that are not selected. */
  readonly without?: readonly string[];
}

/** A receipt of one stream, that has begun. */
function begin(id: StreamName, { settings = {}, bookmark, without = [] }: Input = {}) {
  const config = configWith(settings);
  const streams = selectedStreams(id).map((stream) => leavingOut(stream, without));
  const state = parseState({ bookmarks: bookmark === undefined ? {} : { [id]: bookmark } });
  const runs = openStreamRuns(streams, { state, config, log: () => {} }, now);
  const receipts = createReceipts(config);
  receipts.begin(runs, now, () => state);
  return { receipts, run: runs[0]!, state };
}

function leavingOut(stream: SelectedStream, names: readonly string[]): SelectedStream {
  const properties = Object.entries(stream.schema.properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...stream, schema: { ...stream.schema, properties: Object.fromEntries(properties) } };
}

interface Written {
  readonly key: string;
  readonly created?: number;
  /** JSON texts of columns. */
  readonly columns?: Readonly<Record<string, string>>;
}

function write(receipts: Receipts, run: StreamRun, ...records: readonly Written[]): void {
  const asked = askedOf(run.facts, receipts.columns(run));
  const rows = records.map(({ key, created = Number.NaN, columns = {} }) => {
    const row = rowWith({ key, created });
    return { ...row, content: { ...row.content, asked: asked.map((name) => columns[name]) } };
  });
  run.written += rows.length;
  receipts.wrote(run, rows);
}

const ngn = (amount: string) => ({ currency: '"NGN"', amount });
const sumsOf = ({ figures }: StreamReceipt) =>
  figures?.totals.map(({ currency, keys, sums }) => [currency, keys, sums.get('amount')]);
const partsOf = ({ parts }: StreamReceipt) => parts.map(({ scope, keys, list }) => [scope, keys, list]);

t.test('keys are counted, and amounts summed over the last version of each, by currency', async (t) => {
  const { receipts, run } = begin('transactions');
  write(
    receipts,
    run,
    { key: '1', created: day('2026-06-02'), columns: ngn('5') },
    { key: '2', created: day('2026-06-01'), columns: ngn('18446744073709551615') },
    { key: '3', created: day('2026-06-03'), columns: { currency: '"GHS"', amount: 'null' } },
    { key: '4', columns: { amount: '7' } },
  );
  write(receipts, run, { key: '1', created: day('2026-06-02'), columns: ngn('-6') });
  const [receipt] = receipts.streams();
  t.match(receipt, { stream: 'transactions', table: 'transactions', written: 5, unasked: 0 });
  t.match(receipt?.figures, { keys: 4, first: '2026-06-01T00:00:00.000Z', last: '2026-06-03T00:00:00.000Z' });
  t.strictSame(sumsOf(receipt!), [
    ['GHS', 1, 0n],
    ['NGN', 2, 18446744073709551609n],
    [null, 1, 7n],
  ]);
});

t.test('nothing that was written is no dates and no query', async (t) => {
  const [receipt] = begin('transactions').receipts.streams();
  t.strictSame(receipt?.figures, { keys: 0, first: undefined, last: undefined, totals: [] });
  t.strictSame(receipt?.parts, []);
});

t.test('what a run wrote since its lookback is asked by creation, what is older or has no date by key', async (t) => {
  const bookmark = { createdAt: '2026-06-20T00:00:00.000Z' };
  const settings = { lookback_window_days: 10 };
  const since = day('2026-06-10');
  const { receipts, run } = begin('transactions', { bookmark, settings });
  write(
    receipts,
    run,
    { key: '1', created: since, columns: ngn('1') },
    { key: '2', created: since - 1, columns: ngn('2') },
    { key: '3', columns: ngn('3') },
    { key: '4', created: since + dayMs, columns: ngn('4') },
  );
  const [receipt] = receipts.streams();
  t.strictSame(partsOf(receipt!), [
    ['range', 2, []],
    ['keys', 2, [['2'], ['3']]],
  ]);
  const [range, keys] = receipt!.parts;
  t.match(range, { first: '2026-06-10T00:00:00.000Z', last: '2026-06-11T00:00:00.000Z' });
  t.strictSame(
    [range, keys].map((part) => part?.totals[0]?.sums.get('amount')),
    [5n, 5n],
  );
});

t.test('of a first run that is not bounded by dates, only what has no date is asked by key', async (t) => {
  const { receipts, run } = begin('transactions');
  write(receipts, run, { key: '1', created: 0 }, { key: '2' });
  t.strictSame(partsOf(receipts.streams()[0]!), [
    ['range', 1, []],
    ['keys', 1, [['2']]],
  ]);
});

t.test('of a stream that is read whole the whole table is asked, unless dates bound it', async (t) => {
  const partsWith = (id: StreamName, input: Input, method?: 'FULL_TABLE') => {
    const { receipts, run } = begin(id, input);
    if (method) Object.assign(run.stream, { method });
    write(receipts, run, { key: '1', created: day('2026-06-02') });
    return partsOf(receipts.streams()[0]!);
  };
  const whole = [['table', 1, []]];
  const range = [['range', 1, []]];
  const bounded = { settings: { start_date: '2020-01-01' } };
  t.strictSame(partsWith('banks', {}), whole);
  t.strictSame(partsWith('banks', bounded), whole, 'no dates bound it, as it has none');
  t.strictSame(partsWith('transactions', {}), range);
  t.strictSame(partsWith('transactions', {}, 'FULL_TABLE'), whole);
  t.strictSame(partsWith('transactions', bounded, 'FULL_TABLE'), range);
  const keys = [['keys', 1, [['1']]]];
  t.strictSame(
    partsWith('transactions', { ...bounded, without: ['createdAt'] }, 'FULL_TABLE'),
    keys,
    'no column to ask by',
  );
});

t.test('a key of several columns is listed by its parts', async (t) => {
  const { receipts, run } = begin('settlement_transactions');
  write(receipts, run, { key: '5\0"a"' });
  t.strictSame(partsOf(receipts.streams()[0]!), [['keys', 1, [['5', '"a"']]]]);
});

t.test('a thousand records are asked for by their keys; more are not asked for', async (t) => {
  const { receipts, run } = begin('transactions');
  write(receipts, run, { key: 'dated', created: day('2026-06-02') });
  for (let key = 1; key <= 1000; key++) write(receipts, run, { key: String(key), columns: ngn('2') });
  const [most] = receipts.streams();
  t.equal(most?.unasked, 0);
  t.strictSame(
    most?.parts.map(({ scope, list }) => [scope, list.length]),
    [
      ['range', 0],
      ['keys', 1000],
    ],
  );
  write(receipts, run, { key: '1001', columns: ngn('2') });
  const [more] = receipts.streams();
  t.equal(more?.unasked, 1001);
  t.strictSame(
    more?.parts.map(({ scope }) => scope),
    ['range'],
  );
  t.equal(more?.figures?.keys, 1002, 'they are counted all the same');
});

t.test('a receipt is exact of a stream that came to its end without a failure', async (t) => {
  const { receipts, run, state } = begin('transactions');
  const isExact = () => receipts.streams()[0]?.isExact;
  t.equal(isExact(), false);
  receipts.completed(run);
  t.equal(isExact(), true);
  run.failure = 'it broke';
  t.match(receipts.streams()[0], { isExact: false, failure: 'it broke' });
  t.equal(receipts.state(), state);
});

t.test('before a run begins there is nothing', async (t) => {
  const receipts = createReceipts(configWith());
  t.strictSame([receipts.streams(), receipts.state()], [[], undefined]);
});

t.test('where there is no room for all keys, nothing is claimed of them', async (t) => {
  const { receipts, run } = begin('transactions');
  receipts.completed(run);
  for (let index = 0; index <= 10_000; index++) {
    write(receipts, run, { key: '1', columns: { currency: `"${index}"` } });
  }
  write(receipts, run, { key: '2', columns: ngn('2') });
  const [receipt] = receipts.streams();
  t.match(receipt, { figures: undefined, isExact: false, written: 10_002 });
  t.strictSame(receipt?.parts, []);
});

t.test('the columns are those that are selected and stand in the table under their own names', async (t) => {
  const columnsOf = (id: StreamName, ...without: string[]) => {
    const [stream] = selectedStreams(id);
    return receiptColumns(leavingOut(stream!, without), begin(id).run.facts);
  };
  const transactions = { key: ['id'], created: 'createdAt', currency: 'currency' };
  t.strictSame(columnsOf('transactions'), { ...transactions, amounts: ['amount', 'requested_amount', 'fees'] });
  t.strictSame(columnsOf('transactions', 'amount', 'createdAt', 'currency'), {
    ...{ key: ['id'], created: undefined, currency: undefined, amounts: ['requested_amount', 'fees'] },
  });
  t.strictSame(columnsOf('transactions', 'amount', 'requested_amount', 'fees'), {
    ...{ key: ['id'], created: 'createdAt', currency: undefined, amounts: [] },
  });
  t.strictSame(columnsOf('countries'), { key: ['id'], created: undefined, currency: undefined, amounts: [] });
});

t.test('of each record are asked the columns that are counted', async (t) => {
  const { receipts, run } = begin('transactions');
  t.strictSame(receipts.columns(run), ['currency', 'amount', 'requested_amount', 'fees']);
  const plain = begin('subscriptions');
  t.strictSame(plain.receipts.columns(plain.run), ['amount'], 'it has no currency');
  const on = (date: string, amount: string) => ({ createdAt: `"${date}"`, updatedAt: `"${date}"`, amount });
  write(
    plain.receipts,
    plain.run,
    { key: '1', columns: on('2026-06-01', '5') },
    { key: '2', columns: on('2026-06-02', '6') },
  );
  t.strictSame(sumsOf(plain.receipts.streams()[0]!), [[undefined, 2, 11n]]);
});
