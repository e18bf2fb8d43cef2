import fc from 'fast-check';
import t from 'tap';
import type { Allowance } from '../src/config.ts';
import { createQuota, type Quota, type Ticket } from '../src/paystack/quota.ts';
import { createFakeClock, type FakeClock, settle } from './support/clock.ts';

/** What a server answers to a request that reaches it now. */
type Server = (now: number) => { readonly isRefused: boolean; readonly headers?: Headers };

interface Request {
  readonly endpoint?: string;
  readonly rank?: number;
  /** Milliseconds from its start until it reaches the server, and from there until its answer is read. */
  readonly there: number;
  readonly back: number;
}

interface Outcome {
  /** When the requests reached the server, milliseconds since the first could start. */
  readonly arrivals: readonly number[];
  readonly refused: number;
  /** When the last answer was read. */
  readonly endedAt: number;
  readonly mostInFlight: number;
}

const anyQuota: Allowance = { requests: 1_000_000, perMs: 60_000, isCeiling: false };

/** Sends all requests, as fast as the quota allow, to a server behind a slow line. */
async function send(quota: Quota, clock: FakeClock, server: Server, requests: readonly Request[]): Promise<Outcome> {
  const startedAt = clock.monotonic();
  const arrivals: number[] = [];
  let refused = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  let answered = 0;
  let endedAt = 0;
  const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  /** Sends one request until it is granted; what is refused with a word of when, only once. */
  async function sendOne({ endpoint = 'transaction', rank = 0, there, back }: Request): Promise<void> {
    for (;;) {
      const ticket = await quota.start(endpoint, rank, new AbortController().signal);
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      await pass(there);
      arrivals.push(clock.monotonic() - startedAt);
      const { isRefused, headers } = server(clock.monotonic());
      if (isRefused) refused++;
      await pass(back);
      inFlight--;
      const isMute = isRefused && headers === undefined;
      quota.done(ticket, headers ?? new Headers(), isMute);
      if (!isMute) break;
    }
    answered++;
    endedAt = clock.monotonic() - startedAt;
  }
  for (const request of requests) void sendOne(request);
  for (let hour = 0; hour < 10 && answered < requests.length; hour++) await clock.advance(3_600_000);
  if (answered < requests.length) throw new Error(`${requests.length - answered} requests were never answered`);
  return { arrivals: arrivals.sort((one, other) => one - other), refused, endedAt, mostInFlight };
}

interface WindowFacts {
  readonly limit: number;
  readonly perMs: number;
  readonly round: (seconds: number) => number;
  /** Reports the quota in every nth answer only. */
  readonly every?: number;
}

/** Counts requests in fixed windows, each of which begins with the first request after the one before. */
function fixedWindows({ limit, perMs, round, every = 1 }: WindowFacts): Server {
  let endsAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  let answers = 0;
  return (now) => {
    if (now >= endsAt) {
      endsAt = now + perMs;
      used = 0;
    }
    used++;
    const isRefused = used > limit;
    if (answers++ % every !== 0) return { isRefused };
    return { isRefused, headers: reported(limit, Math.max(0, limit - used), round((endsAt - now) / 1000)) };
  };
}

const silent: Server = () => ({ isRefused: false });

function reported(limit: number | string, remaining: number | string, reset: number | string): Headers {
  return new Headers({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(reset),
  });
}

/** The most arrivals in any stretch of time of this length. */
function mostWithin(arrivals: readonly number[], perMs: number): number {
  return Math.max(...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + perMs).length));
}

const rounding = { up: Math.ceil, down: Math.floor };

/** Times on the way for so many requests: seldom slow ones among quick ones. */
function journeys(count: number, quickMs: number, slowMs: number): fc.Arbitrary<readonly Request[]> {
  const ms = fc.oneof({ weight: 9, arbitrary: fc.nat(quickMs) }, { weight: 1, arbitrary: fc.nat(slowMs) });
  return fc.array(fc.record({ there: ms, back: ms }), { minLength: count, maxLength: count });
}

/** The same times on the way every time: a tenth of a second on average. */
function steadyJourneys(count: number): Request[] {
  return Array.from({ length: count }, (_, at) => ({ there: 20 + ((at * 37) % 60), back: 20 + ((at * 53) % 60) }));
}

