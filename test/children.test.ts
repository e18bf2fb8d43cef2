/** Lists under parents: in which order they are read, what a parent that fails keeps back, and how far all is said to be read. */
import t from 'tap';
import { type ChildOptions, type Parent, readChildren } from '../src/paystack/children.ts';
import { NoAnswer, Refused, Unreachable } from '../src/paystack/errors.ts';
import { newTally } from '../src/paystack/ledger.ts';
import type { List, Row } from '../src/paystack/list.ts';
import type { Covered, Reading } from '../src/paystack/reading.ts';
import { dayMs, type Span } from '../src/paystack/windows.ts';
import { downFrom, type MemoryListOptions, memoryList, page, row, rows } from './support/lists.ts';

const day = (nth: number) => Date.UTC(2026, 0, 1) + nth * dayMs;
const refusal = new Refused(403, 'answered 403', { isPaystacks: true });
const noAnswer = new NoAnswer('answered 503');

/** A parent of some day, whose children are two: ten times its number, and one less. */
function parent(id: number, created = day(id), more: Partial<Row<string>> = {}): Row<Parent> {
  return { ...row(id, created, more), content: { id: String(id) } };
}

const parentsUpTo = (count: number) => downFrom(count).map((id) => parent(id));

const everything: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

function covered(more: Partial<Covered> = {}): Covered {
  const none = new Map<string, number>();
  return { kind: 'covered', spans: [everything], isWhole: true, newest: day(99), open: none, failed: none, ...more };
}

/** One of the children is no row. */
const withUnusable: MemoryListOptions = { size: 5, bend: (given) => ({ ...given, rows: given.rows.slice(1) }) };

interface Given {
  readonly readings: readonly (readonly Row<Parent>[] | Covered)[];
  /** What becomes of the list of a parent. */
  readonly errors?: Readonly<Record<number, Error>>;
  readonly lists?: Readonly<Record<number, MemoryListOptions>>;
  readonly isVisited?: ChildOptions<string>['isVisited'];
  readonly wanted?: ChildOptions<string>['wanted'];
}

/** Reads the children of parents, and notes what is given, in order: rows by their keys, and how far all is read. */
async function read({ readings, errors = {}, lists = {}, isVisited = () => true, wanted }: Given) {
  const tally = newTally();
  const asked: string[] = [];
  let released = 0;
  async function* parents(): AsyncGenerator<Reading<Parent>> {
    for (const reading of readings) {
      if ('kind' in reading) yield reading;
      else yield { kind: 'rows', rows: reading, release: () => released++ };
    }
  }
  const open = ({ id }: Parent): List<string> => {
    const error = errors[Number(id)];
    const options = lists[Number(id)] ?? { size: 5, ...(error && { bend: () => error }) };
    const list = memoryList(rows(downFrom(10 * Number(id), 2)), options);
    return {
      path: `/parents/${id}`,
      page: (number, query) => {
        asked.push(`${id}/${number}`);
        return list.page(number, query);
      },
      after: list.after,
    };
  };
  const given: string[] = [];
  const said: Covered[] = [];
  let failure: unknown = 'none';
  try {
    const options = { open, isVisited, wanted: wanted ?? { range: undefined }, ahead: () => 1, tally };
    for await (const reading of readChildren(parents(), options)) {
      if (reading.kind === 'covered') {
        given.push('|');
        said.push(reading);
      } else {
        given.push(...reading.rows.map(({ key }) => key));
        reading.release();
      }
    }
  } catch (error) {
    failure = error;
  }
  return { given: given.join(' '), said, tally, failure, asked: asked.join(' '), released };
}

t.test('parents are visited oldest first, those without a date at the end', async (t) => {
  const undated = parent(9, Number.NaN);
  const { given, released } = await read({
    readings: [[parent(3), undated], [parent(2), parent(8, Number.NaN), parent(4)], covered()],
  });
  t.equal(given, '20 19 30 29 40 39 90 89 80 79 |');
  t.equal(released, 2);
});

