/** What is noted of the rows that come, and which of them are given out. */
import t from 'tap';
import {
  beginPass,
  countOf,
  hasGap,
  isContiguous,
  type Ledger,
  missingIn,
  newTally,
  openLedger,
  take,
  type Wanted,
} from '../src/paystack/ledger.ts';
import { dayMs, type Span } from '../src/paystack/windows.ts';
import { downFrom, page, row, rows } from './support/lists.ts';

const day = (nth: number) => Date.UTC(2026, 0, 1) + nth * dayMs;
const everything: Wanted = { range: undefined };

function ledgerOf({ window, wanted = everything, before = [] }: LedgerFacts = {}): Ledger {
  return openLedger(window, wanted, newTally(), new Map(before));
}

interface LedgerFacts {
  readonly window?: Span;
  readonly wanted?: Wanted;
  readonly before?: readonly (readonly [string, number])[];
}

const taken = (ledger: Ledger, ...args: Parameters<typeof page>) => take(ledger, page(...args)).map(({ key }) => key);

t.test('a row is given out when it is new, and when it has changed', (t) => {
  const ledger = ledgerOf();
  t.same(taken(ledger, rows([3, 2])), ['3', '2']);
  t.same(taken(ledger, rows([2, 1])), ['1']);
  t.same(taken(ledger, [row(1, Number.NaN, { mark: 1 })]), ['1']);
  t.same(taken(ledger, [row(1, Number.NaN, { mark: 1 })]), []);
  t.equal(ledger.known.size, 3);
  t.end();
});

t.test('a key counts once in a pass, and is noted where it comes twice', (t) => {
  const ledger = ledgerOf();
  take(ledger, page(rows([3, 2])));
  t.same([...ledger.repeated], []);
  take(ledger, page(rows([2, 1]), { count: 3 }));
  t.same([...ledger.repeated], ['2']);
  t.equal(ledger.distinct, 3);
  t.equal(ledger.records, 5);
  t.equal(ledger.unusable, 1);
  t.equal(countOf(ledger), 4, 'what is no row counts as well');
  beginPass(ledger);
  t.match(ledger, { pages: 0, records: 0, unusable: 0, last: undefined, gapsUntil: 0, isUneven: false });
  t.same([ledger.distinct, ledger.repeated.size, ledger.known.size], [0, 0, 3]);
  take(ledger, page(rows([3, 2])));
  take(ledger, page(rows([2])));
  t.same([ledger.distinct, [...ledger.repeated], ledger.known.size], [2, ['2'], 3], 'another pass counts anew');
  t.end();
});

t.test('what was found is new and no newer than the first pass', (t) => {
  const ledger = ledgerOf();
  take(ledger, page([row(1, day(1)), row(2)]));
  t.equal(ledger.found, 2);
  ledger.top = day(5);
  take(ledger, page([row(3, day(5)), row(4, day(5) + 1), row(5), row(1, day(1), { mark: 1 })]));
  t.equal(ledger.found, 4, 'the third and the fifth, which has no date');
  t.end();
});

t.test('what the window before has not given is counted once', (t) => {
  const ledger = ledgerOf({ before: [['2', 0]] });
  take(ledger, page(rows([3, 2])));
  take(ledger, page([row(3, Number.NaN, { mark: 1 }), ...rows([1])]));
  t.equal(ledger.fresh, 2, 'the third and the first');
  t.end();
});

t.test('what lies outside the range is left out, and counts once', (t) => {
  const range = { spans: [{ from: day(2), to: day(4) }], now: day(9) };
  const ledger = ledgerOf({ wanted: { range } });
  t.same(taken(ledger, [row(4, day(4)), row(3, day(3)), row(2, day(2)), row(1, day(1))]), ['3', '2']);
  take(ledger, page([row(1, day(1), { mark: 1 }), row(5, day(3))]));
  t.equal(ledger.tally.leftOut, 2);
  t.same([ledger.newest, ledger.oldest], [day(3), day(2)]);
  t.end();
});

t.test('an open row is noted by its day, until it comes closed', (t) => {
  const ledger = ledgerOf({ before: [['2', 2000]] });
  const open = { isOpen: true };
  t.same(
    taken(ledger, [row(2, day(2) + 5, open), row(1, day(1) + 7, open)]),
    ['1'],
    'the window before gave the other',
  );
  t.same(
    [...ledger.open],
    [
      ['2', day(2)],
      ['1', day(1)],
    ],
  );
  take(ledger, page([row(1, day(1), { mark: 1 })]));
  t.same([...ledger.open.keys()], ['2']);
  t.same([ledger.newest, ledger.oldest], [day(2) + 5, day(1)]);
  t.end();
});

