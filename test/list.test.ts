/** How a page of a list is asked for, and what its answer says of the rest. */
import t from 'tap';
import { jsonOf } from '../src/json/read.ts';
import { valueIn } from '../src/json/scan.ts';
import type { Answer, Ask, Question } from '../src/paystack/client.ts';
import { Refused, WrongAnswer } from '../src/paystack/errors.ts';
import { type List, noRows, openList } from '../src/paystack/list.ts';
import { type Paging, pagingStyles } from '../src/paystack/paging.ts';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { downFrom, row } from './support/lists.ts';

interface Given {
  readonly data: unknown;
  readonly meta?: Readonly<Record<string, unknown>>;
}

interface Setup extends Partial<StreamFacts> {
  readonly pageSize?: number;
}

const records = (count: number) => downFrom(count).map((id) => ({ id }));
const refusal = (status: number, said = '') => new Refused(status, `answered ${status}`, { isPaystacks: true, said });

/** A list whose questions are answered by this; they are noted. */
function listOf(answerTo: (question: Question, nth: number) => Given | Error, { pageSize = 10, ...facts }: Setup = {}) {
  const asked: Question[] = [];
  let released = 0;
  const ask: Ask = async (question, read) => {
    asked.push(question);
    const answer = answerTo(question, asked.length);
    if (answer instanceof Error) throw answer;
    return read({ data: jsonOf(answer.data, 1), meta: answer.meta ?? {}, askedAt: 77 } satisfies Answer);
  };
  const list: List<string> = openList({
    facts: { holds: 'a thing', path: '/things', key: ['id'], ...facts },
    ...{ endpoint: 'things', rank: 3, path: '/things/of', pageSize, ask },
    toRows: (all, askedAt) => ({
      rows: all.map((record) => row((valueIn(record) as { id: number }).id, askedAt)),
      release: () => {
        released++;
      },
    }),
  });
  return { list, asked, queries: () => asked.map(({ query }) => query), released: () => released };
}

const range = { from: '2026-01-01', to: '2026-02-01' };

t.test('a page is asked for with the range, its place, and its size', async (t) => {
  const { list, asked } = listOf(() => ({ data: records(2), meta: { total: 2 } }), { query: { kind: 'one' } });
  const first = await list.page(1, range);
  await list.page(3, range);
  await list.after('abc', range);
  t.equal(list.path, '/things/of');
  const query = { kind: 'one', ...range, perPage: '10' };
  t.same(asked, [
    { endpoint: 'things', path: '/things/of', rank: 3 - 1000, query: { ...query, page: '1' } },
    { endpoint: 'things', path: '/things/of', rank: 3, query: { ...query, page: '3' } },
    { endpoint: 'things', path: '/things/of', rank: 3, query: { ...query, use_cursor: 'true', next: 'abc' } },
  ]);
  t.match(first, { count: 2, total: 2, next: undefined, isLast: false, isFull: false, isFiltered: true });
  t.same(
    first.rows.map(({ key, created }) => [key, created]),
    [
      ['2', 77],
      ['1', 77],
    ],
  );
});

t.test('the first answer of a list comes before all others, that of a child does not', async (t) => {
  const { list, asked } = listOf((_, nth) => (nth === 1 ? new Error('gone') : { data: [] }));
  await t.rejects(list.page(1, {}), { message: 'gone' });
  await list.page(1, {});
  await list.page(1, {});
  t.same(
    asked.map(({ rank }) => rank),
    [-997, -997, 3],
  );
  const child = listOf(() => ({ data: [] }), { parent: { stream: 'parents', carries: {} } });
  await child.list.page(1, {});
  t.equal(child.asked[0]?.rank, 3);
});

t.test('a page is no larger than its list gives', async (t) => {
  const { list, queries } = listOf(() => ({ data: [] }), { maxPageSize: 7 });
  await list.page(1, {});
  t.match(queries(), [{ perPage: '7' }]);
  const smaller = listOf(() => ({ data: [] }), { maxPageSize: 70 });
  await smaller.list.page(1, {});
  t.match(smaller.queries(), [{ perPage: '10' }]);
});

t.test('a total is a whole number, or the text of one', async (t) => {
  const totals: readonly (readonly [unknown, number | undefined])[] = [
    ...([0, 7, Number.MAX_SAFE_INTEGER] as const).map((total) => [total, total] as const),
    ['12', 12],
    ...[-1, 1.5, 2 ** 53, 'x', '1x', 'x1', '', '-1', '1.5', ' 1', '1.0', [7], true, null, undefined, Number.NaN].map(
      (total) => [total, undefined] as const,
    ),
  ];
  for (const [total, expected] of totals) {
    const { list } = listOf(() => ({ data: records(1), meta: { total } }));
    t.equal((await list.page(1, {})).total, expected, String(total));
  }
});

