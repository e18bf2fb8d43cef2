/** However the API pages and filters, every record of every stream arrives, and arrives once. */
import t from 'tap';
import type { Quirks, Style } from '../src/sandbox/answers.ts';
import { coreStreams } from '../src/sandbox/core-streams.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { runSync, type SyncRun, selecting, startTap, workFolder } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const rows = 430;
const dayMs = 86_400_000;
const now = Date.now();
const spread = { rows, from: new Date(now - 400 * dayMs).toISOString(), to: new Date(now - 60_000).toISOString() };

async function syncAgainst(
  options: SandboxOptions,
  config: object = {},
  streams: readonly string[] = coreStreams,
): Promise<{ sandbox: Sandbox; run: SyncRun }> {
  const synthetic = Object.fromEntries(coreStreams.map((stream) => [stream, spread]));
  const sandbox = await startSandbox({ synthetic, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, requests_per_minute: 1_000_000, ...config };
  const run = await runSync({ config: settings, streams });
  await sandbox.close();
  return { sandbox, run };
}

const situations: Record<string, { style?: Style; quirks?: Quirks; config?: object }> = {
  'numbered pages': {},
  cursors: { style: 'cursor' },
  'cursors that end with nothing': { style: 'cursor', quirks: { cursorEnd: 'absent' } },
  'cursors that end with "null"': { style: 'cursor', quirks: { cursorEnd: 'null' } },
  'no meta': { style: 'no-meta' },
  'one answer, whatever page is asked for': { style: 'single' },
  'a page size cut to 50': { quirks: { maxPageSize: 50 } },
  'a page size cut to 25': { quirks: { maxPageSize: 25 } },
  'a page size cut to 25, without meta': { style: 'no-meta', quirks: { maxPageSize: 25 } },
  'a page size that is refused': { quirks: { refusePageSizeAbove: 60 } },
  'perPage as a string': { quirks: { perPageAsString: true } },
  'a pageCount of 0': { quirks: { pageCountZero: true } },
  'no total': { quirks: { noTotal: true } },
  'a total that is too low': { quirks: { totalShortBy: 31 } },
  'filters that are ignored': { quirks: { ignoreFilters: true } },
  'filters that are ignored, with cursors': { style: 'cursor', quirks: { ignoreFilters: true } },
  'an exclusive to': { quirks: { toExclusive: true } },
  'exclusive ends': { quirks: { fromExclusive: true, toExclusive: true } },
  'from and to cut to their date': { quirks: { dateOnly: 'start-of-day' } },
  'dates that begin in Lagos': { quirks: { dateOnly: 'start-of-day', dayBeginsEarlier: 1 } },
  'dates that begin in New York': { quirks: { dateOnly: 'end-of-day', dayBeginsEarlier: -5 } },
  'to read as the end of its day': { quirks: { dateOnly: 'end-of-day' } },
  'oldest first': { quirks: { order: 'oldest-first' } },
  'everything at once': { quirks: { maxPageSize: 50, perPageAsString: true, pageCountZero: true, toExclusive: true } },
};

function hasQuirk(quirks: Quirks, word: string): boolean {
  return Object.keys(quirks).some((quirk) => quirk.startsWith(word));
}

/** Some pages of every stream, and many of one. */
const pages = { pageSize: 100, count: 230, streams: coreStreams } as const;
const windows = { pageSize: 2, count: rows, streams: ['transactions'] } as const;

for (const [name, { style, quirks, config }] of Object.entries(situations)) {
  // Pages so small that the range is cut into many windows, where that makes a difference.
  const isCut =
    quirks !== undefined &&
    ['from', 'toExclusive', 'dateOnly', 'ignore', 'order'].some((word) => hasQuirk(quirks, word));
  for (const { pageSize, count, streams } of isCut && style === undefined ? [pages, windows] : [pages]) {
    t.test(`${name}, ${pageSize} a page`, { buffered: true }, async (t) => {
      const synthetic = Object.fromEntries(streams.map((stream) => [stream, { ...spread, rows: count }]));
      const { run, sandbox } = await syncAgainst(
        { synthetic, ...(style && { style }), ...(quirks && { quirks }) },
        { page_size: pageSize, ...config },
        streams,
      );
      t.equal(run.code, 0, run.stderr);
      for (const stream of streams) {
        const ids = run.records[stream]?.map(({ id }) => id) ?? [];
        t.equal(new Set(ids).size, count, `${stream}: every record`);
        t.equal(ids.length, count, `${stream}: once`);
      }
      t.ok(sandbox.requests.every(({ method }) => method === 'GET'));
    });
  }
}

const paces = [
  ['numbered', 7],
  ['no-meta', 7],
  ['cursor', 7],
  // More than a page at once: when they stop, page after page holds what is known.
  ['no-meta', 30],
] as const;
for (const [style, perRequest] of paces) {
  t.test(
    `records that arrive push none past the reader: ${style}, ${perRequest} a request`,
    { buffered: true },
    async (t) => {
      // All lists grow alike.
      const some = ['customers', 'invoices', 'subscriptions', 'transactions'] as const;
      const { run } = await syncAgainst({ style, arrivals: { perRequest, max: 300 } }, { page_size: 20 }, some);
      t.equal(run.code, 0, run.stderr);
      for (const stream of some) {
        const records = run.records[stream] ?? [];
        const old = records.filter(({ createdAt, created_at }) => (createdAt ?? created_at) <= spread.to);
        t.equal(old.length, rows, `${stream}: every record`);
        t.equal(new Set(records.map(({ id }) => id)).size, records.length, `${stream}: once`);
      }
    },
  );
}

t.test('a list filtered by another date than the creation still gives every record', { buffered: true }, async (t) => {
  const records = Array.from({ length: 320 }, (_, index) => ({
    id: 320 - index,
    createdAt: new Date(now - (index + 20) * dayMs).toISOString(),
    paid_at: new Date(now - index * 0.9 * dayMs).toISOString(),
  }));
  const sandbox = await startSandbox({ records: { transactions: records }, quirks: { filterField: 'paid_at' } });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 2, requests_per_minute: 1_000_000 };
  const run = await runSync({ config, streams: ['transactions'] });
  await sandbox.close();
  t.equal(run.code, 0, run.stderr);
  t.equal(new Set(run.records['transactions']?.map(({ id }) => id)).size, 320);
});

