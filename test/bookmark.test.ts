import t from 'tap';
import { parseConfig } from '../src/config.ts';
import type { Covered } from '../src/paystack/reading.ts';
import type { SelectedStream } from '../src/singer/selection.ts';
import { parseState } from '../src/singer/state.ts';
import {
  advanced,
  beginning,
  completed,
  joined,
  lookbackFrom,
  olderThan,
  type Position,
  positionIn,
  revisited,
  spansOf,
  withPosition,
} from '../src/sync/bookmark.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 30, 12);
const stream = { id: 'transfers', replicationKey: 'createdAt' } as SelectedStream;
const config = parseConfig({ secret_key: 'sk_test_1', start_date: '2020-01-01', lookback_window_days: 10 }, '1');
const createdAt = '2026-06-29T06:30:00.000Z';

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);
const textOf = (ms: number) => new Date(ms).toISOString();

function position(bookmark: unknown, openSince = 0): Position {
  return positionIn(stream, parseState({ bookmarks: { transfers: bookmark } }), openSince, now, () => {});
}

function bookmarkOf(at: Position): unknown {
  return withPosition(parseState({}), stream, at).bookmarks['transfers'];
}

function covered(from: string, until: string, more: Partial<Covered> = {}): Covered {
  const found = { open: new Map(), failed: new Map(), newest: Date.parse(until) - 1 };
  return {
    kind: 'covered',
    spans: [{ from: Date.parse(from), to: Date.parse(until) }],
    isWhole: true,
    ...found,
    ...more,
  };
}

t.test('a run begins at the bookmark less the lookback, and not before the start date', async (t) => {
  t.equal(lookbackFrom(beginning, config, now), day('2020-01-01'));
  t.equal(textOf(lookbackFrom(position({ createdAt }), config, now)), '2026-06-19T06:30:00.000Z');
  t.equal(lookbackFrom(position({ createdAt: '2020-01-02T00:00:00.000Z' }), config, now), day('2020-01-01'));
  const unbounded = parseConfig({ secret_key: 'sk_test_1' }, '1');
  t.equal(lookbackFrom(beginning, unbounded, now), Number.NEGATIVE_INFINITY, 'without a start date there is none');
});

t.test('what a bookmark holds is read as it was written', async (t) => {
  const bookmarks = [
    { createdAt },
    { createdAt, as_of: '2026-06-30T00:00:00.000Z' },
    { createdAt, open: ['2026-01-05 12,15', '2026-03-01/2026-03-04', '2026-05-01 18446744073709551615'] },
    { createdAt, failed: ['2026-01-05 12'] },
    { createdAt, unfinished: { began: '2026-06-30T00:00:00.000Z', reached: '2026-06-20T00:00:00.000Z' } },
  ];
  for (const bookmark of bookmarks) t.strictSame(bookmarkOf(position(bookmark)), bookmark);
});

t.test('what is open is forgotten beyond its bound, what failed is not', async (t) => {
  const bookmark = { createdAt, open: ['2026-01-05 12', '2026-03-01/2026-03-04'], failed: ['2026-01-05 12'] };
  const at = position(bookmark, day('2026-03-02'));
  t.same(bookmarkOf(at), { createdAt, open: ['2026-03-02/2026-03-04'], failed: ['2026-01-05 12'] });
});

t.test('a bookmark that is none is refused by name, and one in the future is said and passed over', async (t) => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ createdAt: 12 }, /"transfers" \(createdAt\) is no date/],
    [{ createdAt, as_of: 'yesterday' }, /\(as_of\) is no date/],
    [{ createdAt: [createdAt] }, /\(createdAt\) is no date/],
    [{ createdAt, failed: 'x' }, /\(failed\) is not in the form that the tap writes/],
    ...[{}, 'x', { began: createdAt }, { reached: createdAt }].map(
      (unfinished) => [{ createdAt, unfinished }, /\(unfinished\) is not in the form that the tap writes/] as const,
    ),
    ...['x', ['x'], ['2026-03-01'], ['2026-03-04/2026-03-01'], ['2026-03-01/2026-03-01'], ['2026-03-01 x'], [12]].map(
      (open) => [{ createdAt, open }, /\(open\)/] as const,
    ),
    ...[
      { a: 1 },
      ['x 12'],
      ['x/2026-03-01'],
      ['2026-03-01/x'],
      [['2026-03-01 12']],
      ['a 2026-03-01 12'],
      ['2026-03-01 12 x'],
    ].map((open) => [{ createdAt, open }, /\(open\)/] as const),
  ];
  for (const [bookmark, message] of wrong) t.throws(() => position(bookmark), { name: 'UserError', message });
  const lines: string[] = [];
  const state = parseState({ bookmarks: { transfers: { createdAt: '2027-01-01T00:00:00.000Z' } } });
  t.same(
    positionIn(stream, state, 0, now, (_, line) => lines.push(line)),
    beginning,
  );
  t.match(lines, [/^transfers: .*in the future/]);
  t.equal(lines.length, 1);
  t.same(position({ createdAt: textOf(now + dayMs) }).reached, now + dayMs, 'clocks differ by hours');
  t.same(position({ createdAt: textOf(now + dayMs + 1) }), beginning);
});

