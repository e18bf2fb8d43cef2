/** Rows that go, come, or change places while a list is read take no other row with them. */
import t from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import { randomNumbers } from '../../src/sandbox/rows.ts';
import { noTotal, total } from '../support/bends.ts';
import { type Case, daily, dayMs, newcomer, tryCases } from '../support/hostile-cases.ts';
import { type HostileList, oldestFirst } from '../support/hostile-paystack.ts';
import type { Json } from '../support/tap.ts';

const rows = 60;

type Meanwhile = NonNullable<HostileList['meanwhile']>;

/** What happens after each of some answers, to the list in the order in which it is shown. */
function after(
  answers: readonly number[],
  ...happenings: readonly ((list: HostileList, nth: number) => void)[]
): Meanwhile {
  return (list, { nth }) => {
    if (answers.includes(nth)) for (const happen of happenings) happen(list, nth);
  };
}

/** The nth row from the oldest goes. */
function goes(from: 'oldest' | 'newest', place = 0): (list: HostileList) => void {
  return (list) => {
    const sorted = list.records.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.id - b.id);
    const gone = sorted.at(from === 'oldest' ? place : -1 - place);
    list.records = list.records.filter((row) => row !== gone);
  };
}

function comes(stream: StreamName): (list: HostileList, nth: number) => void {
  return (list, nth) => void list.records.push(newcomer(stream, 1_000_000 + nth));
}

/** One that is dated before all others. */
function comesLate(list: HostileList, nth: number): void {
  const createdAt = new Date(Date.now() - 20 * dayMs - (rows - 20) * dayMs - nth * 1000).toISOString();
  list.records.push({ id: 1_000_000 + nth, createdAt });
}

const each = Array.from({ length: 40 }, (_, index) => index + 1);

function ascending(meanwhile: (stream: StreamName) => Meanwhile, more: Partial<HostileList> = {}): Case['list'] {
  return (stream) => {
    return { records: daily(stream, rows), order: oldestFirst(stream), meanwhile: meanwhile(stream), ...more };
  };
}

function descending(meanwhile: (stream: StreamName) => Meanwhile, more: Partial<HostileList> = {}): Case['list'] {
  return (stream) => ({ records: daily(stream, rows), meanwhile: meanwhile(stream), ...more });
}

const still = [total(() => rows)];

t.test('rows that go and come between two pages', (t) =>
  tryCases(t, { page_size: 10 }, [
    {
      name: 'oldest first: one goes, another comes',
      list: ascending((stream) => after([2], goes('oldest'), comes(stream))),
    },
    { name: 'oldest first: one goes', list: ascending(() => after([2], goes('oldest'))) },
    {
      name: 'oldest first: one goes, the total stands still',
      outcome: 'written',
      list: ascending(() => after([2], goes('oldest')), { bends: still }),
    },
    { name: 'oldest first: three go, three come', list: ascending((s) => after([1, 3, 4], goes('oldest'), comes(s))) },
    {
      name: 'oldest first: a page of them goes',
      list: ascending(() => after(each.slice(0, 10), goes('oldest'))),
      outcome: 'honest',
    },
    {
      name: 'oldest first: one comes at each page',
      list: ascending((stream) => after(each.slice(0, 8), comes(stream))),
    },
    { name: 'newest first: one goes', list: descending(() => after([2], goes('newest'))) },
    { name: 'newest first: one goes, another comes', list: descending((s) => after([2], goes('newest'), comes(s))) },
    {
      name: 'newest first: one goes, a late one comes',
      outcome: 'later',
      list: descending(() => after([2], goes('newest'), comesLate)),
    },
    {
      name: 'newest first: one goes, the total stands still',
      outcome: 'written',
      list: descending(() => after([2], goes('newest')), { bends: still }),
    },
    { name: 'newest first: some go, some come', list: descending((s) => after([1, 3, 4], goes('newest'), comes(s))) },
    {
      name: 'newest first: many go',
      list: descending(() => after([1, 2, 3, 4, 5], goes('newest'), goes('newest'))),
      outcome: 'honest',
    },
    {
      name: 'newest first: one comes, then one goes',
      list: descending((s) => after([2], comes(s), goes('newest', 3))),
    },
    {
      name: 'newest first, no total: rows come',
      list: descending((s) => after(each.slice(0, 7), comes(s)), { bends: [noTotal] }),
    },
    {
      name: 'one from the middle goes, one comes at its place',
      outcome: 'later',
      list: descending(() => after([3], goes('oldest', 45), comesLate)),
    },
  ]),
);

/** Rows of the same moment, so many together. */
function tied(together: number): (id: number) => object {
  return (id) => {
    const group = Math.ceil(id / together);
    return { createdAt: new Date(Math.floor(Date.now() / 1000) * 1000 - (100 - group) * 3_600_000).toISOString() };
  };
}

