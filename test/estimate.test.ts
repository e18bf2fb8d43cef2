/** What a sync would cost, found out by a request or two: the records and requests of each kind of list. */
import t from 'tap';
import type { StreamName } from '../src/paystack/streams.ts';
import { type Estimate, estimate } from '../src/sync/estimate.ts';
import { noTotal } from './support/bends.ts';
import { answerer, type Bend, type HostileList } from './support/hostile-paystack.ts';
import { askOf, configWith, dayMs, now, runsOf } from './support/runs.ts';
import type { Json } from './support/tap.ts';

interface Input {
  readonly bookmark?: object;
  readonly settings?: object;
}

interface Estimated extends Omit<Estimate, 'requests'> {
  readonly requests: Readonly<Record<string, number>>;
  /** How many requests it took. */
  readonly asked: number;
}

/** With pages of ten records. */
async function estimated(
  stream: StreamName,
  lists: Record<string, HostileList>,
  input: Input = {},
): Promise<Estimated> {
  const { bookmark, settings } = input;
  const server = answerer(lists);
  const [run] = runsOf([stream], bookmark && { [stream]: bookmark }, settings);
  const config = configWith({ page_size: 10, ...settings });
  const { requests, ...more } = await estimate(run!, { config, ask: askOf(server), now });
  return { ...more, requests: Object.fromEntries(requests), asked: server.requests.length };
}

const dateOf = (ms: number) => new Date(ms).toISOString();

/** So many records, each so many days older than the one before it, the first an hour old. */
function records(count: number, stepDays: number, more: (index: number) => object = () => ({})): Json[] {
  return Array.from({ length: count }, (_, index) => {
    return { id: index + 1, createdAt: dateOf(now - 3_600_000 - index * stepDays * dayMs), ...more(index) };
  });
}

const nearly = (stream: string, requests: number, keys = 0) => ({ [stream]: requests, [`${stream} by key`]: keys });

t.test('a list that is read whole costs its pages; one that is empty is asked for twice', async (t) => {
  const of = (count: number) => estimated('countries', { countries: { records: records(count, 1) } });
  t.strictSame(await of(3), { records: 3, requests: nearly('countries', 1), isLeast: false, asked: 1 });
  t.strictSame(await of(0), { records: 0, requests: nearly('countries', 2), isLeast: false, asked: 1 });
});

t.test('a list with a total costs its pages, and one more where the last is full', async (t) => {
  const of = (count: number) => estimated('customers', { customers: { records: records(count, 1) } });
  t.strictSame(await of(25), { records: 25, requests: nearly('customers', 3), isLeast: false, asked: 1 });
  t.strictSame(await of(20), { records: 20, requests: nearly('customers', 3), isLeast: false, asked: 1 });
  t.strictSame(await of(9), { records: 9, requests: nearly('customers', 1), isLeast: false, asked: 1 });
});

t.test('a list that does not say how many pages it has costs two at least', async (t) => {
  const least = { records: undefined, isLeast: true, asked: 1 };
  const banks = await estimated('banks', { banks: { records: records(25, 1) } });
  t.strictSame(banks, { ...least, requests: nearly('banks', 2) });
  const customers = await estimated('customers', { customers: { records: records(25, 1), bends: [noTotal] } });
  t.strictSame(customers, { ...least, requests: nearly('customers', 2) });
});

t.test('what is read by its key is a request each, beside the lookback', async (t) => {
  const bookmark = { createdAt: dateOf(now - 5 * dayMs), open: ['2025-01-01 500', '2025-01-05 501'] };
  const given = await estimated(
    'transfers',
    { transfers: { records: records(25, 1) } },
    { bookmark, settings: { lookback_window_days: 9 } },
  );
  // Of the last fourteen days.
  t.strictSame(given, { records: 14 + 2, requests: nearly('transfers', 2, 2), isLeast: false, asked: 1 });
});

t.test('what finding the plan costs is counted, and no page is asked for twice', async (t) => {
  const open = [...Array(20).keys()].map(
    (index) => `${dateOf(now - (100 + index) * dayMs).slice(0, 10)} ${500 + index}`,
  );
  const bookmark = { createdAt: dateOf(now), open };
  const settings = { lookback_window_days: 50 };
  const list = { transfers: { records: records(200, 1) } };
  const given = await estimated('transfers', list, { bookmark, settings });
  // The range; then the twenty days, which have three pages with the days around them; and the lookback.
  t.match(given, { isLeast: false, requests: { 'transfers by key': 0 } });
  t.equal(given.asked, 3);
  t.equal(given.requests['transfers'], 2 + 3 + 6);
  t.ok(Math.abs(given.records! - 73) <= 2, `${given.records} records`);
});

t.test('where the settings leave nothing, nothing is asked for', async (t) => {
  const settings = { end_date: dateOf(now - 300 * dayMs), lookback_window_days: 0 };
  const bookmark = { createdAt: dateOf(now) };
  const list = { transfers: { records: records(25, 1) } };
  const nothing = { records: 0, requests: nearly('transfers', 0), isLeast: false, asked: 0 };
  t.strictSame(await estimated('transfers', list, { bookmark, settings }), nothing);
});

t.test('a list that ignores the dates is read whole, and costs a request to find that out', async (t) => {
  const bookmark = { createdAt: dateOf(now) };
  const list = { customers: { records: records(25, 30), isFiltered: false } };
  const settings = { lookback_window_days: 1 };
  const given = await estimated('customers', list, { bookmark, settings });
  t.strictSame(given, { records: 25, requests: nearly('customers', 3 + 1), isLeast: false, asked: 1 });
});

