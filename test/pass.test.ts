/** How a list is read to its end, and when it is settled, on lists in memory. */
import t, { type Test } from 'tap';
import { EndlessList, Refused } from '../src/paystack/errors.ts';
import type { Tally, Wanted } from '../src/paystack/ledger.ts';
import type { Page } from '../src/paystack/list.ts';
import { readList } from '../src/paystack/reader.ts';
import {
  type Asked,
  downFrom,
  type MemoryListOptions,
  memoryList,
  outcomeOf,
  page,
  readWhole,
  row,
  rows,
  tooDeep,
} from './support/lists.ts';

const noTotal = () => undefined;

/** Reads a list that has no range; `ids` are those that it holds, in its order. */
async function read(ids: readonly number[], options: MemoryListOptions, wanted = readWhole) {
  const list = memoryList(rows(ids), options);
  const outcome = await outcomeOf((tally) => readList(list, wanted, () => 1, tally));
  return { ...outcome, asked: list.asked.join(' '), list };
}

function isWhole(t: Test, { covered, tally }: Awaited<ReturnType<typeof read>>, all: number): void {
  t.match(covered, [{ isWhole: true }]);
  t.equal(covered.length, 1);
  t.match(tally, { announced: all, missing: 0, disproved: undefined });
}

t.test('a list that fits in one answer is asked for once', async (t) => {
  const one = await read([3, 2, 1], { size: 5 });
  t.equal(one.asked, '1');
  t.same(one.given, ['3', '2', '1']);
  isWhole(t, one, 3);
});

t.test('a list ends with a page that is not full, once all that was announced has come', async (t) => {
  const short = await read(downFrom(7), { size: 3 });
  t.equal(short.asked, '1 2 3');
  isWhole(t, short, 7);
  t.equal(short.list.released, 3);
});

t.test('a full page is no end, whatever was announced', async (t) => {
  const full = await read(downFrom(6), { size: 3 });
  t.equal(full.asked, '1 2 3');
  isWhole(t, full, 6);
});

t.test('an empty list is asked for twice, unless that is not needed', async (t) => {
  t.equal((await read([], { size: 3 })).asked, '1 1');
  t.equal((await read([], { size: 3 }, { range: undefined, isEmptyBelieved: true })).asked, '1');
});

t.test('cursors are followed to their end, and such a list is settled by one pass', async (t) => {
  const cursors = await read(downFrom(7), { size: 3, hasCursors: true });
  t.equal(cursors.asked, '1 >3 >6');
  isWhole(t, cursors, 7);
  const unsorted = await read([3, 7, 1, 5, 6, 2, 4], { size: 3, hasCursors: true, total: noTotal });
  t.equal(unsorted.asked, '1 >3 >6');
  t.equal(unsorted.tally.announced, 7);
});

t.test('a cursor that leads back is no end', async (t) => {
  const back = await read(downFrom(7), { size: 3, hasCursors: true, bend: (page) => ({ ...page, next: '3' }) });
  t.ok(back.error instanceof EndlessList);
  t.match(back.error?.message, /^its cursor leads back to a page already read/);
  t.equal(back.asked, '1 >3');
});

t.test('without a total, a list ends with an empty page, and newest first it is read twice', async (t) => {
  const silent = await read(downFrom(7), { size: 3, total: noTotal });
  t.equal(silent.asked, '1 2 3 4 4 3 2 1');
  isWhole(t, silent, 7);
  t.equal(silent.tally.reread, 1);
});

t.test('without a total, the same page three times is the end', async (t) => {
  const bend = () => page(rows([3, 2, 1]), { isFull: true });
  const same = await read([], { size: 3, bend });
  t.equal(same.asked, '1 2 3');
  isWhole(t, same, 3);
});

t.test('the same page twice is none, if something else follows', async (t) => {
  const numbers = [1, 1, 2, 2, 3, 3, 4];
  const bend = (_: unknown, { number }: { number: number }) =>
    page(rows(downFrom(3 * (numbers[number - 1] ?? 9), 3)), { isFull: true });
  const { given } = await read([], { size: 3, bend });
  t.equal(given.length, 15);
});

t.test('page after page without news has no end', async (t) => {
  const bend = (_: Page<string>, { number }: Asked) =>
    page(rows(downFrom(number === 40 ? 99 : 3 + (number % 2), 3)), { isFull: true });
  const endless = await read([], { size: 3, bend });
  t.ok(endless.error instanceof EndlessList);
  t.match(endless.error?.message, /^page after page holds nothing new/);
  t.equal(endless.list.asked.length, 90, 'fifty behind the last that had something new');
});