t.test('what is behind the first page of a parent is read too, and what comes of it is added up', async (t) => {
  const { given, tally, said } = await read({
    readings: [[parent(2), parent(1)], covered()],
    lists: { 2: { size: 1 }, 1: withUnusable },
  });
  t.equal(given, '9 20 19 |');
  t.match(tally, { announced: 4, unusable: 1, reread: 0, failures: 0 });
  t.match(said, [{ isWhole: false }]);
});

t.test('without parents all is read', async (t) => {
  const { said, failure } = await read({ readings: [covered()] });
  t.equal(failure, 'none');
  t.same(said, [covered()]);
});

t.test('a parent that is read beside others is not visited', async (t) => {
  const { given, asked } = await read({
    readings: [[parent(2), parent(1)], covered()],
    isVisited: ({ key }) => key === '2',
  });
  t.equal(given, '20 19 |');
  t.equal(asked, '2/1');
});

t.test('each window of parents is read by itself', async (t) => {
  const first = covered({ spans: [{ from: day(0), to: day(5) }], newest: day(2) });
  const { given, said } = await read({ readings: [[parent(2)], first, [parent(9)], covered({ isWhole: false })] });
  t.equal(given, '20 19 | 90 89 |');
  t.match(said, [{ ...first, isWhole: true }, { isWhole: false }]);
});

t.test('how far all is read is said behind every ten parents, up to the next one', async (t) => {
  const spans = [
    { from: day(0), to: day(4) },
    { from: day(6), to: day(20) },
    { from: day(21), to: day(50) },
  ];
  const open = new Map([
    ['10', day(10)],
    ['11', day(11)],
  ]);
  const { given, said } = await read({ readings: [parentsUpTo(21), covered({ spans, open })] });
  t.equal(given.replaceAll(/\d+ \d+/g, 'x'), `${'x '.repeat(10)}| ${'x '.repeat(10)}| x |`);
  t.same(said[0]?.spans, [
    { from: day(0), to: day(4) },
    { from: day(6), to: day(11) },
  ]);
  t.same([...said[0]!.open], [['10', day(10)]]);
  t.equal(said[0]?.newest, day(10));
  t.equal(said[1]?.newest, day(20));
  t.same(said[1]?.spans, spans.slice(0, 2));
  t.same(said[2]?.spans, spans);
  t.ok(said.every(({ isWhole }) => isWhole));
});

t.test('but not behind the last, nor between two of the same time', async (t) => {
  t.equal((await read({ readings: [parentsUpTo(10), covered()] })).said.length, 1);
  const alike = downFrom(12).map((id) => parent(id, id > 9 ? day(20) : day(id)));
  t.equal((await read({ readings: [alike, covered()] })).said.length, 1);
  const later = [parent(13, day(21)), ...alike];
  t.match((await read({ readings: [later, covered()] })).said, [{ newest: day(20) }, {}]);
});

t.test('before the first span nothing is said to be read but its beginning', async (t) => {
  const spans = [{ from: day(50), to: day(60) }];
  const { said } = await read({ readings: [parentsUpTo(11), covered({ spans })] });
  t.same(said[0]?.spans, [{ from: day(50), to: day(11) }]);
});

t.test('a parent that fails keeps none of the others from being visited, and is named and remembered', async (t) => {
  const errors = { 1: refusal, 3: noAnswer };
  const { given, said, tally, failure } = await read({ readings: [parentsUpTo(13), covered()], errors });
  t.equal(failure, 'none');
  t.match(given, /^20 19 40 39 .* 100 99 \| 110 109 .* 130 129 \|$/);
  const failed = [
    ['1', day(1)],
    ['3', day(3)],
  ];
  t.same(
    said.map((one) => [...one.failed]),
    [failed, failed],
  );
  t.match(said, [{ isWhole: true }, { isWhole: true }]);
  t.equal(tally.failures, 2);
  t.same(tally.failedParents, ['/parents/1 (answered 403)', '/parents/3 (answered 503)']);
});