t.test('data that is no list is no answer; none at all is an empty list where the total is 0', async (t) => {
  for (const data of ['x', 7, { id: 1 }, true, null]) {
    await t.rejects(listOf(() => ({ data })).list.page(1, {}), WrongAnswer);
  }
  await t.rejects(listOf(() => ({ data: null, meta: { total: 1 } })).list.page(1, {}), {
    message: 'answered with data that is no list of records',
  });
  t.equal((await listOf(() => ({ data: null, meta: { total: 0 } })).list.page(1, {})).count, 0);
});

t.test('records are taken out of data that is no plain list', async (t) => {
  const facts: Setup = { records: (data) => (data as { things?: unknown }).things };
  const page = await listOf(() => ({ data: { things: records(2) } }), facts).list.page(1, {});
  t.equal(page.count, 2);
  await t.rejects(listOf(() => ({ data: {} }), facts).list.page(1, {}), WrongAnswer);
});

t.test('a page is full if it has as many as were asked for, as the answer says, or as servers cut at', async (t) => {
  const isFull = async (count: number, meta = {}, pageSize = 60) =>
    (await listOf(() => ({ data: records(count), meta }), { pageSize }).list.page(1, {})).isFull;
  t.ok(await isFull(60));
  t.ok(await isFull(61));
  t.notOk(await isFull(59));
  t.notOk(await isFull(0));
  t.ok(await isFull(50));
  t.notOk(await isFull(49));
  t.ok(await isFull(100, {}, 120));
  for (const perPage of [20, '20']) {
    t.ok(await isFull(20, { perPage }));
    t.ok(await isFull(20, { per_page: perPage }));
    t.notOk(await isFull(19, { perPage }));
  }
  t.notOk(await isFull(20, { perPage: 0 }), 'which says nothing');
  t.notOk(await isFull(20, { perPage: 'all' }));
});

t.test('a page is full as well if it has as many as the largest, once a later one had any', async (t) => {
  const counts = [7, 0, 7, 6, 7];
  const { list } = listOf((_, nth) => ({ data: records(counts[nth - 1]!) }));
  const full = [];
  for (const number of [1, 2, 3, 4, 1]) full.push((await list.page(number, {})).isFull);
  t.same(full, [false, false, true, false, true]);
  const firsts = listOf(() => ({ data: records(7) }));
  await firsts.list.page(1, {});
  t.notOk((await firsts.list.page(1, range)).isFull, 'first pages alone do not show it');
  t.ok((await firsts.list.after('c', {})).isFull);
  const short = listOf((_, nth) => ({ data: records(nth === 2 ? 0 : 7) }));
  await short.list.page(1, {});
  await short.list.page(2, {});
  t.notOk((await short.list.page(1, range)).isFull, 'nor does one without any');
});

t.test('a cursor is a text or a number that is not empty', async (t) => {
  const cursors = [
    ['abc', 'abc'],
    [' abc ', 'abc'],
    [12, '12'],
    ...['', ' ', 'null', null, undefined, true, {}].map((next) => [next, undefined] as const),
  ] as const;
  for (const [next, expected] of cursors) {
    const { list } = listOf(() => ({ data: records(1), meta: { next } }), { paging: 'cursor' });
    t.equal((await list.page(1, {})).next, expected, String(next));
  }
});

const smallPage = { isFull: false, next: undefined, total: undefined };

t.test('each style asks in its own words', (t) => {
  const words = (paging: Paging) => {
    const { sizeParameter, cursorParameter, pageQuery, cursorQuery } = pagingStyles[paging];
    return [sizeParameter, cursorParameter, pageQuery(1), pageQuery(2), cursorQuery('c')];
  };
  t.same(words('numbered'), ['perPage', 'next', { page: '1' }, { page: '2' }, { use_cursor: 'true', next: 'c' }]);
  t.same(words('cursor'), ['perPage', 'next', {}, { page: '2' }, { next: 'c' }]);
  t.same(words('mandate-cursor'), ['per_page', 'cursor', {}, { page: '2' }, { cursor: 'c' }]);
  t.same(words('single'), [undefined, undefined, {}, {}, {}]);
  t.end();
});

