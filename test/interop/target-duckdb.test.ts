/** The pipelinewise family of targets, as target-duckdb. */
import { join } from 'node:path';
import t from 'tap';
import { output } from '../support/commands.ts';
import { type Json, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { streamNames } from './support/payments.ts';
import { takesTwoRuns } from './support/two-runs.ts';

/** Runs statements on a file, in the schema of the target, and prints the rows of all, each column as text. */
const python = `
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("set schema 'paystack'")
text = lambda value: None if value is None else str(value)
rows = []
for sql in json.loads(sys.argv[2]):
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    rows += [dict(zip(names, map(text, row))) for row in cursor.fetchall()]
print(json.dumps(rows))
`;

t.test('two runs, the second incremental, and their receipts', async (t) => {
  const environment = await environmentOf('target-duckdb');
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const file = join(folder.path, 'warehouse.duckdb');
  const settings = folder.file('target.json', { path: file, filepath: file, default_target_schema: 'paystack' });
  const ask = async (queries: readonly string[]) =>
    JSON.parse(await output([environment.python, '-c', python, file, JSON.stringify(queries)])) as Json[];
  await takesTwoRuns(t, {
    into: [environment.bin('target-duckdb'), '--config', settings],
    column: (name) => name.toLowerCase(),
    table: (stream) => `paystack.${stream}`,
    query: (sql) => ask([sql]),
    receipts: streamNames,
    spelling: 'quoted',
    ask,
    change: (sql) => ask([sql]),
  });
});
