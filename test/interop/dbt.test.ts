/** The sources of docs/dbt in a project of dbt: their tests pass over a load of all streams, and find what is broken then. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../../src/package.ts';
import { readFixtures } from '../../src/sandbox/dataset.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { type Command, output, run } from '../support/commands.ts';
import { oldestDbt } from '../support/dbt.ts';
import { blockOf } from '../support/pages.ts';
import { referencesOf, streamNames } from '../support/references.ts';
import { type Json, type Run, selecting, workFolder } from '../support/tap.ts';
import { type Environment, environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { viewsHaveDates, viewsOfPage } from './support/views.ts';

const page = 'docs/analysts.md';

/** Runs the statements of a text, one after the other, and prints the rows of the last. */
const execute = `
import duckdb, json, sys
cursor = duckdb.connect(sys.argv[1]).execute(sys.argv[2])
names = [column[0] for column in cursor.description or []]
print(json.dumps([dict(zip(names, row)) for row in cursor.fetchall()], default=str))
`;

t.test('all 35 streams as sources of dbt, loaded by target-duckdb', async (t) => {
  const dbt = await environmentOf('dbt-duckdb');
  const target = await environmentOf('target-duckdb');
  const folder = workFolder();
  const sandbox = await startSandbox({
    records: { transactions: withParents('transactions'), banks: withParents('banks') },
  });
  t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));
  const file = join(folder.path, 'warehouse.duckdb');
  const settings = { path: file, filepath: file, default_target_schema: 'paystack', add_metadata_columns: true };
  const into: Command = [target.bin('target-duckdb'), '--config', folder.file('target.json', settings)];
  const config = folder.file('config.json', { secret_key: sandbox.secretKey, api_url: sandbox.url });
  await load(['--config', config, '--catalog', folder.file('catalog.json', selecting(streamNames))], into);
  const sql = async (text: string) => JSON.parse(await output([dbt.python, '-c', execute, file, text])) as Json[];

  const cwd = folder.path;
  const bash = inProject(folder, dbt, file);
  const made = (name: string) => JSON.parse(readFileSync(join(cwd, 'target', name), 'utf8')) as Json;

  await t.test('a load that is whole passes', async (t) => {
    const ran = await bash(blockOf(page, 'dbt test'));
    endsWith(t, 0, ran);
    t.match(ran.stdout, /PASS=1\d\d WARN=0 ERROR=0 SKIP=0/, 'all tests pass');
    const fresh = made('sources.json').results as Json[];
    t.strictSame([fresh.length, fresh.filter(({ status }) => status !== 'pass')], [35, []], 'all sources are fresh');
    t.strictSame(
      undocumented(made('catalog.json'), made('manifest.json')),
      [],
      'each column of the tap has its description',
    );
  });

  await t.test('the views of the page', async (t) => {
    await sql(viewsOfPage);
    await viewsHaveDates(t, sql);
  });

  await t.test('what is broken is found', async (t) => {
    const twice = (table: string) => `select * from ${table} union all (select * from ${table} limit 1)`;
    // The tables anew, since those of the target refuse some of this.
    const spoilt = {
      customers: twice('paystack.customers'),
      product_orders: twice('paystack.product_orders'),
      refunds: 'select * replace (1 as transaction) from paystack.refunds',
      balance_ledger: "select * replace (null as id, 'tset' as domain) from paystack.balance_ledger limit 1",
      transactions: `select * replace ('{"id": 9007199254740993}' as customer, now() - interval 3 day as _sdc_extracted_at)
        from paystack.transactions`,
    };
    for (const [table, query] of Object.entries(spoilt)) {
      const name = `paystack.${table}`;
      await sql(`create table new as ${query}; drop table ${name}; create table ${name} as from new; drop table new`);
    }
    // The tests of the other tables have passed, and nothing in those has changed.
    const tests = Object.keys(spoilt).map((table) => `source:paystack.${table}`);
    endsWith(t, 1, await bash(`dbt test --select ${tests.join(' ')}`));
    const { results } = made('run_results.json') as { results: Json[] };
    const found = results
      .filter(({ status }) => status !== 'pass')
      .map(({ unique_id, status }) => `${status} ${unique_id.split('.').at(-2)}`);
    t.strictSame(found.sort(), broken, 'and nothing else');
    t.ok(results.length > 30);
    endsWith(t, 1, await bash('dbt source freshness'));
    const stale = (made('sources.json').results as Json[]).filter(({ status }) => status !== 'pass');
    t.strictSame(
      stale.map(({ unique_id, status }) => `${status} ${unique_id}`),
      ['error source.warehouse.paystack.transactions'],
    );
  });
});

