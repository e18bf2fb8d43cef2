/** Which windows a range is cut into, and what a row says of the filter that a list was asked with. */
import t from 'tap';
import { Refused } from '../src/paystack/errors.ts';
import type { List, Page } from '../src/paystack/list.ts';
import type { Query } from '../src/paystack/paging.ts';
import {
  cutsOf,
  cutWindows,
  dayMs,
  firstPage,
  isBelieved,
  isInRange,
  middleOf,
  midnightAfter,
  midnightBefore,
  pagesIn,
  pagesToEnd,
  queryOf,
} from '../src/paystack/windows.ts';

const now = Date.UTC(2026, 5, 30, 12);
const midnight = Date.UTC(2026, 5, 30);
const day = (age: number) => midnight - age * dayMs;
const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

const page = (created: readonly number[], more: Partial<Page<undefined>> = {}): Page<undefined> => ({
  rows: created.map((time, index) => ({
    ...{ key: String(index), created: time, updated: Number.NaN, isOpen: false },
    ...{ changes: undefined, fingerprint: index, content: undefined },
  })),
  ...{ count: created.length, total: created.length, next: undefined, isLast: false, isFull: false, isFiltered: true },
  release: () => {},
  ...more,
});

t.test('a filter is believed as long as some reading of its dates explains each row', async (t) => {
  const span = { from: day(10), to: day(5) };
  const believed = (created: number) => isBelieved(page([day(7), created]), span);
  for (const created of [day(10), day(12) - 1000, day(5) - 1, day(5), day(2) - 1, Number.NaN]) {
    t.ok(believed(created), new Date(created || 0).toJSON());
  }
  for (const created of [day(12) - 1001, day(2), day(400)]) t.notOk(believed(created), new Date(created).toJSON());
  t.notOk(isBelieved(page([day(7)], { isFiltered: false }), span), 'it was not asked with a filter');
  for (const open of [{ to: day(5) }, { from: day(10) }]) {
    t.notOk(isBelieved(page([day(7)], { isFiltered: false }), { ...everything, ...open }));
  }
  t.ok(isBelieved(page([0, Date.UTC(1, 0), now], { isFiltered: false }), everything));
});

t.test('an end that is open is not asked for, unless the list needs both', async (t) => {
  const open = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  t.same(queryOf(open, { now }), {});
  t.same(queryOf({ ...open, from: day(1) }, { now }), { from: '2026-06-28T23:59:59.000Z' });
  t.same(queryOf(open, { now, needsBothEnds: true }), {
    from: '1970-01-01T00:00:00.000Z',
    to: '2026-07-02T00:00:00.000Z',
  });
  t.same(
    queryOf({ from: day(3), to: day(1) + 1 }, { now })['to'],
    '2026-07-01T00:00:00.000Z',
    'a day beyond the midnight after',
  );
});

/** A list of so many rows a day since some days ago, whatever it is asked for; it notes what it was asked. */
function listOf(
  perDay: number,
  days: number,
  totalOf: (rows: number) => number,
  asked: [number, Query][],
): List<undefined> {
  const ask = async (number: number, query: Query) => {
    asked.push([number, query]);
    const from = Math.max(query['from'] ? Date.parse(query['from']) : 0, day(days));
    const to = Math.min(query['to'] ? Date.parse(query['to']) : now, now);
    const rows = Math.max(0, Math.floor((perDay * (to - from)) / dayMs));
    const left = Math.max(0, Math.min(10, rows - 10 * (number - 1)));
    const at = (index: number) => to - ((10 * (number - 1) + index + 1) * dayMs) / perDay;
    return page(
      Array.from({ length: left }, (_, index) => at(index)),
      { total: totalOf(rows), isFull: left === 10 },
    );
  };
  return { path: '/list', page: ask, after: () => Promise.reject(new Error('no cursors')) };
}

async function windowsOf(list: List<undefined>) {
  const cut = { announced: 0 };
  const range = { spans: [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }], now };
  const windows = [];
  for await (const window of cutWindows(list, range, cut)) windows.push(window);
  return { windows, cut };
}

t.test('a large range is cut at midnights, without a gap, the last window growing alone', async (t) => {
  const asked: [number, Query][] = [];
  const { windows, cut } = await windowsOf(listOf(50, 100, (rows) => rows, asked));
  t.ok(windows.length > 5 && windows.length < 30, `${windows.length} windows`);
  t.equal(windows[0]!.from, Number.NEGATIVE_INFINITY);
  t.equal(windows.at(-1)!.from, midnight);
  t.equal(windows.at(-1)!.to, Number.POSITIVE_INFINITY);
  for (const [index, { to }] of windows.slice(0, -1).entries()) {
    t.equal(to % dayMs, 0);
    t.equal(windows[index + 1]!.from, to);
  }
  t.ok(cut.announced >= 5000);
});

t.test('a total that its last page disproves cuts nothing, however large it is', async (t) => {
  for (const nonsense of [20_000, 1e12, Number.MAX_SAFE_INTEGER]) {
    const asked: [number, Query][] = [];
    const { windows } = await windowsOf(listOf(1, 10, () => nonsense, asked));
    t.match(windows, [{ isAnnounced: false }]);
    t.ok(asked.length <= 2);
  }
});

t.test('a span without a beginning is halved between its oldest known record and the present', async (t) => {
  t.equal(middleOf({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }, day(9), now), day(4));
  t.equal(middleOf({ from: day(20), to: day(10) }, day(9), now), day(15));
});

