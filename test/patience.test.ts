/** How often and how long a question is tried, by what is noted of its tries. */
import t, { type Test } from 'tap';
import { NoAnswer, Refused, Unreachable } from '../src/paystack/errors.ts';
import { checkNetwork, type Failure } from '../src/paystack/failure.ts';
import {
  beginEffort,
  type Effort,
  fullPatience,
  noteAnswer,
  noteFailure,
  noteSuccess,
  openWatch,
  type Patience,
} from '../src/paystack/patience.ts';
import { createFakeClock, settle } from './support/clock.ts';

const down: Failure = { why: 'answered 503' };
const busy: Failure = { why: 'answered 429', askedWaitMs: 1000 };
const overQuota: Failure = { why: 'answered 429', isOverQuota: true };

/** A run, and whether Paystack has answered in it already. */
function running(more: Partial<Patience> = {}, { timeoutMs = 60_000, hasAnswered = true } = {}) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const watch = openWatch({ patience: { ...fullPatience, ...more }, timeoutMs, clock, signal: stop.signal });
  const begin = (endpoint = 'transactions') => beginEffort(watch, endpoint);
  if (hasAnswered) noteAnswer(begin('first'), 'paystack');
  return { clock, stop, watch, begin };
}

/** What a failure of this kind ends with, and how many of them are borne. */
function endOf(effort: Effort, failure: Failure, tookMs = 0, pausedMs = 0) {
  for (let borne = 0; borne < 5000; borne++) {
    try {
      noteFailure(effort, failure, tookMs, pausedMs);
    } catch (error) {
      return { error: error as Error, borne };
    }
  }
  throw new Error('there is no end to it');
}

t.test('the waits between tries double, up to a bound, each by chance between half of that and all', (t) => {
  const most = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000];
  const seen = most.map((): number[] => []);
  for (let run = 0; run < 200; run++) {
    const effort = running({ tryingMs: Number.POSITIVE_INFINITY }).begin();
    for (const waits of seen) waits.push(noteFailure(effort, down, 0, 0));
  }
  for (const [nth, waits] of seen.entries()) {
    const [least, longest] = [Math.min(...waits) / most[nth]!, Math.max(...waits) / most[nth]!];
    t.ok(least >= 0.5 && least < 0.6, `${least}`);
    t.ok(longest <= 1 && longest > 0.9, `${longest}`);
  }
  t.end();
});

t.test('a question has fifteen tries, however short they are', (t) => {
  const { begin } = running({ tryingMs: Number.POSITIVE_INFINITY });
  const { error, borne } = endOf(begin(), down);
  t.equal(borne, 14);
  t.ok(error instanceof NoAnswer);
  t.match(error.message, /^answered 503 \(tried 15 times in \d+ s\)$/);
  t.end();
});

const tryingMs = 120_000;

t.test('the time of the tries and of the waits between them is bounded', (t) => {
  const { begin, clock } = running({ tryingMs, maxBackoffMs: 0 });
  t.equal(endOf(begin(), down, 24_000).borne, 4);
  t.equal(endOf(begin(), down, 23_999).borne, 5);
  const waiting = running({ tryingMs: 3500, minTries: 1 });
  const { borne, error } = endOf(waiting.begin(), down);
  t.ok(borne >= 3 && borne <= 5, `${borne}`);
  t.match(error.message, /in [4-8] s\)$/);
  t.equal(clock.pending(), 0);
  t.end();
});

t.test('as long as its endpoint answers others, a question has five tries; else two minutes', async (t) => {
  const { begin, clock } = running({ tryingMs, maxBackoffMs: 0 });
  const [effort, other, elsewhere] = [begin(), begin(), begin('customers')];
  t.equal(noteFailure(effort, down, 60_000, 0), 0);
  await clock.advance(119_999);
  t.equal(noteFailure(effort, down, 60_000, 0), 0, 'it was asked less than two minutes ago');
  noteSuccess(other);
  await clock.advance(119_999);
  t.equal(noteFailure(effort, down, 60_000, 0), 0);
  noteSuccess(elsewhere);
  await clock.advance(1);
  t.throws(() => noteFailure(effort, down, 60_000, 0), /tried 4 times in 240 s/);
});

t.test('an endpoint counts as silent from its first question on, whatever is asked of it since', async (t) => {
  const { begin, clock } = running({ tryingMs, maxBackoffMs: 0 });
  const effort = begin();
  await clock.advance(119_999);
  begin();
  t.equal(noteFailure(effort, down, 60_000, 0), 0);
  await clock.advance(1);
  t.throws(() => noteFailure(effort, down, 60_000, 0), /tried 2 times in 120 s/);
});

t.test('a wait that is asked for uses up none of the tries, and all together have a bound', (t) => {
  const { begin } = running();
  for (const failure of [busy, overQuota]) {
    const { error, borne } = endOf(begin(), failure, 500, 1500);
    t.equal(borne, 300, 'ten minutes');
    t.ok(error instanceof NoAnswer);
    t.equal(error.message, 'answered 429, and that 301 times in 602 s');
  }
  const effort = begin();
  for (let nth = 0; nth < 30; nth++) t.equal(noteFailure(effort, busy, 0, 1000), 0);
  const backoffMs = noteFailure(effort, down, 0, 0);
  t.ok(backoffMs > 0 && backoffMs <= 250, 'the first try of its own');
  t.end();
});

