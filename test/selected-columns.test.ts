/** What is selected is in the SCHEMA and in the RECORDs alike, and nothing else; settings come from where they are said to. */
import { join } from 'node:path';
import t from 'tap';
import { startSandbox } from '../src/sandbox/server.ts';
import { type Json, readMessages, runSync, runTap, selecting, workFolder } from './support/tap.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const sandbox = await startSandbox();
const folder = workFolder();
t.teardown(async () => {
  folder.remove();
  await sandbox.close();
});
const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
const discovered: Json = JSON.parse((await runTap(['--discover'])).stdout);

/** The discovered catalog with one stream selected, and its metadata changed. */
function catalogOf(stream: string, change: (breadcrumb: string, metadata: Json) => void): Json {
  const entry = structuredClone(discovered.streams.find(({ tap_stream_id }: Json) => tap_stream_id === stream));
  for (const { breadcrumb, metadata } of entry.metadata) {
    if (breadcrumb.length === 0) metadata.selected = true;
    else change(breadcrumb.filter((part: string) => part !== 'properties').join('.'), metadata);
  }
  return { streams: [entry] };
}

t.test('with every column off, the automatic ones are left', async (t) => {
  const catalog = catalogOf('transactions', (_, metadata) => {
    metadata.selected = false;
  });
  const run = await runSync({ config, catalog });
  const schema = run.messages.find(({ type }) => type === 'SCHEMA').schema;
  t.same(Object.keys(schema.properties).sort(), ['createdAt', 'id']);
  for (const record of run.records['transactions'] ?? []) t.same(Object.keys(record).sort(), ['createdAt', 'id']);
  t.ok(run.records['transactions']?.length);
  t.ok(run.state.bookmarks.transactions.createdAt);
});

t.test('columns that are off are nowhere, nested ones too, and do not go into _extra', async (t) => {
  const off = ['metadata', 'customer.email', 'log.history.items.time', 'authorization'];
  const catalog = catalogOf('transactions', (path, metadata) => {
    metadata.selected = !off.includes(path);
  });
  const run = await runSync({ config, catalog });
  const { properties } = run.messages.find(({ type }) => type === 'SCHEMA').schema;
  t.notOk('metadata' in properties || 'authorization' in properties || 'email' in properties.customer.properties);
  t.notOk('time' in properties.log.properties.history.items.properties);
  t.ok('message' in properties.log.properties.history.items.properties);
  for (const { metadata, authorization, customer, log, _extra } of run.records['transactions'] ?? []) {
    t.same([metadata, authorization, customer?.email, _extra], [undefined, undefined, undefined, null]);
    for (const step of log?.history ?? []) t.notOk('time' in step);
  }
});

t.test('the sample files of the repository work together', async (t) => {
  const run = await runTap(
    [
      '--config',
      join(fixtures, 'config.json'),
      '--catalog',
      join(fixtures, 'catalog.json'),
      '--state',
      join(fixtures, 'state.json'),
      '--config',
      'ENV',
    ],
    { TAP_PAYSTACK_API_URL: sandbox.url },
  );
  t.equal(run.code, 0, run.stderr);
  const { records } = readMessages(run.stdout);
  t.same(Object.keys(records), ['refunds', 'transactions']);
  t.notOk('metadata' in (records['transactions']?.[0] ?? {}));
});

t.test('later configs win, the environment where it stands; Meltano hands over strings', async (t) => {
  const none = folder.file('none.json', { ...config, end_date: '2015-02-01' });
  const all = folder.file('all.json', { end_date: null, page_size: '7', activate_version: 'false' });
  const catalog = folder.file('catalog.json', selecting(['customers']));
  const count = async (args: string[], environment = {}) => {
    const run = await runTap([...args, '--catalog', catalog], environment);
    t.equal(run.code, 0, run.stderr);
    return readMessages(run.stdout).records['customers']?.length;
  };
  t.equal(await count(['--config', none]), 0);
  t.ok(await count(['--config', none, '--config', folder.file('late.json', { end_date: '2030-01-01' })]));
  t.ok(await count(['--config', none, '--config', all, '--config', 'ENV'], { TAP_PAYSTACK_END_DATE: '2030-01-01' }));
  t.equal(await count(['-c', 'ENV', '-c', none], { TAP_PAYSTACK_END_DATE: '2030-01-01' }), 0);
  const environment = { TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url };
  t.ok(await count([], environment), 'without --config, the environment');
});

t.test('a setting that does not exist is named', async (t) => {
  const run = await runSync({ config: { ...config, start_data: '2024-01-01' }, streams: ['balances'] });
  t.match(run.stderr, /WARNING config file .* no setting "start_data"/);
});

t.test('the counters of the log sum to the records written', async (t) => {
  const run = await runSync({ config, streams: ['transactions', 'refunds', 'balances'] });
  for (const stream of ['transactions', 'refunds', 'balances']) {
    const metrics = run.stderr
      .split('\n')
      .flatMap((line) => /^INFO METRIC: (.*)$/.exec(line)?.[1] ?? [])
      .map((text) => JSON.parse(text));
    const counters = metrics.filter(({ metric, tags }) => metric === 'record_count' && tags.endpoint === stream);
    t.equal(
      counters.reduce((sum, { value }) => sum + value, 0),
      run.records[stream]?.length,
    );
  }
});
