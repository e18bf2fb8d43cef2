/** Every collection that Paystack can list arrives whole, whatever its endpoint is like. */
import t from 'tap';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { readSchema } from '../src/record/schemas.ts';
import { readFixtures } from '../src/sandbox/dataset.ts';
import { type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import type { Schema } from '../src/schema.ts';
import { type Json, runSync, type SyncInput, type SyncRun } from './support/tap.ts';

const names = Object.keys(streams) as StreamName[];
const facts: Record<StreamName, StreamFacts> = streams;

async function sync(
  options: SandboxOptions,
  input: Partial<SyncInput>,
  config: object = {},
): Promise<SyncRun & { paths: string[] }> {
  const sandbox = await startSandbox(options);
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, requests_per_minute: 1_000_000, ...config };
  const run = await runSync({ ...input, config: settings });
  await sandbox.close();
  t.ok(sandbox.requests.every(({ method }) => method === 'GET'));
  return { ...run, paths: sandbox.requests.map(({ path }) => path) };
}

/** What lists of a stream hold, all parents together. */
function fixtureCount(name: StreamName): number {
  const records = readFixtures(name);
  if (Array.isArray(records)) return records.length;
  const { parent } = facts[name];
  const parents = new Set(Object.keys(records));
  t.ok(parent, `${name} has lists under parents`);
  return [...parents].reduce((sum, key) => sum + (records as Record<string, Json[]>)[key]!.length, 0);
}

const everything = await sync({}, { streams: names });

t.test('each stream gives each of its records once, and nothing is left for _extra', async (t) => {
  t.equal(everything.code, 0, everything.stderr);
  t.notMatch(everything.stderr, /drift/);
  for (const name of names) {
    const records = everything.records[name] ?? [];
    t.equal(records.length, fixtureCount(name), name);
    const keys = records.map((record) => facts[name].key.map((field) => record[field]).join());
    t.equal(new Set(keys).size, records.length, `${name}: by its key`);
    for (const record of records) t.equal(record._extra, null, `${name}: ${JSON.stringify(record._extra)}`);
  }
});

t.test('no request acts or mints anything', async (t) => {
  const acting = /pause|resume|requery|manage\/link|upload_url|check_slug_availability|export|verify|resolve/;
  for (const path of everything.paths) t.notMatch(path, acting);
});

t.test('each column of each schema is seen filled', async (t) => {
  for (const name of names) {
    const seen = new Set<string>();
    for (const record of everything.records[name] ?? []) see(record, '', seen);
    for (const path of paths(readSchema(name), '')) t.ok(seen.has(path) || path === '_extra', `${name}.${path}`);
  }
});

function see(value: Json, path: string, seen: Set<string>): void {
  if (value === null) return;
  seen.add(path);
  if (Array.isArray(value)) for (const item of value) see(item, `${path}[]`, seen);
  else if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) see(inner, path === '' ? name : `${path}.${name}`, seen);
  }
}

function paths(schema: Schema, path: string): string[] {
  const inItems = schema.items?.properties ? paths(schema.items, `${path}[]`) : [];
  return Object.entries(schema.properties ?? {}).reduce((all, [name, property]) => {
    const own = path === '' ? name : `${path}.${name}`;
    all.push(own, ...paths(property, own));
    return all;
  }, inItems);
}

t.test('without a catalog, what is selected by default: all but what costs a request for each parent', async (t) => {
  const run = await sync({}, {});
  const synced = Object.keys(run.records).sort();
  t.same(synced, names.filter((name) => facts[name].selectedByDefault !== false).sort());
});

t.test('a thousand rows of each list that is paged, each once', async (t) => {
  const paged = names.filter((name) => facts[name].parent === undefined && facts[name].paging !== 'single');
  const spread = { rows: 1000, from: '2024-01-01T00:00:00Z', to: '2026-06-30T00:00:00Z' };
  const run = await sync({ synthetic: Object.fromEntries(paged.map((name) => [name, spread])) }, { streams: paged });
  t.equal(run.code, 0, run.stderr);
  for (const name of paged) {
    const keys = run.records[name]?.map((record) => facts[name].key.map((field) => record[field]).join());
    t.equal(keys?.length, 1000, name);
    t.equal(new Set(keys).size, 1000, name);
  }
});

