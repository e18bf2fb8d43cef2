/** What a run reads of a stream, given where it resumes and what the settings leave out. */
import t from 'tap';
import type { Page } from '../src/paystack/list.ts';
import type { StreamName } from '../src/paystack/streams.ts';
import { streams } from '../src/paystack/streams.ts';
import { lineFrame } from '../src/singer/messages.ts';
import {
  dueOf,
  hasChanged,
  isAllowed,
  isReadAnyhow,
  openStream,
  rangeOf,
  type StreamReading,
} from '../src/sync/open-stream.ts';
import { answerer, type HostileList } from './support/hostile-paystack.ts';
import { askOf, configWith, day, dayMs, now, rowWith, runsOf } from './support/runs.ts';
import type { Json } from './support/tap.ts';

const createdAt = '2026-06-20T00:00:00.000Z';

t.test('a range is the lookback and the spans beside it, as far as the settings allow', async (t) => {
  const spans = (between: object, since: number, ...beside: [number, number][]) => {
    const given = beside.map(([from, to]) => ({ from, to }));
    const range = rangeOf(given, since, streams.transfers, { config: configWith(between), now });
    return range?.spans.map(({ from, to }) => [from, to]);
  };
  const start = day('2026-06-10');
  const end = day('2026-06-20');
  const [before, after] = [start - 5 * dayMs, Number.POSITIVE_INFINITY];
  t.strictSame(spans({}, start), [[start, after]]);
  t.strictSame(spans({}, start, [before, before + dayMs]), [
    [before, before + dayMs],
    [start, after],
  ]);
  t.strictSame(spans({}, start, [before, start]), [[before, after]], 'what touches is one');
  const dates = { start_date: '2026-06-10', end_date: '2026-06-20' };
  t.strictSame(spans(dates, before), [[start, end]]);
  t.strictSame(spans(dates, start + dayMs, [before, before + dayMs], [start - dayMs, start + 1]), [
    [start, start + 1],
    [start + dayMs, end],
  ]);
  t.equal(spans(dates, end), undefined, 'nothing is left');
  t.equal(spans(dates, end, [before, start]), undefined);
  const whole = (name: StreamName) => rangeOf([], start, streams[name], { config: configWith(), now });
  t.match(whole('transfers'), { now, needsBothEnds: false });
  t.match(whole('disputes'), { now, needsBothEnds: true });
});

t.test('the settings leave out what was created before the one date, and from the other on', async (t) => {
  const config = configWith({ start_date: '2026-06-10', end_date: '2026-06-20' });
  const [start, end] = [day('2026-06-10'), day('2026-06-20')];
  t.strictSame(
    [start - 1, start, end - 1, end, Number.NaN].map((created) => isAllowed(created, config)),
    [false, true, true, false, true],
  );
  t.equal(isAllowed(now + 1, configWith()), true);
});

t.test('a record has changed if it says so, with a margin of a day', async (t) => {
  const [run] = runsOf(['transfers'], { transfers: { createdAt, as_of: createdAt } });
  const asOf = day('2026-06-20');
  const changed = [asOf - dayMs - 1, asOf - dayMs, Number.NaN].map((updated) => hasChanged({ updated }, run!.start));
  t.strictSame(changed, [false, true, false]);
  const [first] = runsOf(['transfers']);
  t.equal(hasChanged({ updated: 0 }, first!.start), true, 'since always');
});

t.test('in the lookback, and where it was open, a record is read anyhow', async (t) => {
  const config = configWith({ lookback_window_days: 10 });
  const [run] = runsOf(['transactions'], { transactions: { createdAt, open: ['2026-05-01 7'] } });
  const isRead = (key: string, created: number) => isReadAnyhow(rowWith({ key, created }), run!.start, config, now);
  const since = day('2026-06-10');
  t.strictSame([isRead('1', since), isRead('1', since - 1), isRead('7', since - 1)], [true, false, true]);
});

