/** The receipt of a run: what it counts, what its SQL asks, and what it says of a run that did not come to its end. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { readSchema } from '../src/record/schemas.ts';
import { rawRecord } from '../src/sandbox/rows.ts';
import { type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import type { SelectedStream } from '../src/singer/selection.ts';
import { receiptColumns } from '../src/sync/receipt-columns.ts';
import { startHostilePaystack } from './support/hostile-paystack.ts';
import { type Json, type Run, readMessages, runTap, selecting, startTap, workFolder } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

interface Reported extends Run {
  readonly receipt: Json;
  of(stream: string): Json;
}

/** A sync with a receipt. */
async function syncWith(
  t: Test,
  config: object,
  catalog: Json,
  more: { readonly state?: Json; readonly environment?: Record<string, string> } = {},
): Promise<Reported> {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const path = join(folder.path, 'receipt.json');
  const args = ['--config', folder.file('config.json', config), '--catalog', folder.file('catalog.json', catalog)];
  if (more.state !== undefined) args.push('--state', folder.file('state.json', more.state));
  const run = await runTap([...args, '--report', path], more.environment);
  return { ...run, ...read(path) };
}

function read(path: string): Pick<Reported, 'receipt' | 'of'> {
  const receipt = JSON.parse(readFileSync(path, 'utf8'));
  return { receipt, of: (name) => receipt.streams.find(({ stream }: Json) => stream === name) };
}

async function sandboxOf(t: Test, records: SandboxOptions['records']) {
  const sandbox = await startSandbox({ fixtures: false, records: records! });
  t.teardown(() => sandbox.close());
  return { sandbox, config: { secret_key: sandbox.secretKey, api_url: sandbox.url } };
}

const day = (number: number) => new Date(Date.UTC(2025, 0, number)).toISOString();

t.test('sums are exact, by currency; null is no amount, nor is what its column cannot hold', async (t) => {
  const amounts: [string, string][] = [
    ['9007199254740993', '"NGN"'],
    ['9223372036854775807', '"NGN"'],
    ['9223372036854775807', '"NGN"'],
    ['"12"', '"GHS"'],
    ['-5', '"GHS"'],
    ['1e3', '"GHS"'],
    ['null', '"GHS"'],
    ['"a lot"', '"GHS"'],
    ['7.5', '"GHS"'],
    ['3', 'null'],
  ];
  const records = amounts.map(([amount, currency], at) =>
    rawRecord(
      `{"id":${at + 1},"status":"success","amount":${amount},"currency":${currency},"createdAt":"${day(at + 1)}"}`,
    ),
  );
  const { config } = await sandboxOf(t, { transactions: records });
  const { code, stderr, stdout, receipt, of } = await syncWith(t, config, selecting(['transactions', 'countries']));
  t.equal(code, 0, stderr);
  const { written, keys, first_created, last_created, totals, is_whole, columns } = of('transactions');
  t.strictSame([written, keys, is_whole, first_created, last_created], [10, 10, true, day(1), day(10)]);
  t.strictSame(columns.amounts, ['amount', 'requested_amount', 'fees']);
  const sums = Object.fromEntries(totals.map(({ currency, keys, sums }: Json) => [currency, [keys, sums.amount]]));
  t.strictSame(sums, { GHS: [6, '1007'], NGN: [3, '18455751272964292607'], null: [1, '3'] });
  t.strictSame(receipt.state, readMessages(stdout).state, 'the last state');
  t.strictSame([receipt.outcome, receipt.reason], ['complete', null]);
  t.notMatch(JSON.stringify(receipt), config.secret_key);
  t.strictSame(of('countries').checks, [], 'nothing was written, so there is nothing to ask');
});

t.test('a key that is written twice counts once, as it was written last', async (t) => {
  const record = (amount: number) => ({ id: 7, status: 'success', amount, currency: 'NGN', createdAt: day(1) });
  const server = await startHostilePaystack({
    transactions: { records: [record(1), { ...record(100), id: 8 }, record(10)] },
  });
  t.teardown(() => server.close());
  const { stdout, of } = await syncWith(t, server.config, selecting(['transactions']));
  const { written, keys, totals } = of('transactions');
  const held = new Map(readMessages(stdout).records['transactions']?.map(({ id, amount }) => [id, amount]));
  t.ok(written > 2, 'the run did write it twice');
  t.equal(keys, 2);
  t.equal(totals[0].sums.amount, String(held.get(7) + held.get(8)));
});

