/**
 * Records as files, into a target of the Meltano SDK and a PostgreSQL: twice, and by a run that is killed. The tables hold
 * what messages would have brought.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SandboxOptions } from '../../src/sandbox/server.ts';
import { batchesIn } from '../support/batches.ts';
import { type Command, ended, start } from '../support/commands.ts';
import { received } from '../support/stopped.ts';
import { type Json, selecting, startTap, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { load } from './support/load.ts';
import { type Held, startHeld, streamNames, transaction } from './support/payments.ts';
import { type Database, postgresTargets, startPostgres } from './support/postgres.ts';
import { holdsAll } from './support/warehouse.ts';

const name = 'meltanolabs-target-postgres';
const { config: targetConfig, column } = postgresTargets[name];

/** Small, so that there are some files of a stream. */
const batchSize = 60;

interface Site {
  readonly held: Held;
  readonly postgres: Database;
  /** Where the programs run. */
  readonly cwd: string;
  /** The folder of the files. */
  readonly files: string;
  /** Arguments of a run. */
  run(how: 'files' | 'messages', state?: Json): string[];
  /** A target that loads into a schema of its own, with more settings. */
  into(schema: string, more?: object): Command;
}

const server = await startPostgres();
t.teardown(() => server.stop());

/** @param database to be made */
async function openSite(
  t: Test,
  database: string,
  streams: readonly string[],
  options: SandboxOptions = {},
): Promise<Site> {
  const environment = await environmentOf(name);
  const folder = workFolder();
  const [postgres, held] = await Promise.all([server.another(database), startHeld(options)]);
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const files = join(folder.path, 'files');
  mkdirSync(files);
  const storage = { root: `file://${files}`, prefix: 'paystack-' };
  const batch_config = { encoding: { format: 'jsonl', compression: 'gzip' }, storage, batch_size: batchSize };
  const configs = {
    messages: folder.file('messages.json', held.config),
    files: folder.file('files.json', { ...held.config, batch_config }),
  };
  const catalog = folder.file('catalog.json', selecting(streams));
  let states = 0;
  return {
    ...{ held, postgres, files, cwd: folder.path },
    run: (how, state) => {
      const resumed = state === undefined ? [] : ['--state', folder.file(`state-${states++}.json`, state)];
      return ['--config', configs[how], '--catalog', catalog, ...resumed];
    },
    into: (schema, more) => {
      const config = { ...targetConfig(postgres), default_target_schema: schema, ...more };
      return [environment.bin('target-postgres'), '--config', folder.file(`${schema}.json`, config)];
    },
  };
}

/**
 * Rows that a schema has and that of the messages has not, or the other way round, but for what the target itself notes of a
 * row: how many, by stream.
 */
async function rowsApart(
  { query }: Database,
  streams: readonly string[],
  schema = 'by_files',
): Promise<Record<string, number>> {
  const row = `(select jsonb_object_agg(key, value) from jsonb_each(to_jsonb(rows)) where key not like '\\_sdc\\_%')`;
  const rows = (schema: string, stream: string) => `select ${row} as row from ${schema}.${stream} rows`;
  const missing = (from: string, without: string, stream: string) =>
    `(${rows(from, stream)} except all ${rows(without, stream)})`;
  const counts = streams.map((stream) => {
    const apart = `${missing(schema, 'by_messages', stream)} union all ${missing('by_messages', schema, stream)}`;
    return `select '${stream}' as stream, count(*) as n from (${apart}) apart`;
  });
  const apart = await query(counts.join(' union all '));
  return Object.fromEntries(apart.map(({ stream, n }) => [stream, Number(n)]));
}

const noneApart = (streams: readonly string[]) => Object.fromEntries(streams.map((stream) => [stream, 0]));

