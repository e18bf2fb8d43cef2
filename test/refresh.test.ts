/** Which records others have changed, how they are kept in mind, and what reading them again comes to. */
import t from 'tap';
import { ForeseenError } from '../src/errors.ts';
import { NoAnswer } from '../src/paystack/errors.ts';
import type { RowsRead } from '../src/paystack/reading.ts';
import type { Position } from '../src/sync/bookmark.ts';
import { isNews, noteStale, refresh } from '../src/sync/refresh.ts';
import type { RecordLine } from '../src/sync/rows.ts';
import type { StreamRun } from '../src/sync/stream-run.ts';
import { day, dayMs, rowWith, runsOf } from './support/runs.ts';

function startOf(bookmark: object): Position {
  return runsOf(['refunds'], { refunds: { createdAt: '2026-06-20T00:00:00.000Z', ...bookmark } })[0]!.start;
}

const asOf = day('2026-06-20');
const before = asOf - dayMs - 1;

t.test('a record is news if it came or changed since the run before, or a day before that', async (t) => {
  const start = startOf({ as_of: '2026-06-20T00:00:00.000Z' });
  const of = (more: object) => isNews(rowWith(more), start);
  t.equal(of({ created: asOf - dayMs, updated: before }), true, 'created');
  t.equal(of({ created: before, updated: asOf - dayMs }), true, 'changed');
  t.equal(of({ created: before, updated: before }), false);
  t.equal(of({ created: before, updated: before, isOpen: true }), false, 'open, but it says that it has not changed');
});

t.test('without a run before everything is news', async (t) => {
  t.equal(isNews(rowWith({ created: before, updated: before }), startOf({})), true);
  t.equal(isNews(rowWith(), startOf({})), true, 'also what has no dates');
});

t.test(
  'a record that does not say when it changed is news if it is open, or may have been when last seen',
  async (t) => {
    const start = startOf({ as_of: '2026-06-20T00:00:00.000Z', open: ['2026-06-01 7', '2026-06-03/2026-06-04'] });
    const of = (more: object) => isNews(rowWith(more), start);
    const undated = { created: day('2026-06-02') + 5, updated: Number.NaN };
    t.equal(of(undated), false);
    t.equal(of({ ...undated, isOpen: true }), true);
    t.equal(of({ ...undated, created: day('2026-06-03') + 5 }), true, 'of a day on which some were open');
    t.equal(of({ ...undated, key: '7' }), true, 'it was open');
    t.equal(
      of({ key: '7', created: before, updated: before }),
      true,
      'it was open, and is news until it is seen again',
    );
    t.equal(of({ created: day('2026-06-03') + 5, updated: before }), false);
  },
);

t.test('of too many records that others changed, those noted first are left', async (t) => {
  const [run] = runsOf(['transactions']);
  for (let key = 0; key < 5000; key++) noteStale(run!, String(key));
  noteStale(run!, '0');
  t.strictSame([run!.stale.size, run!.staleLeft], [5000, 0], 'one that is noted again is no other');
  noteStale(run!, 'more');
  noteStale(run!, 'and more');
  t.strictSame([run!.stale.size, run!.staleLeft], [5000, 2]);
  t.strictSame(
    ['0', '1', '2', '3', 'more', 'and more'].filter((key) => run!.stale.has(key)),
    ['0', '3', 'more', 'and more'],
  );
});

/** Reads the records that are noted. What is read is whatever `read` answers. */
async function readAgain(keys: readonly string[], read: (key: string, run: StreamRun) => Promise<string[]>) {
  const [run] = runsOf(['transactions']);
  for (const key of keys) run!.stale.add(key);
  const given: string[] = [];
  const give = async ({ rows }: RowsRead<RecordLine>) => void given.push(...rows.map(({ key }) => key));
  const rowsOf = (found: readonly string[]) => found.map((key) => rowWith({ key }));
  const reading = async (key: string): Promise<RowsRead<RecordLine>> => {
    return { kind: 'rows', rows: rowsOf(await read(key, run!)), release: () => {} };
  };
  const failure = await refresh(run!, reading, () => 2, give);
  return { run: run!, given, failure };
}

t.test('what is read again is given in order, and counted', async (t) => {
  const { run, given, failure } = await readAgain(['3', '1', '2'], async (key) => [key]);
  t.strictSame(given, ['3', '1', '2']);
  t.equal(run.refreshed, 3);
  t.equal(failure, undefined);
});

t.test('what cannot be read is named, the first few of it', async (t) => {
  const keys = ['1', '2', '3', '4', '5', '6', '7'];
  const { run, given, failure } = await readAgain(keys, async (key) => {
    if (key === '4') return [key];
    throw new NoAnswer(`gave up on ${key}`);
  });
  t.strictSame(given, ['4']);
  t.equal(run.refreshed, 1);
  const named = ['1', '2', '3', '5', '6'].map((key) => `${key} (gave up on ${key})`).join(', ');
  t.equal(failure, `of the records that refunds or disputes changed, 6 could not be read again: ${named}`);
});

t.test('what did not fit is said beside it', async (t) => {
  const { failure } = await readAgain(['1'], async (_, run) => {
    run.staleLeft = 2;
    return [];
  });
  t.match(failure, /^of the records that refunds or disputes changed, 2 did not fit into one run: remove its bookmark/);
  const both = await readAgain(['1'], async (_, run) => {
    run.staleLeft = 2;
    throw new NoAnswer('gave up');
  });
  t.match(both.failure, /changed, 1 could not be read again: 1 \(gave up\); 2 did not fit into one run/);
});

t.test('what concerns more than one record ends the reading', async (t) => {
  class Rejected extends ForeseenError {
    readonly remedy = 'end the run';
  }
  for (const error of [new Rejected('the key'), new TypeError('a defect')]) {
    const reading = readAgain(['1', '2'], async () => {
      throw error;
    });
    await t.rejects(reading, error);
  }
});
