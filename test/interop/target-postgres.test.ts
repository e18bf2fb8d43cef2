/** Both PostgreSQL targets that people use. */
import t from 'tap';
import { workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { postgresTargets, startPostgres } from './support/postgres.ts';
import { takesTwoRuns } from './support/two-runs.ts';
import { viewsHaveDates, viewsOfPage, viewsWithoutQuotes } from './support/views.ts';

/** One of each kind: by creation, whole, under parents, with a key of several columns or of text, without amounts. */
const some = [
  'balances',
  'customers',
  'plans',
  'product_orders',
  'refunds',
  'settlements',
  'settlement_transactions',
  'subscriptions',
  'transactions',
] as const;

const postgres = await startPostgres();
t.teardown(() => postgres.stop());

for (const [name, spelling, database, views] of [
  ['meltanolabs-target-postgres', 'quoted', 'meltanolabs', viewsOfPage],
  ['pipelinewise-target-postgres', 'folded', 'pipelinewise', viewsWithoutQuotes],
] as const) {
  t.test(`${name}: two runs, the second incremental, their receipts, and the views of the page`, async (t) => {
    const { config, column } = postgresTargets[name];
    const environment = await environmentOf(name);
    const folder = workFolder();
    t.teardown(() => folder.remove());
    const own = await postgres.another(database);
    await own.execute(`alter database ${database} set search_path = paystack`);
    await takesTwoRuns(t, {
      into: [environment.bin('target-postgres'), '--config', folder.file('target.json', config(own))],
      column,
      table: (stream) => `paystack.${stream}`,
      query: own.query,
      receipts: some,
      spelling,
      ask: async (queries) => (await Promise.all(queries.map((sql) => own.query(sql.trimEnd().slice(0, -1))))).flat(),
      change: own.execute,
    });
    await own.execute(views);
    await viewsHaveDates(t, own.query);
  });
}
