/** The plan for what must be seen again: the cheapest in requests, and never dearer than the range read whole and a tenth. */
import fc from 'fast-check';
import t from 'tap';
import { dayMs, type Span } from '../src/paystack/windows.ts';
import type { Remembered } from '../src/sync/bookmark.ts';
import { type Plan, planOf } from '../src/sync/plan.ts';

const pageSize = 200;
const days = 730;
const since = days * dayMs;

interface Account {
  /** Records of each day. */
  readonly perDay: readonly number[];
  readonly older: Remembered;
  readonly canFetch: boolean;
}

/** The pages of a span, which the list is asked for with a day's margin behind it. */
function pagesIn({ perDay }: Account, { from, to }: Span): number {
  const ofSpan = perDay.slice(Math.max(0, Math.floor(from / dayMs)), Math.ceil(to / dayMs) + 1);
  return Math.max(1, Math.ceil(ofSpan.reduce((sum, count) => sum + count, 0) / pageSize));
}

/** What a plan costs, the questions asked to find it included. */
async function cost(account: Account): Promise<{ plan: Plan; requests: number; questions: number }> {
  let questions = 0;
  const { older, canFetch } = account;
  const pagesOf = async (span: Span) => {
    questions++;
    return pagesIn(account, span);
  };
  const plan = await planOf({ older, since, canFetch, pagesOf });
  const pages = plan.spans.reduce((sum, span) => sum + pagesIn(account, span), 0);
  return { plan, questions, requests: questions + plan.keys.length + pages };
}

/** Read from the first remembered day on. */
function wholeCost(account: Account): number {
  const { keys, days } = account.older;
  const first = Math.min(...keys.values(), ...days);
  return Number.isFinite(first) ? pagesIn(account, { from: first, to: since }) : 0;
}

/** Every remembered record is seen again: by its key, or in a span that its day lies in. */
function seesAll({ spans, keys }: Plan, { older }: Account): boolean {
  const byKey = new Set(keys);
  const isIn = (day: number) => spans.some(({ from, to }) => day >= from && day + dayMs <= to);
  return [...older.keys].every(([key, day]) => byKey.has(key) || isIn(day)) && [...older.days].every(isIn);
}

function even(count: number, open: readonly number[], canFetch = true): Account {
  const keys = new Map(open.map((day, index) => [String(index + 1), day * dayMs]));
  return { perDay: Array(days).fill(count / days), older: { keys, days: new Set() }, canFetch };
}

const range = (count: number, day: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => day(index));

t.test('few are had by their keys, without a question', async (t) => {
  const { plan, questions } = await cost(even(20_000, [3, 600]));
  t.same(plan.keys, ['1', '2']);
  t.same(plan.spans, []);
  t.equal(questions, 0);
});

t.test('some are had by their keys as long as that is less than the range', async (t) => {
  const { plan, requests } = await cost(
    even(
      20_000,
      range(30, (index) => index * 20),
    ),
  );
  t.equal(plan.keys.length, 30);
  t.same(plan.spans, []);
  t.ok(requests <= 31 + 9, `${requests} requests`);
});

t.test('all of one day are had by their day', async (t) => {
  const { plan, requests } = await cost(even(40_000, Array(100).fill(200)));
  t.same(plan, { spans: [{ from: 200 * dayMs, to: 201 * dayMs }], keys: [] });
  t.ok(requests <= 3, `${requests} requests`);
});

t.test('one stuck for years is had by its key, beside a stretch of days for the others', async (t) => {
  const { plan } = await cost(even(40_000, [1, ...Array(60).fill(650)]));
  t.same(plan.keys, ['1']);
  t.same(plan.spans, [{ from: 650 * dayMs, to: 651 * dayMs }]);
});

t.test('very many are had by reading the range', async (t) => {
  const { plan } = await cost(
    even(
      2000,
      range(180, (index) => index * 4),
    ),
  );
  t.same(plan, { spans: [{ from: 0, to: since }], keys: [] });
});

t.test('what has no keys is had by its days, or by reading the range', async (t) => {
  const some: Account = { ...even(20_000, []), older: { keys: new Map(), days: new Set([10 * dayMs]) } };
  t.same((await cost(some)).plan, { spans: [{ from: 10 * dayMs, to: 11 * dayMs }], keys: [] });
  const many: Account = {
    ...some,
    older: { keys: new Map(), days: new Set(range(365, (index) => index * 2 * dayMs)) },
  };
  t.same((await cost(many)).plan, { spans: [{ from: 0, to: since }], keys: [] });
});

t.test('a list that does not say how much it has: keys where there are any, else days', async (t) => {
  const older: Remembered = { keys: new Map([1, 2, 3].map((day) => [String(day), day * 9 * dayMs])), days: new Set() };
  const pagesOf = async () => undefined;
  t.same(await planOf({ older, since, canFetch: true, pagesOf }), { spans: [], keys: ['1', '2', '3'] });
  const { spans, keys } = await planOf({ older, since, canFetch: false, pagesOf });
  t.same(keys, []);
  t.ok(
    older.keys.size > 0 &&
      [...older.keys.values()].every((day) => spans.some(({ from, to }) => day >= from && day < to)),
  );
});

t.test('nothing is asked where there is nothing to be seen again', async (t) => {
  t.same(await cost(even(1000, [])), { plan: { spans: [], keys: [] }, questions: 0, requests: 0 });
});

const day = fc.integer({ min: 0, max: days - 1 });
/** Merchants of all sizes, whose business is even, or on a few days, with what is open spread, or crowded. */
const accounts: fc.Arbitrary<Account> = fc
  .record({
    size: fc.constantFrom(0, 0.2, 2, 30, 400),
    peaks: fc.array(fc.tuple(day, fc.integer({ min: 1, max: 20_000 })), { maxLength: 6 }),
    open: fc.oneof(
      fc.array(day, { maxLength: 500 }),
      fc
        .tuple(fc.integer({ min: 1, max: 500 }), fc.array(day, { minLength: 1, maxLength: 4 }))
        .map(([count, crowded]) => range(count, (index) => crowded[index % crowded.length]!)),
    ),
    unnamed: fc.oneof(fc.constant<number[]>([]), fc.array(day, { maxLength: 400 })),
    canFetch: fc.boolean(),
  })
  .map(({ size, peaks, open, unnamed, canFetch }) => {
    const perDay = range(days, () => size);
    for (const [at, count] of peaks) perDay[at]! += count;
    // What is open is there.
    for (const at of [...open, ...unnamed]) perDay[at]! += 1;
    const keys = new Map(open.map((at, index) => [String(index + 1), at * dayMs]));
    return { perDay, older: { keys, days: new Set(unnamed.map((at) => at * dayMs)) }, canFetch };
  });

t.test('it sees all, and costs at most the range and a tenth, whatever the merchant', (t) =>
  fc
    .assert(
      fc.asyncProperty(accounts, async (account) => {
        const { plan, requests } = await cost(account);
        if (!seesAll(plan, account)) throw new Error('something is not seen');
        const bound = 1.09 * wholeCost(account) + 2;
        if (requests > bound) throw new Error(`${requests} requests, bound ${bound}`);
      }),
      { numRuns: 600 },
    )
    .then(() => t.pass('600 merchants')),
);