t.test('what finding the cheapest plan costs is asked of the list, where the list can say it', async (t) => {
  const open = Array.from({ length: 30 }, (_, index) => `2026-0${1 + (index % 5)}-11 ${index + 1}`);
  const asked: object[] = [];
  let released = 0;
  const listWith = (page: Partial<Page<unknown>>) => ({
    page: async (_: number, query: object) => {
      asked.push(query);
      const release = () => void released++;
      const empty = { rows: [], count: 1, total: 1, next: undefined, isLast: false, isFull: false, isFiltered: true };
      return { ...empty, ...page, release };
    },
  });
  const due = (stream: StreamName, page: Partial<Page<unknown>>, listed: StreamName = stream) => {
    const [run] = runsOf([stream], {
      [stream]: { [streams[stream].key[0] === 'id' ? 'createdAt' : 'settlement_created_at']: createdAt, open },
    });
    return dueOf(listWith(page), streams[listed], run!.start, {
      config: configWith({ lookback_window_days: 10 }),
      now,
    });
  };
  const since = day('2026-06-10');
  const cheap = await due('transfers', { total: 2, count: 2 });
  t.equal(cheap.since, since);
  t.equal(cheap.older.keys.size, 30);
  t.strictSame(
    cheap.plan,
    { spans: [{ from: day('2026-01-11'), to: since }], keys: [] },
    'one page is less than 30 keys',
  );
  t.equal(released, asked.length);
  t.match(asked[0], { from: /^2026-01-10T23:59:59/, to: /^2026-06-11/ });
  const dear = await due('transfers', { total: 9000, count: 10 });
  t.equal(dear.plan.keys.length, 30);
  const mute = await due('transfers', { total: undefined });
  t.equal(mute.plan.keys.length, 30, 'it does not say how many pages there are');
  const unfiltered = await due('transfers', { total: 2, count: 2, isFiltered: false });
  t.equal(unfiltered.plan.keys.length, 30, 'its pages are not those of the span');
  for (const name of ['settlements', 'settlement_transactions'] as const) {
    const { plan } = await due(name, { total: 9000, count: 10 });
    t.strictSame(plan.keys, [], `${name} cannot be had by their keys`);
  }
  t.match((await due('disputes', { total: 2, count: 2 })).plan, { keys: [] });
  t.match(asked.at(-1), { to: /^2026-06-1/ });
});

interface Opened {
  /** Rows in order, by the texts of their records. */
  readonly records: readonly Json[];
  readonly readings: readonly StreamReading[];
  /** What was asked for, as `list` or `list:key`, in order. */
  readonly asked: readonly string[];
  readonly queries: readonly Json[];
  readonly tally: Json;
}

async function open(
  stream: StreamName,
  lists: Record<string, HostileList>,
  { bookmark, settings = {}, mustAgree = false }: { bookmark?: object; settings?: object; mustAgree?: boolean } = {},
): Promise<Opened> {
  const server = answerer(lists);
  const config = configWith({ page_size: 10, ...settings });
  const [run] = runsOf([stream], bookmark && { [stream]: bookmark }, settings);
  const ask = askOf(server);
  const options = { config, ask, now, ahead: () => 2, mustAgree, frame: () => lineFrame, beside: [] };
  const readings: StreamReading[] = [];
  const records: Json[] = [];
  for await (const reading of openStream(run!.stream, run!.start, 0, run!.tally, options)) {
    readings.push(reading);
    if (reading.kind !== 'rows') continue;
    for (const { content } of reading.rows)
      records.push(JSON.parse(content.bytes.toString('utf8', content.from, content.to)));
    reading.release();
  }
  const asked = server.requests.map(({ list, path }) =>
    list.endsWith(' by key') ? `key ${path.split('/').at(-1)}` : list,
  );
  const queries = server.requests.map(({ query }) => query);
  return { records, readings, asked, queries, tally: run!.tally };
}

const ids = ({ records }: Opened) => records.map(({ id }) => id).sort((one, other) => one - other);
const record = (id: number, date: string, more: object = {}) => ({ id, createdAt: `${date}T00:00:00.000Z`, ...more });