/** Starts a request. */
/** The requests that have started, the last one at the end. */
const started = new WeakMap<Quota, Ticket[]>();

/** Answers the request to an endpoint that started last. */
function answer(quota: Quota, endpoint: string, headers?: Headers): void {
  const tickets = started.get(quota) ?? [];
  const at = tickets.findLastIndex((ticket) => ticket.endpoint === endpoint);
  const [ticket] = tickets.splice(at, 1);
  if (ticket === undefined) throw new Error(`no request to ${endpoint} has started`);
  quota.done(ticket, headers);
}

/** Starts a request, to be answered by `answer`. */
async function start(quota: Quota, endpoint: string, rank: number, signal: AbortSignal): Promise<void> {
  const ticket = await quota.start(endpoint, rank, signal);
  started.set(quota, [...(started.get(quota) ?? []), ticket]);
}

function ask(quota: Quota, endpoint = 'transaction', rank = 0, signal = new AbortController().signal) {
  const asked = { hasStarted: false, failure: undefined as unknown };
  start(quota, endpoint, rank, signal).then(
    () => {
      asked.hasStarted = true;
    },
    (error: unknown) => {
      asked.failure = error;
    },
  );
  return asked;
}

t.test('no more requests are in flight than allowed, over all endpoints', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 4, allowance: anyQuota, clock });
  const requests = steadyJourneys(60).map((journey, at) => ({ ...journey, endpoint: `endpoint ${at % 3}` }));
  const { mostInFlight, endedAt } = await send(quota, clock, silent, requests);
  t.equal(mostInFlight, 4);
  t.ok(endedAt < 2500, 'and as many as allowed');
});

t.test('the lowest rank goes first; of one rank, who came first', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 1, allowance: anyQuota, clock });
  const order: string[] = [];
  await start(quota, 'a', 5, new AbortController().signal);
  for (const [name, rank] of [
    ['d', 7],
    ['b', 2],
    ['c', 2],
    ['a', 0],
    ['e', 7],
  ] as const) {
    void start(quota, name, rank, new AbortController().signal).then(() => order.push(name));
  }
  for (const endpoint of ['a', 'a', 'b', 'c', 'd', 'e']) {
    answer(quota, endpoint);
    await settle();
  }
  t.strictSame(order, ['a', 'b', 'c', 'd', 'e']);
});

t.test('what is assumed is never exceeded in any window, however requests jitter on the way', async () => {
  const allowance = { requests: 10, perMs: 1000, isCeiling: false };
  await fc.assert(
    fc.asyncProperty(journeys(45, 100, 3000), fc.constantFrom(3, 16, 50), async (requests, concurrency) => {
      const clock = createFakeClock();
      const { arrivals } = await send(createQuota({ concurrency, allowance, clock }), clock, silent, requests);
      const most = mostWithin(arrivals, allowance.perMs);
      if (most > allowance.requests) throw new Error(`${most} requests arrived in one window`);
    }),
    { numRuns: 40 },
  );
});

t.test('what is assumed is used up: a burst at once, the next as soon as its window is over', async (t) => {
  const clock = createFakeClock();
  const allowance = { requests: 10, perMs: 1000, isCeiling: false };
  const quota = createQuota({ concurrency: 50, allowance, clock });
  const { arrivals, endedAt } = await send(quota, clock, silent, Array(30).fill({ there: 20, back: 30 }));
  t.strictSame(new Set(arrivals), new Set([20, 1070, 2120]));
  t.equal(endedAt, 2150);
});