t.test('a row that the window before gave is given out if it has changed', (t) => {
  const ledger = ledgerOf({ before: [['1', 1000]] });
  t.same(taken(ledger, [row(1, day(1), { mark: 1 })]), ['1']);
  t.end();
});

t.test('a row that need not be written is counted', (t) => {
  const ledger = ledgerOf({ wanted: { range: undefined, isWanted: ({ key }) => key === '1' } });
  t.same(taken(ledger, rows([3, 2, 1])), ['1']);
  t.equal(ledger.tally.unchanged, 2);
  t.end();
});

t.test('rows that the filter does not explain end the belief in it', (t) => {
  const window = { from: day(10), to: day(12) };
  const ledger = ledgerOf({ window });
  t.same(taken(ledger, [row(1, day(10))]), ['1']);
  t.ok(ledger.isBelieved);
  t.same(taken(ledger, [row(3, day(11)), row(2, day(1))]), []);
  t.notOk(ledger.isBelieved);
  t.equal(ledger.known.size, 1);
  t.equal(ledger.pages, 2);
  t.end();
});

t.test('the order shows within pages: by creation; of a list read whole, else by number', (t) => {
  const window = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const orderOf = (pages: readonly (readonly number[])[], facts: LedgerFacts, createdOf = day) => {
    const ledger = ledgerOf(facts);
    for (const ids of pages) take(ledger, page(rows(ids, createdOf)));
    return ledger.order;
  };
  t.equal(orderOf([[3, 2, 1]], { window }), 'newest-first');
  t.equal(orderOf([[1, 2, 3]], { window }), 'oldest-first');
  t.equal(orderOf([[1, 3, 2]], { window }), 'unsorted');
  t.equal(orderOf([[1, 3, 2, 4]], { window }), 'unsorted', 'for good');
  t.equal(
    orderOf(
      [
        [2, 1],
        [1, 2],
        [2, 1],
      ],
      { window },
    ),
    'unsorted',
  );
  t.equal(orderOf([[3], [1], [2]], { window }), undefined);
  t.equal(
    orderOf(
      [
        [3, 2],
        [9, 8],
      ],
      { window },
    ),
    'newest-first',
    'not from page to page',
  );
  const once = () => day(1);
  t.equal(orderOf([[2, 1]], { window }, once), undefined);
  t.equal(orderOf([[2, 1]], {}, once), 'newest-first');
  t.equal(
    orderOf([[1, 2]], {}, () => Number.NaN),
    'oldest-first',
  );
  t.equal(
    orderOf([[1, 2]], { window }, () => Number.NaN),
    undefined,
  );
  t.equal(
    orderOf([[1, 2]], {}, (id) => day(-id)),
    'newest-first',
    'dates come first',
  );
  t.equal(orderOf([[2, 2, 1, 1]], {}, once), 'newest-first');
  const keyed = ledgerOf();
  take(keyed, page([row(1, day(1), { key: '7\x002' }), row(2, day(1), { key: '6\x0010' })]));
  t.equal(keyed.order, 'oldest-first', 'by the last part of a key');
  t.end();
});

t.test('pages are contiguous if only the last holds fewer, and nothing comes twice', (t) => {
  const contiguous = (...sizes: readonly number[]) => {
    const ledger = ledgerOf();
    for (const [nth, size] of sizes.entries()) take(ledger, page(rows(downFrom(10 * nth + size, size))));
    return isContiguous(ledger);
  };
  t.ok(contiguous(3));
  t.ok(contiguous(3, 3, 2));
  t.ok(contiguous(3, 3, 2, 0));
  t.ok(contiguous(3, 0, 3), 'a page without any is no smaller one');
  t.notOk(contiguous(3, 2, 3));
  t.notOk(contiguous(3, 2, 2));
  t.notOk(contiguous(2, 3));
  const repeating = ledgerOf();
  take(repeating, page(rows([3, 2]), { count: 3 }));
  t.ok(isContiguous(repeating), 'what is no row has its place');
  take(repeating, page(rows([2, 1])));
  t.notOk(isContiguous(repeating));
  t.end();
});

t.test('a gap is one until the next pass', (t) => {
  const ledger = ledgerOf();
  t.notOk(hasGap(ledger));
  ledger.gapsUntil = 3;
  t.ok(hasGap(ledger));
  beginPass(ledger);
  t.notOk(hasGap(ledger));
  t.end();
});

t.test('what is missing is what was announced and came in no pass', (t) => {
  const ledger = ledgerOf();
  take(ledger, page(rows([3, 2]), { count: 3 }));
  t.equal(missingIn(ledger, 5), 2);
  t.equal(missingIn(ledger, 2), 0);
  t.equal(missingIn(ledger, undefined), 0);
  t.end();
});
