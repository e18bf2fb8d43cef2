import t from 'tap';
import { parseConfig } from '../src/config.ts';
import type { Covered } from '../src/paystack/reading.ts';
import type { SelectedStream } from '../src/singer/selection.ts';
import { parseState } from '../src/singer/state.ts';
import {
  advanced,
  beginning,
  completed,
  lookbackFrom,
  olderThan,
  type Position,
  positionIn,
  revisited,
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
    [{ createdAt, unfinished: {} }, /\(unfinished\)/],
    ...['x', ['x'], ['2026-03-01'], ['2026-03-04/2026-03-01'], ['2026-03-01 x'], [12], { a: 1 }].map(
      (open) => [{ createdAt, open }, /\(open\)/] as const,
    ),
  ];
  for (const [bookmark, message] of wrong) t.throws(() => position(bookmark), { name: 'UserError', message });
  const lines: string[] = [];
  const state = parseState({ bookmarks: { transfers: { createdAt: '2027-01-01T00:00:00.000Z' } } });
  t.same(
    positionIn(stream, state, 0, now, (_, line) => lines.push(line)),
    beginning,
  );
  t.match(lines, [/^transfers: .*in the future/]);
  t.same(position({ createdAt: textOf(now + 3_600_000) }).reached, now + 3_600_000, 'clocks differ by hours');
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

t.test('a record seen by its key stays open only if it is', async (t) => {
  const at = position({ createdAt, open: ['2026-01-05 12,15'] });
  const seen = revisited(at, { keys: new Set(['12', '15']), open: new Map([['15', day('2026-01-05')]]) });
  t.strictSame([...seen.open.keys.keys()], ['15']);
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

t.test('a bookmark holds some hundreds of keys, and of more their days', async (t) => {
  const keys = new Map<string, number>();
  for (let key = 0; key < 5000; key++) keys.set(String(1_000_000_000 + key), day('2020-01-01') + dayMs * (key % 1000));
  for (let key = 0; key < 100; key++) keys.set(String(2_000_000_000 + key), day('2024-01-01') + 3 * dayMs * key);
  const bookmark = bookmarkOf({ ...position({ createdAt }), open: { keys, days: new Set() } }) as { open: string[] };
  t.ok(JSON.stringify(bookmark).length < 12_000, `${JSON.stringify(bookmark).length} bytes`);
  const again = position(bookmark);
  for (const [key, of] of keys) t.ok(again.open.keys.has(key) || again.open.days.has(of), key);
});