for (const [name, round] of Object.entries(rounding)) {
  t.test(`a quota that is reported with seconds rounded ${name} is never exceeded`, async () => {
    await fc.assert(
      fc.asyncProperty(journeys(150, 150, 400), fc.constantFrom(4, 16, 60), async (requests, concurrency) => {
        const clock = createFakeClock();
        const server = fixedWindows({ limit: 50, perMs: 10_000, round });
        const quota = createQuota({ concurrency, allowance: { ...anyQuota, requests: 50, perMs: 10_000 }, clock });
        const { refused } = await send(quota, clock, server, requests);
        if (refused > 0) throw new Error(`${refused} requests too many`);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  t.test(`a quota that is reported with seconds rounded ${name} is used up`, async (t) => {
    for (const concurrency of [8, 16, 40]) {
      const clock = createFakeClock();
      const server = fixedWindows({ limit: 50, perMs: 10_000, round });
      const quota = createQuota({ concurrency, allowance: { ...anyQuota, requests: 600 }, clock });
      const { refused, endedAt } = await send(quota, clock, server, steadyJourneys(150));
      t.equal(refused, 0);
      t.ok(endedAt <= 1.15 * 20_000, `150 requests with ${concurrency} in flight took ${endedAt} ms`);
    }
  });

  t.test(`with seconds rounded ${name}, answers that are late do not bring back a quota that is spent`, async () => {
    await fc.assert(
      fc.asyncProperty(journeys(150, 150, 6000), fc.constantFrom(4, 16), async (requests, concurrency) => {
        const clock = createFakeClock();
        const server = fixedWindows({ limit: 50, perMs: 60_000, round });
        const quota = createQuota({ concurrency, allowance: { ...anyQuota, requests: 50, perMs: 60_000 }, clock });
        const { refused } = await send(quota, clock, server, requests);
        if (refused > 0) throw new Error(`${refused} requests too many`);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
}

t.test('answers without a report use up what others reported', async (t) => {
  for (const every of [2, 5]) {
    const clock = createFakeClock();
    const server = fixedWindows({ limit: 50, perMs: 10_000, round: Math.ceil, every });
    const quota = createQuota({ concurrency: 8, allowance: { ...anyQuota, requests: 50, perMs: 10_000 }, clock });
    const { refused } = await send(quota, clock, server, steadyJourneys(150));
    t.equal(refused, 0, `reported in every ${every}. answer`);
  }
});

t.test('a late answer of the window before does not open the next window again', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 20, allowance: anyQuota, clock });
  ask(quota);
  ask(quota);
  await settle();
  answer(quota, 'transaction', reported(10, 8, 10));
  await clock.advance(11_000);
  // The next window: 9 of 10 are used, and one answer of the window before is still on its way.
  for (let request = 0; request < 8; request++) ask(quota);
  await settle();
  for (let left = 9; left >= 2; left--) answer(quota, 'transaction', reported(10, left, 10));
  t.equal(quota.remaining('transaction'), 2);
  await clock.advance(100);
  answer(quota, 'transaction', reported(10, 0, 0));
  await clock.advance(3000);
  const waiting = Array.from({ length: 6 }, () => ask(quota));
  await settle();
  const begun = waiting.filter(({ hasStarted }) => hasStarted).length;
  t.ok(begun <= 2, `two are left in this window, ${begun} started`);
  for (let left = begun; left > 0; left--) answer(quota, 'transaction', reported(10, left - 1, 5));
  await clock.advance(20_000);
  t.ok(
    waiting.every(({ hasStarted }) => hasStarted),
    'the rest goes in the next window',
  );
});

t.test('an answer that took long does not bring back what was spent since', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 20, allowance: anyQuota, clock });
  for (let request = 0; request < 10; request++) ask(quota);
  await settle();
  // Nine of the ten are answered at once, the first only after three seconds: it reported 9 left, and 60 s, when it was made.
  for (let left = 8; left >= 0; left--) answer(quota, 'transaction', reported(10, left, 60));
  await clock.advance(3000);
  answer(quota, 'transaction', reported(10, 9, 60));
  const next = ask(quota);
  await clock.advance(50_000);
  t.notOk(next.hasStarted);
  t.equal(quota.remaining('transaction'), 0);
  await clock.advance(15_000);
  t.ok(next.hasStarted);
});

t.test('an exhausted endpoint does not stop another', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
  ask(quota, 'transaction');
  await settle();
  answer(quota, 'transaction', reported(100, 0, 30));
  const exhausted = ask(quota, 'transaction', 0);
  const others = Array.from({ length: 16 }, () => ask(quota, 'refund', 5));
  await settle();
  t.notOk(exhausted.hasStarted);
  t.ok(others.every(({ hasStarted }) => hasStarted));
  for (const _ of others) answer(quota, 'refund');
  await clock.advance(29_999);
  t.notOk(exhausted.hasStarted);
  await clock.advance(2001);
  t.ok(exhausted.hasStarted);
});

t.test('an endpoint whose assumed quota is spent does not stop another', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: { requests: 2, perMs: 1000, isCeiling: false }, clock });
  for (let request = 0; request < 2; request++) ask(quota, 'transaction');
  const [exhausted, other] = [ask(quota, 'transaction'), ask(quota, 'refund', 9)];
  await settle();
  t.notOk(exhausted.hasStarted);
  t.ok(other.hasStarted);
});

