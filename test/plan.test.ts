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
  for (const canFetch of [true, false]) {
    const some: Account = { ...even(20_000, [], canFetch), older: { keys: new Map(), days: new Set([10 * dayMs]) } };
    t.strictSame((await cost(some)).plan, { spans: [{ from: 10 * dayMs, to: 11 * dayMs }], keys: [] });
    const many: Account = {
      ...some,
      older: { keys: new Map(), days: new Set(range(365, (index) => index * 2 * dayMs)) },
    };
    t.strictSame((await cost(many)).plan, { spans: [{ from: 0, to: since }], keys: [] });
  }
});

t.test('a stretch of days is a part of the range, so where there are no keys nothing more is asked', async (t) => {
  const { plan, questions } = await cost(even(600, [700, 700], false));
  t.strictSame(plan, { spans: [{ from: 700 * dayMs, to: 701 * dayMs }], keys: [] });
  t.equal(questions, 1);
});

/** Plans for a list that answers with so many pages, whatever it is asked for. */
async function planWith(pages: number, open: readonly (readonly [day: number, records: number])[]) {
  const keys = new Map<string, number>();
  for (const [day, records] of open) {
    for (let record = 0; record < records; record++) keys.set(`${day}.${record}`, day * dayMs);
  }
  let questions = 0;
  const pagesOf = async () => {
    questions++;
    return pages;
  };
  const plan = await planOf({ older: { keys, days: new Set() }, since, canFetch: true, pagesOf });
  return { plan, questions, keys: [...keys.keys()] };
}

t.test('of equals, the plan is keys, then the range, since they need no further question', async (t) => {
  const keys = await planWith(3, [
    [0, 1],
    [400, 1],
    [729, 1],
  ]);
  t.strictSame([keys.plan, keys.questions], [{ spans: [], keys: keys.keys }, 1]);
  const whole = await planWith(2, [[0, 3]]);
  t.strictSame([whole.plan, whole.questions], [{ spans: [{ from: 0, to: since }], keys: [] }, 1]);
  const asked = await planWith(5, [[650, 60]]);
  t.strictSame([asked.plan, asked.questions], [{ spans: [{ from: 650 * dayMs, to: since }], keys: [] }, 2]);
});

t.test('days that cannot be cheaper, as if records were spread evenly, are not asked for', async (t) => {
  // A stretch of 199 days of 365, and a day behind it: 6.03 of 11 pages, and the question.
  const { plan, questions, keys } = await planWith(11, [
    [365, 1],
    [400, 5],
    [563, 1],
  ]);
  t.strictSame([plan, questions], [{ spans: [], keys }, 1]);
  t.equal(
    (
      await planWith(11, [
        [365, 1],
        [400, 6],
        [563, 1],
      ])
    ).questions,
    2,
    'with one key more they might be',
  );
});

t.test('finding the plan costs a tenth of the range at most', async (t) => {
  const { questions } = await planWith(
    100,
    [...Array(40).keys()].map((index) => [600 + 2 * index, 5]),
  );
  t.equal(questions, 11, 'the range, and a stretch for each of nine in a hundred of its pages');
});

t.test('each stretch has its own keys', async (t) => {
  const { plan } = await cost({ ...even(40_000, [1, ...Array(60).fill(300), 650]) });
  t.strictSame(plan, { spans: [{ from: 300 * dayMs, to: 301 * dayMs }], keys: ['1', '62'] });
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
  for (const canFetch of [true, false]) {
    const nothing = { plan: { spans: [], keys: [] }, questions: 0, requests: 0 };
    t.strictSame(await cost(even(1000, [], canFetch)), nothing);
  }
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