t.test('a stream that has no dates is read whole', async (t) => {
  const countries = { records: [{ id: 1 }, { id: 2 }] };
  const opened = await open('countries', { countries });
  t.strictSame(ids(opened), [1, 2]);
  t.match(opened.readings.at(-1), { kind: 'covered', isWhole: true });
  t.strictSame(opened.asked, ['countries']);
});

t.test('where removed records matter, two readings of a list must agree', async (t) => {
  const lists = () => ({ countries: { records: [{ id: 1 }] }, customers: { records: [record(1, '2026-06-25')] } });
  t.equal((await open('customers', lists(), { mustAgree: true })).asked.length, 2);
  t.equal((await open('countries', lists(), { mustAgree: true })).asked.length, 2);
  t.equal((await open('customers', lists())).asked.length, 1);
});

const old = (id: number, more: object = {}) =>
  record(id, '2026-01-11', { status: 'pending', updatedAt: createdAt, ...more });

t.test('what was open is read by its key, though its date may not be allowed any more', async (t) => {
  const records = [old(1, { status: 'success' }), old(2), record(3, '2026-06-25', { status: 'success' })];
  const bookmark = { createdAt, as_of: createdAt, open: ['2026-01-11 1,2'] };
  const opened = await open('transfers', { transfers: { records } }, { bookmark });
  t.strictSame(ids(opened), [1, 2, 3]);
  t.strictSame(opened.asked, ['key 1', 'key 2', 'transfers']);
  const seen = opened.readings.filter(({ kind }) => kind === 'revisited');
  t.strictSame(seen, [
    { kind: 'revisited', keys: new Set(['1']), open: new Map() },
    { kind: 'revisited', keys: new Set(['2']), open: new Map([['2', day('2026-01-11')]]) },
  ]);
  const bounded = await open(
    'transfers',
    { transfers: { records } },
    { bookmark, settings: { start_date: '2026-02-01' } },
  );
  t.strictSame(ids(bounded), [3]);
  t.equal(bounded.readings.filter(({ kind }) => kind === 'revisited').length, 2, 'it is seen all the same');
});

t.test(
  'where a key is refused the record is looked for in the list, and after three refusals no other is tried',
  async (t) => {
    const days = Array.from({ length: 8 }, (_, index) => `2026-01-1${index + 1}`);
    const records = days.map((date, index) =>
      record(index + 1, date, { status: 'pending', updatedAt: `${date}T00:00:00.000Z` }),
    );
    const bookmark = { createdAt, as_of: createdAt, open: days.map((date, index) => `${date} ${index + 1}`) };
    const refusing = (...keys: string[]) => [
      (answer: Json, { path }: { path: string }) =>
        keys.includes(path.split('/').at(-1)!) ? { ...answer, status: 403, message: 'No' } : answer,
    ];
    // So many others that the keys are the cheaper way.
    const others = Array.from({ length: 400 }, (_, index) =>
      record(100 + index, '2026-01-18', { status: 'success', updatedAt: '2026-03-01T00:00:00.000Z' }),
    );
    const lists = (...keys: string[]) => ({
      transfers: { records: [...records, ...others] },
      'transfers by key': { records: [], bends: refusing(...keys) },
    });
    const one = await open('transfers', lists('2', '3', '5', '6'), { bookmark, settings: { concurrency: 1 } });
    const keysAsked = (opened: Opened) =>
      opened.asked.filter((what) => what.startsWith('key ')).map((what) => Number(what.slice(4)));
    t.strictSame(keysAsked(one), [1, 2, 3, 4, 5, 6, 7, 8], 'one that is read begins the count anew');
    t.strictSame(ids(one), [1, 2, 3, 4, 5, 6, 7, 8]);
    const many = await open('transfers', lists('2', '3', '4'), { bookmark, settings: { concurrency: 1 } });
    t.strictSame(keysAsked(many), [1, 2, 3, 4]);
    t.strictSame(ids(many), [1, 2, 3, 4, 5, 6, 7, 8]);
  },
);

