/** Whatever goes wrong with answers, as long as it ends, every row arrives once; if it does not end, nothing is lost. */
import t from 'tap';
import { atRandom, everyNth, type Fault } from '../src/sandbox/faults.ts';
import { type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { runSync, type SyncInput } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const rows = 1000;
const spread = { rows, from: '2024-01-01T00:00:00Z', to: '2026-06-30T00:00:00Z' };

async function sync(options: SandboxOptions, config: object = {}, input: Partial<SyncInput> = {}) {
  const sandbox = await startSandbox({ synthetic: { transactions: spread, refunds: spread }, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, requests_per_minute: 1_000_000 };
  const run = await runSync({
    streams: ['transactions', 'refunds'],
    ...input,
    config: { ...settings, page_size: 50, request_timeout_seconds: 0.5, ...config },
  });
  await sandbox.close();
  const ids = (run.records['transactions'] ?? []).map(({ id }) => id as number);
  return { ...run, ids, requests: sandbox.requests };
}

const faults: Record<string, Fault> = {
  'a 500': { kind: 'status', status: 500 },
  'a 503': { kind: 'status', status: 503 },
  'a 408': { kind: 'status', status: 408 },
  'a 429 without a word of when': { kind: 'status', status: 429 },
  'a 429 that tells when': { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  'a page of HTML with 502': { kind: 'html', status: 502 },
  'a page of HTML with 200': { kind: 'html', status: 200 },
  'status false with 200': { kind: 'status-false' },
  'JSON that ends in the middle': { kind: 'truncated' },
  'a body that is cut': { kind: 'cut' },
  'a connection that is reset': { kind: 'reset' },
  'a body that stalls': { kind: 'stall' },
  'no answer at all': { kind: 'silence' },
};

for (const [name, fault] of Object.entries(faults)) {
  t.test(`${name}, once in seven answers`, { buffered: true }, async (t) => {
    const run = await sync({ faults: everyNth(7, [fault]) });
    t.equal(run.code, 0, run.stderr);
    t.equal(run.ids.length, rows);
    t.equal(new Set(run.ids).size, rows);
    t.equal(run.records['refunds']?.length, rows);
    t.match(run.stderr, /WARNING (?:transactions|refunds): Paystack .*trying again/);
  });
}

t.test('all of them, once in three answers', { buffered: true }, async (t) => {
  const seed = 20_260_701;
  const quick = Object.values(faults).filter(({ kind }) => kind !== 'stall' && kind !== 'silence');
  const run = await sync({ faults: atRandom(1 / 3, quick, seed) });
  t.equal(run.code, 0, `seed ${seed}: ${run.stderr}`);
  t.equal(run.ids.length, rows);
  t.equal(new Set(run.ids).size, rows);
});

t.test('an answer that stays refused ends its stream, and the next run completes it', { buffered: true }, async (t) => {
  const refusing: SandboxOptions['faults'] = ({ query, endpoint }) =>
    endpoint === 'transactions' && query['page'] === '3' ? { kind: 'status', status: 422 } : undefined;
  const broken = await sync({ faults: refusing });
  t.equal(broken.code, 1);
  t.match(broken.stderr, /ERROR transactions: answered 422/);
  t.equal(broken.records['refunds']?.length, rows);
  const mended = await sync({}, { lookback_window_days: 0 }, { state: broken.state });
  t.equal(mended.code, 0);
  t.equal(new Set([...broken.ids, ...mended.ids]).size, rows);
});

t.test(
  'records that were announced and never came are reported, and hold the bookmark',
  { buffered: true },
  async (t) => {
    const records = Array.from({ length: 30 }, (_, index) => ({
      id: 1000 - index,
      createdAt: new Date(Date.UTC(2026, 5, 30) - index * 86_400_000).toISOString(),
    }));
    // The list says it holds what it does not give: the same record stands in it twice.
    const sandbox = await startSandbox({ records: { transactions: [...records, records[7]] } });
    const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
    const run = await runSync({ config, streams: ['transactions'] });
    await sandbox.close();
    t.equal(run.code, 1);
    t.match(run.stderr, /ERROR transactions: 1 records were announced and never came/);
    t.equal(run.records['transactions']?.length, 30, 'what came is written, once');
    t.same(run.state.bookmarks, {});
  },
);

t.test('a page that was lost the first time is read again', { buffered: true }, async (t) => {
  let isFirst = true;
  const losing: SandboxOptions['faults'] = ({ query }) => {
    if (query['page'] !== '2' || !isFirst) return undefined;
    isFirst = false;
    return { kind: 'status', status: 200, body: '{"status":true,"message":"ok","data":[],"meta":{"total":1000}}' };
  };
  const run = await sync({ faults: losing }, {}, { streams: ['transactions'] });
  t.equal(run.code, 0, run.stderr);
  t.equal(run.ids.length, rows);
  t.match(run.stderr, /1 windows read again/);
});

t.test('a cursor that leads back is an error, not a loop', { buffered: true }, async (t) => {
  const looping: SandboxOptions['faults'] = () => ({
    kind: 'status',
    status: 200,
    body: '{"status":true,"message":"ok","data":[{"id":1}],"meta":{"next":"bG9vcA==","perPage":50}}',
  });
  const run = await sync({ faults: looping }, {}, { streams: ['transactions'] });
  t.equal(run.code, 1);
  t.match(run.stderr, /ERROR transactions: .*never end/);
});

t.test('a wait that is told is waited, and one that is too long is not', { buffered: true }, async (t) => {
  let asked = 0;
  const busy: SandboxOptions['faults'] = () =>
    asked++ === 0 ? { kind: 'status', status: 429, headers: { 'x-ratelimit-reset': '1' } } : undefined;
  const startedAt = Date.now();
  const run = await sync({ faults: busy }, {}, { streams: ['refunds'] });
  t.equal(run.code, 0);
  t.ok(Date.now() - startedAt >= 1000);
  const closed: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '86400' } };
  const refused = await sync({ faults: () => closed }, {}, { streams: ['refunds'] });
  t.equal(refused.code, 1);
  t.match(refused.stderr, /ERROR refunds: .*429.*asks to wait 86401 s/);
});