t.test('an error of a page is the error of the reading, unless it shows the end', async (t) => {
  const refusedFrom =
    (first: number, error: Error) =>
    (given: Page<string>, { number }: Asked) =>
      number >= first ? error : given;
  const proxy = new Refused(403, 'answered 403 with a page of HTML');
  for (const error of [new Error('something else'), proxy, tooDeep]) {
    const behindFull = await read(downFrom(9), { size: 3, bend: refusedFrom(3, error) });
    t.equal(behindFull.error, error);
    t.equal(behindFull.asked, '1 2 3');
    const behindLast = await read(downFrom(7), { size: 3, total: noTotal, bend: refusedFrom(4, error) });
    t.equal(behindLast.error, error === tooDeep ? undefined : error);
    t.equal(behindLast.asked, error === tooDeep ? '1 2 3 4 3 2 1' : '1 2 3 4');
  }
  const allThere = await read(downFrom(6), { size: 3, bend: refusedFrom(3, tooDeep) });
  isWhole(t, allThere, 6);
  t.equal(allThere.asked, '1 2 3');
});

const emptied = (given: Page<string>) => page([], { total: given.total });
const thirdIsEmpty = (given: Page<string>, { number }: Asked) => (number === 3 ? emptied(given) : given);
const secondIsUneven = (given: Page<string>, { number }: Asked) =>
  number === 2 ? { ...given, rows: given.rows.slice(1), count: 2 } : given;
/** Page 2 holds these, one time after the other; the last of them from then on. */
function secondPages(...pages: readonly (readonly number[])[]): NonNullable<MemoryListOptions['bend']> {
  const left = [...pages];
  return (given, { number }) => {
    const ids = number === 2 ? (left.length > 1 ? left.shift()! : left[0]!) : undefined;
    return ids === undefined ? given : { ...given, rows: rows(ids), count: ids.length };
  };
}

interface Case {
  readonly held: readonly number[];
  readonly options: MemoryListOptions;
  readonly wanted?: Wanted;
  readonly asked: string;
  /** Default: as many as are held. */
  readonly given?: number;
  /** Default: as many as are given. */
  readonly announced?: number;
  readonly missing?: number;
  readonly reread?: number;
  readonly disproved?: Tally['disproved'];
}

const shuffled = [3, 1, 2, 7, 4, 5, 6];