for (const name of names.filter((one) => facts[one].parent !== undefined)) {
  t.test(`${name}: alone the same as with everything, without its parent`, async (t) => {
    const run = await sync({}, { streams: [name] });
    t.same(Object.keys(run.records), [name]);
    t.same(run.records[name], everything.records[name]);
    t.same(Object.keys(run.state.bookmarks), facts[name].ranged ? [name] : []);
  });
}

t.test('with a state, a child reads only the parents in range', async (t) => {
  const stream = 'settlement_transactions';
  const settings = { lookback_window_days: 0, open_lookback_days: 0 };
  const run = await sync({}, { streams: [stream], state: everything.state }, settings);
  const newest = everything.state.bookmarks[stream].settlement_created_at;
  t.ok(run.records[stream]?.every((record) => record.settlement_created_at === newest));
  t.ok(run.paths.filter((path) => path.endsWith('/transactions')).length <= 2);
  t.same(
    Object.keys(run.state.bookmarks[stream]).sort(),
    ['as_of', 'open', 'settlement_created_at'],
    'whatever the number of parents',
  );
});

t.test('a child has the columns of its parent', async (t) => {
  for (const record of everything.records['settlement_transactions'] ?? []) {
    const parent = everything.records['settlements']?.find(({ id }) => id === record.settlement_id);
    t.equal(record.settlement_created_at, parent.createdAt);
  }
});

t.test('FULL_TABLE streams keep no bookmark', async (t) => {
  const incremental = names.filter((name) => facts[name].ranged);
  t.same(
    Object.keys(everything.state.bookmarks).sort(),
    incremental.filter((name) => everything.records[name]?.length).sort(),
  );
});

t.test(
  'rows deleted at Paystack leave the warehouse, if asked for, after a whole listing and never before',
  async (t) => {
    const versions = (run: SyncRun, stream: string) =>
      run.messages.filter((message) => message.stream === stream && message.type === 'ACTIVATE_VERSION');
    const streamsOf = { streams: ['subaccounts', 'customers', 'balances'] };
    t.same(versions(await sync({}, streamsOf), 'subaccounts'), [], 'not unasked');

    const run = await sync({}, streamsOf, { activate_version: true });
    const [activation] = versions(run, 'subaccounts');
    t.ok(Number.isInteger(activation.version));
    const messages = run.messages.filter(({ stream, type }) => stream === 'subaccounts' && type !== 'SCHEMA');
    t.equal(messages.at(-1), activation, 'after the last record');
    for (const { version } of messages) t.equal(version, activation.version);
    t.same(versions(run, 'customers'), [], 'not for an incremental stream');
    t.equal(run.messages.at(-1).type, 'STATE');

    const bounded = await sync({}, streamsOf, { activate_version: true, start_date: '2024-01-01' });
    t.same(versions(bounded, 'subaccounts'), [], 'not when records may be left out');

    const faults: SandboxOptions['faults'] = ({ query }) =>
      query['page'] === '2' ? { kind: 'status', status: 422 } : undefined;
    const broken = await sync({ faults }, streamsOf, { activate_version: true, page_size: 2 });
    t.equal(broken.code, 1);
    t.same(versions(broken, 'subaccounts'), [], 'not when the listing broke off');
  },
);

t.test('a child whose parents could not all be read says so, and holds its bookmark', async (t) => {
  const settlements = [...(readFixtures('settlements') as Json[]), null];
  const run = await sync({ records: { settlements } }, { streams: ['settlement_transactions'] });
  t.equal(run.code, 1);
  t.match(run.stderr, /ERROR settlement_transactions: its parents could not all be read/);
  t.equal(run.records['settlement_transactions']?.length, fixtureCount('settlement_transactions'));
  t.same(run.state.bookmarks, {});
});