t.test('a pause holds one endpoint for its time, and no other', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
  quota.pause('transaction', 5000);
  quota.pause('transaction', 1000);
  const [paused, other] = [ask(quota, 'transaction'), ask(quota, 'refund')];
  await clock.advance(4999);
  t.notOk(paused.hasStarted);
  t.ok(other.hasStarted);
  await clock.advance(1);
  t.ok(paused.hasStarted);
});

t.test('a pause holds those that wait already', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 1, allowance: anyQuota, clock });
  ask(quota);
  const waiting = ask(quota);
  await settle();
  quota.pause('transaction', 5000);
  answer(quota, 'transaction');
  await clock.advance(4999);
  t.notOk(waiting.hasStarted);
  await clock.advance(1);
  t.ok(waiting.hasStarted);
});

t.test('a request that waits is given up when it is aborted, and takes no place', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 1, allowance: anyQuota, clock });
  const controller = new AbortController();
  ask(quota);
  const aborted = ask(quota, 'transaction', 0, controller.signal);
  const next = ask(quota, 'transaction', 1);
  await settle();
  controller.abort(new Error('stop'));
  await settle();
  t.match(aborted.failure, { message: 'stop' });
  t.notOk(next.hasStarted);
  answer(quota, 'transaction');
  await settle();
  t.ok(next.hasStarted);
  t.notOk(aborted.hasStarted);
});

t.test('a request that waits for the quota can be aborted; with nobody waiting no timer is left', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 4, allowance: anyQuota, clock });
  const controller = new AbortController();
  quota.pause('transaction', 60_000);
  const aborted = ask(quota, 'transaction', 0, controller.signal);
  await settle();
  t.equal(clock.pending(), 1);
  controller.abort(new Error('stop'));
  await settle();
  t.match(aborted.failure, { message: 'stop' });
  t.equal(clock.pending(), 0);
});

