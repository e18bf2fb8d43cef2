/** `load-sql duckdb`: the tap's messages, loaded by DuckDB itself, are in its tables to the last digit, or nothing is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../../src/package.ts';
import { readFixtures } from '../../src/sandbox/dataset.ts';
import { rawRecord } from '../../src/sandbox/rows.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { daily } from '../support/hostile-cases.ts';
import { startHostilePaystack } from '../support/hostile-paystack.ts';
import { type Json, runTap, selecting } from '../support/tap.ts';
import {
  type Client,
  clients,
  type Loader,
  lastState,
  openLoader,
  rowsOf,
  sorted,
  storedRows,
} from './support/duckdb.ts';
import { startHeld, streamNames, transaction } from './support/payments.ts';

const every = Object.keys(clients) as Client[];

async function messagesOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runTap(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** A load that must do well. */
async function loads(t: Test, loader: Loader, messages: string): Promise<void> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.equal(code, 0, 'it is loaded', { stderr });
  t.equal(stdout, `${lastState(messages)}\n`, 'and prints the last state, byte for byte, and nothing else');
}

/** A load that must fail with one line that says why. */
async function refuses(t: Test, loader: Loader, messages: string, why: RegExp | string): Promise<void> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.not(code, 0);
  t.equal(stdout, '', 'no state is printed');
  t.match(stderr, why);
}

for (const client of every) {
  t.test(`${client}: all streams, twice, the second time from the state`, async (t) => {
    const loader = openLoader(client);
    const held = await startHeld();
    t.teardown(() => Promise.all([held.sandbox.close(), loader.folder.remove()]));
    const { folder } = loader;
    const catalog = folder.file('catalog.json', selecting(streamNames));
    const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
    await loader.make(['--catalog', catalog]);

    const first = await messagesOf(from);
    await loads(t, loader, first);
    const tables = await storedRows(loader, first, streamNames);
    for (const [at, stream] of streamNames.entries()) {
      const expected = sorted(rowsOf(first, stream));
      t.equal(expected.length, held.counts[stream], `${stream}: there is something to compare`);
      t.strictSame(sorted(tables[at]!), expected, `${stream}: every value, to the last digit`);
    }

    held.add(transaction(1000, { createdAt: new Date().toISOString() }));
    held.change(5_000_000_449, { status: 'reversed', metadata: null });
    const second = await messagesOf([...from, '--state', folder.file('state.json', lastState(first))]);
    t.ok(rowsOf(second, 'transactions').length < 100, 'it is incremental');
    await loads(t, loader, second);
    const [stored = []] = await storedRows(loader, first, ['transactions']);
    t.strictSame(
      sorted(stored),
      sorted(rowsOf(`${first}${second}`, 'transactions')),
      'the last row of each key counts',
    );
  });
}

/** Messages as the tap writes them, of records that are given as JSON text. */
function run(schemas: string, records: readonly string[], state = '{"bookmarks":{}}'): string {
  return `${schemas}{"type":"STATE","value":{}}\n${records.join('')}{"type":"STATE","value":${state}}\n`;
}

function record(stream: string, text: string, version?: number): string {
  const versioned = version === undefined ? '' : `,"version":${version}`;
  return `{"type":"RECORD","stream":"${stream}","record":${text}${versioned},"time_extracted":"2026-01-02T03:04:05.678Z"}\n`;
}

/** A loader for these streams, and the SCHEMA messages of a run of them. */
async function openFor(t: Test, client: Client, streams: readonly string[], fileName?: string) {
  const loader = openLoader(client, fileName);
  t.teardown(() => loader.folder.remove());
  const args = ['--catalog', loader.folder.file('catalog.json', selecting(streams))];
  await loader.make(args);
  return { loader, schemas: await messagesOf(['--test=schema', ...args]) };
}

/** Rows and a few columns, in the order of the key. */
const few = (stream: string, columns: string, key = 'id') =>
  `SELECT ${columns} FROM paystack.${stream} ORDER BY ${key}`;