t.test(`the oldest dbt that the sources are for, ${oldestDbt}, reads them`, async (t) => {
  t.match(readFileSync(join(packageFolder, page), 'utf8'), `for dbt-core ${oldestDbt} or newer`);
  const dbt = await environmentOf('dbt-core');
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const ran = await inProject(folder, dbt, join(folder.path, 'warehouse.duckdb'))('dbt parse');
  endsWith(t, 0, ran);
  t.match(ran.stdout, `Running with dbt=${oldestDbt}\n`);
  t.notMatch(ran.stdout, 'Deprecated');
});

/** Makes the project of the page, over a file of DuckDB, and runs commands in it. */
function inProject(folder: ReturnType<typeof workFolder>, dbt: Environment, file: string) {
  const cwd = folder.path;
  mkdirSync(join(cwd, 'models'));
  copyFileSync(join(packageFolder, 'docs/dbt/sources.yml'), join(cwd, 'models/sources.yml'));
  folder.file('dbt_project.yml', blockOf(page, 'model-paths'));
  const duckdb = { type: 'duckdb', path: file };
  folder.file('profiles.yml', { warehouse: { target: 'dev', outputs: { dev: duckdb } } });
  const path = [dbt.binFolder, process.env['PATH']].join(delimiter);
  const env = { PATH: path, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' };
  return (text: string) => run(['bash', '-e', '-c', text], { cwd, env });
}

/** What the tests of the broken load are called by dbt, with their results. */
const broken = [
  'fail source_accepted_values_paystack_balance_ledger_domain__test__live',
  'fail source_not_null_paystack_balance_ledger_id',
  'warn paystack_transactions_customer_id_in_customers',
  'warn source_relationships_paystack_refunds_transaction__id__source_paystack_transactions_',
  'fail source_unique_paystack_customers_id',
  'fail paystack_product_orders_unique_key',
].sort();

/** The fixtures of a stream, and records that other fixtures refer to and that are not among them. */
function withParents(stream: 'transactions' | 'banks'): Json[] {
  const fixtures = readFixtures(stream) as Json[];
  const held = [...fixtures];
  const toIt = streamNames.flatMap(referencesOf).filter(({ to }) => to.stream === stream);
  for (const { stream: child, path, to } of toIt) {
    for (const record of Object.values(readFixtures(child)).flat() as Json[]) {
      const value = numberIn(record, path.split('.'));
      if (value === undefined || held.some((one) => one[to.column] === value)) continue;
      held.push({ ...fixtures[0], id: 1000 + held.length, reference: `more-${held.length}`, [to.column]: value });
    }
  }
  return held;
}

/** Of an id, where the column holds an object with it, and the other way round. Lists are left out. */
function numberIn(record: Json, [name = '', ...path]: string[]): unknown {
  const value = record[name] ?? undefined;
  if (path.length > 0) return typeof value === 'object' ? numberIn(value, path) : value;
  return typeof value === 'object' ? value.id : value;
}

/** Columns of the warehouse that the sources do not describe, and the other way round; but for what targets add. */
function undocumented(catalog: Json, manifest: Json): string[] {
  return Object.entries<Json>(manifest.sources).flatMap(([id, { columns }]) => {
    const described = new Set(Object.keys(columns).map((name) => name.toLowerCase()));
    const there = new Set(Object.keys(catalog.sources[id]?.columns ?? {}).map((name) => name.toLowerCase()));
    const differing = [...there].filter((name) => !described.has(name) && !name.startsWith('_sdc_'));
    return [...differing, ...[...described].filter((name) => !there.has(name))].map((name) => `${id} ${name}`);
  });
}

function endsWith(t: Test, expected: number, { code, stdout, stderr }: Run): void {
  t.equal(code, expected, 'its exit code', { stdout: stdout.slice(-4000), stderr: stderr.slice(-2000) });
}
