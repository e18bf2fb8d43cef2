/** `load-sql postgres`: the tap's messages, loaded by psql, are in the tables to the last digit, or nothing is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { startSandbox } from '../../src/sandbox/server.ts';
import { ended, output, start } from '../support/commands.ts';
import { startTap } from '../support/tap.ts';
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
  type Loader,
  lastState,
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
import { openPostgresLoader, startPostgres } from './support/postgres.ts';

const server = startPostgres();
t.teardown(async () => (await server).stop());

/** An older one, for what PostgreSQL has changed since: the text of psql's COPY, and the plans. */
const older = startPostgres(16);
t.teardown(async () => (await older).stop());

const servers = [
  ['PostgreSQL 16', older],
  ['PostgreSQL 18', server],
] as const;

async function open(t: Test, database: string, on = server): Promise<Loader> {
  const loader = await openPostgresLoader(await on, database);
  t.teardown(() => loader.folder.remove());
  return loader;
}

/** A loader for these streams, and the SCHEMA messages of a run of them. */
async function openFor(t: Test, database: string, streams: readonly string[], on = server) {
  const loader = await open(t, database, on);
  return { loader, schemas: await makeFor(loader, streams) };
}

/** A refusal that says one thing in one line. */
async function refusesInOneLine(t: Test, loader: Loader, messages: string, why: RegExp | string): Promise<string> {
  const stderr = await refuses(t, loader, messages, why);
  t.match(stderr, /^psql:[^\n]*: ERROR: {2}[^\n]*\n$/, 'in one line, and without the row');
  return stderr;
}

for (const [name, on] of servers) {
  t.test(`${name}: all streams, twice, the second time from the state`, async (t) => {
    await loadsAllTwice(t, await open(t, 'twice', on));
  });
}

/** Without what PostgreSQL has none of. */
const oddWithoutNul = oddNumbers.replaceAll('\\u0000', '\\u0001');

/** `jsonb` has each number with all its digits, but no sign of zero and no exponent. */
const asNumeric = (text: string) =>
  text
    .replaceAll(/("(?:[^"\\]|\\.)*")|1e400/g, (_, string) => string ?? `1${'0'.repeat(400)}`)
    .replaceAll(/("(?:[^"\\]|\\.)*")|1e-400/g, (_, string) => string ?? `0.${'0'.repeat(399)}1`)
    .replaceAll(/("(?:[^"\\]|\\.)*")|1[eE]\+?5/g, (_, string) => string ?? '100000')
    .replaceAll(/("(?:[^"\\]|\\.)*")|-(0(?:\.0)?)(?=[,\]}])/g, (_, string, zero) => string ?? zero);