t.test('the first records leave when the first page has come, whatever becomes of the others', async (t) => {
  const sandbox = await startSandbox({
    synthetic: { transactions: spread },
    faults: ({ query }) => (query['page'] === '1' ? undefined : { kind: 'silence' }),
  });
  const folder = workFolder();
  const config = folder.file('config.json', { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 50 });
  const catalog = folder.file('catalog.json', selecting(['transactions']));
  const child = startTap(['--config', config, '--catalog', catalog]);
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += chunk;
    if (printed.split('"type":"RECORD"').length > 50) break;
  }
  t.equal(child.exitCode, null, 'while it waits for the others');
  child.kill('SIGKILL');
  await sandbox.close();
  folder.remove();
});

t.test('what slips past while a page is asked for again is read', { buffered: true }, async (t) => {
  const { run, sandbox } = await syncAgainst(
    {
      arrivals: { perRequest: 7, max: 500 },
      faults: ({ query, attempt }) =>
        query['page'] === '2' && attempt === 1 ? { kind: 'status', status: 503 } : undefined,
    },
    { page_size: 20 },
    ['transactions', 'invoices'],
  );
  t.equal(run.code, 0, run.stderr);
  for (const stream of ['transactions', 'invoices'] as const) {
    const asked = sandbox.requests.filter(({ endpoint }) => endpoint === stream).map(({ query }) => query['page']);
    t.ok(asked.indexOf('3') < asked.lastIndexOf('2'), 'later pages were answered before');
    const records = run.records[stream] ?? [];
    const old = records.filter(({ createdAt, created_at }) => (createdAt ?? created_at) <= spread.to);
    t.equal(old.length, rows, `${stream}: every record`);
    t.equal(new Set(records.map(({ id }) => id)).size, records.length, `${stream}: once`);
  }
});

t.test(
  'a list costs as many requests as it has pages, and one if the last is full; a large one a tenth more at most',
  { buffered: true },
  async (t) => {
    const [medium, large] = [150, 500];
    const pageSize = 2;
    const upToNow = { ...spread, to: new Date(now).toISOString() };
    const synthetic = {
      transactions: { ...upToNow, rows: medium * pageSize },
      refunds: { ...upToNow, rows: large * pageSize },
      customers: { ...upToNow, rows: 2 },
    };
    const { run, sandbox } = await syncAgainst({ synthetic }, { page_size: pageSize }, Object.keys(synthetic));
    t.equal(run.code, 0, run.stderr);
    const asked = (stream: string) => sandbox.requests.filter(({ endpoint }) => endpoint === stream).length;
    t.equal(asked('transactions'), medium + 1);
    t.ok(asked('refunds') <= 1.1 * large, `${asked('refunds')} requests for ${large} pages`);
    t.equal(asked('customers'), 2);
    t.equal(run.records['refunds']?.length, large * pageSize);
  },
);

t.test('a list that answers 404 where it has nothing is whole all the same', { buffered: true }, async (t) => {
  const records = Array.from({ length: 320 }, (_, index) => ({
    id: 320 - index,
    created_at: new Date(now - (index + 2) * dayMs).toISOString(),
  }));
  const today = new Date(Math.floor(now / dayMs) * dayMs - 2000).toISOString();
  const nothing = {
    kind: 'status',
    status: 404,
    body: { status: false, message: 'No preauthorization exists' },
  } as const;
  const sandbox = await startSandbox({
    records: { preauthorizations: records },
    faults: ({ query }) => ((query['from'] ?? '') > today ? nothing : undefined),
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 2, requests_per_minute: 100_000 };
  const run = await runSync({ config, streams: ['preauthorizations'] });
  await sandbox.close();
  t.equal(run.code, 0, run.stderr);
  t.equal(run.records['preauthorizations']?.length, 320);
  t.ok(sandbox.requests.some(({ status }) => status === 404));
  t.notMatch(run.stderr, /not available/);
});

t.test('small accounts cost one request a stream', { buffered: true }, async (t) => {
  const small = { rows: 10, from: '2016-01-01', to: new Date(now).toISOString() };
  const sandbox = await startSandbox({ synthetic: { transactions: small } });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const run = await runSync({ config, streams: ['transactions'] });
  await sandbox.close();
  t.equal(run.records['transactions']?.length, 10);
  t.equal(sandbox.requests.length, 1);
});
