/** How a range of a list is read, window by window, on lists in memory. */
import t from 'tap';
import { Refused } from '../src/paystack/errors.ts';
import type { Page, Row } from '../src/paystack/list.ts';
import { readList } from '../src/paystack/reader.ts';
import { dayMs, type Span } from '../src/paystack/windows.ts';
import { settle } from './support/clock.ts';
import {
  type Asked,
  downFrom,
  type MemoryListOptions,
  memoryList,
  outcomeOf,
  page,
  row,
  tooDeep,
} from './support/lists.ts';

const start = Date.UTC(2026, 0, 1);
const day = (nth: number) => start + nth * dayMs;
const everything: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** One row a day at noon, the newest first. */
const daily = (count: number): Row<string>[] => downFrom(count).map((id) => row(id, day(id) + dayMs / 2));

interface Given {
  readonly held: Row<string>[];
  readonly options: MemoryListOptions;
  readonly spans?: readonly Span[];
  readonly ahead?: number;
  readonly now?: number;
}

async function read({ held, options, spans = [everything], ahead = 1, now = day(held.length + 1) }: Given) {
  const list = memoryList(held, options);
  const wanted = { range: { spans, now } };
  const outcome = await outcomeOf((tally) => readList(list, wanted, () => ahead, tally));
  return { ...outcome, asked: list.asked.join(' '), list };
}

/** A page too many is refused. */
const refusedFrom =
  (first: number) =>
  (given: Page<string>, { number }: Asked) =>
    number >= first ? tooDeep : given;

