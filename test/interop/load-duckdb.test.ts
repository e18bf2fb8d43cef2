/** `load-sql duckdb`: the tap's messages, loaded by DuckDB itself, are in its tables to the last digit, or nothing is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../../src/package.ts';
import { readFixtures } from '../../src/sandbox/dataset.ts';
import { rawRecord } from '../../src/sandbox/rows.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { daily } from '../support/hostile-cases.ts';
import { startHostilePaystack } from '../support/hostile-paystack.ts';
import { type Json, runTap, selecting } from '../support/tap.ts';
import {
  type Client,
  clients,
  type Loader,
  lastState,
  openLoader,
  rowsOf,
  sorted,
  storedRows,
} from './support/duckdb.ts';
import { startHeld, streamNames, transaction } from './support/payments.ts';

const every = Object.keys(clients) as Client[];

async function messagesOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runTap(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** A load that must do well. */
async function loads(t: Test, loader: Loader, messages: string): Promise<void> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.equal(code, 0, 'it is loaded', { stderr });
  t.equal(stdout, `${lastState(messages)}\n`, 'and prints the last state, byte for byte, and nothing else');
}

/** A load that must fail with one line that says why. */
async function refuses(t: Test, loader: Loader, messages: string, why: RegExp | string): Promise<void> {
  const { code, stdout, stderr } = await loader.load(messages);
  t.not(code, 0);
  t.equal(stdout, '', 'no state is printed');
  t.match(stderr, why);
}

for (const client of every) {
  t.test(`${client}: all streams, twice, the second time from the state`, async (t) => {
    const loader = openLoader(client);
    const held = await startHeld();
    t.teardown(() => Promise.all([held.sandbox.close(), loader.folder.remove()]));
    const { folder } = loader;
    const catalog = folder.file('catalog.json', selecting(streamNames));
    const from = ['--config', folder.file('config.json', held.config), '--catalog', catalog];
    await loader.make(['--catalog', catalog]);

    const first = await messagesOf(from);
    await loads(t, loader, first);
    for (const stream of streamNames) {
      const expected = sorted(rowsOf(first, stream));
      t.equal(expected.length, held.counts[stream], `${stream}: there is something to compare`);
      t.strictSame(
        sorted(await storedRows(loader, first, stream)),
        expected,
        `${stream}: every value, to the last digit`,
      );
    }

    held.add(transaction(1000, { createdAt: new Date().toISOString() }));
    held.change(5_000_000_449, { status: 'reversed', metadata: null });
    const second = await messagesOf([...from, '--state', folder.file('state.json', lastState(first))]);
    t.ok(rowsOf(second, 'transactions').length < 100, 'it is incremental');
    await loads(t, loader, second);
    const stored = sorted(await storedRows(loader, first, 'transactions'));
    t.strictSame(stored, sorted(rowsOf(`${first}${second}`, 'transactions')), 'the last row of each key counts');
  });
}
