/** How often and how long one request is tried, on a clock of its own. */
import t, { type Test } from 'tap';
import { type ByteWriter, writeText } from '../src/json/byte-writer.ts';
import { type Answer, createAsk, type Retry } from '../src/paystack/client.ts';
import { Unreachable, WrongAnswer } from '../src/paystack/errors.ts';
import { briefPatience, fullPatience, type Patience } from '../src/paystack/patience.ts';
import { createQuota } from '../src/paystack/quota.ts';
import { createReadingTurns } from '../src/paystack/reading-turns.ts';
import type { Transport } from '../src/paystack/transport.ts';
import { createFakeClock, replaceTimers } from './support/clock.ts';

interface Given {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes of a request: an answer, or none ever, or a connection that fails. */
type Fate = Given | 'silence' | Error;

const well: Given = { status: 200, body: '{"status":true,"data":[]}' };
const unwell: Given = { status: 503, body: '{"status":false,"message":"An error occurred"}' };
const refused = failing('ECONNREFUSED', { address: '127.0.0.1', port: 1 });

function failing(code: string, more: object = {}): Error {
  return Object.assign(new Error(`it says ${code}`), { code, ...more });
}

/** A wait that the API asks for. */
function busy(headers: Readonly<Record<string, string>>, status = 503): Given {
  return { ...unwell, status, headers };
}

interface Setup {
  readonly timeoutMs?: number;
  readonly patience?: Patience;
  readonly onAsked?: () => void;
  /** Nobody is called for what happens. */
  readonly isUnwatched?: true;
}

/** @param fateOf of a request to a path, so many milliseconds after the start, that is the nth of all */
function asking(t: Test, fateOf: (path: string, ms: number, nth: number) => Fate, setup: Setup = {}) {
  const { timeoutMs = 60_000, patience = fullPatience } = setup;
  const clock = createFakeClock();
  t.teardown(replaceTimers(clock));
  const start = clock.monotonic();
  const asked: { readonly ms: number; readonly url: string; readonly headers: Headers }[] = [];
  const retries: Retry[] = [];
  const tries: (readonly [string, number | undefined, number])[] = [];
  const bodies: ByteWriter[] = [];
  const transport: Transport = (request, body, signal) =>
    new Promise((resolve, reject) => {
      const { pathname } = new URL(request.url);
      asked.push({ ms: clock.monotonic() - start, url: request.url, headers: request.headers });
      setup.onAsked?.();
      t.equal(body.length, 0, 'what the last answer left is gone');
      bodies.push(body);
      const fate = fateOf(pathname, clock.monotonic() - start, asked.length);
      for (const one of [request.signal, signal]) one.addEventListener('abort', () => reject(one.reason));
      if (fate === 'silence') return;
      if (fate instanceof Error) return reject(fate);
      writeText(body, fate.body ?? '');
      return resolve(new Response(null, { status: fate.status, headers: fate.headers ?? {} }));
    });
  const allowance = { requests: 1000, perMs: 60_000, isCeiling: false };
  const stop = new AbortController();
  const ask = createAsk({
    ...{ apiUrl: 'http://127.0.0.1:1/base', secretKey: 'sk_test_1', userAgent: 'test', timeoutMs, patience },
    ...{ transport, quota: createQuota({ concurrency: 16, allowance, clock }), clock, signal: stop.signal },
    ...(!setup.isUnwatched && { onRetry: (retry) => retries.push(retry), onTry: (...one) => tries.push(one) }),
  });
  /** How the request ended, and after how many seconds. */
  async function outcomeOf(path: string, query = {}, read: (answer: Answer) => unknown = () => 'answered') {
    let error: Error | undefined;
    const question = { endpoint: 'transactions', rank: 0, path, query };
    const value = await ask(question, read).catch((thrown: Error) => {
      error = thrown;
    });
    return { value, error, ended: error?.message ?? 'answered', seconds: (clock.monotonic() - start) / 1000 };
  }
  return { outcomeOf, clock, asked, retries, tries, bodies, stop };
}

/** A request that is asked while others have been answered, and that ends within half an hour. */
async function later(t: Test, fateOf: (ms: number, nth: number) => Fate, setup: Setup = {}) {
  const asked = asking(t, (path, ms, nth) => (path === '/base/first' ? well : fateOf(ms, nth - 1)), setup);
  await asked.outcomeOf('/first');
  const outcome = asked.outcomeOf('/a');
  await asked.clock.advance(1_800_000);
  return { ...asked, ...(await outcome) };
}

/** A request that is the first of all. */
async function first(t: Test, fateOf: (ms: number, nth: number) => Fate, setup: Setup = {}) {
  const asked = asking(t, (_, ms, nth) => fateOf(ms, nth), setup);
  const outcome = asked.outcomeOf('/a');
  await asked.clock.advance(1_800_000);
  return { ...asked, ...(await outcome) };
}

function isBetween(t: Test, seconds: number, least: number, most: number): void {
  t.ok(seconds >= least && seconds <= most, `${seconds} s, ${least} to ${most}`);
}

t.test('a request has its address, its query, its key and what it accepts', async (t) => {
  const { asked } = asking(t, () => well);
  const other = asking(t, () => well);
  await other.outcomeOf('/states?country=NG', { perPage: '50', from: '2024-01-01T00:00:00+00:00' });
  const url = 'http://127.0.0.1:1/base/states?country=NG&perPage=50&from=2024-01-01T00%3A00%3A00%2B00%3A00';
  t.equal(other.asked[0]?.url, url);
  t.strictSame(Object.fromEntries(other.asked[0]?.headers ?? []), {
    accept: 'application/json',
    'accept-encoding': 'gzip',
    authorization: 'Bearer sk_test_1',
    'user-agent': 'test',
  });
  t.same(asked, []);
  await other.outcomeOf('/states', { perPage: '50' });
  t.equal(other.asked[1]?.url, 'http://127.0.0.1:1/base/states?perPage=50');
  await other.outcomeOf('/states?country=NG');
  t.equal(other.asked[2]?.url, 'http://127.0.0.1:1/base/states?country=NG');
});

t.test('an answer is read, and what is made of it is given', async (t) => {
  const { outcomeOf, clock } = asking(t, () => ({
    status: 200,
    body: '{"status":true,"data":[7],"meta":{"total":1}}',
  }));
  const { value } = await outcomeOf('/a', {}, ({ data, meta, askedAt }) => [data.items?.length, meta, askedAt]);
  t.same(value, [1, { total: 1 }, clock.now()]);
});

t.test('an answer that does not answer the question is a failure, any other error in reading ends it', async (t) => {
  let nth = 0;
  const { outcomeOf, clock, asked, retries } = asking(t, () => well);
  const outcome = outcomeOf('/a', {}, () => {
    if (++nth === 1) throw new WrongAnswer('answered another question');
    return 'the second';
  });
  await clock.advance(1000);
  t.equal((await outcome).value, 'the second');
  t.match(retries, [{ why: 'answered another question', tries: 1 }]);
  const mistake = new TypeError('a mistake');
  const { error } = await outcomeOf('/b', {}, () => {
    throw mistake;
  });
  t.equal(error, mistake);
  t.equal(asked.length, 3);
});

t.test('a refusal and a rejected key end it at once', async (t) => {
  for (const [status, name] of [
    [400, 'Refused'],
    [401, 'KeyRejected'],
  ] as const) {
    const { error, asked } = await later(t, () => ({ ...unwell, status }));
    t.equal(error?.name, name);
    t.equal(asked.length, 2);
  }
});

t.test('nobody need listen', async (t) => {
  const { ended, tries } = await later(t, (_, nth) => (nth === 1 ? unwell : well), { isUnwatched: true });
  t.equal(ended, 'answered');
  t.same(tries, []);
});

t.test('each try is noted at its end, with its status and what it took', async (t) => {
  const fates = [well, unwell, 'silence', refused, well] as const;
  const { outcomeOf, clock, tries } = asking(t, (_, __, nth) => fates[nth - 1] ?? well);
  await outcomeOf('/first');
  const outcome = outcomeOf('/a');
  await clock.advance(100_000);
  await outcome;
  t.strictSame(tries, [
    ['transactions', 200, 0],
    ['transactions', 503, 0],
    ['transactions', undefined, 60_000],
    ['transactions', undefined, 0],
    ['transactions', 200, 0],
  ]);
});

t.test('a buffer is used again, unless it has become very large', async (t) => {
  const huge = { status: 200, body: `{"status":true,"data":["${'x'.repeat(8_100_000)}"]}` };
  const { outcomeOf, bodies } = asking(t, (path) => (path === '/base/huge' ? huge : well));
  for (const path of ['/a', '/b', '/huge', '/c', '/d']) t.equal((await outcomeOf(path)).ended, 'answered');
  t.equal(bodies[1], bodies[0]);
  t.equal(bodies[2], bodies[0]);
  t.not(bodies[3], bodies[0]);
  t.equal(bodies[4], bodies[3]);
});

t.test('a wait that is asked for holds all requests of the endpoint', async (t) => {
  const { outcomeOf, clock, asked } = asking(t, (_, __, nth) => (nth === 2 ? busy({ 'retry-after': '20' }) : well));
  await outcomeOf('/first');
  const waiting = outcomeOf('/a');
  await clock.advance(100);
  const other = outcomeOf('/b');
  await clock.advance(100_000);
  for (const outcome of [waiting, other]) t.equal((await outcome).ended, 'answered');
  t.same(
    asked.map(({ ms }) => ms),
    [0, 0, 21_000, 21_000],
  );
});

t.test('an endpoint that is silent is given up after about two minutes', async (t) => {
  const { ended, seconds } = await later(t, () => 'silence');
  t.match(ended, /^gave no whole answer in 60 s \(tried 2 times in 121 s\)$/);
  isBetween(t, seconds, 120, 130);
});

t.test('one that answers others is asked five times', async (t) => {
  const { outcomeOf, clock } = asking(t, (path) => (path === '/base/a' ? 'silence' : well));
  t.equal((await outcomeOf('/first')).ended, 'answered');
  const outcome = outcomeOf('/a');
  for (let minute = 0; minute < 6; minute++) {
    await clock.advance(30_000);
    t.equal((await outcomeOf(`/other${minute}`)).ended, 'answered');
    await clock.advance(30_000);
  }
  const { ended, seconds } = await outcome;
  t.match(ended, /tried 5 times/);
  isBetween(t, seconds, 300, 330);
});

t.test('failures that come at once are tried fifteen times, in about two minutes', async (t) => {
  for (const fate of [unwell, { status: 200, body: '<html>' }, { status: 204 }, failing('ECONNRESET')]) {
    const { ended, seconds } = await later(t, () => fate);
    t.match(ended, /\(tried 1\d times/);
    isBetween(t, seconds, 60, 140);
  }
});

t.test('a short silence is tried fifteen times as well', async (t) => {
  t.match((await later(t, () => 'silence', { timeoutMs: 500 })).ended, /tried 1\d times/);
});

t.test('what is stopped ends at once, whatever it waits for', async (t) => {
  for (const fate of ['silence', unwell, busy({ 'retry-after': '60' }), refused] as const) {
    const { outcomeOf, clock, stop } = asking(t, () => fate);
    const outcome = outcomeOf('/a');
    await clock.advance(100);
    stop.abort(new Error('stopped by somebody'));
    t.equal((await outcome).ended, 'stopped by somebody');
    t.equal(clock.pending(), 0, 'no timer is left');
  }
});

t.test('a wait that is asked for is waited for, however often, for ten minutes together', async (t) => {
  const deploy = busy({ 'retry-after': '1' });
  const survived = await later(t, (ms) => (ms < 300_000 ? deploy : well));
  t.equal(survived.ended, 'answered');
  isBetween(t, survived.seconds, 300, 303);
  const never = await later(t, () => deploy);
  t.match(never.ended, /^answered 503 \(An error occurred\), and that \d+ times in 602 s$/);
  isBetween(t, never.seconds, 598, 603);
  const slow = await later(t, () => busy({ 'retry-after': '120' }));
  isBetween(t, slow.seconds, 480, 603);
});

const noon = Date.UTC(2026, 0, 1, 12);
const waits: readonly (readonly [string, number, Readonly<Record<string, string>>, readonly [number, number]])[] = [
  ['a second', 503, { 'retry-after': '1' }, [2, 2]],
  ['nothing', 429, { 'retry-after': '0' }, [1, 1]],
  ['less than nothing', 429, { 'retry-after': '-30' }, [1, 1]],
  ['a fraction', 429, { 'retry-after': '0.5' }, [1.5, 1.5]],
  ['a date', 503, { 'retry-after': new Date(noon + 30_000).toUTCString() }, [31, 31]],
  ['a date that is over', 503, { 'retry-after': new Date(noon - 86_400_000).toUTCString() }, [1, 1]],
  ['Unix seconds', 429, { 'retry-after': String(noon / 1000 + 30) }, [31, 31]],
  ['no word', 503, { 'retry-after': 'soon' }, [0.1, 0.25]],
  ['an empty word', 503, { 'retry-after': ' ' }, [0.1, 0.25]],
  ['a reset in seconds', 429, { 'x-ratelimit-reset': '20' }, [21, 21]],
  ['a reset in Unix seconds', 429, { 'x-ratelimit-reset': String(noon / 1000 + 20) }, [21, 21]],
  ['a reset in Unix milliseconds', 429, { 'x-ratelimit-reset': String(noon + 20_000) }, [21, 21]],
  ['a reset that is over', 429, { 'x-ratelimit-reset': String(noon - 20_000) }, [1, 1]],
  ['a reset that no window has', 429, { 'x-ratelimit-reset': '60000' }, [0.5, 0.5]],
  ['a word that is none, and a reset', 429, { 'retry-after': 'soon', 'x-ratelimit-reset': '20' }, [21, 21]],
  ['a reset of what is no quota', 503, { 'x-ratelimit-reset': '20' }, [0.1, 0.25]],
];

for (const [name, status, headers, [least, most]] of waits) {
  t.test(`asked to wait: ${name}`, async (t) => {
    // The server's own date decides, whatever this machine's clock shows.
    const date = new Date(noon).toUTCString();
    const { ended, seconds } = await later(t, (_, nth) => (nth === 1 ? busy({ date, ...headers }, status) : well));
    t.equal(ended, 'answered');
    isBetween(t, seconds, least, most + 0.01);
  });
}

t.test('a wait of hours is not waited for', async (t) => {
  const { ended, seconds } = await later(t, () => busy({ 'retry-after': '86400' }));
  t.equal(ended, 'answered 503 (An error occurred), and asks to wait 86401 s more');
  t.equal(seconds, 0);
});

t.test('a clock that is set in the middle changes no wait and no bound', async (t) => {
  const hours = 5 * 3_600_000;
  for (const back of [hours, -hours]) {
    let isSet = false;
    const asked = asking(
      t,
      (path, ms) => {
        if (path === '/base/first') return well;
        if (!isSet) asked.clock.setBack(back);
        isSet = true;
        return ms < 100_000 ? busy({ 'retry-after': '7' }) : well;
      },
      {},
    );
    await asked.outcomeOf('/first');
    const outcome = asked.outcomeOf('/a');
    await asked.clock.advance(1_800_000);
    const { ended, seconds } = await outcome;
    t.equal(ended, 'answered');
    isBetween(t, seconds, 100, 108.1);
    const down = await later(t, () => {
      asked.clock.setBack(back);
      return unwell;
    });
    isBetween(t, down.seconds, 60, 140);
  }
});

t.test('a host that nothing has ever come from is given up after a minute, by all requests together', async (t) => {
  for (const fate of [refused, 'silence', { status: 200, body: '<html><title>Log in</title>' }] as const) {
    const { outcomeOf, clock, retries } = asking(t, () => fate);
    const outcomes = Promise.all(Array.from({ length: 29 }, (_, at) => outcomeOf(`/${at}`)));
    await clock.advance(70_000);
    for (const { error, seconds } of await outcomes) {
      t.ok(error instanceof Unreachable);
      t.equal(seconds, 60);
    }
    t.equal(new Set((await outcomes).map(({ ended }) => ended)).size, 1);
    t.equal(retries.length, fate === 'silence' ? 0 : 1, 'said once');
    t.ok(retries.every(({ isFirstContact }) => isFirstContact));
  }
});

t.test('somebody who watches waits ten seconds', async (t) => {
  for (const fate of [refused, 'silence', { status: 502, body: '<html>' }, busy({ 'retry-after': '3' })] as const) {
    const { seconds } = await first(t, () => fate, { patience: briefPatience });
    isBetween(t, seconds, 5, 14);
  }
  const { seconds, ended } = await later(t, () => 'silence', { patience: briefPatience });
  t.match(ended, /gave no whole answer in 10 s/);
  isBetween(t, seconds, 10, 11);
});

t.test('an answer may take as long as the user lets it, the first one too', async (t) => {
  const { seconds, ended } = await first(t, () => 'silence', { timeoutMs: 200_000 });
  t.match(ended, /tried for 200 s/);
  isBetween(t, seconds, 200, 201);
});

t.test(
  'a host that is not well is waited for with full patience, and ends the run if it says nothing else',
  async (t) => {
    const { error, ended, seconds } = await first(t, () => ({ status: 503, body: '<html><title>Down</title>' }));
    t.ok(error instanceof Unreachable);
    t.match(ended, /^Paystack answered 503 with a page of HTML \("Down"\) \(tried 15 times in \d+ s\)/);
    isBetween(t, seconds, 60, 140);
    const spoken = await first(t, () => unwell);
    t.notOk(spoken.error instanceof Unreachable, 'what Paystack says concerns one stream');
  },
);

const lasting: readonly (readonly [string, Fate, number, RegExp])[] = [
  [
    'a certificate that nobody knows',
    failing('SELF_SIGNED_CERT_IN_CHAIN'),
    1,
    /certificate is not trusted .*NODE_EXTRA_CA_CERTS/,
  ],
  ['its like', failing('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 1, /certificate is not trusted .*NODE_EXTRA_CA_CERTS/],
  ['a certificate that has expired', failing('CERT_HAS_EXPIRED'), 1, /certificate has expired .*clock/],
  ['a certificate of another', failing('ERR_TLS_CERT_ALTNAME_INVALID'), 1, /certificate is for another host .*api_url/],
  ['no TLS', failing('EPROTO'), 5, /does not speak TLS .*api_url and HTTPS_PROXY/],
  ['no such host', failing('ENOTFOUND', { hostname: 'api.nowhere' }), 5, /no host has the name api\.nowhere .*api_url/],
  [
    'a bot wall',
    { status: 403, body: '<!DOCTYPE html><title>Attention!</title>' },
    5,
    /403 with a page of HTML \("Attention!"\)/,
  ],
  ['a short word of a bot wall', { status: 403, body: 'error code: 1020' }, 5, /403 .*"error code: 1020".*firewall/],
  ['a login page', { status: 302, headers: { location: 'http://portal.test/login' } }, 1, /redirect to portal\.test, /],
  ['a proxy that asks who it is', { status: 407, body: '<html>' }, 1, /407 .*HTTPS_PROXY/],
];

for (const [name, fate, tries, pattern] of lasting) {
  t.test(`what cannot succeed is not tried for long: ${name}`, async (t) => {
    const { error, ended, seconds, asked } = await first(t, () => fate);
    t.ok(error instanceof Unreachable, String(error?.name));
    t.match(ended, pattern);
    t.equal(asked.length, tries);
    isBetween(t, seconds, 0, 4);
    const inTheMiddle = await later(t, (_, nth) => (nth < 4 ? fate : well));
    t.equal(inTheMiddle.ended, 'answered', 'it may be a mistake of a moment');
  });
}

t.test('a name that cannot be looked up in the middle of a run is waited for', async (t) => {
  const { ended, seconds } = await later(t, (ms) => (ms < 50_000 ? failing('ENOTFOUND') : well));
  t.equal(ended, 'answered');
  isBetween(t, seconds, 50, 66);
});

t.test('a refusal that is not from Paystack ends the stream, not a run that has been answered', async (t) => {
  const { error, ended, asked } = await later(t, () => ({ status: 403, body: '<html>' }));
  t.match(error, { name: 'Refused', status: 403, isPaystacks: false });
  t.match(ended, /^answered 403 with a page of HTML: that is not from Paystack/);
  t.equal(asked.length, 6);
});

t.test('a retry says how often, and how long it waits', async (t) => {
  const { retries } = await later(t, (_, nth) => [unwell, busy({ 'retry-after': '2' })][nth - 1] ?? well);
  t.match(retries, [
    { endpoint: 'transactions', why: 'answered 503 (An error occurred)', tries: 1, isFirstContact: false },
    { endpoint: 'transactions', tries: 2 },
  ]);
  t.equal(retries.length, 2);
  t.equal(Math.round(retries[1]?.waitMs ?? 0), 3000);
});

t.test('of the answers that have come, one is read in each turn of the event loop', async (t) => {
  const turn = createReadingTurns();
  const order: string[] = [];
  setImmediate(() => {
    order.push('a turn');
    setImmediate(() => order.push('the next turn'));
  });
  await Promise.all(['an answer', 'the next answer'].map((name) => turn().then(() => order.push(name))));
  t.same(order, ['a turn', 'an answer', 'the next turn', 'the next answer']);
});
