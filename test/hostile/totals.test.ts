/**
 * Whatever a list says of how much it holds, every row that is there arrives, and what is asked is bounded by what comes: a
 * total is a hint.
 */
import t from 'tap';
import { deeperThan, emptied, first, noMeta, noTotal, once, refused, thinned, total } from '../support/bends.ts';
import { type Case, daily, newcomer, tryCases } from '../support/hostile-cases.ts';
import type { Asked, Bend } from '../support/hostile-paystack.ts';

/** A list of so many daily rows, bent. */
function bent(count: number, ...bends: readonly Bend[]): Case['list'] {
  return (stream) => ({ records: daily(stream, count), bends });
}

const whole = 60;

/** All of them where a full page is the last, and where it is not. */
const totals: readonly (readonly [string, (honest: number, asked: Asked) => unknown])[] = [
  ['capped', (honest) => Math.min(honest, 40)],
  ['capped at a page', (honest) => Math.min(honest, 10)],
  ['a page too low', (honest) => honest - 10],
  ['one too low', (honest) => honest - 1],
  ['0 though there are rows', () => 0],
  ['0 at first', (honest, { nth }) => (nth === 1 ? 0 : honest)],
  ['0 from the second page on', (honest, { page }) => (page === 1 ? honest : 0)],
  ['that of the page', (honest, { page, size }) => Math.max(0, Math.min(size, honest - (page - 1) * size))],
  ['that of the pages so far', (honest, { page, size }) => Math.min(honest, page * size)],
  ['a page ahead of what was shown', (_, { page, size }) => (page + 1) * size],
  ['falling from page to page', (honest, { page }) => honest - page],
  ['a string', (honest) => String(honest)],
  ['a string that is too low', (honest) => String(honest - 10)],
  ['words', (honest) => `${honest} records`],
  ['a fraction', (honest) => honest + 0.5],
  ['negative', () => -1],
  ['null', () => null],
  ['an object', (honest) => ({ value: honest, relation: 'gte' })],
];

/** What was announced and never came may be said to be missing. */
const tooHigh: typeof totals = [
  ['one too high', (honest) => honest + 1],
  ['always far ahead', (_, { page, size }) => page * size + 500],
  ['now this, now that', (honest, { nth }) => honest + ((nth * 7) % 5) * 10 - 20],
];

/** For so few rows, what is no total at all. */
const nonsense: readonly (readonly [string, unknown])[] = [
  ['20,000 for ten rows', 20_000],
  ['a trillion', 1e12],
  ['the greatest that there is', Number.MAX_SAFE_INTEGER],
  ['beyond all numbers', '9'.repeat(40)],
  ['infinite', 1e308],
];

t.test('a total that is wrong costs no row', (t) =>
  tryCases(t, { page_size: 10 }, [
    ...totals.map(([name, of]): Case => ({ name: `total: ${name}`, list: bent(whole, total(of)) })),
    ...tooHigh.map(
      ([name, of]): Case => ({
        ...{ name: `total: ${name}`, list: bent(whole, total(of)), outcome: 'written' },
      }),
    ),
    ...totals
      .slice(0, 3)
      .map(
        ([name, of]): Case => ({ name: `total: ${name}, the last page not full`, list: bent(whole + 3, total(of)) }),
      ),
  ]),
);

t.test('what is asked is bounded by what comes', (t) =>
  tryCases(t, { page_size: 10 }, [
    ...nonsense.flatMap(([name, value]): Case[] => [
      {
        name: `total: ${name}`,
        list: bent(
          10,
          total(() => value),
        ),
        maxRequests: 25,
      },
      {
        name: `total: ${name}, pages of three`,
        outcome: 'written',
        list: (stream) => ({
          ...bent(
            10,
            total(() => value),
          )(stream),
          maxPageSize: 3,
        }),
      },
      {
        name: `total: ${name}, no row at all`,
        list: bent(
          0,
          total(() => value),
        ),
        maxRequests: 12,
      },
    ]),
  ]),
);

t.test('where there is no total, an empty page or the same page again is the end', (t) =>
  tryCases(t, { page_size: 10 }, [
    { name: 'no total, the last page full', list: bent(whole, noTotal) },
    { name: 'no total, the last page not full', list: bent(whole + 3, noTotal) },
    { name: 'no meta, the last page full', list: bent(whole, noMeta) },
    { name: 'no meta, one page, full', list: bent(10, noMeta) },
    { name: 'no meta, one page, not full', list: bent(4, noMeta) },
    { name: 'no meta, nothing', list: bent(0, noMeta) },
    { name: 'no meta, pages cut to seven', list: (stream) => ({ ...bent(whole + 3, noMeta)(stream), maxPageSize: 7 }) },
    { name: 'no meta, short pages in the middle', list: shortPages(noMeta) },
    { name: 'no total, short pages in the middle', list: shortPages(noTotal) },
    { name: 'a total of all, short pages in the middle', list: shortPages() },
    { name: 'no meta, after the last page that one again', list: afterTheEnd('last', noMeta) },
    { name: 'a total, after the last page that one again', list: afterTheEnd('last') },
    { name: 'no meta, after the last page the first', list: afterTheEnd('first', noMeta) },
    { name: 'a total, after the last page the first', list: afterTheEnd('first') },
    {
      name: 'a total that is capped, after the last page the first',
      list: afterTheEnd(
        'first',
        total(() => 40),
      ),
    },
  ]),
);

