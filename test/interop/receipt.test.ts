/** The SQL of a receipt, asked of real warehouses: it gives the receipt's figures, and finds what is not as it was written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import { type Command, output } from '../support/commands.ts';
import { type Json, selecting, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { type Held, startHeld, streamNames, transaction } from './support/payments.ts';
import { postgresTargets, startPostgres } from './support/postgres.ts';

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

interface Warehouse {
  readonly streams: readonly StreamName[];
  readonly into: Command;
  readonly spelling: 'quoted' | 'folded';
  /** Rows of all these queries; each column is text. */
  query(queries: readonly string[]): Promise<Json[]>;
  change(sql: string): Promise<unknown>;
}

/** Runs statements on a DuckDB file, in the schema of the target. */
const python = `
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("set schema 'paystack'")
rows = []
for sql in json.loads(sys.argv[2]):
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    rows += [dict(zip(names, map(str, row))) for row in cursor.fetchall()]
print(json.dumps(rows))
`;

for (const [name, spelling] of [
  ['meltanolabs-target-postgres', 'quoted'],
  ['pipelinewise-target-postgres', 'folded'],
] as const) {
  t.test(name, async (t) => {
    const environment = await environmentOf(name);
    const postgres = await startPostgres();
    const folder = workFolder();
    t.teardown(() => Promise.all([postgres.stop(), folder.remove()]));
    const settings = folder.file('target.json', postgresTargets[name].config(postgres));
    await postgres.execute('alter role postgres set search_path = paystack');
    const query = async (queries: readonly string[]) => {
      const answers = queries.map((sql) => postgres.query(sql.trimEnd().slice(0, -1)));
      return (await Promise.all(answers)).flat();
    };
    await provesIt(t, {
      streams: some,
      into: [environment.bin('target-postgres'), '--config', settings],
      spelling,
      query,
      change: postgres.execute,
    });
  });
}

t.test('target-duckdb', async (t) => {
  const environment = await environmentOf('target-duckdb');
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const file = join(folder.path, 'warehouse.duckdb');
  const settings = folder.file('target.json', { path: file, filepath: file, default_target_schema: 'paystack' });
  const query = async (queries: readonly string[]) =>
    JSON.parse(await output([environment.python, '-c', python, file, JSON.stringify(queries)]));
  const change = (sql: string) => query([sql]);
  const into: Command = [environment.bin('target-duckdb'), '--config', settings];
  await provesIt(t, { into, streams: streamNames, spelling: 'quoted', query, change });
});

async function provesIt(t: Test, { into, streams, spelling, query, change }: Warehouse): Promise<void> {
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const catalog = folder.file('catalog.json', selecting(streams));
  const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
  const path = join(folder.path, 'receipt.json');
  const ask = (receipt: Json, chosen = streams) => {
    const asked = receipt.streams.filter(({ stream }: Json) => chosen.includes(stream));
    return query(asked.flatMap(({ checks }: Json) => checks.map(({ sql }: Json) => sql[spelling])));
  };
  const different = (lines: Json[]) => lines.filter(({ verdict }) => verdict !== 'same');

  const first = await load([...from, '--report', path], into, { cwd: folder.path });
  const receipt = JSON.parse(readFileSync(path, 'utf8'));
  const lines = await ask(receipt);
  t.strictSame(different(lines), [], 'after a first run, all is there');
  t.equal(new Set(lines.map(({ stream }) => stream)).size, streams.filter((name) => held.counts[name]! > 0).length);

  changeSince(held);
  const state = folder.file('state.json', first.state);
  await load([...from, '--state', state, '--report', path], into, { cwd: folder.path });
  const second = JSON.parse(readFileSync(path, 'utf8'));
  const { checks } = second.streams.find(({ stream }: Json) => stream === 'transactions');
  t.strictSame(
    checks.map(({ scope }: Json) => scope),
    ['range', 'keys'],
    'what is new, and an older one that a refund changed',
  );
  t.ok(checks[0].keys < 100 && checks[1].keys === 1, 'the second run wrote a part', { checks });
  t.strictSame(different(await ask(second)), [], 'after a second run, all that it wrote is there');
  const older = await ask(receipt, ['customers', 'plans', 'settlements']);
  t.strictSame(different(older), [], 'an old receipt holds for what has not changed since');

  await change('delete from transactions where id = 5000000448');
  const lost = different(await ask(second, ['transactions']));
  t.match(
    lost.filter(({ figure }) => figure === 'rows').map(({ scope, currency }) => [scope, currency]),
    [
      ['range', ''],
      ['range', 'NGN'],
    ],
    'a row that is gone is found, in its currency',
  );
  await change('update transactions set amount = amount + 1 where id = 5000000449');
  const changed = different(await ask(second, ['transactions'])).filter(({ currency }) => currency === 'GHS');
  t.strictSame(
    changed.map(({ figure, scope }) => [figure, scope]),
    [['sum of amount', 'range']],
    'an amount that is not as it was is found',
  );
  t.equal(BigInt(changed[0].warehouse) - BigInt(changed[0].receipt), 1n);
}

/** Two records arrive, one of the last month changes, and an old one by a refund. */
function changeSince(held: Held): void {
  const now = new Date().toISOString();
  held.add(transaction(1000, { createdAt: now, paidAt: now }));
  held.add(transaction(1001, { createdAt: now, paidAt: null, currency: 'XOF' }));
  held.change(5_000_000_449, { status: 'reversed', amount: 1 });
  held.change(5_000_000_100, { status: 'reversed', amount: 2 });
  held.sandbox.add('refunds', {
    id: 77_000,
    transaction: 5_000_000_100,
    amount: 5,
    currency: 'NGN',
    status: 'processed',
    createdAt: now,
  });
}
