/** `load-sql duckdb`: the tap's messages, loaded by DuckDB itself, are in its tables to the last digit, or nothing is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { output } from '../support/commands.ts';
import { type Client, clients, openLoader } from './support/duckdb.ts';
import { environmentOf } from './support/environments.ts';
import {
  activatesVersions,
  holdsHostile,
  hostileMessages,
  loadsAllTwice,
  refusesOtherChoices,
  takesKeysOfSeveralColumns,
  takesSpaced,
  takesWhatWasCut,
} from './support/load-cases.ts';
import {
  few,
  loads,
  makeFor,
  messagesOf,
  oddNumbers,
  record,
  refuses,
  rowsOf,
  run,
  sorted,
  storedRows,
} from './support/loader.ts';

const every = Object.keys(clients) as Client[];

/** The oldest and the newest DuckDB, where it is about what the SQL does and not about how it is run. */
const oldAndNew = ['Python, 1.1.3', 'Python, 2.0.1'] as const satisfies readonly Client[];

for (const client of every) {
  t.test(`${client}: all streams, twice, the second time from the state`, async (t) => {
    const loader = openLoader(client);
    t.teardown(() => loader.folder.remove());
    await loadsAllTwice(t, loader);
  });
}

/** A loader for these streams, and the SCHEMA messages of a run of them. */
async function openFor(t: Test, client: Client, streams: readonly string[], fileName?: string) {
  const loader = openLoader(client, fileName);
  t.teardown(() => loader.folder.remove());
  return { loader, schemas: await makeFor(loader, streams) };
}

/** Names that stand twice are no mistake in JSON, and are kept. */
const lookAlikes = [
  '{"":"1.10","":-0.0,"n":1.10}',
  '{"":"1.10","":-0.0}',
  '{"":"1.10","":0,"n":1.10}',
  '{"":"","":-0.0,"":"","x":"{\\"\\":\\"1.5\\",\\"\\":-0.0}","n":-0}',
  '[{"":"1.50","":-0.0},{"":{"":"1.50","":-0.0},"":-0.0},-0.0,-0,1.50]',
  '[{"":"","":-0.0},{"":"x\\"y","":-0.0},[1.0,{"":"","":-0.0}]]',
  '"{\\"\\":\\"1.5\\",\\"\\":-0.0}"',
] as const;

for (const client of oldAndNew) {
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

  t.test(`${client}: what looks like a number that the SQL has marked`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['transactions']);
    await loads(
      t,
      loader,
      run(
        schemas,
        lookAlikes.map((text, id) => record('transactions', `{"id":${id},"metadata":${text}}`)),
      ),
    );
    const [stored = []] = await loader.query(few('transactions', 'metadata'));
    t.strictSame(
      stored.map(({ metadata }) => metadata),
      lookAlikes,
    );
  });

  t.test(`${client}: hostile answers`, async (t) => {
    const { loader } = await openFor(t, client, ['transactions']);
    const messages = await hostileMessages(t, loader);
    await refuses(
      t,
      loader,
      messages,
      'the column transactions.id is BIGINT, which does not hold 18446744073709551615: make it HUGEINT',
    );
    // What a user does who has such numbers.
    await loader.query('CREATE SCHEMA paystack', 'CREATE TABLE paystack.transactions (id HUGEINT PRIMARY KEY)');
    await holdsHostile(t, loader, messages);
  });
}

for (const client of oldAndNew) {
  t.test(
    `${client}: the last message of a key counts, whatever its date, and the columns of others stay`,
    async (t) => {
      const { loader, schemas } = await openFor(t, client, ['customers']);
      const first = run(schemas, [
        record('customers', '{"id":1,"email":"old","metadata":{"a":1,"b":2}}'),
        record('customers', '{"id":2,"email":"other"}'),
        record('customers', '{"id":1,"email":"new","createdAt":"2020-01-01T00:00:00.000Z","metadata":{"a":3}}'),
      ]);
      await loads(t, loader, first);
      await loader.query(
        'ALTER TABLE paystack.customers ADD COLUMN mine VARCHAR',
        "UPDATE paystack.customers SET mine = 'kept'",
      );
      await loads(
        t,
        loader,
        run(schemas, [record('customers', '{"id":2,"first_name":"Ada"}'), record('customers', '{"id":3}')]),
      );
      const [customers] = await loader.query(few('customers', 'id, email, first_name, metadata, mine'));
      t.strictSame(customers, [
        { id: '1', email: 'new', first_name: null, metadata: '{"a":3}', mine: 'kept' },
        { id: '2', email: null, first_name: 'Ada', metadata: null, mine: 'kept' },
        { id: '3', email: null, first_name: null, metadata: null, mine: null },
      ]);
    },
  );

  t.test(`${client}: keys of several columns`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['product_orders']);
    await takesKeysOfSeveralColumns(t, loader, schemas);
  });

  t.test(`${client}: ACTIVATE_VERSION takes away the rows of other versions, and none of other streams`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['banks', 'subaccounts']);
    await activatesVersions(t, loader, schemas);
  });

  t.test(`${client}: messages of another choice of streams or columns are refused`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['banks', 'transactions']);
    await refusesOtherChoices(t, loader, schemas);
  });

  t.test(`${client}: tables that would round or double are refused`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['transactions']);
    const messages = run(schemas, [record('transactions', '{"id":1}')]);
    await loader.query(
      'CREATE SCHEMA paystack',
      'CREATE TABLE paystack.Transactions (ID BIGINT PRIMARY KEY, Amount DOUBLE)',
    );
    await refuses(t, loader, messages, /in the table Transactions the column Amount is DOUBLE and not BIGINT/);
    await loader.query(
      'DROP TABLE paystack.transactions',
      'CREATE TABLE paystack.transactions (id BIGINT, amount BIGINT)',
    );
    await refuses(t, loader, messages, 'the table transactions has not the primary key id');
    t.strictSame(
      Object.keys((await loader.query('SELECT count(*) AS n, max(COLUMNS(*)) FROM paystack.transactions'))[0]![0])
        .length,
      3,
    );
  });
}