t.test('a run with a state asks for what it wrote: by creation, and what is older by its key', async (t) => {
  const today = new Date().toISOString();
  const record = (id: number, createdAt: string) => ({ id, status: 'success', amount: id, currency: 'NGN', createdAt });
  const transactions = [record(9, today), ...Array.from({ length: 8 }, (_, at) => record(8 - at, day(8 - at)))];
  const { sandbox, config } = await sandboxOf(t, { transactions, refunds: [] });
  const catalog = selecting(['transactions', 'refunds']);
  const first = await syncWith(t, config, catalog);
  t.strictSame(
    first.of('transactions').checks.map(({ scope, keys }: Json) => [scope, keys]),
    [['range', 9]],
  );
  sandbox.change('transactions', 3, { amount: 30 });
  sandbox.add('refunds', { id: 1, transaction: 3, status: 'processed', createdAt: today });
  const state = readMessages(first.stdout).state;
  const second = await syncWith(t, config, catalog, { state });
  const { keys, checks } = second.of('transactions');
  t.strictSame(
    [keys, checks.map(({ scope, keys }: Json) => [scope, keys])],
    [
      2,
      [
        ['range', 1],
        ['keys', 1],
      ],
    ],
  );
  const [range, older] = checks;
  t.match(range.sql.quoted, `from "transactions" where "createdAt" >= '${today}' and "createdAt" <= '${today}'`);
  t.match(range.sql.folded, `from transactions where createdAt >= '${today}'`);
  t.match(older.sql.quoted, 'from "transactions" where "id" in (3)');
  t.equal(older.totals[0].sums.amount, '30');
});

t.test('a stream that is read whole asks for the whole table; one without amounts or creation has none', async (t) => {
  const { config } = await sandboxOf(t, undefined);
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const own = { ...config, secret_key: sandbox.secretKey, api_url: sandbox.url };
  const { code, stderr, of } = await syncWith(
    t,
    own,
    selecting(['banks', 'countries', 'product_orders', 'products', 'subscriptions']),
  );
  t.equal(code, 0, stderr);
  const [check] = of('countries').checks;
  t.strictSame([check.scope, check.first_created, check.totals[0].sums], ['table', null, {}]);
  t.notMatch(check.sql.quoted, 'where "');
  t.notMatch(check.sql.quoted, 'creation');
  t.match(
    of('product_orders').checks[0].sql.quoted,
    'distinct "product_id", "order_id", "variant_code"',
    'a key of several columns',
  );
  t.notOk('currency' in of('subscriptions').totals[0], 'amounts of a stream without a currency are one sum');
});

t.test('columns that are not selected are not in the receipt', async (t) => {
  const records = [{ id: 1, status: 'success', amount: 5, fees: 1, currency: 'NGN', createdAt: day(1) }];
  const { config } = await sandboxOf(t, { transactions: records });
  const without = (...names: string[]) => {
    const catalog = selecting(['transactions']);
    for (const name of names)
      catalog.streams[0].metadata.push({ breadcrumb: ['properties', name], metadata: { selected: false } });
    return catalog;
  };
  const one = await syncWith(t, config, without('amount'));
  t.strictSame(one.of('transactions').totals, [
    { currency: 'NGN', keys: 1, sums: { requested_amount: '0', fees: '1' } },
  ]);
  t.notMatch(one.of('transactions').checks[0].sql.quoted, '"amount"');
  const other = await syncWith(t, config, without('currency', 'requested_amount', 'fees'));
  t.strictSame(other.of('transactions').totals, [{ keys: 1, sums: { amount: '5' } }]);
  t.notMatch(other.of('transactions').checks[0].sql.quoted, 'currency"');
});

t.test('a key of several columns is asked for by all of them, and too many keys by none', async (t) => {
  const today = new Date().toISOString();
  const { sandbox, config } = await sandboxOf(t, {
    settlements: [
      { id: 6, status: 'success', createdAt: today },
      { id: 5, status: 'pending', createdAt: day(1) },
    ],
  });
  const record = (id: number) => ({ id, status: 'success', amount: 1, currency: 'NGN', createdAt: day(1) });
  sandbox.addUnder('settlement_transactions', 5, record(8), record(9));
  const catalog = selecting(['settlement_transactions']);
  const state = readMessages((await syncWith(t, config, catalog)).stdout).state;
  const second = await syncWith(t, config, catalog, { state });
  const [check] = second.of('settlement_transactions').checks;
  t.match(check.sql.quoted, / where \("settlement_id" = 5 and "id" = \d\) or \("settlement_id" = 5 and "id" = \d\)/);
  sandbox.addUnder('settlement_transactions', 5, ...Array.from({ length: 1000 }, (_, at) => record(10 + at)));
  const third = await syncWith(t, { ...config, page_size: 1000 }, catalog, { state });
  t.match(third.of('settlement_transactions'), { keys: 1002, not_asked: 1002, checks: [] });
});

