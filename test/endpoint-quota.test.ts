/** When the next request to one endpoint may start, by what its requests have used and its answers say. */
import t from 'tap';
import { type EndedRequest, newEndpointQuota, noteEnd, readyTime } from '../src/paystack/endpoint-quota.ts';
import type { Report } from '../src/paystack/reported-window.ts';

const assumed = { requests: 3, perMs: 60_000, isCeiling: false };
const ceiling = { ...assumed, isCeiling: true };
const plenty = { requests: 1000, perMs: 60_000, isCeiling: false };
const never = Number.POSITIVE_INFINITY;

const answer: EndedRequest = { startedAt: 0, hasAnswer: true, isRefused: false, report: undefined };
const reporting = (remaining: number, endsBefore = 60_000): EndedRequest => {
  const report: Report = { limit: 100, remaining, endsAfter: endsBefore - 1000, endsBefore };
  return { ...answer, report };
};

/** An endpoint whose requests were answered at these times. */
function answeredAt(times: readonly number[], allowance = assumed) {
  const quota = newEndpointQuota();
  for (const time of times) {
    quota.inFlight++;
    noteEnd(quota, { ...answer, startedAt: time - 1 }, allowance, time);
  }
  return quota;
}

t.test('as many requests start as are assumed, those in flight included', (t) => {
  const quota = newEndpointQuota();
  t.equal(readyTime(quota, assumed, 5), 5);
  quota.inFlight = 2;
  t.equal(readyTime(quota, assumed, 5), 5);
  quota.inFlight = 3;
  t.equal(readyTime(quota, assumed, 5), never, 'that depends on an answer');
  t.end();
});

t.test('a request counts until a minute after its answer', (t) => {
  const quota = answeredAt([1000, 2000, 3000]);
  t.equal(quota.inFlight, 0);
  t.equal(readyTime(quota, assumed, 4000), 61_000);
  t.equal(readyTime(quota, assumed, 60_999), 61_000);
  t.equal(readyTime(quota, assumed, 61_000), 61_000);
  quota.inFlight = 1;
  t.equal(readyTime(quota, assumed, 4000), 62_000);
  t.equal(readyTime(quota, assumed, 61_000), 62_000);
  t.equal(readyTime(quota, assumed, 70_000), 70_000);
  quota.inFlight = 3;
  t.equal(readyTime(quota, assumed, 4000), never);
  t.end();
});

t.test('what is over is forgotten, unless a limit that was found goes further back', (t) => {
  t.same(answeredAt([1000, 1001, 61_000]).answered, [1001, 61_000]);
  t.same(answeredAt([1000, 2000, 70_000]).answered, [70_000]);
  const quota = answeredAt([1000, 2000]);
  quota.trial.limit = { requests: 5, perMs: 100_000 };
  quota.inFlight++;
  noteEnd(quota, answer, assumed, 70_000);
  t.same(quota.answered, [1000, 2000, 70_000]);
  t.end();
});

t.test('a pause holds until its end', (t) => {
  const quota = newEndpointQuota();
  quota.pausedUntil = 1000;
  t.equal(readyTime(quota, assumed, 999), 1000);
  quota.inFlight = 3;
  t.equal(readyTime(quota, assumed, 999), 1000);
  quota.inFlight = 0;
  t.equal(readyTime(quota, assumed, 1001), 1001);
  const spent = answeredAt([1000, 2000, 3000]);
  spent.pausedUntil = 4000;
  t.equal(readyTime(spent, assumed, 4000), 61_000, 'and not longer than that');
  t.end();
});

t.test('a refusal without a word pauses, counts as no answer, and then one request at a time tries', (t) => {
  const quota = answeredAt([1000], plenty);
  quota.inFlight = 2;
  noteEnd(quota, { ...answer, startedAt: 1500, isRefused: true }, plenty, 2000);
  t.equal(quota.inFlight, 1);
  t.same(quota.answered, [1000]);
  t.equal(quota.pausedUntil, 2500);
  t.equal(readyTime(quota, plenty, 3000), never, 'one is in flight');
  noteEnd(quota, { ...answer, startedAt: 1501, isRefused: true }, plenty, 2100);
  t.equal(quota.pausedUntil, 2500, 'it counts to the first');
  t.equal(readyTime(quota, plenty, 3000), 3000);
  quota.pausedUntil = 9000;
  noteEnd(quota, { ...answer, startedAt: 3000, isRefused: true }, plenty, 3100);
  t.equal(quota.pausedUntil, 9000, 'a longer pause stays');
  t.end();
});

t.test('a limit that was found holds beside what is assumed', (t) => {
  const quota = answeredAt([1000], plenty);
  quota.inFlight = 1;
  noteEnd(quota, { ...answer, startedAt: 1500, isRefused: true }, plenty, 2000);
  quota.inFlight = 1;
  noteEnd(quota, { ...answer, hasAnswer: false, startedAt: 3000 }, plenty, 3500);
  t.equal(quota.trial.limit, undefined, 'without an answer nothing is granted');
  quota.inFlight = 1;
  noteEnd(quota, { ...answer, startedAt: 3000 }, plenty, 4000);
  t.same(quota.trial.limit, { requests: 1, perMs: 3000 });
  t.equal(readyTime(quota, plenty, 4000), 7000);
  t.end();
});

t.test('a window that is reported replaces what is assumed, but not what a user set', (t) => {
  const quota = answeredAt([1000, 2000, 3000]);
  quota.inFlight = 1;
  noteEnd(quota, reporting(42), assumed, 4000);
  t.equal(quota.window?.unanswered, 96);
  t.equal(readyTime(quota, assumed, 5000), 5000);
  t.equal(readyTime(quota, ceiling, 5000), 62_000);
  quota.window!.remaining = 0;
  t.equal(readyTime(quota, assumed, 5000), 61_000);
  t.end();
});

t.test('each answer uses up the window, whether it reports or not', (t) => {
  const quota = newEndpointQuota();
  quota.inFlight = 3;
  noteEnd(quota, reporting(42), plenty, 1000);
  t.equal(quota.window?.unanswered, 99);
  noteEnd(quota, answer, plenty, 2000);
  t.equal(quota.window?.unanswered, 98);
  t.equal(quota.window?.remaining, 42);
  noteEnd(quota, reporting(40), plenty, 3000);
  t.equal(quota.window?.unanswered, 97);
  t.equal(quota.window?.remaining, 40);
  t.end();
});

t.test('a window of which nothing is left and no answer says until when lasts as long as is documented', (t) => {
  const quota = newEndpointQuota();
  quota.inFlight = 4;
  noteEnd(quota, reporting(42), plenty, 1000);
  t.equal(readyTime(quota, plenty, 61_000), 61_000, 'the next one has begun');
  t.equal(quota.window?.endsBefore, undefined);
  noteEnd(quota, answer, plenty, 62_000);
  t.equal(quota.window?.endsBefore, undefined);
  quota.window!.unanswered = 1;
  noteEnd(quota, answer, plenty, 63_000);
  t.equal(quota.window?.endsBefore, 123_000);
  noteEnd(quota, answer, plenty, 64_000);
  t.equal(quota.window?.endsBefore, 123_000);
  t.end();
});