t.test('how many pages there are, as far as the first one says', (t) => {
  const told = (more: Partial<Page<undefined>>) => {
    const first = page([1, 2, 3], { isFull: true, ...more });
    return [pagesIn(first), pagesToEnd(first)];
  };
  t.same(told({ total: 7 }), [3, 3]);
  t.same(told({ total: 6 }), [2, 3], 'one more proves the end');
  t.same(told({ total: 6, isFull: false }), [2, 2]);
  t.same(told({ total: 6, isLast: true }), [1, 1]);
  t.same(told({ total: undefined }), [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  t.same(told({ total: 7, next: 'c' }), [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  t.same(told({ total: 7, count: 0, isFull: false }), [0, 0]);
  t.end();
});

t.test('a range holds what lies in one of its spans, and what has no date', (t) => {
  const range = {
    now,
    spans: [
      { from: day(9), to: day(7) },
      { from: day(5), to: day(3) },
    ],
  };
  for (const created of [day(9), day(7) - 1, day(5), day(3) - 1, Number.NaN]) t.ok(isInRange(created, range));
  for (const created of [day(9) - 1, day(7), day(6), day(3)]) t.notOk(isInRange(created, range));
  t.end();
});

t.test('midnights', (t) => {
  t.same([midnightBefore(midnight), midnightBefore(midnight - 1)], [midnight, day(1)]);
  t.same([midnightAfter(midnight), midnightAfter(midnight + 1)], [midnight, day(-1)]);
  t.end();
});

/** Where a span is cut whose first page announces so many pages of ten, and whose last page has this. */
async function cuts(
  pages: number,
  last: Page<undefined> | Error,
  span = everything,
  more: Partial<Page<undefined>> = {},
) {
  const asked: [number, Query][] = [];
  const list = {
    page: async (number: number, query: Query) => {
      asked.push([number, query]);
      if (last instanceof Error) throw last;
      return last;
    },
  };
  const first = page(Array(10).fill(day(4)), { total: 10 * pages, isFull: true, ...more });
  const cut = await cutsOf(list, span, first, { spans: [span], now });
  return { ...cut, asked };
}

t.test('a span is cut by its pages and its days, at midnights, the last at that of today', async (t) => {
  const daysAgo = ({ cuts }: { cuts: readonly number[] }) => cuts.map((cut) => (midnight - cut) / dayMs);
  const old = (age: number) => page([day(age), day(age) + 1]);
  t.same(await cuts(150, old(400)), { cuts: [], isAnnounced: true, asked: [] });
  const large = await cuts(151, old(400));
  t.same(daysAgo(large), [300, 200, 100, 0]);
  t.match(large, { oldest: day(400), isAnnounced: true });
  t.same(large.asked, [[151, {}]]);
  t.same(daysAgo(await cuts(200, old(400))), [300, 200, 100, 0]);
  t.same(daysAgo(await cuts(201, old(400))), [320, 240, 160, 80, 0]);
  t.same(daysAgo(await cuts(1000, old(42))), [28, 14, 0], 'of two weeks at least');
  t.same(daysAgo(await cuts(1000, old(41))), [21, 0]);
  t.same(daysAgo(await cuts(1000, old(3))), [0]);
  t.same(daysAgo(await cuts(1000, old(-1))), [0], 'what is of today is one window');
  const span = { from: day(100), to: day(44) };
  const within = await cuts(1000, old(100), span, page([day(50)], { total: 10_000, count: 10, isFull: true }));
  t.same(daysAgo(within), [86, 72, 58], 'within the span alone');
  t.match(within.asked, [[1000, { to: '2026-05-18T00:00:00.000Z' }]]);
  const untilOne = { ...span, to: day(44) + 3_600_000 };
  const first = page([day(50)], { total: 10_000, count: 10, isFull: true });
  t.same(daysAgo(await cuts(1000, old(100), untilOne, first)), [86, 72, 58]);
  const untilToday = { from: day(100), to: midnight };
  t.same(daysAgo(await cuts(151, old(100), untilToday, first)).slice(-1), [15]);
  for (const from of [midnight, midnight + 3_600_000]) {
    const today = { from, to: Number.POSITIVE_INFINITY };
    t.same((await cuts(1000, page([now]), today, page([now], { total: 10_000, count: 10 }))).cuts, []);
  }
  const early = await cuts(1000, old(200), span, page([day(50)], { total: 10_000, count: 10, isFull: true }));
  t.equal(early.oldest, day(100));
});

t.test('what the last page does not bear out is not cut', async (t) => {
  let released = 0;
  const release = () => void released++;
  t.match(await cuts(200, page([], { release })), { cuts: [], isAnnounced: false });
  t.match(await cuts(200, page([Number.NaN], { release })), { cuts: [], isAnnounced: false });
  t.equal(released, 2);
  t.ok((await cuts(200, page([Number.NaN, day(400)], { release }))).oldest);
  const refusal = new Refused(400, 'too deep', { isPaystacks: true });
  t.match(await cuts(200, refusal), { cuts: [], isAnnounced: false });
  for (const error of [new Refused(403, 'a page of HTML'), new TypeError('a mistake')]) {
    await t.rejects(cuts(200, error), error);
  }
  const whole = page([day(400)]);
  t.same(await cuts(200, whole, everything, { total: undefined }), { cuts: [], isAnnounced: true, asked: [] });
  const span = { from: day(3), to: day(2) };
  t.same(await cuts(200, whole, span, page([day(50)], { total: 2000, count: 10 })), {
    ...{ cuts: [], isAnnounced: true, asked: [] },
  });
});

t.test('a first page without records is asked for twice', async (t) => {
  const pages = [page([]), page([1]), page([2])];
  const list = {
    path: '/list',
    page: async () => pages.shift()!,
    after: () => Promise.reject(new Error('no cursors')),
  };
  t.equal((await firstPage(list, {})).rows[0]?.created, 1);
  t.equal((await firstPage(list, {})).rows[0]?.created, 2);
});
