import t from 'tap';
import { parseConfig } from '../src/config.ts';
import type { SelectedStream } from '../src/singer/selection.ts';
import { parseState } from '../src/singer/state.ts';
import { advanced, type Position, positionIn, rangeFrom, withPosition } from '../src/sync/bookmark.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 30, 12);
const stream = { id: 'transfers', replicationKey: 'createdAt' } as SelectedStream;

const configOf = (given: object = {}) =>
  parseConfig({ secret_key: 'sk_test_1', start_date: '2020-01-01', lookback_window_days: 10, ...given }, '1');

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);

function position(bookmark: unknown, given: object = {}): Position {
  const state = parseState({ bookmarks: { transfers: bookmark } });
  return positionIn(stream, state, now - configOf(given).openLookbackMs, now, () => {});
}

/** The spans of a range, as text. */
function spans(bookmark: object, given: object = {}): string[] | undefined {
  const range = rangeFrom(position(bookmark, given), configOf(given), now);
  const text = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : '');
  return range?.spans.map(({ from, to }) => `${text(from)}/${text(to)}`);
}

const createdAt = '2026-06-29T06:30:00.000Z';

t.test('a run reads from the bookmark less the lookback, and the open days before it', async (t) => {
  t.strictSame(spans({}), ['2020-01-01T00:00/']);
  t.strictSame(spans({ createdAt }), ['2026-06-19T06:30/']);
  const open = ['2026-01-05/2026-01-07', '2026-03-01/2026-03-02'];
  t.strictSame(spans({ createdAt, open }), [
    '2026-01-05T00:00/2026-01-07T00:00',
    '2026-03-01T00:00/2026-03-02T00:00',
    '2026-06-19T06:30/',
  ]);
});

t.test('open days that touch what is read anyhow are read with it', async (t) => {
  t.strictSame(spans({ createdAt, open: ['2026-06-18/2026-06-19'] }), [
    '2026-06-18T00:00/2026-06-19T00:00',
    '2026-06-19T06:30/',
  ]);
  t.strictSame(spans({ createdAt, open: ['2026-06-19/2026-06-20'] }), ['2026-06-19T00:00/']);
  t.strictSame(spans({ createdAt, open: ['2026-06-24/2026-06-25'] }), ['2026-06-19T06:30/']);
});

t.test('neither the dates of the settings nor the bound of the open days are passed', async (t) => {
  const open = ['2026-01-05/2026-01-07'];
  t.strictSame(spans({ createdAt, open }, { start_date: '2026-01-06T12:00' }), [
    '2026-01-06T12:00/2026-01-07T00:00',
    '2026-06-19T06:30/',
  ]);
  t.strictSame(spans({ createdAt, open }, { start_date: '2026-06-01' }), ['2026-06-19T06:30/']);
  t.strictSame(spans({ createdAt, open }, { end_date: '2026-01-06' }), ['2026-01-05T00:00/2026-01-06T00:00']);
  t.equal(spans({ createdAt }, { end_date: '2026-01-06' }), undefined);
  t.strictSame(spans({ createdAt, open }, { open_lookback_days: 175 }), [
    '2026-01-06T00:00/2026-01-07T00:00',
    '2026-06-19T06:30/',
  ]);
  t.strictSame(spans({ createdAt, open: ['0001-01-01/9999-01-01'] }, { open_lookback_days: 20 }), [
    '2026-06-10T00:00/',
  ]);
});

t.test('a bookmark that makes no sense is told of', async (t) => {
  for (const open of ['2026-01-01', {}, [1], ['2026-01-01'], ['2026-01-02/2026-01-01'], ['x/y']]) {
    t.throws(
      () => position({ createdAt, open }),
      { name: 'UserError', message: /"transfers" \(open\)/ },
      JSON.stringify(open),
    );
  }
  t.throws(() => position({ createdAt: 12 }), { name: 'UserError', message: /"transfers" \(createdAt\)/ });
});

t.test('what was covered is forgotten but for what is still open, and only whole days are', async (t) => {
  const openDays = new Set(['2026-01-05', '2026-01-06', '2026-01-07'].map(day));
  const start = { reached: day('2026-02-01'), openDays };
  const covered = { kind: 'covered', isWhole: true, openDays: new Set<number>() } as const;
  const days = (from: number, until: number, still: number[] = []) =>
    [...advanced(start, { ...covered, from, until, openDays: new Set(still) }, day('2026-01-09'), now).openDays]
      .sort()
      .map((ms) => new Date(ms).toISOString().slice(8, 10));
  t.strictSame(days(day('2026-01-05'), day('2026-01-07')), ['07']);
  t.strictSame(days(day('2026-01-05'), day('2026-01-07'), [day('2026-01-06')]), ['06', '07']);
  t.strictSame(days(day('2026-01-05') + 1, day('2026-01-08') - 1), ['05', '07']);
  t.strictSame(days(day('2026-01-01'), Number.POSITIVE_INFINITY), []);
});

t.test('a position never moves backward, nor beyond the start of the run', async (t) => {
  const start = { reached: day('2026-02-01'), openDays: new Set<number>() };
  const covered = { kind: 'covered', isWhole: true, openDays: new Set<number>(), from: 0 } as const;
  const reached = (until: number, newest: number) => advanced(start, { ...covered, until }, newest, now).reached;
  t.equal(reached(day('2026-03-01'), day('2026-02-15')), day('2026-02-15'));
  t.equal(reached(day('2026-02-10'), day('2026-02-15')), day('2026-02-10'));
  t.equal(reached(day('2026-01-10'), day('2026-01-05')), day('2026-02-01'));
  t.equal(reached(Number.POSITIVE_INFINITY, now + dayMs), now);
  t.equal(reached(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), day('2026-02-01'));
});

t.test('days that are many become spans that are few, and none is lost', async (t) => {
  const days = Array.from({ length: 365 }, (_, index) => now - (now % dayMs) - 2 * index * dayMs);
  const state = withPosition(parseState({}), stream, { reached: now, openDays: new Set(days) });
  const { open } = state.bookmarks['transfers'] as { open: string[] };
  t.equal(open.length, 100);
  const again = position({ createdAt, open }, { open_lookback_days: 3000 });
  for (const one of days) t.ok(again.openDays.has(one));
});

t.test('a bookmark without open days has none, and keeps what is not ours', async (t) => {
  const before = parseState({ bookmarks: { transfers: { createdAt, open: ['2026-01-01/2026-01-02'], version: 7 } } });
  const state = withPosition(before, stream, { reached: day('2026-06-30'), openDays: new Set() });
  t.strictSame(state.bookmarks['transfers'], { createdAt: '2026-06-30T00:00:00.000Z', version: 7 });
  t.equal(withPosition(before, stream, { reached: undefined, openDays: new Set() }), before);
});
