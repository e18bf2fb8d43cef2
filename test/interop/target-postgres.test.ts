/** Both PostgreSQL targets that people use take two runs, the second from the state that the target printed. */
import t from 'tap';
import type { Command } from '../support/commands.ts';
import { type Json, selecting, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { type Held, startHeld, streamNames, transaction } from './support/payments.ts';
import { postgresTargets, startPostgres } from './support/postgres.ts';
import { holdsAll } from './support/warehouse.ts';

for (const [name, { config, column }] of Object.entries(postgresTargets)) {
  t.test(`${name}: two runs, the second incremental`, async (t) => {
    const environment = await environmentOf(name);
    const folder = workFolder();
    const postgres = await startPostgres();
    const held = await startHeld();
    t.teardown(() => Promise.all([held.sandbox.close(), postgres.stop(), folder.remove()]));
    const into: Command = [
      environment.bin('target-postgres'),
      '--config',
      folder.file('target.json', config(postgres)),
    ];
    const catalog = folder.file('catalog.json', selecting(streamNames));
    const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
    const table = (stream: string) => `paystack.${stream}`;
    const warehouse = { query: postgres.query, column, table };

    const first = await load(from, into, { cwd: folder.path });
    await holdsAll(t, warehouse, held);

    changeSince(held);
    const state = folder.file('state.json', first.state);
    const second = await load([...from, '--state', state], into, { cwd: folder.path });
    await holdsAll(t, warehouse, held);
    t.ok(second.written['transactions']! < 100, `incremental: ${second.written['transactions']} of 452 transactions`);
    const changed = `select status, amount from ${table('transactions')} where reference = 'interop-449'`;
    t.strictSame(await postgres.query(changed), [{ status: 'reversed', amount: '1' }], 'what changed is changed');
    const bookmark = (state: Json) => state.bookmarks.transactions.createdAt as string;
    t.ok(bookmark(second.state) > bookmark(first.state), 'the state moves on');
    t.strictSame(Object.keys(second.state.bookmarks).sort(), Object.keys(first.state.bookmarks).sort());
  });
}

/** Two records arrive, and one of the last month changes. */
function changeSince(held: Held): void {
  const now = new Date().toISOString();
  held.add(transaction(1000, { createdAt: now, paidAt: now }));
  held.add(transaction(1001, { createdAt: now, paidAt: null, currency: 'XOF' }));
  held.change(5_000_000_449, { status: 'reversed', amount: 1 });
}
