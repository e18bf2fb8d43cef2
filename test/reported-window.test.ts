/** The window that answers report: what is read of them, and when the next request may start. */
import t from 'tap';
import { firstWindow, learn, leftIn, readyInWindow, reportIn } from '../src/paystack/reported-window.ts';

function headers(limit: string, remaining: string, reset: string): Headers {
  return new Headers({ 'x-ratelimit-limit': limit, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset });
}

const report = (remaining: number, endsAfter: number, endsBefore: number, limit = 100) => ({
  ...{ limit, remaining, endsAfter, endsBefore },
});

/** One that ends between a time and a second later, with so many of 100 left. */
const windowOf = (remaining: number, endsAfter = 60_000, answers = 1) =>
  firstWindow(report(remaining, endsAfter, endsAfter + 1000), answers);

t.test('an answer says between which two times its window ends', (t) => {
  t.same(reportIn(headers('100', '42', '30'), 5000, 6000, 0), report(42, 34_000, 36_000));
  t.same(reportIn(headers('100', '0', '0.25'), 5000, 6000, 0), report(0, 4250, 6250));
  t.same(reportIn(headers('1', '1', '300'), 0, 0, 0), report(1, 299_000, 300_000, 1));
  const noon = Date.UTC(2026, 0, 1, 12);
  t.same(reportIn(headers('100', '42', String(noon / 1000 + 30)), 5000, 6000, noon), report(42, 34_000, 36_000));
  t.end();
});

t.test('what cannot be believed reports nothing', (t) => {
  const no = [
    headers('0', '0', '30'),
    headers('', '42', '30'),
    headers('100', 'none', '30'),
    headers('100', '42', ''),
    headers('100', '42', '301'),
    headers('1e2', '42', '30'),
    headers('100', '-1', '30'),
    headers('100', '42', '30 s'),
    headers('100', '42', '.5'),
  ];
  for (const one of no) t.equal(reportIn(one, 0, 0, 0), undefined, JSON.stringify([...one]));
  for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) {
    const incomplete = headers('100', '42', '30');
    incomplete.delete(name);
    t.equal(reportIn(incomplete, 0, 0, 0), undefined, `without ${name}`);
  }
  t.end();
});

t.test('of the first window, so many answers have come already', (t) => {
  t.equal(leftIn(windowOf(42, 60_000, 1)), 42);
  t.equal(leftIn(windowOf(42, 60_000, 70)), 30);
  t.end();
});

t.test('answers of one window narrow it, and leave the least', (t) => {
  const window = windowOf(42);
  learn(window, report(41, 60_500, 61_500));
  t.match(window, { remaining: 41, endsAfter: 60_500, endsBefore: 61_000 });
  learn(window, report(43, 60_200, 60_900));
  t.match(window, { remaining: 41, endsAfter: 60_500, endsBefore: 60_900 });
  t.end();
});

t.test('an answer of the next window begins it, one of the window before changes nothing', (t) => {
  const window = windowOf(5);
  learn(window, report(99, 62_000, 70_000));
  t.match(window, { remaining: 5, endsAfter: 62_000, endsBefore: 61_000 }, 'it may still be of this one');
  const next = windowOf(5);
  learn(next, report(99, 62_001, 70_000, 200));
  t.match(next, { limit: 200, remaining: 99, unanswered: 199, endsAfter: 62_001, endsBefore: 70_000 });
  learn(next, report(0, 50_000, 61_000));
  t.match(next, { remaining: 99, endsAfter: 62_001, endsBefore: 70_000 });
  learn(next, report(0, 50_000, 61_001));
  t.match(next, { remaining: 0, endsAfter: 62_001, endsBefore: 61_001 });
  t.end();
});

t.test('requests start while more are left than are in flight', (t) => {
  const window = windowOf(2);
  t.equal(readyInWindow(window, 1, 1000), 1000);
  t.equal(readyInWindow(window, 2, 1000), Number.POSITIVE_INFINITY, 'an answer will show it');
  t.equal(readyInWindow(windowOf(0), 0, 1000), 62_000, 'a second after its end');
  t.equal(readyInWindow(windowOf(-1), 0, 1000), 62_000);
  t.end();
});

t.test('when a window is over, the next begins, of which nothing is known but the limit', (t) => {
  const window = windowOf(0);
  t.equal(readyInWindow(window, 0, 61_999), 62_000);
  t.equal(readyInWindow(window, 0, 62_000), 62_000);
  t.match(window, { remaining: 100, unanswered: 100, endsBefore: undefined, previousEnd: 62_000 });
  t.equal(window.endsAfter, Number.NEGATIVE_INFINITY);
  t.equal(readyInWindow(window, 100, 62_000), Number.POSITIVE_INFINITY);
  t.equal(readyInWindow(window, 99, 1e9), 1e9);
  learn(window, report(0, 62_000, 62_500));
  t.match(window, { remaining: 100, endsBefore: undefined }, 'a late answer of the window before');
  window.remaining = 7;
  learn(window, report(90, 62_001, 122_000, 200));
  t.match(window, { limit: 200, remaining: 7, endsAfter: 62_001, endsBefore: 122_000 });
  t.end();
});

t.test('a window of which nothing is left and no answer has come waits for one', (t) => {
  const window = windowOf(0);
  readyInWindow(window, 0, 62_000);
  window.unanswered = 0;
  t.equal(readyInWindow(window, 0, 62_000), Number.POSITIVE_INFINITY);
  t.end();
});
