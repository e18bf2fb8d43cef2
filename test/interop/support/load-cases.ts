/** What every database of `load-sql` does alike: tests of a load of some streams, and of the SCHEMA messages of a run of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { packageFolder } from '../../../src/package.ts';
import { rawRecord } from '../../../src/sandbox/rows.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { type Json, selecting } from '../../support/tap.ts';
import {
  few,
  type Loader,
  lastState,
  loads,
  messagesOf,
  record,
  refuses,
  rowsOf,
  run,
  sorted,
  storedRows,
} from './loader.ts';
import { startHeld, streamNames, transaction } from './payments.ts';
import { viewsHaveDates, viewsOfPage } from './views.ts';

/** Messages of transactions whose records are as odd as an answer can be. */
export async function hostileMessages(t: Test, { folder }: Loader): Promise<string> {
  const texts = readFileSync(join(packageFolder, 'fixtures/hostile/transactions.jsonl'), 'utf8').trimEnd().split('\n');
  const sandbox = await startSandbox({ records: { transactions: texts.map((text) => rawRecord(text)) } });
  t.teardown(() => sandbox.close());
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  return messagesOf(['--config', folder.file('config.json', settings), '--streams', 'transactions']);
}

/** Of `transactions`. */
export async function holdsHostile(t: Test, loader: Loader, messages: string, asStored = asItIs): Promise<void> {
  await loads(t, loader, messages);
  const [stored = []] = await storedRows(loader, messages, ['transactions']);
  const expected = rowsOf(asStored(messages), 'transactions');
  t.ok(expected.length > 10);
  t.strictSame(sorted(stored), sorted(expected));
}

/** Of `transactions`: messages that a program between has written anew. */
export async function takesSpaced(
  t: Test,
  loader: Loader,
  schemas: string,
  metadata: string,
  asStored = asItIs,
): Promise<void> {
  const spaced = (text: string) =>
    text.replace(/("(?:[^"\\]|\\.)*")|([:,])/g, (_, string, mark) => string ?? `${mark} `);
  const state = '{"bookmarks":{"a":1.10,"b":[{"c":{}}]}}';
  const messages = run(schemas, [record('transactions', `{"id":1,"metadata":${metadata}}`)], state);
  const { code, stdout } = await loader.load(spaced(messages));
  t.equal(code, 0);
  t.equal(stdout, `${spaced(state)}\n`);
  const [stored = []] = await storedRows(loader, messages, ['transactions']);
  t.strictSame(stored, rowsOf(asStored(messages), 'transactions'));
}

/** Of `transactions`: a run that was cut is loaded as far as its lines are whole, and what is no run is refused. */
export async function takesWhatWasCut(t: Test, loader: Loader, schemas: string, refusing = refuses): Promise<void> {
  const state = `{"bookmarks":{},"big":12345678901234567890.10,"odd":"-n it's \`x\` :DBNAME \\n \\"é\\""}`;
  const whole = run(schemas, [record('transactions', '{"id":1}'), record('transactions', '{"id":2}')], state);
  const half = record('transactions', '{"id":3,"metadata":{"a":[1,2.50,"\\u0000"]}}').slice(0, -40);
  await loads(t, loader, `${whole}${half}`);
  t.strictSame(await loader.query(few('transactions', 'id')), [[{ id: '1' }, { id: '2' }]]);
  await loads(t, loader, whole.slice(0, -1));
  await loads(t, loader, `${whole}${half}\n`);
  await loads(t, loader, `${whole}${record('transactions', '{"id":4}')}`);
  await loads(t, loader, whole.replaceAll('\n', '\n\n'));
  const count = 'SELECT count(*) AS n FROM paystack.transactions';
  t.strictSame(await loader.query(count), [[{ n: '3' }]]);

  const noMessage = /line \d+ of the messages is no SCHEMA, RECORD, STATE or ACTIVATE_VERSION message/;
  await refusing(t, loader, `${whole}${half}\n${whole}`, noMessage);
  await refusing(t, loader, '', 'there is no STATE in the messages: the run failed before it began');
  for (const text of [schemas, schemas.slice(0, 500)])
    await refusing(t, loader, text, 'there is no STATE in the messages');
  for (const odd of ['123', '[]', '{}', '"x"']) await refusing(t, loader, `${whole}${odd}\n`, noMessage);
  const batch = `${whole}{"type":"BATCH","stream":"transactions"}\n`;
  await refusing(t, loader, batch, 'line 6 of the messages is a BATCH message: run the tap without "batch_config"');
  t.strictSame(await loader.query(count), [[{ n: '3' }]], 'no row more');
}

const asItIs = (text: string) => text;

/** All streams, and then what has changed since, from the state; and the views of the page. */
export async function loadsAllTwice(t: Test, loader: Loader): Promise<void> {
  const held = await startHeld();
  t.teardown(() => held.sandbox.close());
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
  t.strictSame(sorted(stored), sorted(rowsOf(`${first}${second}`, 'transactions')), 'the last row of each key counts');

  const ask = async (sql: string) => (await loader.query(sql))[0]!;
  await loader.query(viewsOfPage);
  await viewsHaveDates(t, ask);
  await loader.query('ALTER TABLE paystack.orders ADD COLUMN later integer', 'drop schema paystack_dated cascade');
  await loader.query(viewsOfPage);
  t.strictSame(await ask('SELECT max(later) AS later FROM paystack_dated.orders'), [{ later: null }]);
}

