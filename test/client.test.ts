/** How long one request is tried, on a clock of its own. */
import t from 'tap';
import { writeText } from '../src/json/byte-writer.ts';
import { createAsk } from '../src/paystack/client.ts';
import { createQuota } from '../src/paystack/quota.ts';
import type { Transport } from '../src/paystack/transport.ts';
import { createFakeClock } from './support/clock.ts';

/** What becomes of requests, by their path: an answer, a status that asks for another try, or nothing ever. */
type Fate = 'answer' | 503 | 'silence';

function asking(fateOf: (path: string) => Fate, timeoutMs = 60_000) {
  const clock = createFakeClock();
  const transport: Transport = (request, body, signal) =>
    new Promise((resolve, reject) => {
      const fate = fateOf(new URL(request.url).pathname);
      if (fate === 'silence') return signal.addEventListener('abort', () => reject(new Error('aborted')));
      writeText(body, '{"status":true,"data":[]}');
      return resolve(new Response(null, { status: fate === 'answer' ? 200 : fate }));
    });
  const quota = createQuota({
    concurrency: 16,
    allowance: { requests: 1000, perMs: 60_000, isCeiling: false },
    clock,
  });
  const ask = createAsk({
    ...{ apiUrl: 'http://127.0.0.1:1', secretKey: 'sk_test_1', userAgent: 'test', timeoutMs },
    ...{ transport, quota, clock, signal: new AbortController().signal },
  });
  const start = clock.now();
  /** How the request ended, and after how many seconds. */
  async function outcomeOf(path: string): Promise<{ ended: string; seconds: number }> {
    const ended = await ask({ endpoint: 'transactions', rank: 0, path }, () => 'answered').catch(
      (error: Error) => error.message,
    );
    return { ended, seconds: (clock.now() - start) / 1000 };
  }
  return { outcomeOf, clock };
}

t.test('an endpoint that is silent is given up after about two minutes', async (t) => {
  const { outcomeOf, clock } = asking(() => 'silence');
  const outcome = outcomeOf('/a');
  await clock.advance(400_000);
  const { ended, seconds } = await outcome;
  t.match(ended, /gave no whole answer in 60 s \(tried 2 times/);
  t.ok(seconds >= 120 && seconds < 130, `${seconds} s`);
});

t.test('one that answers others is asked five times', async (t) => {
  const { outcomeOf, clock } = asking((path) => (path === '/a' ? 'silence' : 'answer'));
  const outcome = outcomeOf('/a');
  for (let minute = 0; minute < 6; minute++) {
    await clock.advance(30_000);
    t.equal((await outcomeOf(`/other${minute}`)).ended, 'answered');
    await clock.advance(30_000);
  }
  const { ended, seconds } = await outcome;
  t.match(ended, /tried 5 times/);
  t.ok(seconds >= 300 && seconds < 330, `${seconds} s`);
});

t.test('refusals that come at once are tried fifteen times, in about two minutes', async (t) => {
  const { outcomeOf, clock } = asking(() => 503);
  const outcome = outcomeOf('/a');
  await clock.advance(400_000);
  const { ended, seconds } = await outcome;
  t.match(ended, /answered 503 .*tried 1\d times/);
  t.ok(seconds > 60 && seconds < 140, `${seconds} s`);
});

t.test('a short silence is tried fifteen times as well', async (t) => {
  const { outcomeOf, clock } = asking(() => 'silence', 500);
  const outcome = outcomeOf('/a');
  await clock.advance(400_000);
  t.match((await outcome).ended, /tried 1\d times/);
});
