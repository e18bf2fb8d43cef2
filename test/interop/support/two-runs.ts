/**
 * What each warehouse must bear: a run of all streams, and one from the state that the target printed. It holds everything
 * after each of them, and the SQL of the receipts says so, and finds what is not as it was written.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { StreamName } from '../../../src/paystack/streams.ts';
import type { Command } from '../../support/commands.ts';
import { type Json, selecting, workFolder } from '../../support/tap.ts';
import { load } from './load.ts';
import { type Held, startHeld, streamNames, transaction } from './payments.ts';
import { holdsAll, type Warehouse } from './warehouse.ts';

export interface LoadedWarehouse extends Warehouse {
  readonly into: Command;
  /** Streams whose receipts are asked. */
  readonly receipts: readonly StreamName[];
  readonly spelling: 'quoted' | 'folded';
  /** Rows of all these queries of a receipt; each column is text. */
  ask(queries: readonly string[]): Promise<Json[]>;
  /** Runs a statement in the schema of the target. */
  change(sql: string): Promise<unknown>;
}

export async function takesTwoRuns(t: Test, warehouse: LoadedWarehouse): Promise<void> {
  const { into, receipts, spelling } = warehouse;
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const catalog = folder.file('catalog.json', selecting(streamNames));
  const path = join(folder.path, 'receipt.json');
  const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog, '--report', path];
  const receipt = () => JSON.parse(readFileSync(path, 'utf8')) as Json;
  const ask = (receipt: Json, chosen = receipts) => {
    const asked = receipt.streams.filter(({ stream }: Json) => chosen.includes(stream));
    return warehouse.ask(asked.flatMap(({ checks }: Json) => checks.map(({ sql }: Json) => sql[spelling])));
  };

  const { state } = await load(from, into, { cwd: folder.path });
  const first = receipt();
  await holdsAll(t, warehouse, held);
  const lines = await ask(first);
  t.strictSame(different(lines), [], 'after a first run, all is there');
  t.equal(new Set(lines.map(({ stream }) => stream)).size, receipts.filter((name) => held.counts[name]! > 0).length);

  changeSince(held);
  const later = await load([...from, '--state', folder.file('state.json', state)], into, { cwd: folder.path });
  const second = receipt();
  await holdsAll(t, warehouse, held);
  t.ok(later.written['transactions']! < 100, `incremental: ${later.written['transactions']} of 452 transactions`);
  const changed = `select status, amount from ${warehouse.table('transactions')} where reference = 'interop-449'`;
  t.strictSame(await warehouse.query(changed), [{ status: 'reversed', amount: '1' }], 'what changed is changed');
  const bookmark = (state: Json) => state.bookmarks.transactions.createdAt as string;
  t.ok(bookmark(later.state) > bookmark(state), 'the state moves on');
  t.strictSame(Object.keys(later.state.bookmarks).sort(), Object.keys(state.bookmarks).sort());
  const { checks } = second.streams.find(({ stream }: Json) => stream === 'transactions');
  t.strictSame(
    checks.map(({ scope }: Json) => scope),
    ['range', 'keys'],
    'what is new, and an older one that a refund changed',
  );
  t.ok(checks[0].keys < 100 && checks[1].keys === 1, 'the second run wrote a part', { checks });
  t.strictSame(different(await ask(second)), [], 'after a second run, all that it wrote is there');
  const older = await ask(first, ['customers', 'plans', 'settlements']);
  t.strictSame(different(older), [], 'an old receipt holds for what has not changed since');

  await findsWhatIsNotThere(t, warehouse, async () => different(await ask(second, ['transactions'])));
}

async function findsWhatIsNotThere(t: Test, { change }: LoadedWarehouse, differences: () => Promise<Json[]>) {
  await change('delete from transactions where id = 5000000448');
  const lost = await differences();
  t.match(
    lost.filter(({ figure }) => figure === 'rows').map(({ scope, currency }) => [scope, currency]),
    [
      ['range', ''],
      ['range', 'NGN'],
    ],
    'a row that is gone is found, in its currency',
  );
  await change('update transactions set amount = amount + 1 where id = 5000000449');
  const changed = (await differences()).filter(({ currency }) => currency === 'GHS');
  t.strictSame(
    changed.map(({ figure, scope }) => [figure, scope]),
    [['sum of amount', 'range']],
    'an amount that is not as it was is found',
  );
  t.equal(BigInt(changed[0].warehouse) - BigInt(changed[0].receipt), 1n);
}

function different(lines: readonly Json[]): Json[] {
  return lines.filter(({ verdict }) => verdict !== 'same');
}

/** Two records arrive, one of the last month changes, and an old one by a refund. */
function changeSince(held: Held): void {
  const now = new Date().toISOString();
  held.add(transaction(1000, { createdAt: now, paidAt: now }));
  held.add(transaction(1001, { createdAt: now, paidAt: null, currency: 'XOF' }));
  held.change(5_000_000_449, { status: 'reversed', amount: 1 });
  held.change(5_000_000_100, { status: 'reversed', amount: 2 });
  held.addTo('refunds', {
    id: 77_000,
    transaction: 5_000_000_100,
    amount: 5,
    currency: 'NGN',
    status: 'processed',
    createdAt: now,
  });
}