t.test('nothing is rounded, and nothing is taken for what it is not', async (t) => {
  const { loader, schemas } = await openFor(t, 'exact', ['subaccounts', 'transactions']);
  const text = JSON.stringify("\\N \\. \u0001\u0002 \"x\": 1.10, \ud83e\uddfe \\u0000 '; DROP :x :'x' $$");
  const messages = run(schemas, [
    record(
      'transactions',
      `{"id":9007199254740993,"amount":-9223372036854775808,"metadata":${oddWithoutNul},"_extra":[${oddWithoutNul}]}`,
    ),
    record('transactions', `{"id":1,"amount":9223372036854775807,"message":${text},"metadata":"1.10","reference":""}`),
    record('transactions', `{"id":2,"createdAt":"0001-01-01T00:00:00.001Z","paidAt":"9999-12-31T23:59:59.999Z"}`),
    record('transactions', `{"id":3,"message":${JSON.stringify('1.10 "x" \\ ✓'.repeat(500_000))}}`),
    record('subaccounts', '{"id":1,"active":true,"percentage_charge":0.1234567890123456789012345678901234567890}'),
    record('subaccounts', '{"id":2,"active":false,"percentage_charge":12.50}'),
    record('subaccounts', '{"id":3,"percentage_charge":20}'),
  ]);
  await loads(t, loader, messages);
  const [transactions, subaccounts] = await storedRows(loader, messages, ['transactions', 'subaccounts']);
  t.strictSame(sorted(transactions!), sorted(rowsOf(asNumeric(messages), 'transactions')));
  t.strictSame(sorted(subaccounts!), sorted(rowsOf(messages, 'subaccounts')));
  const extracted = `to_char(_sdc_extracted_at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS') AS at, _sdc_table_version AS version`;
  t.strictSame((await loader.query(few('transactions', extracted)))[0]![0], { at: '03:04:05.678', version: null });

  const big = run(schemas, [record('transactions', '{"id":5,"amount":18446744073709551615}')]);
  const why = 'the column transactions.amount is bigint, which does not hold 18446744073709551615: make it numeric';
  await refusesInOneLine(t, loader, big, why);
  const json = oddWithoutNul.replace('{', '{"twice":1,"twice":-0,');
  await loader.query(
    'ALTER TABLE paystack.transactions ALTER amount TYPE numeric, ALTER metadata TYPE json USING metadata::json',
  );
  await loads(t, loader, big);
  await loads(t, loader, run(schemas, [record('transactions', `{"id":6,"metadata":${json}}`)]));
  t.strictSame(await loader.query('SELECT amount, metadata::text FROM paystack.transactions WHERE id > 4 AND id < 7'), [
    [
      { amount: '18446744073709551615', metadata: null },
      { amount: null, metadata: json },
    ],
  ]);
});

t.test('hostile answers: NUL and 64 bits without a sign, and what a user does who has them', async (t) => {
  const { loader } = await openFor(t, 'hostile', ['transactions']);
  const messages = await hostileMessages(t, loader);
  const says = await refusesInOneLine(t, loader, messages, 'a record of transactions has a text with U+0000');
  const [, remedy = ''] = /go through (sed .*?) before psql$/m.exec(says) ?? [];
  const file = loader.folder.file('hostile.jsonl', messages);
  const readable = await output(['bash', '-c', `${remedy} < "$0"`, file]);
  t.match(readable, 'NUL \\ufffd inside');
  await refusesInOneLine(t, loader, readable, 'does not hold 18446744073709551615: make it numeric');
  await loader.query('CREATE SCHEMA paystack', 'CREATE TABLE paystack.transactions (id numeric PRIMARY KEY)');
  await holdsHostile(t, loader, readable, asNumeric);
});

t.test('the last message of a key counts, whatever its date, and what others have stays', async (t) => {
  const { loader, schemas } = await openFor(t, 'last', ['customers']);
  await loader.query(
    'CREATE SCHEMA paystack',
    'CREATE TABLE paystack."Customers" (id text)',
    'CREATE TABLE paystack.customers (id bigint PRIMARY KEY, mine text, createdat text)',
    "INSERT INTO paystack.customers VALUES (1, 'kept', 'mine too')",
  );
  await loads(
    t,
    loader,
    run(schemas, [
      record('customers', '{"id":1,"email":"old","metadata":{"a":1,"b":2}}'),
      record('customers', '{"id":2,"email":"other"}'),
      record('customers', '{"id":1,"email":"new","createdAt":"2020-01-01T00:00:00.000Z","metadata":{"a":3}}'),
    ]),
  );
  await loads(
    t,
    loader,
    run(schemas, [record('customers', '{"id":2,"first_name":"Ada"}'), record('customers', '{"id":3}')]),
  );
  const columns = 'id, email, first_name, metadata, mine, createdat, "createdAt" IS NOT NULL AS dated';
  t.strictSame(await loader.query(few('customers', columns)), [
    [
      {
        id: '1',
        email: 'new',
        first_name: null,
        metadata: '{"a": 3}',
        mine: 'kept',
        createdat: 'mine too',
        dated: 'true',
      },
      { id: '2', email: null, first_name: 'Ada', metadata: null, mine: null, createdat: null, dated: 'false' },
      { id: '3', email: null, first_name: null, metadata: null, mine: null, createdat: null, dated: 'false' },
    ],
  ]);
  t.strictSame(await loader.query('SELECT * FROM paystack."Customers"'), [[]]);
});

