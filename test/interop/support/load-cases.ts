/** What every database of `load-sql` does alike: tests of a load of some streams, and of the SCHEMA messages of a run of them. */
import type { Test } from 'tap';
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

/** All streams, and then what has changed since, from the state. */
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
