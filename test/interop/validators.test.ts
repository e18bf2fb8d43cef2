/** Programs that judge messages: singer-check-tap of singer-tools, and target-stitch without a Stitch behind it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Command } from '../support/commands.ts';
import { selecting, workFolder } from '../support/tap.ts';
import { type Environment, environmentOf } from './support/environments.ts';
import { type Loaded, load } from './support/load.ts';
import { startHeld, streamNames } from './support/payments.ts';

/** Everything the tap can say, into a program that judges it. */
async function judge(
  t: Test,
  name: string,
  command: (environment: Environment, folder: ReturnType<typeof workFolder>) => Command,
): Promise<{ loaded: Loaded; total: number; folder: string }> {
  const environment = await environmentOf(name);
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const catalog = folder.file('catalog.json', selecting(streamNames));
  const from = [
    '--config',
    folder.file('config.json', { ...held.config, activate_version: true }),
    '--catalog',
    catalog,
  ];
  const loaded = await load(from, command(environment, folder), { cwd: folder.path });
  const total = Object.values(held.counts).reduce((sum, count) => sum + count, 0);
  return { loaded, total, folder: folder.path };
}

t.test('singer-check-tap finds the output valid', async (t) => {
  const script = join(import.meta.dirname, 'check_tap.py');
  const { loaded, total } = await judge(t, 'singer-tools', ({ python }) => [python, script]);
  t.match(loaded.printed, 'The output is valid.');
  t.match(loaded.printed, new RegExp(`\\b${streamNames.length} schema messages`));
  t.match(loaded.printed, new RegExp(`\\b${total} record messages`));
});

t.test('target-stitch finds every batch valid and prints the state', async (t) => {
  const { loaded, total, folder } = await judge(t, 'target-stitch', ({ bin }, folder) => {
    const settings = {
      client_id: 1,
      token: 'none',
      small_batch_url: 'http://127.0.0.1:9',
      big_batch_url: 'http://127.0.0.1:9',
      batch_size_preferences: {},
      disable_collection: true,
    };
    const config = folder.file('target.json', settings);
    return [bin('target-stitch'), '--dry-run', '--output-file', 'batches.jsonl', '--config', config];
  });
  const batches = readFileSync(join(folder, 'batches.jsonl'), 'utf8').trimEnd().split('\n');
  const messages = batches.flatMap((batch) => JSON.parse(batch).messages as { action: string }[]);
  t.equal(messages.filter(({ action }) => action === 'upsert').length, total);
  for (const stream of streamNames) t.match(loaded.log, new RegExp(`${stream} \\(\\d+\\): Batch is valid`));
  t.ok(loaded.state.bookmarks.transactions.createdAt);
});
