/** Which windows a range is cut into, and what a row says of the filter that a list was asked with. */
import t from 'tap';
import type { List, Page } from '../src/paystack/list.ts';
import type { Query } from '../src/paystack/paging.ts';
import { cutWindows, dayMs, isBelieved, middleOf, queryOf } from '../src/paystack/windows.ts';

const now = Date.UTC(2026, 5, 30, 12);
const midnight = Date.UTC(2026, 5, 30);
const day = (age: number) => midnight - age * dayMs;

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
  const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
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
