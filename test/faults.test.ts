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
    config: { ...settings, page_size: 50, request_timeout_seconds: 20, ...config },
  });
  await sandbox.close();
  const ids = (run.records['transactions'] ?? []).map(({ id }) => id as number);
  return { ...run, ids, requests: sandbox.requests };
}

/** Half an envelope: says that all is well, and has no records. */
function well(data: object): Fault {
  return { kind: 'status', status: 200, body: { status: true, message: 'ok', ...data } };
}

const busy = (headers: Readonly<Record<string, string>>): Fault => ({ kind: 'status', status: 429, headers });

const faults: Record<string, readonly [Fault, ...Fault[]]> = {
  'a 500': [{ kind: 'status', status: 500 }],
  'a 502, a 503, a 504': [502, 503, 504].map((status) => ({ kind: 'html', status })) as [Fault],
  'a 408': [{ kind: 'status', status: 408 }],
  'a 429 without a word of when': [busy({})],
  'a 429 that says when': [
    busy({ 'retry-after': '0' }),
    busy({ 'x-ratelimit-reset': '0' }),
    busy({ 'retry-after': new Date().toUTCString() }),
  ],
  'a status that is none': [
    { kind: 'status', status: 999 },
    { kind: 'status', status: 600 },
  ],
  'an encoding that was not asked for': [{ kind: 'status', status: 200, headers: { 'content-encoding': 'br' } }],
  'a page of HTML with 200': [{ kind: 'html', status: 200 }],
  'status false with 200': [{ kind: 'status-false' }, well({ status: 'false', data: [] })],
  'no data': [well({}), well({ data: null }), well({ data: {} }), well({ data: '' })],
  'an empty body': [
    { kind: 'status', status: 200, body: '' },
    { kind: 'status', status: 204, body: '' },
  ],
  'JSON that ends in the middle': [{ kind: 'truncated' }],
  'a body that is cut': [{ kind: 'cut' }, { kind: 'cut', as: 'chunks' }, { kind: 'cut', as: 'gzip' }],
  'a connection that is reset': [{ kind: 'reset' }],
  'a body that stalls': [{ kind: 'stall' }],
  'a body that drips': [{ kind: 'drip' }],
  'no answer at all': [{ kind: 'silence' }],
};

/** They end when the tap gives them up. */
const endless = new Set(['stall', 'drip', 'silence']);

for (const [name, ways] of Object.entries(faults)) {
  t.test(`${name}, once in seven answers`, { buffered: true }, async (t) => {
    // What is given up must not be what is only slow.
    const config = ways.some(({ kind }) => endless.has(kind)) ? { request_timeout_seconds: 1.5 } : {};
    const run = await sync({ faults: everyNth(7, ways) }, config);
    t.equal(run.code, 0, run.stderr);
    t.equal(run.ids.length, rows);
    t.equal(new Set(run.ids).size, rows);
    t.equal(run.records['refunds']?.length, rows);
    t.match(run.stderr, /WARNING (?:transactions|refunds): Paystack .*trying again/);
  });
}

t.test('all of them, once in three answers', { buffered: true }, async (t) => {
  const seed = 20_260_701;
  const quick = Object.values(faults)
    .flat()
    .filter(({ kind }) => !endless.has(kind));
  const run = await sync({ faults: atRandom(1 / 3, quick, seed) });
  t.equal(run.code, 0, `seed ${seed}: ${run.stderr}`);
  t.equal(run.ids.length, rows);
  t.equal(new Set(run.ids).size, rows);
});

t.test('an answer that stays refused ends its stream, and the next run completes it', { buffered: true }, async (t) => {
  // All of one day: no window is so small that it has no third page.
  const statuses = new Map([
    ['transactions', 422],
    ['transfers', 403],
  ]);
  const refusing: SandboxOptions['faults'] = ({ query, endpoint = '' }) => {
    const status = query['page'] === '3' ? statuses.get(endpoint) : undefined;
    return status === undefined ? undefined : { kind: 'status', status };
  };
  const today = { rows, from: new Date().toISOString(), to: new Date().toISOString() };
  const synthetic = { transactions: today, transfers: today, refunds: today };
  const streams = Object.keys(synthetic);
  const broken = await sync({ faults: refusing, synthetic }, {}, { streams });
  t.equal(broken.code, 1);
  t.match(broken.stderr, /ERROR transactions: .*answered 422/);
  t.match(broken.stderr, /ERROR transfers: .*answered 403/);
  t.equal(broken.records['refunds']?.length, rows);
  const mended = await sync({ synthetic }, { lookback_window_days: 0 }, { state: broken.state });
  t.equal(mended.code, 0, mended.stderr);
  t.equal(new Set([...broken.ids, ...mended.ids]).size, rows);
});

t.test(
  'a record that stands in a list twice is written once, and is none that never came',
  { buffered: true },
  async (t) => {
    const records = Array.from({ length: 30 }, (_, index) => ({
      id: 1000 - index,
      createdAt: new Date(Date.UTC(2026, 5, 30) - index * 86_400_000).toISOString(),
    }));
    const sandbox = await startSandbox({ records: { transactions: [...records, records[7]] } });
    const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
    const run = await runSync({ config, streams: ['transactions'] });
    await sandbox.close();
    t.equal(run.code, 0, run.stderr);
    t.equal(run.records['transactions']?.length, 30, 'what came is written, once');
    t.equal(run.state.bookmarks.transactions.createdAt, '2026-06-30T00:00:00.000Z');
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
  t.equal(new Set(run.ids).size, rows);
});

t.test(
  'a cursor that leads back, or pages without end that hold nothing new, are no loop',
  { buffered: true },
  async (t) => {
    const looping: SandboxOptions['faults'] = ({ endpoint, query }) =>
      endpoint === 'transactions'
        ? well({ data: [{ id: 1 }], meta: { next: 'bG9vcA==', perPage: 50 } })
        : well({ data: [{ id: Number(query['page']) % 2 }] });
    const run = await sync({ faults: looping });
    t.equal(run.code, 1);
    t.match(run.stderr, /ERROR transactions: its cursor leads back .*never end/);
    t.match(run.stderr, /ERROR refunds: page after page .*never end/);
  },
);

t.test('a wait that is asked for is waited, and one that is too long is not', { buffered: true }, async (t) => {
  let asked = 0;
  const once: SandboxOptions['faults'] = ({ endpoint }) => {
    if (asked++ > 1) return undefined;
    // A date has whole seconds only.
    const date = new Date(Date.now() + 2000).toUTCString();
    return endpoint === 'refunds' ? busy({ 'x-ratelimit-reset': '1' }) : busy({ 'retry-after': date });
  };
  const startedAt = Date.now();
  const run = await sync({ faults: once });
  t.equal(run.code, 0);
  t.ok(Date.now() - startedAt >= 2000);
  t.match(run.stderr, /WARNING transactions: Paystack answered 429 .*again in [1-3]\.\d s/);
  t.match(run.stderr, /WARNING refunds: Paystack answered 429 .*again in 2\.0 s/);
  const refused = await sync({ faults: () => busy({ 'retry-after': '86400' }) }, {}, { streams: ['refunds'] });
  t.equal(refused.code, 1);
  t.match(refused.stderr, /ERROR refunds: .*429.*asks to wait 86401 s/);
});