t.test('a stream with more than can be counted has a note in place of figures', async (t) => {
  const transactions = Array.from({ length: 10_001 }, (_, at) => ({
    id: at + 1,
    currency: `C${at}`,
    createdAt: day(1),
  }));
  const { config } = await sandboxOf(t, { transactions });
  const { code, stderr, of } = await syncWith(t, { ...config, page_size: 1000 }, selecting(['transactions']));
  t.equal(code, 0, stderr);
  const { written, note, checks, is_whole } = of('transactions');
  t.strictSame([written, checks, is_whole], [10_001, [], false]);
  t.match(note, 'more keys than a receipt can hold');
});

t.test('a stream that fails is said, and the others are exact', async (t) => {
  const server = await startHostilePaystack({
    transactions: { records: [{ id: 1, status: 'success', amount: 5, currency: 'NGN', createdAt: day(1) }] },
    refunds: { records: [], bends: [(answer) => ({ ...answer, status: 403, message: 'Not for sk_test_abcdef' })] },
  });
  t.teardown(() => server.close());
  const { code, receipt, of } = await syncWith(t, server.config, selecting(['refunds', 'transactions']));
  t.strictSame([code, receipt.outcome], [1, 'incomplete']);
  t.strictSame([of('transactions').is_whole, of('transactions').failure], [true, null]);
  t.equal(of('refunds').is_whole, false);
  t.match(of('refunds').failure, /403/);
  t.notMatch(JSON.stringify(receipt), 'sk_test_abcdef', 'no key, wherever it comes from');
});

t.test('a rejected key leaves a receipt that says so', async (t) => {
  const { config } = await sandboxOf(t, { transactions: [] });
  const { code, receipt } = await syncWith(t, { ...config, secret_key: 'sk_test_wrong' }, selecting(['transactions']));
  t.strictSame([code, receipt.outcome, receipt.state], [1, 'failed', null]);
  t.match(receipt.reason, 'rejected the secret key');
});

t.test('a receipt that cannot be written at the end of a run that failed: both are said', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const path = join(folder.path, 'receipts');
  mkdirSync(path);
  const server = await startHostilePaystack({
    transactions: {
      records: [],
      bends: [
        (answer) => {
          rmSync(path, { recursive: true, force: true });
          return { ...answer, status: 401, message: 'Invalid key' };
        },
      ],
    },
  });
  t.teardown(() => server.close());
  const config = folder.file('config.json', server.config);
  const run = await runTap(['--config', config, '--streams', 'transactions', '--report', join(path, 'receipt.json')]);
  t.equal(run.code, 1);
  t.match(run.stderr, /^CRITICAL --report ".*": there is no folder/m);
  t.match(run.stderr, /^CRITICAL Paystack rejected the secret key/m);
});

for (const [ending, outcome] of [
  ['SIGTERM', 'stopped'],
  ['close', 'failed'],
  ['hang', 'stopped'],
] as const) {
  t.test(`${ending}: the receipt counts what was taken`, async (t) => {
    const count = 3000;
    const sandbox = await startSandbox({
      fixtures: false,
      synthetic: { transactions: { rows: count, from: day(1), to: day(300) } },
    });
    const folder = workFolder();
    t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));
    const path = join(folder.path, 'receipt.json');
    // Of small pages, some are taken long before the reader goes.
    const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 50 };
    const config = folder.file('config.json', settings);
    const tap = startTap(['--config', config, '--streams', 'transactions', '--report', path]);
    let taken = '';
    tap.stdout?.setEncoding('utf8').on('data', (text: string) => {
      taken += text;
      if (taken.length < 300_000) return;
      if (ending === 'close') tap.stdout?.destroy();
      else if (!tap.killed) {
        if (ending === 'hang') tap.stdout?.pause();
        tap.kill('SIGTERM');
        if (ending === 'hang') tap.once('exit', () => tap.stdout?.resume());
      }
    });
    tap.stderr?.resume();
    await new Promise((resolve) => tap.once('close', resolve));
    const { receipt, of } = read(path);
    t.equal(receipt.outcome, outcome);
    t.type(receipt.reason, 'string');
    const { written, keys, is_whole } = of('transactions');
    t.ok(written > 0 && written < count && keys <= written, `${written} written, ${keys} keys`);
    t.equal(is_whole, false);
    const lines = taken.split('\n').filter((line) => line.includes('"type":"RECORD"')).length;
    if (ending === 'SIGTERM') t.ok(written <= lines, `${written} counted, ${lines} received`);
  });
}