/** Of `product_orders`, which has a key of several columns. */
export async function takesKeysOfSeveralColumns(t: Test, loader: Loader, schemas: string): Promise<void> {
  const { key_properties: key, schema } = JSON.parse(schemas) as Json;
  t.ok(key.length > 1);
  const isText = (name: string) => [schema.properties[name].type].flat().includes('string');
  const row = (number: (at: number) => number | null) => {
    const entries = key.map((name: string, at: number) => {
      const value = number(at);
      return [name, value !== null && isText(name) ? String(value) : value];
    });
    return record('product_orders', JSON.stringify(Object.fromEntries(entries)));
  };
  const messages = run(schemas, [
    row(() => 1),
    row((at) => (at === 0 ? 2 : 1)),
    row((at) => (at === 0 ? 1 : 2)),
    row(() => 1),
  ]);
  await loads(t, loader, messages);
  const [stored = []] = await storedRows(loader, messages, ['product_orders']);
  t.equal(stored.length, 3);
  await refuses(t, loader, run(schemas, [row((at) => (at === 0 ? null : 1))]), /not.null constraint/i);
}

/** Of `banks` and `subaccounts`. */
export async function activatesVersions(t: Test, loader: Loader, schemas: string): Promise<void> {
  const activate = (version: number) => `{"type":"ACTIVATE_VERSION","stream":"subaccounts","version":${version}}\n`;
  const ids = async (stream: string) => (await loader.query(few(stream, 'id')))[0]!.map(({ id }) => Number(id));
  const subaccount = (id: number, version?: number) => record('subaccounts', `{"id":${id}}`, version);
  await loads(t, loader, run(schemas, [record('banks', '{"id":1}'), ...[1, 2, 3].map((id) => subaccount(id))]));
  t.strictSame(await ids('subaccounts'), [1, 2, 3]);
  await loads(t, loader, run(schemas, [subaccount(1, 5), subaccount(2, 5), subaccount(4, 4), activate(5)]));
  t.strictSame(await ids('subaccounts'), [1, 2], 'what no longer comes is gone');
  await loads(t, loader, run(schemas, [subaccount(2, 6)]));
  t.strictSame(await ids('subaccounts'), [1, 2], 'without the message nothing goes');
  await loads(t, loader, run(schemas, [subaccount(2, 7), activate(7), subaccount(8)]));
  t.strictSame(await ids('subaccounts'), [2, 8], 'what comes after it stays');
  await loads(t, loader, run(schemas, [activate(9)]));
  t.strictSame(await ids('subaccounts'), [], 'an empty list');
  t.strictSame(await ids('banks'), [1]);
}

/** Of `banks` and `transactions`. */
export async function refusesOtherChoices(t: Test, loader: Loader, schemas: string): Promise<void> {
  const other = async (...args: string[]) => run(await messagesOf(['--test=schema', ...args]), [], '{}');
  const made = 'make the SQL with the --config, --catalog and --streams of the run';
  const transactions = await other('--streams', 'transactions');
  await refuses(t, loader, transactions, `banks is in this SQL alone; ${made}`);
  const more = await other('--streams', 'banks,transactions,plans');
  await refuses(t, loader, more, `plans is in the messages alone; ${made}`);
  const catalog = selecting(['banks', 'transactions']);
  catalog.streams[1].metadata.push({ breadcrumb: ['properties', 'amount'], metadata: { selected: false } });
  const file = loader.folder.file('other.json', catalog);
  await refuses(
    t,
    loader,
    await other('--catalog', file),
    'transactions.amount is missing in the messages, and ["null","integer"] in this SQL',
  );
  const retyped = schemas.replace('"amount":{"type":["null","integer"]', '"amount":{"type":["null","number"]');
  const types = 'transactions.amount is ["null","number"] in the messages, and ["null","integer"] in this SQL';
  await refuses(t, loader, run(retyped, []), types);
  await refuses(t, loader, run(schemas, [record('plans', '{"id":1}')]), 'plans is in the messages alone');

  // A smaller choice at first: what is chosen later becomes a column, and what is no longer chosen stays as it was.
  const smaller = await messagesOf(['--test=schema', '--catalog', file]);
  const named = "SELECT column_name FROM information_schema.columns WHERE table_name = 'transactions'";
  const columns = async () => (await loader.query(named))[0]!.map(({ column_name }) => column_name);
  await loader.make(['--catalog', file]);
  await loads(t, loader, run(smaller, [record('transactions', '{"id":1,"fees":7}')]));
  t.notOk((await columns()).includes('amount'));
  await loader.make(['--streams', 'banks,transactions']);
  await loads(t, loader, run(schemas, [record('transactions', '{"id":1,"amount":5}')]));
  t.ok((await columns()).includes('amount'));
  await loader.make(['--catalog', file]);
  await loads(t, loader, run(smaller, [record('transactions', '{"id":1}')]));
  t.strictSame(await loader.query(few('transactions', 'id, amount, fees')), [[{ id: '1', amount: '5', fees: null }]]);
}