t.test('a key that nothing answers for ends the stream, as the others would not be answered', async (t) => {
  const bookmark = { createdAt, as_of: createdAt, open: ['2026-01-11 1'] };
  const rejected = [(answer: Json) => ({ ...answer, status: 401, message: 'Invalid key' })];
  const lists = { transfers: { records: [old(1)] }, 'transfers by key': { records: [], bends: rejected } };
  await t.rejects(open('transfers', lists, { bookmark }), { name: 'KeyRejected' });
});

t.test(
  'beside what is sought, a record is left out if it is old, final, and says that it has not changed',
  async (t) => {
    const changed = '2026-06-19T00:00:00.000Z';
    const same = '2026-06-18T23:59:59.999Z';
    const records = [
      ...[old(1, { status: 'success', updatedAt: changed }), old(2, { status: 'success', updatedAt: same })],
      ...[old(3, { status: 'success', updatedAt: undefined }), old(4, { status: 'success', updatedAt: same })],
      ...[old(5, { updatedAt: same }), record(6, '2026-06-25', { status: 'success', updatedAt: same })],
      record(7, '2026-05-20', { status: 'success', updatedAt: same }),
    ];
    const days = { createdAt, as_of: createdAt, open: ['2026-01-11/2026-01-12'] };
    const opened = await open('transfers', { transfers: { records } }, { bookmark: days });
    t.strictSame(ids(opened), [1, 3, 5, 6, 7]);
    t.equal(opened.tally.unchanged, 2);
    // Too many to be read one by one.
    const keys = { ...days, open: ['2026-01-11 2,11,12,13'] };
    const sought = await open('transfers', { transfers: { records } }, { bookmark: keys });
    t.strictSame(ids(sought), [1, 2, 3, 5, 6, 7]);
  },
);

t.test('a range of which the settings leave nothing is not asked for', async (t) => {
  const settings = { end_date: '2026-05-01', lookback_window_days: 10 };
  for (const [stream, list] of [
    ['transfers', 'transfers'],
    ['settlement_transactions', 'settlements'],
  ] as const) {
    const bookmark = { [stream === 'transfers' ? 'createdAt' : 'settlement_created_at']: createdAt };
    const opened = await open(stream, { [list]: { records: [record(1, '2026-06-25')] } }, { bookmark, settings });
    t.strictSame([opened.asked, opened.readings], [[], []]);
  }
});

t.test(
  'children are read of parents in the lookback, and of older ones that are open, remembered or changed',
  async (t) => {
    const same = '2026-06-18T00:00:00.000Z';
    const final = { status: 'success', updatedAt: same };
    const settlements = [
      ...[
        record(1, '2026-01-11', final),
        record(2, '2026-01-12', final),
        record(3, '2026-01-12', { status: 'pending', updatedAt: same }),
      ],
      ...[
        record(4, '2026-01-12', { ...final, updatedAt: createdAt }),
        record(5, '2026-01-13', final),
        record(6, '2026-06-25', final),
      ],
      record(7, '2026-01-12', { status: 'success' }),
      record(8, '2026-05-20', final),
    ];
    const lists = Object.fromEntries(
      settlements.map(({ id }) => [`settlement_transactions/${id}`, { records: [{ id: 10 * id }] }]),
    );
    const bookmark = {
      ...{ settlement_created_at: createdAt, as_of: createdAt },
      ...{ open: ['2026-01-11 1'], failed: ['2026-01-13/2026-01-14'] },
    };
    const opened = await open(
      'settlement_transactions',
      { settlements: { records: settlements }, ...lists },
      { bookmark },
    );
    t.strictSame(ids(opened), [10, 30, 40, 50, 60, 80]);
    t.match(opened.queries[0], { from: /^2026-01-/ });
    const sixth = opened.records.find(({ id }) => id === 60);
    t.match(sixth, { settlement_id: 6, settlement_created_at: '2026-06-25T00:00:00.000Z' });
  },
);