t.test('a range that is cut costs its pages, two requests, and some for each cut', async (t) => {
  const list = { customers: { records: records(1600, 0.5) } };
  const given = await estimated('customers', list);
  // 800 days of two records: four windows of fifty pages, of which the last is today's; each costs half a page and a day.
  t.match(given, { records: 1600, isLeast: false, asked: 2 });
  t.equal(given.requests['customers'], 161 + 2 + 3);
});

const subscriptions = (count: number, stepDays: number, more: (index: number) => object = () => ({})) =>
  records(count, stepDays, (index) => ({ subscription_code: `SUB_${index}`, status: 'completed', ...more(index) }));

t.test('under parents that are all visited, each list is a page at least', async (t) => {
  const lists = { subscriptions: { records: subscriptions(25, 1) } };
  const invoices = await estimated('subscription_invoices', lists);
  t.strictSame(invoices, {
    records: undefined,
    requests: { subscriptions: 3, subscription_invoices: 25 },
    isLeast: false,
    asked: 1,
  });
  const settlements = { settlements: { records: records(25, 1) } };
  const transactions = await estimated('settlement_transactions', settlements);
  t.strictSame(transactions, {
    records: undefined,
    requests: { settlements: 3, settlement_transactions: 25 },
    isLeast: true,
    asked: 1,
  });
  const states = await estimated('address_states', { countries: { records: records(4, 1) } });
  t.strictSame(states, { records: undefined, requests: { countries: 1, address_states: 4 }, isLeast: false, asked: 1 });
});

t.test('of a list of parents that does not say how many it has, one is visited at least', async (t) => {
  const lists = { subscriptions: { records: subscriptions(25, 1), bends: [noTotal] } };
  const given = await estimated('subscription_invoices', lists);
  t.strictSame(given, {
    records: undefined,
    requests: { subscriptions: 2, subscription_invoices: 1 },
    isLeast: true,
    asked: 1,
  });
});

t.test('before the lookback, the parents are visited that are remembered', async (t) => {
  const lists = { subscriptions: { records: subscriptions(880, 0.25) } };
  const old = (days: number) => dateOf(now - days * dayMs).slice(0, 10);
  const visits = async (...open: string[]) => {
    const bookmark = { subscription_created_at: dateOf(now), open };
    const settings = { lookback_window_days: 20 };
    const { requests } = await estimated('subscription_invoices', lists, { bookmark, settings });
    return requests['subscription_invoices'];
  };
  t.equal(await visits(), 80, 'four a day');
  t.equal(await visits(`${old(200)} 801,802,803`), 80 + 3);
  // A day is asked for with the day behind it.
  t.equal(await visits(`${old(200)}/${old(199)}`), 80 + 8, 'all that is read of the day');
  t.equal(await visits(`${old(200)} 801`, `${old(150)}/${old(149)}`), 80 + 1 + 8, 'half of what is read of two days');
});

/** Lists without a total where they are asked for what is older than some days. */
const noTotalBefore = (days: number): Bend => {
  return (answer, asked) => (asked.from < now - days * dayMs ? noTotal(answer, asked) : answer);
};
const noTotalSince = (days: number): Bend => {
  return (answer, asked) => (asked.from < now - days * dayMs ? answer : noTotal(answer, asked));
};
const daysAgo = (days: number) => dateOf(now - days * dayMs).slice(0, 10);

t.test('records are not known where one of the spans does not say how many it has', async (t) => {
  const list = (bend: Bend) => ({ transfers: { records: records(200, 1), bends: [bend] } });
  const bookmark = { createdAt: dateOf(now), open: [`${daysAgo(150)}/${daysAgo(130)}`] };
  const given = { bookmark, settings: { lookback_window_days: 30 } };
  t.match(await estimated('transfers', list(noTotalBefore(100)), given), { records: undefined, isLeast: true });
  t.match(await estimated('transfers', list(noTotalSince(100)), given), { records: undefined, isLeast: true });
});

t.test('where nobody knows how many parents there are, one is visited at least', async (t) => {
  const of = async (bend: Bend, ...open: string[]) => {
    const lists = { subscriptions: { records: subscriptions(200, 1), bends: [bend] } };
    const bookmark = { subscription_created_at: dateOf(now), open };
    const given = await estimated('subscription_invoices', lists, { bookmark, settings: { lookback_window_days: 30 } });
    return [given.requests['subscription_invoices'], given.isLeast];
  };
  // One stretch of days, which goes on into the lookback.
  const keys = [`${daysAgo(41)} 42`, `${daysAgo(30)} 31`];
  t.strictSame(await of((answer) => answer, ...keys), [30 + 2, false]);
  t.strictSame(await of(noTotalSince(31), ...keys), [1, true]);
  t.strictSame(await of(noTotalBefore(100), `${daysAgo(150)}/${daysAgo(130)}`), [1, true]);
});

t.test('under parents of which the settings leave nothing, nothing is asked for', async (t) => {
  const settings = { end_date: dateOf(now - 300 * dayMs), lookback_window_days: 0 };
  const bookmark = { settlement_created_at: dateOf(now) };
  const { requests } = await estimated(
    'settlement_transactions',
    { settlements: { records: records(5, 1) } },
    { bookmark, settings },
  );
  t.strictSame(requests, { settlements: 0, settlement_transactions: 0 });
});

t.test('a list that cannot be filtered by its dates is read whole, whatever the settings', async (t) => {
  const accounts = records(3, 30, (index) => ({ created_at: dateOf(now - index * 30 * dayMs) }));
  const lists = { dedicated_virtual_accounts: { records: accounts } };
  const given = await estimated('dedicated_virtual_accounts', lists, { settings: { start_date: dateOf(now - dayMs) } });
  t.strictSame(given, { records: 3, requests: nearly('dedicated_virtual_accounts', 1), isLeast: false, asked: 1 });
});