for (const client of every) {
  t.test(`${client}: a run that was cut is loaded as far as its lines are whole`, async (t) => {
    const { loader, schemas } = await openFor(t, client, ['transactions']);
    await takesWhatWasCut(t, loader, schemas);
    const dotted = `${run(schemas, [])}\\.\n${run(schemas, [])}`;
    await refuses(t, loader, dotted, /line \d+ of the messages is no SCHEMA/);
  });
}

t.test('a database that is called as its schema', async (t) => {
  for (const client of oldAndNew) {
    const { loader, schemas } = await openFor(t, client, ['banks'], 'Paystack.duckdb');
    const says =
      'the database is called "Paystack", as the schema is, and DuckDB takes one for the other: name the file';
    await refuses(t, loader, run(schemas, []), says);
    await loader.make(['--streams', 'banks', '--schema', 'bank']);
    await loads(t, loader, run(schemas, [record('banks', '{"id":1}')]));
    await loads(t, loader, run(schemas, [record('banks', '{"id":2}')]));
    t.strictSame(await loader.query('SELECT id FROM bank.banks ORDER BY id'), [[{ id: '1' }, { id: '2' }]], client);
  }
});

const [client] = every as [Client];

t.test('a record of many megabytes', async (t) => {
  const { loader, schemas } = await openFor(t, client, ['transactions']);
  const text = '1.10 "x" \\ ✓'.repeat(1_500_000);
  const messages = run(schemas, [
    record('transactions', `{"id":1,"message":${JSON.stringify(text)},"metadata":{"a":1.10}}`),
  ]);
  t.ok(messages.length > 20_000_000);
  await loads(t, loader, messages);
  const columns = `length(message) AS length, md5(message) = md5(repeat('1.10 "x" \\ ✓', 1500000)) AS same, metadata`;
  t.strictSame(await loader.query(few('transactions', columns)), [
    [{ length: String(text.length), same: 'True', metadata: '{"a":1.10}' }],
  ]);
});

t.test('messages that a program between has written anew', async (t) => {
  const { loader, schemas } = await openFor(t, client, ['transactions']);
  await takesSpaced(t, loader, schemas, oddNumbers);
});

t.test('a file, packed or not, and another schema', async (t) => {
  const loader = openLoader(client);
  t.teardown(() => loader.folder.remove());
  const schemas = await messagesOf(['--test=schema', '--streams', 'banks']);
  const messages = run(schemas, [record('banks', '{"id":1,"name":"A"}')]);
  for (const [name, content] of [
    ["it's.jsonl", messages],
    ['run.jsonl.gz', gzipSync(messages)],
  ] as const) {
    const file = join(loader.folder.path, name);
    writeFileSync(file, content);
    await loader.make(['--streams', 'banks', '--input', file, '--schema', 'my "own".place']);
    const { code, stdout, stderr } = await loader.load('');
    t.equal(code, 0, name, { stderr });
    t.equal(stdout, '{"bookmarks":{}}\n');
  }
  t.strictSame(await loader.query('SELECT name FROM "my ""own"".place".banks'), [[{ name: 'A' }]]);
});

t.test('the same connection, again and after a failure', async (t) => {
  const { loader, schemas } = await openFor(t, 'Python, 2.0.1', ['banks']);
  const { python } = await environmentOf('duckdb');
  const good = loader.folder.file('good', run(schemas, [record('banks', '{"id":1}')], '{"n":1}'));
  const bad = loader.folder.file('bad', `${schemas}?\n`);
  const later = loader.folder.file('later', run(schemas, [record('banks', '{"id":2}')], '{"n":2}'));
  const script = `
import duckdb, sys
connection = duckdb.connect()
sql = open(sys.argv[1]).read()
for path in sys.argv[2:]:
    try:
        print(connection.execute(sql.replace('/dev/stdin', path)).fetchone()[0])
    except duckdb.Error as error:
        print(type(error).__name__)
        connection.execute('ROLLBACK')
print(connection.execute('SELECT count(*), current_schema() FROM paystack.banks').fetchone())
`;
  const sql = join(loader.folder.path, 'load.sql');
  const printed = await output([python, '-c', script, sql, good, bad, later]);
  t.equal(printed, '{"n":1}\nInvalidInputException\n{"n":2}\n(2, \'main\')\n');
});