t.test('two runs, the second incremental: the rows are those of messages', async (t) => {
  const { held, postgres, cwd, files, run, into } = await openSite(t, 'whole', streamNames);
  const ways = [
    { how: 'files', schema: 'by_files' },
    { how: 'messages', schema: 'by_messages' },
  ] as const;
  const states: Json[] = [];
  for (const { how, schema } of ways) states.push((await load(run(how), into(schema), { cwd })).state);
  const ofFirst = readdirSync(files);
  const ofTransactions = ofFirst.filter((file) => file.startsWith('paystack-transactions-'));
  t.ok(ofTransactions.length >= held.transactions.length / batchSize, 'a stream has some files');
  t.strictSame(await rowsApart(postgres, streamNames), noneApart(streamNames), 'the same rows, to the last column');

  const now = new Date().toISOString();
  held.add(transaction(1000, { createdAt: now, paidAt: now }));
  held.change(5_000_000_449, { status: 'reversed', amount: 1 });
  for (const [index, { how, schema }] of ways.entries()) {
    const second = await load(run(how, states[index]), into(schema), { cwd });
    t.ok(second.written['transactions']! < 100, `incremental: ${second.written['transactions']} transactions`);
  }
  await holdsAll(t, { query: postgres.query, column, table: (stream) => `by_files.${stream}` }, held);
  t.strictSame(await rowsApart(postgres, streamNames), noneApart(streamNames), 'still the same rows');
  const after = new Set(readdirSync(files));
  t.ok(after.size > ofFirst.length && ofFirst.every((file) => after.has(file)), 'files of a run before are left alone');
});

/**
 * Kills the tap as soon as it has handed over so many files of transactions. The target gets all that came, but for half a line, and
 * prints how far it is.
 */
async function loadKilled(args: readonly string[], target: Command, cwd: string, afterFiles: number) {
  const tap = startTap(args);
  let printed = '';
  tap.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
    if (printed.split('"type":"BATCH","stream":"transactions"').length > afterFiles) tap.kill('SIGKILL');
  });
  const { code } = await ended(tap, null);
  const { messages } = received(printed);
  const sink = start(target, { stdio: ['pipe', 'pipe', 'pipe'], cwd });
  sink.stdin!.end(printed.slice(0, printed.lastIndexOf('\n') + 1));
  const fromTarget = await ended(sink);
  const last = fromTarget.stdout.trimEnd().split('\n').at(-1);
  const state = last ? (JSON.parse(last) as Json) : undefined;
  return { code, messages, fromTarget, state };
}

t.test('a run that is killed, then one that is not: the rows are those of messages', async (t) => {
  const streams = ['transactions', 'customers', 'refunds', 'plans'];
  // An answer takes a moment, so that the kill comes in the middle.
  const { held, postgres, cwd, run, into } = await openSite(t, 'killed', streams, { latencyMs: 40 });
  const { code, messages, fromTarget, state } = await loadKilled(run('files'), into('by_files'), cwd, 3);
  t.equal(code, null, 'it was killed before its end');
  t.equal(fromTarget.code, 0, 'the target finds every file that was named', { log: fromTarget.stderr.slice(-2000) });
  const loaded = await postgres.query('select count(*) as n from by_files.transactions');
  const named = batchesIn(messages).filter(({ stream }) => stream === 'transactions');
  const count = named.reduce((sum, { records }) => sum + records.length, 0);
  t.ok(count > 0 && count < held.transactions.length, `${count} transactions were handed over`);
  t.equal(Number(loaded[0].n), count, 'and are loaded');

  await load(run('files', state), into('by_files'), { cwd });
  await load(run('messages'), into('by_messages'), { cwd });
  t.strictSame(await rowsApart(postgres, streams), noneApart(streams), 'the same rows, to the last column');
});

t.test('with the settings of the target that are faster, the rows are the same, twice', async (t) => {
  const streams = ['transactions', 'customers', 'refunds', 'plans'];
  const { postgres, cwd, run, into } = await openSite(t, 'settings', streams);
  await load(run('messages'), into('by_messages'), { cwd });
  const ways = [
    { how: 'files', schema: 'copied_files', settings: { use_copy: true } },
    { how: 'messages', schema: 'copied_messages', settings: { use_copy: true } },
    { how: 'messages', schema: 'unvalidated', settings: { validate_records: false } },
  ] as const;
  for (const { how, schema, settings } of ways) {
    const { log } = await load(run(how), into(schema, settings), { cwd });
    t.equal(/Inserting with SQL: COPY/.test(log), 'use_copy' in settings, `${schema}: the target knows the setting`);
    // Over the rows that are there.
    await load(run(how), into(schema, settings), { cwd });
    t.strictSame(await rowsApart(postgres, streams, schema), noneApart(streams), schema);
  }
});