t.test('a file that cannot be written is found before anything is asked', async (t) => {
  const { sandbox, config } = await sandboxOf(t, { transactions: [] });
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const file = folder.file('file', '');
  const [settings, state] = [folder.file('c.json', config), folder.file('state.json', {})];
  const link = join(folder.path, 'link.json');
  symlinkSync(settings, link);
  for (const [path, why] of [
    [join(folder.path, 'missing/receipt.json'), 'there is no folder'],
    [join(file, 'receipt.json'), 'is no folder'],
    [folder.path, 'that is no file'],
    ['/dev/stdout', 'that is no file'],
    ['-', 'needs the path of a file'],
    [join(folder.path, 'r'.repeat(255)), 'it cannot be written: ENAMETOOLONG'],
    [state, 'the receipt would replace a file that the run reads'],
    [link, 'the receipt would replace a file that the run reads'],
  ] as const) {
    const given = ['--config', 'ENV', '--config', settings, '--state', state];
    const { code, stdout, stderr } = await runTap([...given, '--report', path]);
    t.strictSame([code, stdout], [1, '']);
    const [line = '', ...rest] = stderr
      .trimEnd()
      .split('\n')
      .filter((one) => one.startsWith('CRITICAL'));
    t.ok(line.startsWith('CRITICAL --report ') && line.includes(why) && rest.length === 0, stderr);
  }
  t.strictSame(sandbox.requests, []);
  t.strictSame(JSON.parse(readFileSync(state, 'utf8')), {}, 'the state is still there');
  const other = await runTap(['--discover', '--report', file]);
  t.equal(other.code, 2);
  t.match(other.stderr, '--report goes with a sync only');
});

t.test('an earlier file is replaced, behind a link too, and nothing else is left', async (t) => {
  const { config } = await sandboxOf(t, { transactions: [] });
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const path = join(folder.path, 'receipt.json');
  writeFileSync(path, 'an earlier one, which is longer'.repeat(1000));
  const link = join(folder.path, 'link.json');
  symlinkSync(path, link);
  const { code, stderr } = await runTap([
    '--config',
    folder.file('c.json', config),
    '--streams',
    'transactions',
    '--report',
    link,
  ]);
  t.equal(code, 0, stderr);
  t.match(stderr, `INFO the receipt of this run is in ${link}`);
  t.equal(read(path).receipt.outcome, 'complete');
  t.strictSame(readdirSync(folder.path).sort(), ['c.json', 'link.json', 'receipt.json']);
  t.ok(existsSync(link));
});

t.test('the summary of the JSON log has the figures', async (t) => {
  const { config } = await sandboxOf(t, { transactions: [{ id: 1, amount: 5, currency: 'NGN', createdAt: day(1) }] });
  const environment = { TAP_PAYSTACK_LOG_FORMAT: 'json' };
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const args = ['--config', folder.file('c.json', config), '--streams', 'transactions', '--log-format', 'json'];
  const summaryOf = ({ stderr }: Run) =>
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .findLast(({ summary }) => summary)?.summary;
  const plain = summaryOf(await runTap(args, environment));
  t.strictSame(plain.by_stream, { transactions: { written: 1 } }, 'without a receipt, what costs nothing');
  const full = summaryOf(await runTap([...args, '--report', join(folder.path, 'r.json')], environment));
  t.match(full.by_stream.transactions, { written: 1, keys: 1, totals: [{ currency: 'NGN', sums: { amount: '5' } }] });
});

t.test('which columns are money is what the catalogs say', async (t) => {
  const found = Object.fromEntries(
    (Object.keys(streams) as StreamName[]).flatMap((id) => {
      const stream = { id, schema: readSchema(id), keyProperties: streams[id].key } as unknown as SelectedStream;
      const { amounts, currency } = receiptColumns(stream, streams[id]);
      return amounts.length === 0 ? [] : [[id, [currency ?? '', ...amounts].join(' ')]];
    }),
  );
  t.matchOnly(found, {
    balance_ledger: 'currency difference balance',
    balances: 'currency balance',
    bulk_charge_items: 'currency amount at_least',
    disputes: 'currency refund_amount',
    invoices: 'currency amount amount_paid pending_amount',
    orders: 'currency amount shipping_fees discount_amount refunded_amount',
    payment_pages: 'currency amount',
    plans: 'currency amount total_subscriptions_revenue',
    preauthorizations: 'currency amount fees',
    product_orders: 'currency amount amount_paid price variant_price shipping_fee',
    products: 'currency price',
    refunds: 'currency amount deducted_amount transaction_amount',
    settlement_transactions: 'currency amount requested_amount fees',
    settlements: 'currency effective_amount total_amount total_processed total_fees deductions',
    storefront_orders: 'currency amount',
    storefront_products: 'currency price',
    subscription_invoices: ' amount',
    subscriptions: ' amount',
    transactions: 'currency amount requested_amount fees',
    transfers: 'currency amount fee_charged',
  });
});