const cases: Readonly<Record<string, Case>> = {
  'as many arrivals as a page holds push the same page to the next place; the total says that it goes on': {
    held: downFrom(7),
    options: {
      size: 3,
      meanwhile: (list, { nth }) => {
        if (nth > 1 && nth <= 4) list.held = [...rows(downFrom(100 * nth, 3)), ...list.held];
      },
    },
    asked: '1 2 3 4 5 6',
  },
  'the same page three times, with as much announced as two hold': {
    held: [],
    options: { size: 3, bend: () => page(rows([3, 2, 1]), { isFull: true, total: 6 }) },
    asked: '1 2 3 3 2 1 1 2 3',
    ...{ given: 3, announced: 6, reread: 2 },
  },
  'a total that is too low is disproved; a page that is not full is no end any more': {
    held: downFrom(7),
    options: { size: 3, total: () => 4 },
    asked: '1 2 3 4 4 4 3 2 1',
    ...{ reread: 1, disproved: { total: 4, records: 6 } },
  },
  'a total that rises with what came is not disproved': {
    held: downFrom(7),
    options: { size: 3, total: (all, { nth }) => (nth === 1 ? all - 2 : all) },
    asked: '1 2 3',
    announced: 5,
  },
  'a total that falls with what went is not disproved': {
    held: downFrom(7),
    options: { size: 3, total: (all, { nth }) => all - nth + 1 },
    asked: '1 2 3',
  },
  'a total of the first page alone is not disproved': {
    held: downFrom(7),
    options: { size: 3, total: (_, { nth }) => (nth === 1 ? 4 : undefined) },
    asked: '1 2 3',
    announced: 4,
  },
  'a total of later pages alone is disproved': {
    held: downFrom(7),
    options: { size: 3, total: (_, { nth }) => (nth === 1 ? undefined : 4) },
    asked: '1 2 3 4 4 3 2 1',
    ...{ reread: 1, disproved: { total: 4, records: 6 } },
  },
  'a page that is not full is no end while less has come than was announced': {
    held: downFrom(7),
    options: { size: 3, bend: (given) => ({ ...given, isFull: false }) },
    asked: '1 2 3',
  },
  'an empty page is asked for again where more was announced': {
    held: downFrom(7),
    options: { size: 3, bend: (given, { nth }) => (nth === 2 ? emptied(given) : given) },
    asked: '1 2 2 3',
  },
  'a total that is too high by one page, behind pages without a gap, is disproved in three passes': {
    held: downFrom(6),
    options: { size: 3, total: () => 7 },
    asked: '1 2 3 3 3 2 1 1 2 3 3',
    ...{ reread: 2, disproved: { total: 7, records: 6 } },
  },
  'a total that is much too high: the last page that it announces is asked for as well': {
    held: downFrom(6),
    options: { size: 3, total: () => 13 },
    asked: '1 2 3 3 5 3 2 1 1 2 3 3 5',
    ...{ reread: 2, disproved: { total: 13, records: 6 } },
  },
  'a total that is too high, behind pages that are not even, is believed': {
    held: downFrom(7),
    options: { size: 3, total: () => 13, bend: secondIsUneven },
    asked: '1 2 3 4 4 5 4 3 2 1 1 2 3 4 4 5 4 3 2 1',
    ...{ given: 6, announced: 13, missing: 7, reread: 3 },
  },
  'a page that has nothing though the last one has is a gap, and is missing': {
    held: downFrom(13),
    options: { size: 3, bend: thirdIsEmpty },
    asked: Array(4).fill('1 2 3 3 5 4 5 6 6').join(' '),
    ...{ given: 10, announced: 13, missing: 3, reread: 3 },
  },
  'a gap that closes is none': {
    held: downFrom(13),
    options: { size: 3, bend: (given, asked) => (asked.nth < 7 ? thirdIsEmpty(given, asked) : given) },
    asked: '1 2 3 3 5 4 5 6 6 1 2 3 4 5',
    reread: 1,
  },
  'a gap is missing even where as many came as were announced': {
    held: downFrom(13),
    options: {
      size: 3,
      bend: (given, { number }) => (number === 3 ? emptied(given) : { ...given, total: number < 3 ? 13 : 10 }),
      total: () => 10,
    },
    asked: Array(4).fill('1 2 3 3 5 4 5 6 6').join(' '),
    ...{ given: 10, announced: 13, missing: 3, reread: 3 },
  },
  'a gap ends with the page that showed it, if that is empty by then': {
    held: downFrom(13),
    options: {
      size: 3,
      bend: (given, { number, nth }) => (number === 3 || (number === 5 && nth > 6) ? emptied(given) : given),
    },
    asked: '1 2 3 3 5 4 5 5 1 2 3 3 5 1 2 3 3 5',
    ...{ given: 9, reread: 2, disproved: { total: 13, records: 9 } },
  },
  'a page with the beginning of another one is not the same': {
    held: [3, 2, 1],
    options: { size: 3, total: noTotal, bend: (_, { number }) => page(rows(downFrom(3, number > 1 ? 2 : 3))) },
    asked: '1 2 3 4',
  },
  'a page with the same records in another order is not the same': {
    held: [3, 2, 1],
    options: { size: 3, total: noTotal, bend: (_, { number }) => page(rows(number > 1 ? [3, 1, 2] : [3, 2, 1])) },
    asked: '1 2 3 4',
  },
  'what comes twice in three passes, but not always the same, is no double': {
    held: [5, 4, 3, 1],
    options: { size: 3, total: () => 5, bend: secondPages([3, 1], [4, 1], [3, 1], [4, 1]) },
    asked: '1 2 3 3 3 2 1 1 2 3 3 3 2 1',
    ...{ announced: 5, missing: 1, reread: 3 },
  },
  'nor is it, if some of it is always the same': {
    held: [5, 4, 3, 1],
    options: { size: 3, total: () => 5, bend: secondPages([3, 4, 1], [3, 5, 1], [3, 4, 1], [3, 5, 1]) },
    asked: '1 2 3 3 3 2 1 1 2 3 3 3 2 1',
    ...{ announced: 5, missing: 1, reread: 3 },
  },
  'nor if it is less each time': {
    held: [5, 4, 3, 2],
    options: { size: 3, total: () => 5, bend: secondPages([5, 4, 3, 2], [4, 3, 2], [3, 2], [2]) },
    asked: '1 2 3 3 3 2 1 1 2 3 3 3 2 1',
    ...{ announced: 5, missing: 1, reread: 3 },
  },
  'a total that is too high beside cursors is disproved in three passes as well': {
    held: downFrom(7),
    options: { size: 3, hasCursors: true, total: () => 9 },
    asked: '1 >3 >6 1 >3 >6 1 >3 >6',
    ...{ reread: 2, disproved: { total: 9, records: 7 } },
  },
  'oldest first, one goes: what has moved is found on the way back': {
    held: downFrom(7).reverse(),
    options: {
      size: 3,
      meanwhile: (list, { nth }) => {
        if (nth === 2) list.held.shift();
      },
    },
    asked: '1 2 3 3 3 2 1',
    ...{ announced: 6, reread: 1 },
  },
  'oldest first, a list is read back once': {
    held: downFrom(7).reverse(),
    options: { size: 3 },
    asked: '1 2 3 3 2 1',
    reread: 1,
  },
  'without an order as well, if that brings nothing new': {
    held: shuffled,
    options: { size: 3 },
    asked: '1 2 3 3 2 1',
    reread: 1,
  },
  'a list that holds a record twice does so in three passes': {
    held: [4, 3, 3, 2, 1],
    options: { size: 3, total: () => 5 },
    asked: '1 2 3 3 3 2 1 1 2 3 3',
    ...{ given: 4, announced: 5, reread: 2 },
  },
  'where two passes must agree, one answer is asked for twice': {
    held: [3, 2, 1],
    options: { size: 5 },
    wanted: { range: undefined, mustAgree: true },
    asked: '1 1',
    reread: 1,
  },
  'a full page with nothing behind it may have had something there': {
    held: downFrom(3),
    options: { size: 3, total: noTotal },
    asked: '1 2 2 1',
    reread: 1,
  },
  'a full page with all that was announced and nothing behind it': {
    held: downFrom(3),
    options: { size: 3 },
    asked: '1 2',
  },
};