/** Numbers that follow each other, by the first and the last of them. */
function inShort(asked: string): string {
  const runs: [number, number][] = [];
  for (const number of asked.split(' ').map(Number)) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

const dateText = (ms: number) => new Date(ms).toISOString();

/** Days since the start; undefined for an end that is open. */
const dayOf = (ms: number) => (Number.isFinite(ms) ? (ms - start) / dayMs : undefined);

interface Case extends Given {
  readonly asked: string;
  /** The edges of what is said to be covered, one after the other. Default: all at once. */
  readonly covered?: readonly (readonly (number | undefined)[])[];
  /** Distinct rows. Default: as many as are held. */
  readonly came?: number;
  /** Rows, those included that come again. Default: as many as came. */
  readonly given?: number;
  readonly announced?: number;
  readonly leftOut?: number;
  readonly missing?: number;
  readonly reread?: number;
  readonly disproved?: { readonly total: number; readonly records: number };
}

const aWeek: Given = { held: daily(7), options: { size: 3 } };
const ignoring = { size: 3, ignoresFilter: () => true };
const twoSpans = [
  { from: day(2), to: day(5) },
  { from: day(10), to: day(15) },
];
const cutCovered = [
  [undefined, 6],
  [6, 13],
  [13, undefined],
];

const cases: Readonly<Record<string, Case>> = {
  'a range that is small is one window': { ...aWeek, asked: '1-3' },
  'its pages are asked for in parallel': { ...aWeek, ahead: 4, asked: '1-3' },
  'spans are read one after the other, and what their margins bring is left out': {
    ...{ held: daily(20), options: { size: 3 }, spans: twoSpans },
    asked: '1 1-2 2-3',
    covered: [
      [2, 5],
      [10, 15],
    ],
    ...{ came: 8, announced: 10, leftOut: 2 },
  },
  'a list that ignores the range is read once, whole': {
    ...{ held: daily(20), options: ignoring, spans: [{ from: day(5), to: day(10) }], ahead: 4 },
    asked: '1 1-7',
    covered: [[5, 10]],
    ...{ came: 5, announced: 20, leftOut: 15 },
  },
  'so is a list that was asked without the range': {
    ...{ held: daily(20), spans: twoSpans, ahead: 4 },
    options: { ...ignoring, bend: (given) => ({ ...given, isFiltered: false }) },
    asked: '1 1 1-7',
    covered: [[2, 5, 10, 15]],
    ...{ came: 8, announced: 20, leftOut: 12 },
  },
  'so is one that shows only on later pages that it ignores the range': {
    ...{ held: daily(20), spans: [{ from: day(15), to: Number.POSITIVE_INFINITY }] },
    options: { ...ignoring, total: () => undefined },
    asked: '1-3 1-8 8 7 6 5 4 3 2 1',
    covered: [[15, undefined]],
    ...{ came: 6, announced: 20, leftOut: 14, reread: 1 },
  },
  'so is a list of which only a later window shows that it ignores the range': {
    ...{ held: daily(400), options: { size: 2, ignoresFilter: (query) => 'from' in query } },
    asked: '1 200 1 1-51 1 1-201',
    covered: [
      [undefined, 101],
      [undefined, undefined],
    ],
    announced: 501,
  },
  'a large range is cut at midnights, and each page is asked for once': {
    ...{ held: daily(400), options: { size: 2 }, ahead: 3 },
    asked: '1 200 1 1-51 1-51 1-51 1 1-51',
    covered: [
      [undefined, 101],
      [101, 201],
      [201, 301],
      [301, 401],
      [401, undefined],
    ],
    announced: 403,
  },
  'a window that is still large is cut again, and counts once': {
    held: downFrom(700).map((id) => row(id, id === 1 ? day(0) : day(400 + id / 10))),
    ...{ options: { size: 2 }, now: day(471) },
    asked: '1 350 1 1 1 1 1 1 1 1 1 1 1 336 1-20 1-91 1-91 1-91 1 1-81',
    covered: [
      [undefined, 67],
      [67, 134],
      [134, 201],
      [201, 269],
      [269, 336],
      [336, 403],
      [403, 420],
      [420, 437],
      [437, 454],
      [454, 471],
      [471, undefined],
    ],
    announced: 744,
  },
  'newest first, what is too deep is a window of its own': {
    ...{ held: daily(20), options: { size: 3, bend: refusedFrom(4) } },
    asked: '1-5 1-3 1-3',
    covered: cutCovered,
    announced: 22,
  },
  'the same with pages that were asked for ahead': {
    ...{ held: daily(20), options: { size: 3, bend: refusedFrom(4) }, ahead: 4 },
    asked: '1-7 1-3 1-3',
    covered: cutCovered,
    announced: 22,
  },
  'a cut may lie at the midnight after now, as clocks differ': {
    held: downFrom(45, 12).map((id) => row(id, day(id / 2) + dayMs / 4)),
    ...{ options: { size: 2, bend: refusedFrom(4) }, now: day(21) },
    asked: '1-5 1-3 1-3 1-3 1-3',
    covered: [
      [undefined, 18],
      [18, 19],
      [19, 20],
      [20, 21],
      [21, undefined],
    ],
    announced: 16,
  },
  'oldest first, both halves are read': {
    ...{ held: daily(20).reverse(), options: { size: 3, bend: refusedFrom(4) } },
    asked: '1-5 1 1-3 1 1-3 3 2 1-3 3 2 1-3 1 1-3 3 2 1-2 2 1',
    covered: [
      [undefined, 6],
      [6, 11],
      [11, 16],
      [16, undefined],
    ],
    ...{ given: 27, announced: 23, reread: 4 },
  },
  'what has all come needs no page that is too deep': {
    ...{ held: downFrom(9).map((id) => row(id, day(3))), options: { size: 3, bend: refusedFrom(4) }, now: day(10) },
    asked: '1-4 1 1 1-3 1 1 1-3 1 1-3 2-3',
    covered: [
      [undefined, 3],
      [3, 4],
      [4, 6],
      [6, undefined],
    ],
    announced: 18,
  },
  'a total that falls from one page to the next has the rest read page by page': {
    held: daily(20),
    options: {
      size: 3,
      meanwhile: (list, { nth }) => {
        if (nth === 3) list.held.splice(0, 1);
      },
    },
    ahead: 4,
    asked: '1-7 3-8 8 8 7 6 5 4 3 2 1',
    ...{ came: 20, announced: 19, reread: 1 },
  },
  'so has a page ahead that is empty though more was announced': {
    held: daily(20),
    options: { size: 3, bend: (given, { nth }) => (nth === 3 ? page([], { total: 20 }) : given) },
    ahead: 4,
    asked: '1-7 3-7',
  },
  'behind a first page that is not full the second shows whether more are asked for ahead': {
    ...{ held: daily(20), options: { size: 3, bend: (given) => ({ ...given, isFull: false }) }, ahead: 4 },
    asked: '1-7',
  },
  'if the second is empty, none is': {
    ...{ held: daily(3), options: { size: 3, total: () => 20, bend: (given) => ({ ...given, isFull: false }) } },
    ahead: 4,
    asked: '1-2 2 2 7 2 1 1-2 2 7',
    ...{ reread: 2, disproved: { total: 20, records: 3 } },
  },
  'without a total no page is asked for ahead': {
    ...{ held: daily(7), options: { size: 3, total: () => undefined }, ahead: 4 },
    asked: '1-4 4 3 2 1',
    reread: 1,
  },
  'what windows have lost is found by reading the range once more': {
    held: daily(400),
    options: {
      size: 2,
      meanwhile: (list, { query }) => {
        list.held = daily(400).filter(({ key }) => key !== '150' || !('from' in query || 'to' in query));
      },
    },
    ahead: 3,
    asked: '1 200 1 1-51 1-51 1-51 1 1-51 1-201',
    covered: [
      [undefined, 101],
      [101, 201],
      [201, 301],
      [301, 401],
      [401, undefined],
      [undefined, undefined],
    ],
    ...{ given: 799, announced: 802, reread: 1 },
  },
  'the range is read once more within its ends': {
    held: daily(400),
    options: {
      size: 2,
      meanwhile: (list, { query }) => {
        const isWhole = query['from'] === dateText(day(0) - 1000) && query['to'] === dateText(day(501));
        list.held = daily(400).filter(({ key }) => key !== '150' || isWhole);
      },
    },
    ...{ spans: [{ from: day(0), to: day(500) }], ahead: 3 },
    asked: '1 200 1 1-51 1-51 1-51 1 1-51 1-201',
    covered: [
      [0, 101],
      [101, 201],
      [201, 301],
      [301, 401],
      [401, 500],
      [0, 500],
    ],
    ...{ given: 799, announced: 802, reread: 1 },
  },
  'fewer by now is nothing lost': {
    held: daily(400),
    options: {
      size: 2,
      meanwhile: (list, { nth }) => {
        if (nth === 4) list.held = list.held.filter(({ key }) => key !== '250');
      },
    },
    asked: '1 200 1 1-51 1-51 1-51 1 1-51 1',
    came: 399,
    covered: [
      [undefined, 101],
      [101, 201],
      [201, 301],
      [301, 401],
      [401, undefined],
    ],
    announced: 402,
  },
};

for (const [name, one] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const { asked, covered = [[undefined, undefined]], came = one.held.length, given = came } = one;
    const { announced = given, leftOut = 0, missing = 0, reread = 0, disproved } = one;
    const outcome = await read({ ...one, held: [...one.held] });
    t.equal(outcome.error, undefined);
    t.equal(inShort(outcome.asked), asked);
    t.same(
      outcome.covered.map(({ spans }) => spans.flatMap(({ from, to }) => [dayOf(from), dayOf(to)])),
      covered,
    );
    t.ok(outcome.covered.every(({ isWhole }) => isWhole));
    t.equal(new Set(outcome.given).size, came);
    t.equal(outcome.given.length, given);
    t.match(outcome.tally, { announced, leftOut, missing, reread });
    t.same(outcome.tally.disproved, disproved);
  });
}

