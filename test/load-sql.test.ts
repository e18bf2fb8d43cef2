/** `load-sql`: what its SQL says of tables, names and files, and what the command line must be. What it does is for `test/interop/load-*.test.ts`. */
import t from 'tap';
import { discover } from '../src/command/discover.ts';
import { selectStreams } from '../src/singer/selection.ts';
import { duckdb } from '../src/warehouse/duckdb.ts';
import { loadOf } from '../src/warehouse/load.ts';
import { quoteName, quoteText, tableOf } from '../src/warehouse/names.ts';
import { postgres } from '../src/warehouse/postgres.ts';
import { type Table, tablesOf } from '../src/warehouse/tables.ts';
import { runTap, selecting, workFolder } from './support/tap.ts';

const offered = discover();
const all = selectStreams(offered, undefined, new Set(offered.map(({ stream }) => stream)));
const options = { schema: 'paystack', input: '/dev/stdin', version: '1.2.3' };

/** What a table is created with and what is added to it: type by column. */
function typesAdded(sql: string, table: string): Record<string, string> {
  const created = new RegExp(`^CREATE TABLE IF NOT EXISTS "${table}" \\((.*), PRIMARY KEY \\(.*\\)\\);$`, 'm').exec(
    sql,
  );
  const added = sql.matchAll(new RegExp(`^ALTER TABLE "${table}" ADD COLUMN IF NOT EXISTS (.*);$`, 'gm'));
  const columns = [...(created?.[1] ?? '').split(', '), ...[...added].map(([, column = '']) => column)];
  return Object.fromEntries(columns.map((column) => /^"(.*)" (.*)$/.exec(column)!.slice(1)));
}

/** What the SQL says that the columns are to be. */
function typesListed(sql: string, table: string): Record<string, string> {
  const rows = sql.matchAll(new RegExp(`^  \\('${table}', '(.*?)', (?:'.*?'|NULL), '(.*?)', (?:true|false)\\)`, 'gm'));
  return Object.fromEntries([...rows].map(([, column, type]) => [column, type]));
}

const databases = {
  duckdb: {
    dialect: duckdb,
    typesIn: typesAdded,
    scalars: { boolean: 'BOOLEAN', integer: 'BIGINT', number: 'DECIMAL(38,18)', string: 'VARCHAR' },
    date: 'TIMESTAMP WITH TIME ZONE',
    json: 'JSON',
  },
  postgres: {
    dialect: postgres,
    typesIn: typesListed,
    scalars: { boolean: 'boolean', integer: 'bigint', number: 'numeric', string: 'text' },
    date: 'timestamp with time zone',
    json: 'jsonb',
  },
} as const;