const oddNumbers =
  '{"digits":12345678901234567890123456789012345678901234567890,"long":0.12345678901234567890,"huge":1e400,"tiny":1e-400,' +
  '"minus_zero":-0,"less":-0.0,"exponent":1E5,"signed":1e+5,"trailing":1.10,"plain":12.5,"zero":0,"list":[-1.50,2,3.0,-0,[1.0]],' +
  '"text":"1.10, [2.50] -0 \\"3.10\\":4.10 {\\"\\":\\"5\\",\\"\\":0}","1.10":"a\\\\","\\\\":1.20,"":"1.10","\\u0000":"\\u0000","é\\/":"\\u00e9"}';

for (const client of every) {
  t.test(`${client}: nothing is rounded, and nothing is taken for what it is not`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['subaccounts', 'transactions']);
    const text = JSON.stringify('NUL \u0000 {"":"1.10","":0} "x": 1.10, \ud83e\uddfe \'; DROP');
    const messages = run(schemas, [
      record(
        'transactions',
        `{"id":9007199254740993,"amount":-9223372036854775808,"metadata":${oddNumbers},"_extra":${oddNumbers}}`,
      ),
      record(
        'transactions',
        `{"id":1,"amount":9223372036854775807,"message":${text},"metadata":{"":"1.10"},"reference":""}`,
      ),
      record('transactions', `{"id":2,"createdAt":"0001-01-01T00:00:00.001Z","paidAt":"9999-12-31T23:59:59.999Z"}`),
      record('subaccounts', '{"id":1,"active":true,"percentage_charge":0.123456789012345678}'),
      record('subaccounts', '{"id":2,"active":false,"percentage_charge":1.2e-5}'.replace('1.2e-5', '12.50')),
      record('subaccounts', '{"id":3,"percentage_charge":20}'),
    ]);
    await loads(t, loader, messages);
    const [transactions, subaccounts] = await storedRows(loader, messages, ['transactions', 'subaccounts']);
    t.strictSame(sorted(transactions!), sorted(rowsOf(messages, 'transactions')));
    const expected = rowsOf(messages, 'subaccounts').map((row) => ({
      ...row,
      percentage_charge: row.percentage_charge.replace('12.50', '12.5').replace(/^20$/, '20'),
    }));
    t.strictSame(sorted(subaccounts!), sorted(expected));
    const extracted = `strftime(_sdc_extracted_at AT TIME ZONE 'UTC', '%H:%M:%S.%g') AS at, _sdc_table_version AS version`;
    t.strictSame((await loader.query(few('transactions', extracted)))[0]![0], { at: '03:04:05.678', version: null });

    const tooLong = run(schemas, [record('subaccounts', '{"id":4,"percentage_charge":0.1234567890123456789}')]);
    await refuses(t, loader, tooLong, 'the number 0.1234567890123456789 has more digits than DECIMAL(38,18) holds');
    const tooSmall = run(schemas, [record('subaccounts', '{"id":4,"percentage_charge":1e-19}')]);
    await refuses(t, loader, tooSmall, 'the number 1e-19 has more digits');
    await refuses(
      t,
      loader,
      run(schemas, [record('transactions', '{"id":18446744073709551615}')]),
      /18446744073709551615/,
    );
    t.strictSame(await loader.query('SELECT count(*) AS n FROM paystack.subaccounts'), [[{ n: '3' }]]);
  });

  t.test(`${client}: hostile answers`, async (t) => {
    const { loader } = await openFor(t, client, ['transactions']);
    const texts = readFileSync(join(packageFolder, 'fixtures/hostile/transactions.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const sandbox = await startSandbox({ records: { transactions: texts.map((text) => rawRecord(text)) } });
    t.teardown(() => sandbox.close());
    const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url };
    const from = ['--config', loader.folder.file('config.json', settings), '--streams', 'transactions'];
    const messages = await messagesOf(from);
    await refuses(t, loader, messages, /18446744073709551615.*out of range/);
    // What a user does who has such numbers.
    await loader.query('CREATE SCHEMA paystack', 'CREATE TABLE paystack.transactions (id HUGEINT PRIMARY KEY)');
    await loads(t, loader, messages);
    const [stored = []] = await storedRows(loader, messages, ['transactions']);
    const expected = rowsOf(messages, 'transactions');
    t.ok(expected.length > 10);
    t.strictSame(sorted(stored), sorted(expected));
  });
}