t.test('keys of several columns', async (t) => {
  const { loader, schemas } = await openFor(t, 'keys', ['product_orders']);
  await takesKeysOfSeveralColumns(t, loader, schemas);
});

t.test('ACTIVATE_VERSION takes away the rows of other versions, and none of other streams', async (t) => {
  const { loader, schemas } = await openFor(t, 'versions', ['banks', 'subaccounts']);
  await activatesVersions(t, loader, schemas);
});

t.test('messages of another choice of streams or columns are refused', async (t) => {
  const { loader, schemas } = await openFor(t, 'choice', ['banks', 'transactions']);
  await refusesOtherChoices(t, loader, schemas);
});

t.test('tables that would round, cut or double are refused, and stay as they are', async (t) => {
  const { loader, schemas } = await openFor(t, 'tables', ['transactions']);
  const messages = run(schemas, [record('transactions', '{"id":1}')]);
  await loader.query('CREATE SCHEMA paystack');
  for (const [columns, why] of [
    [
      'id bigint PRIMARY KEY, amount double precision',
      'column amount is double precision and not bigint: a value might',
    ],
    ['id bigint PRIMARY KEY, amount numeric(9,2)', 'column amount is numeric(9,2) and not bigint'],
    ['id bigint PRIMARY KEY, status varchar(9)', 'column status is character varying(9) and not text'],
    [
      'id bigint PRIMARY KEY, "paidAt" timestamp',
      'column paidAt is timestamp without time zone and not timestamp with',
    ],
    ['id bigint UNIQUE', 'the table transactions has not the primary key id: rename it'],
    ['id bigint, mine bigint, PRIMARY KEY (id, mine)', 'has not the primary key id'],
    ['id bigint UNIQUE, amount bigint PRIMARY KEY', 'has not the primary key id'],
  ] as const) {
    await loader.query(`CREATE TABLE paystack.transactions (${columns})`);
    await refusesInOneLine(t, loader, messages, why);
    const [found = []] = await loader.query(
      "SELECT count(*) AS n FROM information_schema.columns WHERE table_schema = 'paystack'",
    );
    t.strictSame(found, [{ n: String(columns.replace(/, PRIMARY KEY .*/, '').split(/, /).length) }], 'no column more');
    await loader.query('DROP TABLE paystack.transactions');
  }
});

for (const [name, on] of servers) {
  t.test(`${name}: a run that was cut is loaded as far as its lines are whole`, async (t) => {
    const { loader, schemas } = await openFor(t, 'cut', ['transactions'], on);
    await takesWhatWasCut(t, loader, schemas, refusesInOneLine);
    const state = '{"n":1}';
    const dotted = `${run(schemas, [], state)}\\.\n${run(schemas, [record('transactions', '{"id":5}')], '{"n":5}')}`;
    if (on === server) {
      await refuses(t, loader, dotted, /line \d+ of the messages is no SCHEMA/);
    } else {
      // To older ones this line is where what is copied ends.
      const { code, stdout } = await loader.load(dotted);
      t.strictSame([code, stdout], [0, `${state}\n`], 'what is behind it is not loaded, nor its state printed');
    }
    t.strictSame(await loader.query(few('transactions', 'id')), [[{ id: '1' }, { id: '2' }, { id: '4' }]]);
  });
}

t.test('a failure, however late, leaves everything as it was', async (t) => {
  const { loader, schemas } = await openFor(t, 'late', ['banks', 'subaccounts']);
  await loads(t, loader, run(schemas, [record('banks', '{"id":1,"name":"A"}')]));
  await loader.query('ALTER TABLE paystack.subaccounts ADD CHECK (id < 9)', 'ALTER TABLE paystack.banks DROP slug');
  const messages = run(schemas, [record('banks', '{"id":1,"name":"B"}'), record('subaccounts', '{"id":9}')]);
  await refusesInOneLine(t, loader, messages, 'violates check constraint');
  t.strictSame(await loader.query(few('banks', 'name')), [[{ name: 'A' }]]);
  const slug = `SELECT 1 AS one FROM information_schema.columns WHERE table_name = 'banks' AND column_name = 'slug'`;
  t.strictSame(await loader.query(slug), [[]], 'no column more');
});

