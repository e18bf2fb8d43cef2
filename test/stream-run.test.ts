/** How the streams of a run begin, what keeps one from being whole, and what the log says of it at its end. */
import t from 'tap';
import type { StreamName } from '../src/paystack/streams.ts';
import { resumeOrder } from '../src/singer/state.ts';
import { logEnd, openStreamRuns, shortfall } from '../src/sync/stream-run.ts';
import { configWith, day, now, runsOf, selectedStreams } from './support/runs.ts';

const createdAt = '2026-06-20T00:00:00.000Z';

t.test('a stream begins with nothing read, ranked by its place', async (t) => {
  const runs = runsOf(['transfers', 'customers', 'banks']);
  t.strictSame(
    runs.map(({ stream, rank }) => [stream.id, rank]),
    [
      ['banks', 0],
      ['customers', 1],
      ['transfers', 2],
    ],
  );
  for (const run of runs) {
    t.match(run, { written: 0, hasAnswered: false, isRead: false, hasHole: false, staleLeft: 0, refreshed: 0 });
    t.strictSame(
      [run.failure, run.refusal, run.changes, run.held.length, run.stale.size],
      [undefined, undefined, undefined, 0, 0],
    );
    t.equal(run.position, run.start);
    t.equal(run.start.reached, undefined);
  }
});

t.test('only a stream that is listed whole has a version', async (t) => {
  const versions = (settings: object) => {
    const runs = runsOf(['banks', 'customers'], {}, settings);
    return Object.fromEntries(runs.map(({ stream, version }) => [stream.id, version]));
  };
  t.strictSame(versions({ activate_version: true }), { banks: now, customers: undefined });
  t.strictSame(versions({}), { banks: undefined, customers: undefined });
  t.strictSame(versions({ activate_version: true, start_date: '2020-01-01' }), {
    banks: undefined,
    customers: undefined,
  });
});

t.test('open records are remembered as long as the setting and the stream allow', async (t) => {
  const open = ['2024-07-10 1', '2026-03-20 2', '2026-04-10 3', '2026-06-01 4'];
  const kept = (stream: StreamName, settings: object) => {
    const [run] = runsOf([stream], { [stream]: { createdAt, open } }, settings);
    return [...run!.start.open.keys.keys()];
  };
  t.strictSame(kept('transfers', {}), ['1', '2', '3', '4'], 'two years');
  t.strictSame(kept('transactions', {}), ['3', '4'], 'those of this stream: 90 days');
  t.strictSame(kept('transfers', { open_lookback_days: 60 }), ['4']);
  t.strictSame(kept('transactions', { open_lookback_days: 60 }), ['4'], 'whichever is less');
  t.equal(runsOf(['transfers'], { transfers: { createdAt } })[0]!.start.reached, day('2026-06-20'));
});

t.test('a stream changes the records of another that is read too, and not from its beginning', async (t) => {
  const changed = (ids: StreamName[], bookmarks: Record<string, object>) =>
    Object.fromEntries(runsOf(ids, bookmarks).map(({ stream, changes }) => [stream.id, changes?.stream.id]));
  const bookmarks = { transactions: { createdAt }, refunds: { createdAt } };
  const all: StreamName[] = ['customers', 'disputes', 'refunds', 'transactions'];
  const none = { customers: undefined, disputes: undefined, refunds: undefined, transactions: undefined };
  t.strictSame(changed(all, bookmarks), { ...none, disputes: 'transactions', refunds: 'transactions' });
  t.strictSame(changed(all, { refunds: { createdAt } }), none);
  t.strictSame(changed(['refunds'], bookmarks), { refunds: undefined });
});

t.test('a stream that is interrupted comes first, and has the first rank', async (t) => {
  const state = { bookmarks: {}, currently_syncing: 'customers' };
  const streams = resumeOrder(selectedStreams('banks', 'customers', 'transfers'), state);
  const runs = openStreamRuns(streams, { state, config: configWith(), log: () => {} }, now);
  t.strictSame(
    runs.map(({ stream, rank }) => `${rank} ${stream.id}`),
    ['0 customers', '1 transfers', '2 banks'],
  );
});

t.test('what is missing, unusable or failed keeps a stream from being whole', async (t) => {
  const [run] = runsOf(['settlement_transactions']);
  const { tally } = run!;
  t.equal(shortfall(run!), undefined);
  run!.hasHole = true;
  t.equal(shortfall(run!), 'its parents could not all be read; its bookmark stays before them');
  tally.missing = 1;
  const missing = '1 announced record never came, though asked for again; its bookmark stays before what is missing';
  t.equal(shortfall(run!), missing);
  tally.missing = 0;
  tally.unsettled = 1;
  const unsettled =
    '1 window of its list brought other records each time that it was read, so more may be there; its bookmark stays before them';
  t.equal(shortfall(run!), unsettled);
  tally.unsettled = 0;
  tally.unusable = 2;
  const key = run!.stream.keyProperties.join(', ');
  const unusable = `2 records could not be written: no object, or no key (${key}); its bookmark stays before what is missing`;
  t.match(key, /\w+, \w+/, 'a key of several columns');
  t.equal(shortfall(run!), unusable);
  tally.unusable = 0;
  tally.failures = 2;
  tally.failedParents.push('/a (no)', '/b (not)');
  t.equal(shortfall(run!), 'the records of 2 parents could not be read: /a (no), /b (not); the next run asks again');
  tally.failures = 5;
  const failed = 'the records of 5 parents could not be read: /a (no), /b (not), and 3 more; the next run asks again';
  t.equal(shortfall(run!), failed);
  Object.assign(tally, { missing: 1, unsettled: 1, unusable: 2 });
  t.equal(shortfall(run!), [missing, unsettled, unusable, failed].join('; '));
});

t.test('at its end, the log has what came of a stream, and nothing that did not happen', async (t) => {
  const [run] = runsOf(['customers']);
  const linesOf = () => {
    const lines: string[] = [];
    logEnd(
      run!,
      (level, text, subject) =>
        void lines.push(`${level} ${text}${subject?.stream === 'customers' ? '' : ' (of what?)'}`),
    );
    return lines;
  };
  t.strictSame(linesOf(), ['INFO customers: 0 records written (0 announced)']);
  run!.written = 1;
  t.strictSame(linesOf(), ['INFO customers: 1 record written'], 'what was announced is not known yet');
  run!.tally.announced = 1234;
  t.strictSame(linesOf(), ['INFO customers: 1 record written (1,234 announced)']);
  Object.assign(run!.tally, { leftOut: 1, unchanged: 2, reread: 1 });
  run!.refreshed = 1;
  run!.failure = 'it broke';
  run!.tally.disproved = { total: 3, records: 1000 };
  t.strictSame(linesOf(), [
    'WARNING customers: Paystack announced 3 records of a list whose pages held 1,000; the pages are believed, and read until nothing new comes',
    'INFO customers: 1 record written (1,234 announced, 1 outside the range left out, 2 unchanged left out, 1 window read again, 1 older record read again because of a refund or dispute)',
    'ERROR customers: it broke',
  ]);
});
