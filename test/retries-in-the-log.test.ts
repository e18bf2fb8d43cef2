/** Tries that are made again, in the log: a trouble that goes on is one line that counts. */
import t from 'tap';
import { createLog } from '../src/report/log.ts';
import { createRetryLog } from '../src/report/retries.ts';
import { createFakeClock } from './support/clock.ts';

function open() {
  const clock = createFakeClock();
  const lines: string[] = [];
  const retried = createRetryLog(
    clock,
    createLog((line) => void lines.push(line.trimEnd()), 'INFO'),
  );
  return { clock, lines, retried };
}

t.test('the first at once, the others of half a minute as their number', async (t) => {
  const { clock, lines, retried } = open();
  for (let second = 0; second < 65; second++) {
    retried('refunds', `answered 503 (try ${second})`, 250);
    await clock.advance(1000);
  }
  t.strictSame(lines, [
    'WARNING refunds: Paystack answered 503 (try 0); trying again in 0.3 s',
    'WARNING refunds: Paystack answered 503 (try 30) (and 29 times before); trying again in 0.3 s',
    'WARNING refunds: Paystack answered 503 (try 60) (and 29 times before); trying again in 0.3 s',
  ]);
});

t.test('one that was folded is one', async (t) => {
  const { clock, lines, retried } = open();
  for (const waitMs of [20_000, 20_000, 0]) {
    retried('refunds', 'answered 503', 250);
    await clock.advance(waitMs);
  }
  t.match(lines[1], /\(and once before\)/);
});

t.test('another endpoint and another trouble are others', async (t) => {
  const { lines, retried } = open();
  retried('refunds', 'answered 503', 250);
  retried('banks', 'answered 503', 250);
  retried('refunds', 'answered 429', 1000);
  t.equal(lines.length, 3);
});

t.test('a host that cannot be reached is one trouble, whatever is asked of it', async (t) => {
  const { lines, retried } = open();
  for (const endpoint of ['refunds', 'banks', 'plans']) retried(endpoint, 'could not be reached (ECONNREFUSED)', 250);
  t.equal(lines.length, 1);
});

t.test('what comes back after a pause is new', async (t) => {
  const { clock, lines, retried } = open();
  retried('refunds', 'answered 503', 250);
  await clock.advance(31_000);
  retried('refunds', 'answered 503', 250);
  t.strictSame(lines[1], 'WARNING refunds: Paystack answered 503; trying again in 0.3 s');
});