/** Newest first; among equals as chance has it, another way at each question. */
function ties(seed: number): NonNullable<HostileList['order']> {
  const chance = randomNumbers(seed);
  return (records) => {
    const weights = new Map(records.map((row) => [row, chance()] as const));
    const byChance = (a: Json, b: Json) => weights.get(a)! - weights.get(b)!;
    return records.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || byChance(a, b));
  };
}

t.test('rows of the same moment in an order that changes', (t) => {
  const tie = (together: number, seed: number, more: Partial<HostileList> = {}): Case['list'] => {
    return (stream) => ({ records: daily(stream, rows, tied(together)), order: ties(seed), ...more });
  };
  const atMost = 60;
  return tryCases(t, { page_size: 10 }, [
    ...[1, 2, 3, 4, 5].map(
      (seed): Case => ({ name: `by fours, seed ${seed}`, list: tie(4, seed), maxRequests: atMost }),
    ),
    ...[6, 7].map(
      (seed): Case => ({
        name: `by twelves, seed ${seed}`,
        list: tie(12, seed),
        outcome: 'honest',
        maxRequests: atMost,
      }),
    ),
    { name: 'all of one moment', list: tie(rows, 8), outcome: 'honest', maxRequests: atMost },
    { name: 'by fours, oldest first', list: tie(4, 9, { order: reversed(ties(9)) }), maxRequests: atMost },
    {
      name: 'by fours, two orders in turn',
      list: tie(4, 0, { order: inTurn }),
      outcome: 'honest',
      maxRequests: atMost,
    },
    { name: 'by tens, two orders in turn', list: tie(10, 0, { order: inTurn }), maxRequests: atMost },
    {
      name: 'by fours, rows come',
      list: (s) => ({ ...tie(4, 10)(s), meanwhile: after([2, 3], comes(s)) }),
      outcome: 'honest',
      maxRequests: atMost,
    },
  ]);

  function reversed(order: NonNullable<HostileList['order']>): NonNullable<HostileList['order']> {
    return (records, asked) => order(records, asked).toReversed();
  }

  function inTurn(records: readonly Json[], { nth }: { readonly nth: number }): readonly Json[] {
    const sign = nth % 2 === 0 ? 1 : -1;
    return records.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || sign * (a.id - b.id));
  }
});

t.test('an order that is none', (t) => {
  const shuffled = (seed: number, again: boolean): NonNullable<HostileList['order']> => {
    const chance = randomNumbers(seed);
    const kept = new Map<Json, number>();
    const weightOf = (row: Json) => {
      if (again || !kept.has(row)) kept.set(row, chance());
      return kept.get(row)!;
    };
    return (records) => {
      const weights = new Map(records.map((row) => [row, weightOf(row)] as const));
      return records.toSorted((a, b) => weights.get(a)! - weights.get(b)!);
    };
  };
  const list = (order: HostileList['order'], more: Partial<HostileList> = {}): Case['list'] => {
    return (stream) => ({ records: daily(stream, rows), order, ...more });
  };
  return tryCases(t, { page_size: 10 }, [
    { name: 'the same all the time', list: list(shuffled(1, false)) },
    { name: 'the same all the time, no total', list: list(shuffled(2, false), { bends: [noTotal] }) },
    {
      name: 'the same all the time, capped',
      list: list(shuffled(3, false), { bends: [total((all) => Math.min(all, 40))] }),
    },
    { name: 'another at each question', list: list(shuffled(4, true)), outcome: 'honest', maxRequests: 60 },
    {
      name: 'by id, not by date',
      list: (stream) => ({
        records: daily(stream, rows),
        order: (all) => all.toSorted((a, b) => (a.id % 7) - (b.id % 7) || a.id - b.id),
      }),
    },
  ]);
});

t.test('windows of a list that changes while it is read', (t) => {
  const many = 330;
  const list = (
    meanwhile: (stream: StreamName) => Meanwhile,
    order?: (stream: StreamName) => HostileList['order'],
  ): Case['list'] => {
    return (stream) => ({ records: daily(stream, many), meanwhile: meanwhile(stream), order: order?.(stream) });
  };
  const some = each.map((nth) => nth * 5);
  return tryCases(t, { page_size: 2 }, [
    {
      name: 'newest first, some go, some come',
      outcome: 'written',
      list: list((s) => after(some, goes('oldest', 100), comes(s))),
      maxRequests: 900,
    },
    { name: 'oldest first, some come', list: list((s) => after(some, comes(s)), oldestFirst), maxRequests: 900 },
    {
      name: 'oldest first, some go, some come',
      list: list((s) => after(some.slice(0, 10), goes('oldest', 100), comes(s)), oldestFirst),
      outcome: 'honest',
      maxRequests: 900,
    },
  ]);
});