t.test('a bookmark by another column is said and passed over, and an empty one is none', async (t) => {
  const lines: unknown[] = [];
  const at = (bookmark: object | null, of = stream) => {
    lines.length = 0;
    return positionIn(of, parseState({ bookmarks: { transfers: bookmark } }), 0, now, (...line) => lines.push(line));
  };
  t.equal(at({ id: 7, page: 2 }), beginning);
  t.strictSame(lines, [['WARNING', 'transfers: its bookmark is by id, page, not by createdAt; it is ignored']]);
  for (const none of [{}, null, { createdAt: null, open: ['2026-01-05 12'] }]) {
    t.equal(at(none), beginning);
    t.strictSame(lines, []);
  }
  const whole = { ...stream, replicationKey: undefined };
  t.equal(at({ createdAt }, whole), beginning, 'a stream that is read whole resumes nowhere');
  t.strictSame(lines, []);
  at({ createdAt: '2027-01-01T00:00:00.000Z' });
  t.match(lines, [['WARNING', /in the future/, { stream: 'transfers' }]]);
});

t.test('a stream that is read whole, or of which nothing is reached, has no bookmark', async (t) => {
  const state = parseState({});
  t.equal(withPosition(state, { ...stream, replicationKey: undefined }, position({ createdAt })), state);
  t.equal(withPosition(state, stream, beginning), state);
});

t.test('of what is remembered, the future and what is beyond the bound are forgotten, to the day', async (t) => {
  const entries = ['2026-03-01 1', '2026-03-02 2', '2026-06-29 3', '2026-06-30 4', '2026-07-01 5'];
  const state = parseState({ bookmarks: { transfers: { createdAt, open: [...entries, '2026-06-28/2026-07-05'] } } });
  const { keys, days } = positionIn(stream, state, day('2026-03-02') + 5000, day('2026-06-30'), () => {}).open;
  t.strictSame([...keys.keys()], ['2', '3']);
  t.strictSame([...days], [day('2026-06-28'), day('2026-06-29')]);
});

t.test('what is remembered from before the lookback is seen beside it', async (t) => {
  const at = position({
    ...{
      createdAt,
      open: ['2026-06-10 1', '2026-06-18 2', '2026-06-19 3', '2026-02-01/2026-02-02', '2026-06-19/2026-06-20'],
    },
    failed: ['2026-06-10 11', '2026-06-19 12', '2026-02-03/2026-02-04', '2026-06-20/2026-06-21'],
  });
  const older = (since: number) => {
    const { keys, days } = olderThan(since, at, now);
    return [...keys.keys(), ...[...days].map((day) => textOf(day).slice(0, 10))];
  };
  t.strictSame(older(day('2026-06-19')), ['1', '2', '11', '2026-02-01', '2026-02-03']);
  const within = older(day('2026-06-19') + 1);
  t.strictSame(
    within,
    ['1', '2', '3', '11', '12', '2026-02-01', '2026-06-19', '2026-02-03'],
    'its day began before it',
  );
});

t.test('of an unfinished run, what it has come past is seen, but for what failed', async (t) => {
  const unfinished = { began: '2026-06-30T00:00:00.000Z', reached: '2026-02-20T00:00:00.000Z' };
  const entries = ['2026-02-18 18', '2026-02-19 19', '2026-02-20 20', '2026-02-21 21'];
  const at = position({ createdAt, open: entries, failed: ['2026-02-01 1'], unfinished });
  const older = (now: number) => [...olderThan(day('2026-06-19'), at, now).keys.keys()];
  const began = day('2026-06-30');
  t.strictSame(older(began + dayMs), ['20', '21', '1'], 'a day later it is gone on with');
  t.strictSame(older(began + dayMs + 1), ['18', '19', '20', '21', '1'], 'later it is not');
});

