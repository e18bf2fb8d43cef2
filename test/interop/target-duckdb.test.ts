/** The pipelinewise family of targets, as target-duckdb: two runs into a file, the second from the printed state. */
import { join } from 'node:path';
import t from 'tap';
import { type Command, output } from '../support/commands.ts';
import { selecting, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { startHeld, streamNames, transaction } from './support/payments.ts';
import { holdsAll } from './support/warehouse.ts';

/** Prints the rows of a SELECT, each column as text. */
const select = `
import duckdb, json, sys
cursor = duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2])
names = [column[0] for column in cursor.description]
text = lambda value: None if value is None else str(value)
print(json.dumps([dict(zip(names, map(text, row))) for row in cursor.fetchall()]))
`;

t.test('two runs, the second incremental', async (t) => {
  const environment = await environmentOf('target-duckdb');
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const file = join(folder.path, 'warehouse.duckdb');
  const settings = folder.file('target.json', { path: file, filepath: file, default_target_schema: 'paystack' });
  const into: Command = [environment.bin('target-duckdb'), '--config', settings];
  const catalog = folder.file('catalog.json', selecting(streamNames));
  const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
  const warehouse = {
    query: async (sql: string) => JSON.parse(await output([environment.python, '-c', select, file, sql])),
    column: (name: string) => name.toLowerCase(),
    table: (stream: string) => `paystack.${stream}`,
  };

  const first = await load(from, into);
  await holdsAll(t, warehouse, held);

  held.add(transaction(1000, { createdAt: new Date().toISOString() }));
  const second = await load([...from, '--state', folder.file('state.json', first.state)], into);
  await holdsAll(t, warehouse, held);
  t.ok(second.written['transactions']! < 100, `incremental: ${second.written['transactions']} of 451 transactions`);
});