t.test('with a signal that is aborted already nothing starts', async (t) => {
  const quota = createQuota({ concurrency: 4, allowance: anyQuota, clock: createFakeClock() });
  await t.rejects(quota.start('transaction', 0, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
  const next = ask(quota);
  await settle();
  t.ok(next.hasStarted);
});

t.test('an abort after the start changes nothing', async (t) => {
  const quota = createQuota({ concurrency: 1, allowance: anyQuota, clock: createFakeClock() });
  const controller = new AbortController();
  const first = ask(quota, 'transaction', 0, controller.signal);
  await settle();
  controller.abort(new Error('stop'));
  const second = ask(quota);
  await settle();
  t.ok(first.hasStarted);
  t.equal(first.failure, undefined);
  t.notOk(second.hasStarted);
  answer(quota, 'transaction');
  await settle();
  t.ok(second.hasStarted);
});

t.test('headers that report nothing leave what is assumed', async (t) => {
  const headers = [
    undefined,
    new Headers(),
    new Headers({ 'x-ratelimit-remaining': '0' }),
    new Headers({ 'x-ratelimit-limit': '10', 'x-ratelimit-reset': '10' }),
    reported(10, 0, 'soon'),
    reported(10, 'none', 10),
    reported('', 0, 10),
    reported(0, 0, 10),
    reported(-1, -1, -1),
    reported('1e3', '0x0', 'NaN'),
    reported('10, 10', '0, 0', '10, 10'),
  ];
  for (const header of headers) {
    const clock = createFakeClock();
    const quota = createQuota({ concurrency: 16, allowance: { requests: 2, perMs: 1000, isCeiling: false }, clock });
    ask(quota);
    await settle();
    answer(quota, 'transaction', header);
    const name = JSON.stringify(header && [...header]);
    t.equal(quota.remaining('transaction'), undefined, name);
    const [second, third] = [ask(quota), ask(quota)];
    await settle();
    t.ok(second.hasStarted, name);
    t.notOk(third.hasStarted, name);
    await clock.advance(1000);
    t.ok(third.hasStarted, name);
  }
});

t.test('a reset that is a date in Unix seconds is taken for one', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
  ask(quota);
  await settle();
  answer(quota, 'transaction', reported(100, 0, clock.now() / 1000 + 30));
  const next = ask(quota);
  await clock.advance(29_999);
  t.notOk(next.hasStarted);
  await clock.advance(2001);
  t.ok(next.hasStarted);
});

t.test('a reset in Unix milliseconds is taken for a date as well, by the clock of the server', async (t) => {
  const noon = Date.UTC(2026, 0, 1, 12);
  for (const reset of [noon + 30_000, noon / 1000 + 30]) {
    const clock = createFakeClock();
    const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
    ask(quota);
    await settle();
    const headers = reported(100, 0, reset);
    headers.set('date', new Date(noon).toUTCString());
    answer(quota, 'transaction', headers);
    const next = ask(quota);
    await clock.advance(29_999);
    t.notOk(next.hasStarted);
    await clock.advance(2001);
    t.ok(next.hasStarted);
  }
});

t.test('a clock that is set in the middle of a run changes no count, no pause and no window', async (t) => {
  const hours = 7 * 3_600_000;
  for (const back of [hours, -hours]) {
    const clock = createFakeClock();
    const allowance = { requests: 2, perMs: 60_000, isCeiling: true };
    const quota = createQuota({ concurrency: 16, allowance, clock });
    quota.pause('paused', 20_000);
    for (const endpoint of ['counted', 'counted', 'windowed']) ask(quota, endpoint);
    await settle();
    answer(quota, 'counted');
    answer(quota, 'counted');
    answer(quota, 'windowed', reported(100, 0, 40));
    const waiting = ['paused', 'windowed', 'counted'].map((endpoint) => ask(quota, endpoint));
    clock.setBack(back);
    for (const [ms, begun] of [
      [19_999, 0],
      [1, 1],
      [20_999, 1],
      [2, 2],
      [18_998, 2],
      [1, 3],
    ] as const) {
      await clock.advance(ms);
      t.equal(waiting.filter(({ hasStarted }) => hasStarted).length, begun);
    }
  }
});

t.test('what a user sets is counted exactly: one burst and one minute of waiting', async (t) => {
  for (const [requests, count] of [
    [100, 150],
    [11, 22],
    [17, 18],
  ] as const) {
    const clock = createFakeClock();
    const quota = createQuota({ concurrency: 16, allowance: { requests, perMs: 60_000, isCeiling: true }, clock });
    const server = fixedWindows({ limit: requests, perMs: 60_000, round: Math.ceil, every: Number.POSITIVE_INFINITY });
    const { refused, endedAt, arrivals } = await send(quota, clock, server, steadyJourneys(count));
    t.equal(refused, 0);
    t.equal(mostWithin(arrivals, 60_000), requests);
    t.ok(endedAt >= 60_000 && endedAt < 62_500, `${count} requests at ${requests} a minute took ${endedAt} ms`);
  }
});

/** Refuses without a word. */
function mute(server: Server): Server {
  return (now) => ({ isRefused: server(now).isRefused });
}

/** Counts what came in the last `perMs`, what it refused too if so wished. */
function slidingWindow(limit: number, perMs: number, countsRefused: boolean): Server {
  const seen: number[] = [];
  return (now) => {
    while (seen.length > 0 && seen[0]! <= now - perMs) seen.shift();
    const isRefused = seen.length >= limit;
    if (!isRefused || countsRefused) seen.push(now);
    return { isRefused };
  };
}

const mutes: readonly (readonly [string, Server, number, number, number])[] = [
  // Name, server, requests, the seconds that they take at best, and the refusals that are borne.
  ['50 in a minute', mute(fixedWindows({ limit: 50, perMs: 60_000, round: Math.ceil })), 150, 120, 60],
  ['50 in ten seconds', mute(fixedWindows({ limit: 50, perMs: 10_000, round: Math.ceil })), 300, 50, 80],
  ['50 in any minute', slidingWindow(50, 60_000, false), 150, 120, 60],
  ['50 in any minute, the refused ones as well', slidingWindow(50, 60_000, true), 150, 120, 80],
  ['5 in any second', slidingWindow(5, 1000, false), 100, 19, 60],
];

for (const [name, server, count, bestSeconds, mostRefused] of mutes) {
  t.test(`a server that refuses without a word, and takes ${name}: its pace is found`, async (t) => {
    const clock = createFakeClock();
    const quota = createQuota({ concurrency: 16, allowance: { ...anyQuota, requests: 600 }, clock });
    const { refused, endedAt } = await send(quota, clock, server, steadyJourneys(count));
    t.ok(refused <= mostRefused, `${refused} refusals of ${count} requests`);
    t.ok(endedAt <= 2.5 * bestSeconds * 1000, `${endedAt / 1000} s, at best ${bestSeconds} s`);
  });
}

t.test('refusals without a word that are no quota slow down for a moment only', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: { ...anyQuota, requests: 600 }, clock });
  let asked = 0;
  const { endedAt } = await send(quota, clock, () => ({ isRefused: ++asked === 40 }), steadyJourneys(400));
  t.ok(endedAt < 20_000, `${endedAt} ms`);
});

