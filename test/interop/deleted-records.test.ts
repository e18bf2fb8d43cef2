/** With activate_version, what Paystack no longer lists leaves the warehouse, and nothing else does. */
import t from 'tap';
import { readFixtures } from '../../src/sandbox/dataset.ts';
import type { Command } from '../support/commands.ts';
import { selecting, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { startHeld } from './support/payments.ts';
import { postgresTargets, startPostgres } from './support/postgres.ts';

const target = 'meltanolabs-target-postgres';
const streams = ['subaccounts', 'banks', 'transactions'] as const;

t.test('rows are removed after a complete listing', async (t) => {
  const { bin } = await environmentOf(target);
  const folder = workFolder();
  const postgres = await startPostgres();
  const before = await startHeld();
  const [deleted, ...remaining] = readFixtures('subaccounts') as readonly { id: number }[];
  const after = await startHeld({
    records: { subaccounts: remaining, transactions: before.transactions.slice(0, 100) },
  });
  t.teardown(() => Promise.all([before.sandbox.close(), after.sandbox.close(), postgres.stop(), folder.remove()]));
  const settings = { ...postgresTargets[target].config(postgres), hard_delete: true };
  const into: Command = [bin('target-postgres'), '--config', folder.file('target.json', settings)];
  const catalog = ['--catalog', folder.file('catalog.json', selecting(streams))];
  const configOf = (held: typeof before, more: object = {}) =>
    folder.file('config.json', { ...held.config, activate_version: true, ...more });
  const counts = async () => {
    const counted = streams.map((stream) => `select '${stream}' as stream, count(*) as n from paystack.${stream}`);
    const rows = await postgres.query(counted.join(' union all '));
    return Object.fromEntries(rows.map(({ stream, n }) => [stream, Number(n)]));
  };
  const whole = Object.fromEntries(streams.map((stream) => [stream, before.counts[stream]]));

  const { state } = await load(['--config', configOf(before), ...catalog], into, { cwd: folder.path });
  t.strictSame(await counts(), whole);
  const later = [...catalog, '--state', folder.file('state.json', state)];

  await load(['--config', configOf(after, { start_date: '2024-01-01' }), ...later], into, { cwd: folder.path });
  t.strictSame(await counts(), whole, 'a listing with a limit removes nothing');

  await load(['--config', configOf(after), ...later], into, { cwd: folder.path });
  t.strictSame(
    await counts(),
    { ...whole, subaccounts: remaining.length },
    'one row has gone, and no incremental stream is touched',
  );
  t.strictSame(
    await postgres.query(`select id from paystack.subaccounts where id = ${deleted?.id}`),
    [],
    'the right one',
  );
});