t.test('the path of children has the fields of their parent, as they are in an address', async (t) => {
  const countries = {
    records: [
      { id: 1, iso_code: 'NG' },
      { id: 2, iso_code: 'Z&A/' },
    ],
  };
  const states = (name: string) => ({ records: [{ name, slug: name }] });
  const lists = { countries, 'address_states/NG': states('lagos'), 'address_states/Z&A/': states('natal') };
  const opened = await open('address_states', lists);
  t.strictSame(
    opened.records.map(({ country, slug }) => [country, slug]),
    [
      ['Z&A/', 'natal'],
      ['NG', 'lagos'],
    ],
  );
  t.match(opened.readings.at(-1), { kind: 'covered', isWhole: true });
});

t.test('what a list under a parent cannot give is a failure of that parent', async (t) => {
  const settlements = { records: [record(1, '2026-06-25'), record(2, '2026-06-26')] };
  const refusing = { records: [], bends: [(answer: Json) => ({ ...answer, status: 403, message: 'No' })] };
  const lists = {
    settlements,
    'settlement_transactions/1': refusing,
    'settlement_transactions/2': { records: [{ id: 20 }] },
  };
  const opened = await open('settlement_transactions', lists);
  t.strictSame(ids(opened), [20]);
  t.match(opened.tally, { failures: 1, failedParents: [/^\/settlement\/1\/transactions \(/] });
  t.strictSame(opened.readings.at(-1)?.kind === 'covered' && [...(opened.readings.at(-1) as Json).failed], [
    ['1', day('2026-06-25')],
  ]);
});

t.test('a list that cannot be filtered by its dates is read whole, whatever the settings', async (t) => {
  const settings = { start_date: '2026-06-01' };
  const accounts = {
    records: [
      { id: 1, created_at: createdAt },
      { id: 2, created_at: '2020-01-01T00:00:00.000Z' },
    ],
  };
  const opened = await open('dedicated_virtual_accounts', { dedicated_virtual_accounts: accounts }, { settings });
  t.strictSame(ids(opened), [1, 2]);
  const lists = {
    storefronts: { records: [record(1, '2020-01-01')] },
    'storefront_products/1': { records: [{ id: 5 }] },
  };
  const children = await open('storefront_products', lists, { settings });
  t.strictSame(ids(children), [5]);
  for (const query of [...opened.queries, ...children.queries]) t.notOk('from' in query);
});

t.test('where removed records matter, the lists of parents and of children must agree', async (t) => {
  const countries = {
    countries: { records: [{ id: 1, iso_code: 'NG' }] },
    'address_states/NG': { records: [{ slug: 'a' }] },
  };
  const once = ['address_states/NG', 'countries'];
  t.strictSame((await open('address_states', countries)).asked.toSorted(), once);
  const twice = await open('address_states', countries, { mustAgree: true });
  t.strictSame(twice.asked.toSorted(), [...once, ...once].toSorted());
  const lists = {
    settlements: { records: [record(1, '2026-06-25')] },
    'settlement_transactions/1': { records: [{ id: 2 }] },
  };
  const ranged = await open('settlement_transactions', lists, { mustAgree: true });
  t.equal(ranged.asked.filter((list) => list === 'settlements').length, 2);
});

t.test('an empty list of children is asked for twice, unless it comes with its parent', async (t) => {
  const lists = { settlements: { records: [record(1, '2026-06-25')] } };
  const transactions = await open('settlement_transactions', lists);
  t.strictSame(transactions.asked, ['settlements', 'settlement_transactions/1', 'settlement_transactions/1']);
  const subscriptions = { subscriptions: { records: [record(1, '2026-06-25', { subscription_code: 'SUB_1' })] } };
  const invoices = await open('subscription_invoices', subscriptions);
  t.strictSame(invoices.asked, ['subscriptions', 'subscription_invoices/SUB_1']);
});

t.test('a number in a path has all its digits', async (t) => {
  const data = `[{"id":9007199254740993,"createdAt":"${createdAt}"}]`;
  const body = `{"status":true,"message":"","data":${data},"meta":{"total":1,"page":1,"perPage":10,"pageCount":1}}`;
  const settlements = { records: [], bends: [(answer: Json) => ({ ...answer, body })] };
  const opened = await open('settlement_transactions', { settlements });
  t.ok(opened.asked.includes('settlement_transactions/9007199254740993'), opened.asked.join());
});
