/** What the time means at which an answer says to come again. */
import t from 'tap';
import { msUntil, msUntilText } from '../src/paystack/reset.ts';

const now = Date.UTC(2026, 0, 1, 12);
const undated = new Headers();
const dated = new Headers({ date: new Date(now - 5000).toUTCString() });

t.test('a number is a duration in seconds, a date in seconds, or a date in milliseconds', (t) => {
  t.equal(msUntil(20, dated, now), 20_000);
  t.equal(msUntil(999_999_999, undated, now), 999_999_999_000);
  t.equal(msUntil(1_000_000_000, undated, now), 1_000_000_000_000 - now);
  t.equal(msUntil(now / 1000 + 20, undated, now), 20_000);
  t.equal(msUntil(99_999_999_999, undated, now), 99_999_999_999_000 - now);
  t.equal(msUntil(100_000_000_000, undated, now), 100_000_000_000 - now);
  t.equal(msUntil(now + 20, undated, now), 20);
  t.end();
});

t.test('a date is compared with that of the answer, by the same clock', (t) => {
  t.equal(msUntil(now / 1000, dated, now), 5000);
  t.equal(msUntil(now, new Headers({ date: 'some time' }), now - 7), 7);
  t.end();
});

t.test('a text is such a number or a date', (t) => {
  t.equal(msUntilText('20', dated, now), 20_000);
  t.equal(msUntilText(new Date(now + 20_000).toUTCString(), undated, now), 20_000);
  t.equal(msUntilText(new Date(now + 20_000).toUTCString(), dated, now), 25_000);
  t.ok(Number.isNaN(msUntilText('soon', undated, now)));
  t.end();
});