t.test('a single wait has a bound of its own', (t) => {
  const { begin } = running({ askedMs: Number.POSITIVE_INFINITY });
  t.equal(noteFailure(begin(), { ...busy, askedWaitMs: 300_000 }, 0, 300_000), 0);
  const tooLong = { ...busy, askedWaitMs: 300_001 };
  t.throws(() => noteFailure(begin(), tooLong, 0, 0), { message: 'answered 429, and asks to wait 301 s more' });
  t.end();
});

const remedy = 'check the weather';
const lasting: Failure = { why: 'answered 407', remedy, worth: { atFirst: 2, later: 4 } };

t.test('what will probably last is tried as often as it is worth', (t) => {
  const fresh = running({}, { hasAnswered: false });
  const first = endOf(fresh.begin(), lasting);
  t.equal(first.borne, 1);
  t.ok(first.error instanceof Unreachable);
  t.equal(first.error.message, `Paystack answered 407: ${remedy}`);
  t.equal(fresh.watch.signal.reason, first.error, 'all others are given up with it');
  const { begin, watch } = running();
  const later = endOf(begin(), lasting);
  t.equal(later.borne, 3);
  t.ok(later.error instanceof Unreachable);
  t.equal(watch.signal.reason, later.error);
  t.end();
});

t.test('what is refused is thrown as the refusal, if Paystack has answered in this run', (t) => {
  const refusal = new Refused(403, 'answered 403');
  const fresh = running({}, { hasAnswered: false });
  t.ok(endOf(fresh.begin(), { ...lasting, refusal }).error instanceof Unreachable);
  const { begin, watch } = running();
  t.equal(endOf(begin(), { ...lasting, refusal }).error, refusal);
  t.notOk(watch.signal.aborted);
  t.end();
});

async function untilGivenUp(t: Test, { clock, watch }: ReturnType<typeof running>, ms: number): Promise<Error> {
  await clock.advance(ms - 1);
  t.notOk(watch.signal.aborted);
  await clock.advance(1);
  t.ok(watch.signal.aborted);
  return watch.signal.reason;
}

t.test('until the first contact, all questions together are given up after a time', async (t) => {
  const silent = running({}, { hasAnswered: false });
  silent.begin();
  silent.begin('customers');
  t.equal(silent.clock.pending(), 1, 'there is one time for all');
  const silence = await untilGivenUp(t, silent, 60_000);
  t.ok(silence instanceof Unreachable);
  t.equal(silence.message, `Paystack gave no answer, tried for 60 s: ${checkNetwork}`);
  const failing = running({}, { hasAnswered: false });
  noteFailure(failing.begin(), down, 0, 0);
  const failure = await untilGivenUp(t, failing, 60_000);
  t.equal(failure.message, 'Paystack answered 503, tried for 60 s');
  const slow = running({}, { hasAnswered: false, timeoutMs: 200_000 });
  slow.begin();
  await untilGivenUp(t, slow, 200_000);
  const impatient = running({ answerMs: 70_000 }, { hasAnswered: false, timeoutMs: 200_000 });
  impatient.begin();
  await untilGivenUp(t, impatient, 70_000);
});

t.test('the first contact is with Paystack or its host, not with what is on the way', async (t) => {
  const { begin, watch, clock } = running({}, { hasAnswered: false });
  const effort = begin();
  noteAnswer(effort, 'elsewhere');
  t.match(watch, { hasContact: false, hasAnswered: false });
  t.equal(clock.pending(), 1);
  noteAnswer(effort, 'host');
  t.match(watch, { hasContact: true, hasAnswered: false });
  t.equal(clock.pending(), 0, 'it is not given up any more');
  const { error } = endOf(effort, down, tryingMs);
  t.ok(error instanceof Unreachable, 'Paystack itself has not answered');
  t.match(error.message, /^Paystack answered 503 \(tried \d times in \d+ s\)$/);
  noteAnswer(effort, 'paystack');
  noteAnswer(effort, 'host');
  t.ok(watch.hasAnswered);
  begin();
  t.equal(clock.pending(), 0);
});

t.test('any number of requests may listen to the signal', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const { watch } = running();
  for (let nth = 0; nth < 100; nth++) watch.signal.addEventListener('abort', () => {});
  await settle();
  t.same(warnings, []);
});

t.test('whoever stops the run stops the waiting for the first contact', async (t) => {
  const idle = running({}, { hasAnswered: false });
  idle.stop.abort(new Error('stopped'));
  await settle();
  t.ok(idle.watch.signal.aborted, 'before anything was asked');
  const { begin, watch, clock, stop } = running({}, { hasAnswered: false });
  begin();
  stop.abort(new Error('stopped'));
  t.match(watch.signal.reason, { message: 'stopped' });
  t.equal(clock.pending(), 0);
});