for (const [database, { dialect, typesIn, scalars, date, json }] of Object.entries(databases)) {
  t.test(`${database}: every column of every stream has the type of its schema`, async (t) => {
    const sql = loadOf(dialect, tablesOf(all), options);
    t.equal(all.length, 35);
    const seen = new Set<string>();
    for (const { name, schema } of all) {
      const { _sdc_extracted_at, _sdc_table_version, ...own } = typesIn(sql, name);
      t.strictSame([_sdc_extracted_at, _sdc_table_version], [date, scalars.integer], name);
      const expected = Object.entries(schema.properties ?? {}).map(([column, { type, format }]) => {
        const [only = '', ...others] = [type].flat().filter((one) => one !== 'null');
        const scalar = format === 'date-time' ? date : (scalars as Record<string, string>)[only];
        return [column, others.length > 0 ? json : (scalar ?? json)];
      });
      t.strictSame(own, Object.fromEntries(expected), name);
      for (const type of Object.values(own)) seen.add(type);
    }
    t.equal(seen.size, 6, 'each type is used');
  });

  t.test(`${database}: the key is the primary key`, async (t) => {
    const sql = loadOf(dialect, tablesOf(all), options);
    t.match(sql, `CREATE TABLE IF NOT EXISTS "transactions" ("id" ${scalars.integer}, PRIMARY KEY ("id"));`);
    for (const { name, keyProperties } of all) {
      const [, key] = new RegExp(`TABLE IF NOT EXISTS "${name}" .*PRIMARY KEY \\((.*)\\)\\);`).exec(sql)!;
      t.equal(key, keyProperties.map((column) => `"${column}"`).join(', '), name);
    }
  });

  t.test(`${database}: names and texts are quoted, whatever they hold`, async (t) => {
    const odd: Table = {
      name: `o'"dd\n; DROP TABLE x`,
      key: [`k'"`],
      columns: [{ name: `k'"`, kind: 'integer', declared: '"integer"' }],
    };
    const input = `/tmp/it's${dialect === duckdb ? '\n' : ''}; DROP TABLE y`;
    const sql = loadOf(dialect, [odd], { ...options, schema: `s'"`, input });
    const bare = sql.replace(/\$\$[^$]*\$\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|--.*$/gm, 'quoted');
    t.notMatch(bare, /["']|DROP TABLE [xy]/, 'nothing of it stands outside of quotes');
  });
}

t.test('quotes', async (t) => {
  t.equal(quoteName('a "b"; --'), '"a ""b""; --"');
  t.equal(quoteText("it's \\ '"), "'it''s \\ '''");
  t.equal(tableOf('my "own"', 'a.b'), '"my ""own"""."a.b"');
});

t.test('names and files that PostgreSQL or psql would take for others are refused', async (t) => {
  const [{ columns, key }] = tablesOf(all) as [Table];
  const table = (name: string): Table => ({ name, key, columns });
  const long = 'é'.repeat(32);
  const says = { message: `the name "${long}" is longer than the 63 bytes that the database keeps of it; shorten it` };
  t.throws(() => loadOf(postgres, [table(long)], options), says);
  t.throws(() => loadOf(postgres, [table('short')], { ...options, schema: long }), says);
  const column = { ...columns[0]!, name: long };
  t.throws(() => loadOf(postgres, [{ name: 'short', key, columns: [...columns, column] }], options), says);
  t.ok(loadOf(postgres, [table(`${long.slice(1)}x`)], options));
  t.ok(loadOf(duckdb, [table(long)], options));
  for (const input of ['/tmp/a\nb', '/tmp/a\r.gz']) {
    t.throws(() => loadOf(postgres, [table('short')], { ...options, input }), { message: /^--input has a line break/ });
  }
});

t.test('DuckDB is kept from showing on stdout how far it is, before it does anything else', async (t) => {
  const [first] = loadOf(duckdb, tablesOf(all), options)
    .replace(/^--.*\n|^\n/gm, '')
    .split('\n');
  t.equal(first, 'SET enable_progress_bar = false;');
});

t.test('only the selected streams and columns, by the names that they have in the messages', async (t) => {
  const catalog = selecting(['banks', 'refunds']);
  catalog.streams[0].stream = 'Branches';
  catalog.streams[1].metadata.push({ breadcrumb: ['properties', 'currency'], metadata: { selected: false } });
  const tables = tablesOf(selectStreams(offered, catalog.streams));
  t.strictSame(tables.map(({ name }) => name).sort(), ['Branches', 'refunds']);
  const columns = tables.find(({ name }) => name === 'refunds')!.columns.map(({ name }) => name);
  t.ok(columns.includes('amount') && !columns.includes('currency'));
});

t.test('what cannot be loaded is said beforehand', async (t) => {
  t.throws(() => tablesOf([]), { message: 'no stream is selected, so there is nothing to load' });
  const [one, other] = all as [(typeof all)[0], (typeof all)[0]];
  t.throws(
    () =>
      tablesOf([
        { ...one, name: 'Same' },
        { ...other, name: 'same' },
      ]),
    {
      message: 'the streams "Same" and "same" would share a table; rename one',
    },
  );
});

t.test('the command prints SQL for the streams of the catalog, of the config and of the flag', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const catalog = folder.file('catalog.json', selecting(['banks']));
  const config = folder.file('config.json', { streams: ['plans'] });
  const tables = async (...args: string[]) => {
    const { code, stdout, stderr } = await runTap(['load-sql', 'duckdb', ...args]);
    t.strictSame([code, stderr], [0, '']);
    return [...stdout.matchAll(/^CREATE TABLE IF NOT EXISTS "(\w+)"/gm)].map(([, name]) => name);
  };
  t.strictSame(await tables('--catalog', catalog), ['banks']);
  t.strictSame(await tables('--config', config), ['plans']);
  t.strictSame(await tables('--config', config, '--streams', 'refunds'), ['refunds']);
  t.equal(
    (await tables()).length,
    offered.filter(({ metadata }) => metadata[0]!.metadata['selected-by-default']).length,
  );
});

t.test('schema and input', async (t) => {
  const sqlOf = async (database: string, ...args: string[]) =>
    (await runTap(['load-sql', database, '--streams', 'plans', ...args])).stdout;
  const forDuckdb = await sqlOf('duckdb', '--schema', 'a b', '--input', "it's.gz");
  t.match(forDuckdb, `CREATE SCHEMA IF NOT EXISTS "a b";\nSET schema = '"a b"';`);
  t.match(forDuckdb, "read_ndjson_objects('it''s.gz',");
  t.match(await sqlOf('postgres'), '\\copy tap_paystack_lines (line) from pstdin with (');
  t.match(await sqlOf('postgres', '--input', "it's"), "(line) from 'it''s' with (");
  t.match(await sqlOf('postgres', '--input', "it's.gz"), "(line) from program 'gzip -dc < ''it''\\''''s.gz''' with (");
  const named = await sqlOf('postgres', '--schema', `it's "so"`);
  t.match(named, `SELECT 'CREATE SCHEMA "it''s ""so"""'\nWHERE NOT EXISTS`);
  t.match(named, `SET LOCAL search_path = "it's ""so""";`);
});

const mistakes: readonly (readonly [readonly string[], number, string])[] = [
  [['load-sql'], 2, 'load-sql wants the name of a database: duckdb, postgres'],
  [['load-sql', 'duckbd'], 2, 'load-sql has SQL for duckdb, postgres, and not for "duckbd"'],
  [['laod-sql', 'duckdb'], 2, 'there is no command "laod-sql"; did you mean "load-sql"?'],
  [['load-sql', 'duckdb', 'twice'], 2, '"twice" is not understood'],
  [['load-sql', 'duckdb', '--shema', 'x'], 2, 'there is no flag --shema; did you mean --schema?'],
  [['load-sql', 'duckdb', '--schema', ' '], 2, '--schema is empty: name the schema'],
  [['load-sql', 'duckdb', '--input', ''], 2, '--input is empty: name the file'],
  [['load-sql', 'duckdb', '--state', 'x'], 2, '--state does not go with load-sql'],
  [['load-sql', 'duckdb', '--plan'], 2, '--plan does not go with load-sql'],
  [['load-sql', 'duckdb', '--report', 'x'], 2, '--report does not go with load-sql'],
  [['--schema', 'x'], 2, '--schema goes with load-sql only'],
  [['load-sql', 'duckdb', '--streams', 'bank'], 1, 'there is no stream "bank"; did you mean "banks"?'],
  [['load-sql', 'duckdb', '--catalog', 'none.json'], 1, 'catalog file "none.json": it cannot be read'],
];

for (const [args, code, line] of mistakes) {
  t.test(`a mistake is said in one line: ${args.join(' ')}`, async (t) => {
    const run = await runTap(args);
    t.equal(run.code, code);
    t.equal(run.stdout, '');
    t.match(run.stderr, `CRITICAL ${line.startsWith('there is no stream') ? '' : line}`);
    t.match(run.stderr, line);
    t.equal(run.stderr.split('\n').length, args[0] === 'laod-sql' ? 3 : 2, 'one line for each mistake');
  });
}

t.test('--help says what it takes', async (t) => {
  const { code, stdout } = await runTap(['load-sql', '--help']);
  t.equal(code, 0);
  for (const word of ['load-sql duckdb|postgres', '--schema', '--input', '--catalog']) t.match(stdout, word);
  t.match((await runTap(['--help'])).stdout, /load-sql \[database\]/);
});