for (const [name, { held, options, wanted, asked, ...expected }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const { given = held.length, announced = given, missing = 0, reread = 0, disproved } = expected;
    const outcome = await read(held, options, wanted);
    t.equal(outcome.error, undefined);
    t.equal(outcome.asked, asked);
    t.equal(outcome.given.length, given);
    t.match(outcome.tally, { announced, missing, unsettled: 0, reread });
    t.same(outcome.tally.disproved, disproved);
    const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    t.match(outcome.covered, [{ isWhole: missing === 0, spans: [everything] }]);
  });
}

t.test('passes that each bring something new have an end', async (t) => {
  const meanwhile: MemoryListOptions['meanwhile'] = (list, { number, nth }) => {
    if (number === 1) list.held = [row(100 + nth), ...list.held.slice(0, -1)];
  };
  const moving = await read(shuffled, { size: 3, total: noTotal, meanwhile });
  t.equal(moving.asked, Array(4).fill('1 2 3 4 4 3 2 1').join(' '), 'eight passes');
  t.match(moving.tally, { reread: 7, missing: 0, unsettled: 1 });
  t.match(moving.covered, [{ isWhole: false }], 'who knows what else it has');
});

t.test('what is newer than the first pass prolongs nothing', async (t) => {
  const meanwhile: MemoryListOptions['meanwhile'] = (list, { number, nth }) => {
    if (number === 1) list.held = [row(100 + nth, 100 + nth), ...list.held];
  };
  const list = memoryList(
    rows(downFrom(7), (id) => id),
    { size: 3, total: noTotal, meanwhile },
  );
  const outcome = await outcomeOf((tally) => readList(list, readWhole, () => 1, tally));
  t.equal(list.asked.join(' '), '1 2 3 4 4 3 2 1');
  t.match(outcome.covered, [{ newest: 108 }]);
});

t.test('what is no row counts as announced, and leaves the list unfinished', async (t) => {
  const bend = (given: Page<string>, { number }: Asked) =>
    number === 1 ? { ...given, rows: given.rows.slice(1) } : given;
  const broken = await read(downFrom(7), { size: 3, bend });
  t.match(broken.covered, [{ isWhole: false }]);
  t.match(broken.tally, { announced: 7, missing: 0, unusable: 1, reread: 0 });
  const silent = await read(downFrom(7), { size: 3, bend, total: noTotal });
  t.match(silent.tally, { announced: 7, missing: 0, unusable: 1, reread: 1 });
  const low = await read(downFrom(7), { size: 3, bend, total: () => 4 });
  t.same(low.tally.disproved, { total: 4, records: 6 });
});