t.test(
  'a refusal without a word holds its endpoint, for longer each time, and then lets one request try',
  async (t) => {
    const clock = createFakeClock();
    const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
    const signal = new AbortController().signal;
    let ticket = await quota.start('transaction', 0, signal);
    for (const pausedMs of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      t.equal(quota.done(ticket, new Headers(), true), pausedMs);
      const [first, second] = [quota.start('transaction', 0, signal), ask(quota, 'transaction', 1)];
      await clock.advance(pausedMs - 1);
      const other = await quota.start('refund', 0, signal);
      quota.done(other, new Headers());
      await clock.advance(1);
      ticket = await first;
      t.notOk(second.hasStarted);
    }
  },
);

t.test('who waits for the quota, and for how long, is said once', async (t) => {
  const clock = createFakeClock();
  const waits: unknown[] = [];
  const allowance = { requests: 1, perMs: 60_000, isCeiling: false };
  const onWait = (endpoint: string, waitMs: number) => waits.push([endpoint, waitMs]);
  const quota = createQuota({ concurrency: 16, allowance, clock, onWait });
  ask(quota);
  await settle();
  answer(quota, 'transaction');
  t.same(waits, []);
  for (let request = 0; request < 3; request++) ask(quota);
  await clock.advance(30_000);
  ask(quota, 'refund');
  await settle();
  t.strictSame(waits, [['transaction', 60_000]]);
  answer(quota, 'refund');
  quota.pause('transaction', 45_000);
  ask(quota, 'transaction');
  t.strictSame(waits, [
    ['transaction', 60_000],
    ['transaction', 45_000],
  ]);
});

t.test('a window that would last for hours is not believed', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
  for (const reset of [301, 86_400, clock.now() / 1000 + 4000]) {
    ask(quota);
    await settle();
    answer(quota, 'transaction', reported(100, 0, reset));
    t.equal(quota.remaining('transaction'), undefined, String(reset));
  }
});

t.test('a quota that is reported counts more than one that is assumed', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 50, allowance: { requests: 10, perMs: 60_000, isCeiling: false }, clock });
  const server = fixedWindows({ limit: 40, perMs: 60_000, round: Math.ceil });
  const { refused, endedAt } = await send(quota, clock, server, steadyJourneys(40));
  t.equal(refused, 0);
  t.ok(endedAt < 1000);
});

t.test('a ceiling that the user set holds even where the API allows more', async (t) => {
  const clock = createFakeClock();
  const allowance = { requests: 10, perMs: 10_000, isCeiling: true };
  const quota = createQuota({ concurrency: 50, allowance, clock });
  const server = fixedWindows({ limit: 600, perMs: 60_000, round: Math.ceil });
  const { arrivals } = await send(quota, clock, server, steadyJourneys(40));
  t.equal(mostWithin(arrivals, 10_000), 10);
});

t.test('what is left is known where the answers report it', async (t) => {
  const clock = createFakeClock();
  const quota = createQuota({ concurrency: 16, allowance: anyQuota, clock });
  t.equal(quota.remaining('transaction'), undefined);
  for (let request = 0; request < 3; request++) ask(quota);
  await settle();
  answer(quota, 'transaction', reported(100, 42, 30));
  t.equal(quota.remaining('transaction'), 42);
  answer(quota, 'transaction', reported(100, 43, 30));
  t.equal(quota.remaining('transaction'), 42, 'answers may overtake each other');
  t.equal(quota.remaining('refund'), undefined);
});