t.test('who reads a table is not waited for', async (t) => {
  const { loader, schemas } = await openFor(t, 'locks', ['banks']);
  const { psql, uri } = await server;
  await loads(t, loader, run(schemas, [record('banks', '{"id":1}')]));
  await loader.query("ALTER DATABASE locks SET lock_timeout = '1s'");
  const reader = start([psql, '-XAtq', uri('locks')], { stdio: ['pipe', 'pipe', 'ignore'] });
  reader.stdin!.write('BEGIN; SELECT id FROM paystack.banks;\n');
  await new Promise((resolve) => reader.stdout!.once('data', resolve));
  await loads(t, loader, run(schemas, [record('banks', '{"id":2}')]));
  reader.stdin!.end();
  t.equal((await ended(reader)).code, 0);
});

t.test('messages that a program between has written anew', async (t) => {
  const { loader, schemas } = await openFor(t, 'anew', ['transactions']);
  await takesSpaced(t, loader, schemas, oddWithoutNul, asNumeric);
});

t.test('a file, packed or not, and another schema', async (t) => {
  const loader = await open(t, 'files');
  const schemas = await messagesOf(['--test=schema', '--streams', 'banks']);
  const messages = run(schemas, [record('banks', '{"id":1,"name":"A"}')]);
  const names = { "it's $HOME\\.jsonl": messages, "it's $HOME\\.gz": gzipSync(messages), 'cut.gz': undefined };
  for (const [name, content] of Object.entries(names)) {
    const file = join(loader.folder.path, name);
    writeFileSync(file, content ?? gzipSync(messages).subarray(0, -9));
    await loader.make(['--streams', 'banks', '--input', file, '--schema', 'my "own".place']);
    const { code, stdout, stderr } = await loader.load('');
    if (content === undefined) t.strictSame([code, stdout], [3, ''], 'what cannot be unpacked is not loaded');
    else t.strictSame([code, stdout, stderr], [0, '{"bookmarks":{}}\n', ''], name);
  }
  t.strictSame(await loader.query('SELECT name FROM "my ""own"".place".banks'), [[{ name: 'A' }]]);
});

t.test('a tap that is killed on its way, and goes on from what psql printed', async (t) => {
  const { loader } = await openFor(t, 'killed', ['transactions']);
  const rows = 3000;
  const span = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
  const sandbox = await startSandbox({ synthetic: { transactions: { rows, ...span } } });
  t.teardown(() => sandbox.close());
  const { folder } = loader;
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, start_date: '2026-01-01' };
  const args = ['--config', folder.file('config.json', settings), '--streams', 'transactions'];
  const { psql, uri } = await server;
  const into = [psql, '-X', '-f', join(folder.path, 'load.sql'), uri('killed')] as const;
  const count = async () => Number((await loader.query('SELECT count(*) AS n FROM paystack.transactions'))[0]![0].n);

  const tap = startTap(args);
  const loading = start(into, { stdio: ['pipe', 'pipe', 'pipe'] });
  let messages = '';
  tap.stdout!.setEncoding('utf8').on('data', (text: string) => {
    messages += text;
    if (messages.length > 1_000_000) tap.kill('SIGKILL');
  });
  tap.stdout!.pipe(loading.stdin!);
  const [killed, { code, stdout }] = await Promise.all([ended(tap, null), ended(loading)]);
  t.strictSame([killed.code, code], [null, 0]);
  t.equal(stdout, `${lastState(messages)}\n`);
  const before = await count();
  t.ok(before > 0 && before < rows, `${before} rows`);

  await loads(t, loader, await messagesOf([...args, '--state', folder.file('state.json', stdout)]));
  t.equal(await count(), rows, 'nothing is lost');
});