t.test('each style knows its end', (t) => {
  const ends = (meta: object, more: Partial<typeof smallPage> | { next?: string; total?: number } = {}) =>
    (['numbered', 'cursor', 'mandate-cursor', 'single'] as const).map((paging) =>
      pagingStyles[paging].isLast({ ...smallPage, meta: { ...meta }, ...more }),
    );
  const full = { isFull: true };
  t.same(ends({ next: null }), [true, true, true, true]);
  t.same(ends({ next: null }, full), [true, true, true, true]);
  t.same(ends({ previous: null }, full), [true, true, false, true]);
  t.same(ends({ next: null }, { total: 5 }), [false, false, true, true]);
  t.same(ends({ next: 'c' }, { next: 'c' }), [false, false, false, true]);
  t.same(ends({}), [false, true, true, true]);
  t.same(ends({}, full), [false, false, false, true]);
  t.same(ends({}, { total: 5 }), [false, false, true, true]);
  t.end();
});

t.test('a list is asked in its style', async (t) => {
  const mandate = listOf(() => ({ data: records(10), meta: { next: 'c' } }), { paging: 'mandate-cursor' });
  t.match(await mandate.list.page(1, {}), { next: 'c', isLast: false, isFull: true });
  await mandate.list.after('c', {});
  t.same(mandate.queries(), [{ per_page: '10' }, { cursor: 'c', per_page: '10' }]);
  const single = listOf(() => ({ data: records(1) }), { paging: 'single' });
  t.ok((await single.list.page(1, {})).isLast);
  t.same(single.queries(), [{}]);
});

/** What a first page is asked with, as size and range, until it comes or is refused. */
async function tried(
  refuses: (query: Question['query'] & object) => Refused | undefined,
  facts: Setup = {},
  query = range,
) {
  const { list, queries } = listOf(({ query = {} }) => refuses(query) ?? { data: records(1) }, facts);
  const outcome = await list.page(1, query).catch((error: Error) => error);
  const words = queries().map((one = {}) => `${one['perPage'] ?? ''}${'from' in one || 'to' in one ? ' ranged' : ''}`);
  return { outcome, words: words.join(', '), list, queries };
}

t.test('a page size that is refused is halved', async (t) => {
  for (const status of [400, 422]) {
    const { outcome, words, list, queries } = await tried((query) =>
      Number(query['perPage']) > 2 ? refusal(status) : undefined,
    );
    t.match(outcome, { count: 1, isFiltered: true });
    t.equal(words, '10 ranged, 5 ranged, 2 ranged');
    await list.page(2, range);
    t.match(queries().at(-1), { perPage: '2' }, 'and stays so');
  }
});

t.test('a refusal that names dates has the range left out, one that names the size as well does not', async (t) => {
  for (const said of [
    'Invalid from',
    'use TO',
    'bad date',
    'Dates differ',
    'no filter',
    'filters',
    'range',
    'period',
  ]) {
    const { outcome, words } = await tried((query) => ('from' in query ? refusal(400, said) : undefined));
    t.equal(words, '10 ranged, 10', said);
    t.match(outcome, { isFiltered: false });
  }
  for (const said of ['from perPage', 'from per_page', 'date page size', 'date Limit', 'tom', 'update', '']) {
    const { words } = await tried((query) => ('from' in query ? refusal(400, said) : undefined));
    t.equal(words, '10 ranged, 5 ranged, 2 ranged, 1 ranged, 10', said);
  }
});

t.test('one end of a range is a range as well', async (t) => {
  for (const query of [{ from: 'x' }, { to: 'x' }] as object[]) {
    const said = 'bad date';
    const { words } = await tried(
      (one) => ('from' in one || 'to' in one ? refusal(400, said) : undefined),
      {},
      query as typeof range,
    );
    t.equal(words, '10 ranged, 10');
  }
});

t.test('what is refused however it is asked is refused as at first', async (t) => {
  let nth = 0;
  const { outcome, words } = await tried(() => refusal(400, `${++nth}`));
  t.match(outcome, { said: '1' });
  t.equal(words, '10 ranged, 5 ranged, 2 ranged, 1 ranged, 10, 5, 2, 1');
  const unranged = await tried(() => refusal(400, 'bad date'), {}, {} as typeof range);
  t.equal(unranged.words, '10, 5, 2, 1');
  const single = await tried(() => refusal(400), { paging: 'single' });
  t.equal(single.words, ' ranged, ');
  t.match(single.outcome, { status: 400 });
});