t.test(
  'a covered span moves the bookmark to its newest record, never backward, and renews what is open in it',
  async (t) => {
    const open = new Map([['9', day('2026-06-25')]]);
    const at = advanced(
      position({ createdAt, open: ['2026-01-05 12', '2026-06-24 15'] }),
      covered('2026-06-20', '2026-06-28', { open }),
      now,
    );
    t.equal(textOf(at.reached!), createdAt);
    t.strictSame(
      [...at.open.keys],
      [
        ['12', day('2026-01-05')],
        ['9', day('2026-06-25')],
      ],
    );
    const on = advanced(at, covered('2026-06-28', '2026-07-30', { newest: now + dayMs }), now);
    t.equal(on.reached, now, 'what was created later than the run began may not have been listed yet');
    t.equal(
      advanced(beginning, covered('2026-06-20', '2026-06-28', { newest: Number.NEGATIVE_INFINITY }), now).reached,
      undefined,
    );
  },
);

t.test('what was remembered of whole days in the spans is renewed, and the rest of it stays', async (t) => {
  const remembered = ['01', '02', '03', '05', '06'].map((date) => `2026-04-${date} ${date}`);
  const days = ['2026-04-11/2026-04-14', '2026-04-15/2026-04-17'];
  const at = position({ createdAt, open: [...remembered, ...days], failed: ['2026-04-02 7', '2026-04-20 8'] });
  const spans = [
    { from: day('2026-04-02'), to: day('2026-04-03') },
    { from: day('2026-04-05') + 1, to: day('2026-04-06') },
    { from: day('2026-04-12'), to: day('2026-04-16') + 1 },
  ];
  const failed = new Map([['9', day('2026-04-12')]]);
  const { open, failed: left } = advanced(at, { ...covered('2026-04-02', '2026-04-16', { failed }), spans }, now);
  t.strictSame([...open.keys.keys()], ['01', '03', '05', '06']);
  t.strictSame([...open.days], [day('2026-04-11'), day('2026-04-16')]);
  t.strictSame([...left.keys.keys()], ['8', '9']);
});

t.test('a record seen by its key stays open only if it is', async (t) => {
  const at = position({ createdAt, open: ['2026-01-05 12,15', '2026-01-06 17', '2026-02-01/2026-02-02'] });
  const seen = revisited(at, { keys: new Set(['12', '15']), open: new Map([['15', day('2026-01-05')]]) });
  t.strictSame([...seen.open.keys.keys()], ['17', '15']);
  t.strictSame([...seen.open.days], [day('2026-02-01')]);
});

t.test('a run that was never interrupted is complete as of its beginning', async (t) => {
  t.match(completed(position({ createdAt }), now), { asOf: now, unfinished: undefined });
});

t.test('an unfinished run is gone on with where it broke off, if that was not long ago', async (t) => {
  const bookmark = { createdAt, open: ['2026-01-05 12', '2026-02-05 15'] };
  const broken = advanced(
    position(bookmark),
    covered('2026-01-05', '2026-01-20', { open: new Map([['12', day('2026-01-05')]]) }),
    now,
  );
  const later = now + dayMs / 2;
  t.equal(
    lookbackFrom(broken, config, later),
    lookbackFrom(position(bookmark), config, later),
    'the lookback was not come to',
  );
  t.strictSame([...olderThan(day('2026-06-19'), broken, later).keys.keys()], ['15'], 'the other was seen');
  const further = advanced(broken, covered('2026-06-19', '2026-06-24', {}), now);
  t.equal(textOf(lookbackFrom(further, config, later)), '2026-06-24T00:00:00.000Z');
  t.equal(
    textOf(lookbackFrom(further, config, now + 3 * dayMs)),
    '2026-06-20T12:00:00.000Z',
    'less the lookback of the run',
  );
  const whole = completed(further, later);
  t.equal(whole.asOf, now, 'as of when the first of them began');
  t.equal(whole.unfinished, undefined);
});

/** The bookmark after these keys were seen to be open, and days before them. */
function bookmarkOfOpen(open: ReadonlyMap<string, number>, days: readonly number[] = []): { open: string[] } {
  const before = { ...position({ createdAt }), open: { keys: new Map(), days: new Set(days) } };
  return bookmarkOf(revisited(before, { keys: new Set(), open })) as { open: string[] };
}