t.test('a page behind the end that is refused takes nothing from a list that is whole', (t) => {
  const behind = (count: number) => (asked: Asked) => asked.page > Math.max(1, Math.ceil(count / asked.size));
  return tryCases(t, { page_size: 10 }, [
    { name: '404, the last page full', list: bent(whole, refused(404, 'Page not found', behind(whole))) },
    { name: '400, the last page full', list: bent(whole, refused(400, 'Invalid page', behind(whole))) },
    { name: '404, one page', list: bent(10, refused(404, 'Page not found', behind(10))) },
    { name: '404, the last page not full', list: bent(whole + 3, refused(404, 'Page not found', behind(whole + 3))) },
  ]);
});

t.test('a total that stands still while rows come', (t) => {
  const still = total(() => whole);
  const lagging = total((honest, { nth }) => (nth < 4 ? whole : honest));
  return tryCases(t, { page_size: 10 }, [
    ...([1, 3, 7] as const).flatMap((count): Case[] => [
      { name: `${count} come, the total is that of the beginning`, list: growing(still, count, 1) },
      { name: `${count} come, the total lags behind`, list: growing(lagging, count, 1) },
    ]),
    { name: 'a page comes at once', list: growing(still, 1, 10) },
    { name: 'more than a page comes at each page', list: growing(still, 4, 12), maxRequests: 80 },
  ]);

  /** After each of the first so many answers so many rows come. */
  function growing(said: Bend, answers: number, rows: number): Case['list'] {
    return (stream) => ({
      ...bent(whole, said)(stream),
      meanwhile: (list, { nth }) => {
        if (nth > answers) return;
        for (let id = 0; id < rows; id++) list.records.push(newcomer(stream, 1_000_000 + nth * 100 + id));
      },
    });
  }
});

/** So many rows, on so small pages, that the range is cut into windows. */
const many = 330;

t.test('a range is as whole as the sum of its windows', (t) => {
  const inside: (asked: Asked) => boolean = ({ from, page }) => from > Date.now() - 300 * 86_400_000 && page === 1;
  return tryCases(t, { page_size: 2 }, [
    { name: 'no window wrong', list: bent(many) },
    { name: 'nothing, and a total of 0, at the first page of a window, once', list: windowed(emptied(once(inside))) },
    { name: 'a total of 0 at the first page of a window, once', list: windowed(totalOnce(once(inside), 0)) },
    { name: 'nothing at the first page of all, once', list: windowed(emptied(first)) },
    { name: 'a total of 2 at the first page of a window, once', list: windowed(totalOnce(once(inside), 2)) },
    { name: 'capped at 100 wherever', list: windowed(total((honest) => Math.min(honest, 100))) },
    { name: 'capped at 310 of 330', list: windowed(total((honest) => Math.min(honest, 310))) },
    {
      name: 'that of all, whatever the range',
      list: windowed(total(() => many)),
      outcome: 'written',
      maxRequests: 700,
    },
    { name: 'short by a window', list: windowed(total((honest) => (honest === many ? honest - 60 : honest))) },
  ]);

  function windowed(...bends: readonly Bend[]): Case['list'] {
    return bent(many, ...bends);
  }

  function totalOnce(when: (asked: Asked) => boolean, value: number): Bend {
    return total((honest, asked) => (when(asked) ? value : honest));
  }
});

t.test('a page that has nothing once, in the middle of a list, ends nothing that its total contradicts', (t) =>
  tryCases(t, { page_size: 10 }, [
    { name: 'nothing at first, and a total of 0', list: bent(whole, emptied(first)) },
    {
      name: 'no rows once, the total as it is',
      list: bent(whole, (answer, { page, again }) => (page === 3 && again === 1 ? { ...answer, rows: [] } : answer)),
    },
    {
      name: 'no rows once, and a total of 0',
      list: bent(
        whole,
        emptied(({ page, again }) => page === 3 && again === 1),
      ),
    },
    {
      name: 'no rows from page 4 on, at first',
      list: bent(
        whole,
        emptied((asked) => deeperThan(3)(asked) && asked.again === 1),
      ),
    },
  ]),
);

t.test('a range whose total is nonsense is not cut into as many windows', (t) =>
  tryCases(t, { page_size: 2 }, [
    {
      name: 'a trillion',
      list: bent(
        many,
        total(() => 1e12),
      ),
      outcome: 'written',
      maxRequests: 900,
    },
    {
      name: 'a million',
      list: bent(
        many,
        total(() => 1e6),
      ),
      outcome: 'written',
      maxRequests: 900,
    },
  ]),
);

/** Of each page one row is left out, as it was deleted, say: the pages stay where they are. */
function shortPages(...bends: readonly Bend[]): Case['list'] {
  return (stream) => ({
    records: daily(stream, 9 * 6),
    // The list is paged as if the deleted rows were still there.
    order: (records) => {
      const rows = records.toReversed();
      const holes = rows.flatMap((row, index) => (index % 9 === 4 ? [row, { ...row, id: 'gone' }] : [row]));
      return holes;
    },
    bends: [thinned(({ id }) => (id as unknown) !== 'gone'), total((honest) => honest - honest / 10), ...bends],
  });
}

/** A page behind the end is not empty: it is the last one again, or the first. */
function afterTheEnd(which: 'first' | 'last', ...bends: readonly Bend[]): Case['list'] {
  return (stream) => {
    const records = daily(stream, whole);
    const again = which === 'first' ? records.slice(-10).toReversed() : records.slice(0, 10).toReversed();
    return {
      records,
      bends: [
        (answer, { page, from }) =>
          page > 6 && from < Date.now() - 300 * 86_400_000 ? { ...answer, rows: again } : answer,
        ...bends,
      ],
    };
  };
}