t.test('what failed later is not in what was said before', async (t) => {
  const { said } = await read({ readings: [parentsUpTo(13), covered()], errors: { 12: refusal } });
  t.same(
    said.map(({ failed }) => failed.size),
    [0, 1],
  );
});

t.test('a parent that fails behind its first page counts as one that fails', async (t) => {
  const bend: MemoryListOptions['bend'] = (given, { number }) => (number > 1 ? refusal : given);
  const { given, tally } = await read({
    readings: [parentsUpTo(2), covered()],
    lists: { 1: { size: 1, bend } },
  });
  t.equal(given, '10 20 19 |');
  t.match(tally, { failures: 1, failedParents: ['/parents/1 (answered 403)'] });
});

t.test('a parent that fails and has no date cannot be remembered: not everything is read', async (t) => {
  const { said } = await read({ readings: [[parent(2), parent(1, Number.NaN)], covered()], errors: { 1: refusal } });
  t.match(said, [{ isWhole: false }]);
  t.equal(said[0]?.failed.size, 0);
});

t.test('a list of children that is not whole leaves all that is said from then on unfinished', async (t) => {
  const lists = { 1: withUnusable };
  const { said } = await read({ readings: [parentsUpTo(11), covered()], lists });
  t.match(said, [{ isWhole: false }, { isWhole: false }]);
  const unfinished = await read({ readings: [parentsUpTo(11), covered({ isWhole: false })] });
  t.match(unfinished.said, [{ isWhole: false }, { isWhole: false }]);
});

t.test('five parents that failed are named, and all are counted', async (t) => {
  const errors = Object.fromEntries(downFrom(6).map((id) => [id, refusal]));
  const { tally, said } = await read({ readings: [parentsUpTo(7), covered()], errors });
  t.equal(tally.failures, 6);
  t.equal(tally.failedParents.length, 5);
  t.equal(said[0]?.failed.size, 6);
});

t.test('if no parent answers, that is the error, and nothing is said to be read on the way', async (t) => {
  const errors = Object.fromEntries(downFrom(12).map((id) => [id, id === 1 ? new Refused(404, 'first') : refusal]));
  const { failure, said } = await read({ readings: [parentsUpTo(12), covered()], errors });
  t.match(failure, { message: 'first' });
  t.equal(said.length, 1);
});

t.test('three parents in a row that get no answer end it; two, and two again, do not', async (t) => {
  const silent = (...ids: readonly number[]) => Object.fromEntries(ids.map((id) => [id, noAnswer]));
  const three = await read({ readings: [parentsUpTo(9), covered()], errors: silent(2, 3, 4) });
  t.equal(three.failure, noAnswer);
  t.equal(three.given, '10 9');
  const twice = await read({ readings: [parentsUpTo(9), covered()], errors: silent(2, 3, 5, 6) });
  t.equal(twice.failure, 'none');
  const between = await read({ readings: [parentsUpTo(9), covered()], errors: { ...silent(2, 3, 5), 4: refusal } });
  t.equal(between.failure, 'none', 'a refusal is an answer');
});

t.test('what concerns more than one parent ends it at once', async (t) => {
  for (const error of [new Unreachable('nobody there'), new TypeError('a mistake')]) {
    const { failure, given } = await read({ readings: [parentsUpTo(3), covered()], errors: { 2: error } });
    t.equal(failure, error);
    t.equal(given, '10 9');
  }
});

t.test('of a total that was disproved the first is kept', async (t) => {
  const { tally } = await read({
    readings: [parentsUpTo(3), covered()],
    lists: { 1: { size: 1, total: () => 1 }, 2: { size: 5, bend: () => page(rows([1, 2, 3]), { total: 1 }) } },
  });
  t.same(tally.disproved, { total: 1, records: 2 });
});