t.test('a list that is asked without the range stays so', async (t) => {
  const { list, queries } = await tried((query) => ('from' in query ? refusal(400, 'bad date') : undefined));
  t.match(await list.page(2, range), { isFiltered: false });
  t.same(queries().at(-1), { page: '2', perPage: '10' });
});

t.test('two windows that meet the same refusal halve the size once', async (t) => {
  const { list, queries } = listOf(({ query }) => (Number(query?.['perPage']) > 5 ? refusal(400) : { data: [] }));
  await Promise.all([list.page(1, range), list.page(1, {})]);
  t.same(
    queries().map((query) => query?.['perPage']),
    ['10', '10', '5', '5'],
  );
});

t.test('another refusal is passed on at once, and so is that of a later page', async (t) => {
  for (const error of [refusal(403), refusal(404), new Refused(400, 'a page of HTML'), new Error('a mistake')]) {
    const { list, asked } = listOf(() => error);
    t.equal(await list.page(1, range).catch((thrown) => thrown), error);
    t.equal(asked.length, 1);
  }
  const { list, asked } = listOf(() => refusal(400));
  await t.rejects(list.page(2, range), { message: 'answered 400' });
  await t.rejects(list.after('c', range), { message: 'answered 400' });
  t.equal(asked.length, 2);
});

t.test('a list that answers 404 where it has nothing is empty, if it is there', async (t) => {
  const facts = { emptyIs404: true } as const;
  const ranged = listOf(({ query }) => ('from' in (query ?? {}) ? refusal(404) : { data: records(2) }), facts);
  t.same(await ranged.list.page(1, range), {
    ...{
      rows: [],
      release: noRows.release,
      count: 0,
      total: 0,
      next: undefined,
      isLast: true,
      isFull: false,
      isFiltered: true,
    },
  });
  t.equal(ranged.asked.length, 2);
  t.equal(ranged.released(), 1);
  t.equal((await ranged.list.page(1, range)).count, 0);
  t.equal(ranged.asked.length, 3, 'it is known to be there');
  t.notOk((await ranged.list.page(1, {})).isFull);
  const never = listOf((_, nth) => refusal(404, `${nth}`), facts);
  t.match(await never.list.page(1, range).catch((error: Error) => error), { said: '1' });
  const down = listOf((_, nth) => (nth === 1 ? refusal(404) : new Error('down')), facts);
  await t.rejects(down.list.page(1, range), { message: 'down' });
  const other = listOf(() => refusal(403), facts);
  await t.rejects(other.list.page(1, range), { message: 'answered 403' });
  t.equal(other.asked.length, 1);
});

t.test('a page that is refused though pages were cut in silence is asked for by the size that came', async (t) => {
  const tooDeep = refusal(400, 'Page is too deep');
  const cut = (behind: (size: string) => Given | Error) =>
    listOf(({ query = {} }) => {
      if (query['page'] === '1') return { data: records(3) };
      return behind(query['perPage']!);
    });
  const { list, queries } = cut((size) => (size === '10' ? tooDeep : { data: records(2) }));
  await list.page(1, range);
  t.match(await list.page(2, range), { count: 2, isFull: false });
  await list.page(3, range);
  const sizes = (all: readonly Question['query'][]) => all.map((query) => `${query!['page']} of ${query!['perPage']}`);
  t.same(sizes(queries()), ['1 of 10', '2 of 10', '2 of 3', '3 of 3']);

  for (const nothing of [tooDeep, { data: [] }, refusal(404)]) {
    const ended = cut((size) => (size === '10' ? tooDeep : nothing));
    await ended.list.page(1, range);
    await t.rejects(ended.list.page(2, range), tooDeep, 'the first refusal');
    await ended.list.page(1, range);
    t.same(sizes(ended.queries()), ['1 of 10', '2 of 10', '2 of 3', '1 of 10'], 'the size was right');
  }
  const failing = cut((size) => (size === '10' ? tooDeep : new WrongAnswer('no')));
  await failing.list.page(1, range);
  await t.rejects(failing.list.page(2, range), { message: 'no' });
});

t.test('a page that is refused though pages come as large as they are asked for is refused', async (t) => {
  const { list, asked } = listOf(({ query = {} }) =>
    query['page'] === '1' ? { data: records(10) } : refusal(400, 'Page is too deep'),
  );
  await list.page(1, range);
  await t.rejects(list.page(2, range), { name: 'Refused' });
  t.equal(asked.length, 2);
});