t.test('what is refused in every part is refused', async (t) => {
  const held = downFrom(20).map((id) => row(id, day(3)));
  for (const total of [() => 20, () => undefined]) {
    const { error } = await read({ held, options: { size: 3, total, bend: refusedFrom(4) } });
    t.equal(error, tooDeep);
  }
});

t.test('an error that is no refusal of Paystack is that of the reading, even if it would pass', async (t) => {
  for (const error of [new Refused(403, 'a page of HTML'), new TypeError('a mistake')]) {
    for (const [ahead, total] of [
      [1, () => 20],
      [4, () => 20],
      [1, () => undefined],
    ] as const) {
      const bend = (given: Page<string>, { nth }: Asked) => (nth === 3 ? error : given);
      const outcome = await read({ held: daily(20), options: { size: 3, total, bend }, ahead });
      t.equal(outcome.error, error);
      t.equal(outcome.given.length, 6);
      t.same(outcome.covered, []);
      t.equal(outcome.list.asked.filter((number) => number === '3').length, 1);
    }
  }
});

t.test('an error of the second page has no other asked for', async (t) => {
  const mistake = new TypeError('a mistake');
  const bend = (given: Page<string>, { number }: Asked) => (number === 2 ? mistake : { ...given, isFull: false });
  const { error, asked } = await read({ held: daily(20), options: { size: 3, bend }, ahead: 4 });
  t.equal(error, mistake);
  t.equal(asked, '1 2');
});

t.test('pages are asked for in parallel behind a first page that is not full, once the second has come', async (t) => {
  const list = memoryList(daily(20), { size: 3, bend: (given) => ({ ...given, isFull: false }) });
  const inFlight: number[] = [];
  const waiting = new Set<number>();
  const slow = {
    ...list,
    page: async (...asked: Parameters<typeof list.page>) => {
      waiting.add(asked[0]);
      inFlight.push(waiting.size);
      await settle();
      waiting.delete(asked[0]);
      return list.page(...asked);
    },
  };
  const wanted = { range: { spans: [everything], now: day(21) } };
  await outcomeOf((tally) => readList(slow, wanted, () => 4, tally));
  t.same(inFlight.slice(0, 2), [1, 1]);
  t.equal(Math.max(...inFlight), 4);
});

t.test('what is missing in the parts of a window is said with the newest of them', async (t) => {
  const { tally, covered } = await read({
    held: daily(20),
    options: {
      size: 3,
      total: (all, { query }) => ('from' in query || 'to' in query ? all : all + 5),
      bend: (given, asked) => refusedFrom(4)(asked.nth === 1 ? { ...given, rows: given.rows.slice(1) } : given, asked),
    },
  });
  t.match(tally, { missing: 5, unusable: 1, announced: 22 });
  t.same(
    covered.map(({ isWhole }) => isWhole),
    [true, true, false],
  );
  const total = (all: number, { query }: Asked) => ('from' in query || 'to' in query ? all : all + 5);
  const short = await read({ held: daily(20), options: { size: 3, total, bend: refusedFrom(4) } });
  t.equal(short.tally.missing, 5);
  t.equal(short.covered.at(-1)?.isWhole, false);
});

t.test('a depth that is known is not tried again', async (t) => {
  const { list, given } = await read({
    ...{ held: daily(400), options: { size: 2, bend: refusedFrom(20) }, ahead: 3 },
  });
  t.equal(given.length, 400);
  const tooDeepAsked = list.asked.filter((number) => Number(number) >= 20);
  t.equal(tooDeepAsked.join(' '), '200 20 182 164', 'once in a window, and once for the beginning of each cut');
});