t.test('a bookmark holds some hundreds of keys, and of more their days', async (t) => {
  const keys = new Map<string, number>();
  for (let key = 0; key < 5000; key++) keys.set(String(1_000_000_000 + key), day('2020-01-01') + dayMs * (key % 1000));
  for (let key = 0; key < 100; key++) keys.set(String(2_000_000_000 + key), day('2024-01-01') + 3 * dayMs * key);
  const bookmark = bookmarkOfOpen(keys);
  t.ok(JSON.stringify(bookmark).length < 12_000, `${JSON.stringify(bookmark).length} bytes`);
  const again = position(bookmark);
  const lost = [...keys].filter(([key, of]) => !again.open.keys.has(key) && !again.open.days.has(of));
  t.strictSame(lost, []);
});

t.test('a run remembers no more keys than its bookmark, however many it comes past', async (t) => {
  let reached = position({ createdAt });
  for (let window = 0; window < 20; window++) {
    const from = day('2020-01-01') + 10 * dayMs * window;
    const open = new Map(
      Array.from({ length: 200 }, (_, key) => [String(1000 * (window + 1) + key), from + dayMs * (key % 10)]),
    );
    const spans = [{ from, to: from + 10 * dayMs }];
    reached = advanced(reached, { kind: 'covered', spans, isWhole: true, newest: from, open, failed: new Map() }, now);
    for (const [key, of] of open) t.ok(reached.open.keys.has(key) || reached.open.days.has(of));
  }
  t.equal(reached.open.keys.size, 500);
});

t.test('of too many keys, the days with the most of them are held as days', async (t) => {
  const keysOf = (counts: readonly number[]) => {
    const keys = new Map<string, number>();
    counts.forEach((count, index) => {
      for (let key = 0; key < count; key++)
        keys.set(`${1000 * (index + 1) + key}`, day('2024-01-01') + 3 * dayMs * index);
    });
    return keys;
  };
  const entries = (counts: readonly number[], days: readonly number[] = []) => {
    return bookmarkOfOpen(keysOf(counts), days).open.map((entry) => entry.replace(/ .*/, ' keys'));
  };
  t.strictSame(entries([200, 100, 200]), ['2024-01-01 keys', '2024-01-04 keys', '2024-01-07 keys']);
  t.strictSame(entries([300, 100, 101]), ['2024-01-01/2024-01-02', '2024-01-04 keys', '2024-01-07 keys']);
  t.strictSame(entries([2, 1], [day('2024-01-01')]), ['2024-01-01/2024-01-02', '2024-01-04 keys'], 'once is enough');
});

t.test('keys that are no numbers are held as days', async (t) => {
  const keys = new Map(['"a"', '1a', 'a1', '7'].map((key, index) => [key, day('2024-01-01') + 3 * dayMs * index]));
  const { open } = bookmarkOfOpen(keys);
  t.strictSame(open, ['2024-01-01/2024-01-02', '2024-01-04/2024-01-05', '2024-01-07/2024-01-08', '2024-01-10 7']);
});

t.test('days become spans, of which the nearest are joined until they are few enough', async (t) => {
  const spans = (days: readonly number[], most?: number) =>
    spansOf(
      days.map((day) => day * dayMs),
      most,
    ).map(({ from, to }) => [from / dayMs, to / dayMs]);
  const days = [40, 1, 2, 3, 10, 20, 21, 25, 4];
  const apart = [
    [1, 5],
    [10, 11],
    [20, 22],
    [25, 26],
    [40, 41],
  ];
  t.strictSame(spans(days), apart);
  t.strictSame(spans(days, 5), apart);
  t.strictSame(spans(days, 4), [
    [1, 5],
    [10, 11],
    [20, 26],
    [40, 41],
  ]);
  t.strictSame(spans(days, 3), [
    [1, 11],
    [20, 26],
    [40, 41],
  ]);
  t.strictSame(spans(days, 2), [
    [1, 26],
    [40, 41],
  ]);
  t.strictSame(spans(days, 1), [[1, 41]]);
  const many = Array.from({ length: 150 }, (_, index) => index * 3);
  t.equal(spans(many).length, 100);
});

t.test('spans that touch or overlap are one, in whichever order they come', async (t) => {
  const of = (...spans: [number, number][]) =>
    joined(spans.map(([from, to]) => ({ from, to }))).map(({ from, to }) => [from, to]);
  t.strictSame(of([5, 7], [1, 3]), [
    [1, 3],
    [5, 7],
  ]);
  t.strictSame(of([3, 4], [1, 3]), [[1, 4]]);
  t.strictSame(of([1, 9], [2, 3], [8, 10], [11, 12]), [
    [1, 10],
    [11, 12],
  ]);
  t.strictSame(of(), []);
});
