/** A stream is whole, or it failed: a refusal is no emptiness, but for a feature that an integration may lack. */
import t from 'tap';
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { deeperThan, once, refused, refusedByOthers, total, type When, withParameter } from '../support/bends.ts';
import { type Case, daily, dayMs, failureOf, plainStreams, tryCases } from '../support/hostile-cases.ts';
import { type HostileList, startHostilePaystack } from '../support/hostile-paystack.ts';
import { runSync, runTap, type SyncInput, workFolder } from '../support/tap.ts';

/** Features that an integration may lack. */
const optional = [
  'apple_pay_domains',
  'dedicated_account_providers',
  'dedicated_virtual_accounts',
  'mandate_authorizations',
  'preauthorizations',
  'storefronts',
  'storefront_orders',
  'storefront_products',
  'terminals',
  'virtual_terminals',
] as const satisfies readonly StreamName[];

/** What every integration has. */
const core = [
  'balances',
  'disputes',
  'invoices',
  'refunds',
  'settlement_transactions',
  'subaccounts',
  ...plainStreams,
] as const satisfies readonly StreamName[];

const words = [
  'Your IP address is not allowed to make this call',
  'Your business is not active',
  'This feature is not available on your integration',
  'Not found',
  '',
];

async function syncAgainst(lists: Record<string, HostileList>, input: Partial<SyncInput>, settings: object = {}) {
  const server = await startHostilePaystack(lists);
  const run = await runSync({ ...input, config: { ...server.config, ...settings } });
  await server.close();
  return { run, requests: server.requests };
}

function refusing(names: readonly StreamName[], ...[status, said, when]: Parameters<typeof refused>) {
  const facts: Record<StreamName, StreamFacts> = streams;
  const paths = (name: StreamName) => facts[name].parent?.stream ?? name;
  const bends = [refused(status, said, when)];
  return Object.fromEntries(names.map((name) => [paths(name), { records: [], bends }]));
}

t.test('where every list is refused, the run failed, and one line says what to check', async (t) => {
  const names = [...core.slice(0, 4), ...optional];
  for (const [index, said] of words.entries()) {
    const status = [403, 404, 400][index % 3]!;
    const which = `${status} (${said || 'no words'})`;
    const { run } = await syncAgainst(refusing(names, status, said), { streams: names });
    const stderr = shortened(run.stderr);
    t.equal(run.code, 1, which, { stderr });
    const lines = stderr.split('\n').filter((line) => /^(?:ERROR|CRITICAL)/.test(line));
    const clear = lines.filter((line) => /allow|active|api_url/.test(line.replace(said, '')) && line.includes(said));
    t.equal(clear.length, 1, `${which}: one line says what was answered and what to check`, { stderr });
    t.match(clear[0], `${status}`);
    t.notMatch(stderr, /the stream is empty/);
  }
});

function shortened(stderr: string): string {
  return stderr.replace(/^INFO .*\n/gm, '').slice(0, 2000);
}

t.test('--test never says that a key works without an answer', async (t) => {
  const folder = workFolder();
  t.teardown(() => folder.remove());
  for (const status of [403, 404, 400]) {
    const every = Object.keys(streams) as StreamName[];
    const server = await startHostilePaystack(refusing(every, status, words[0]!));
    const run = await runTap(['--test', '--config', folder.file(`${status}.json`, server.config)]);
    await server.close();
    t.equal(run.code, 1, `${status}`);
    t.notMatch(run.stderr.split('\n').at(-2), /the key works/);
    t.match(run.stderr, words[0]);
  }
});

for (const status of [403, 404, 400]) {
  t.test(`${status} at the first answer: what an integration may lack is empty, with a warning`, async (t) => {
    const names = ['customers', ...optional] as const;
    const { run } = await syncAgainst(refusing(optional, status, words[2]!), { streams: names });
    t.equal(run.code, 0, shortened(run.stderr));
    const silent = optional.filter((name) => !new RegExp(`^WARNING ${name}: .*${words[2]}`, 'm').test(run.stderr));
    t.same(silent, []);
  });

  t.test(`${status}: what every integration has failed, whatever is said`, async (t) => {
    for (const said of words.slice(1, 4)) {
      const lists = {
        ...refusing(core.slice(1), status, said),
        balances: { records: [{ currency: 'NGN', balance: 1 }] },
      };
      const { run } = await syncAgainst(lists, { streams: core });
      t.equal(run.code, 1, said);
      const silent = core.slice(1).filter((name) => {
        const line = failureOf(run, name);
        return !line?.includes(said) || !line.includes(`${status}`);
      });
      t.same(silent, [], `all others fail, with the words of Paystack: ${said}`);
      t.equal(run.records['balances']?.length, 1, 'the others go on');
      t.same(run.state.bookmarks, {});
    }
  });

  t.test(`${status}: where there is a bookmark, there is the feature`, async (t) => {
    const reached = new Date(Date.now() - 5 * dayMs).toISOString();
    const bookmarks = { preauthorizations: { created_at: reached }, transactions: { createdAt: reached } };
    const when: When = ({ stream }) => stream !== 'preauthorizations' || status !== 404;
    const lists = refusing(['preauthorizations', 'transactions'], status, words[2]!, when);
    const { run } = await syncAgainst(lists, {
      streams: ['customers', 'preauthorizations', 'transactions'],
      state: { bookmarks },
    });
    t.equal(run.code, 1);
    t.match(failureOf(run, 'transactions'), words[2]);
    // There, 404 is how a range without records is answered.
    if (status !== 404) t.match(failureOf(run, 'preauthorizations'), words[2]);
    t.match(run.state.bookmarks, bookmarks);
  });
}

t.test('a page of HTML is nobody’s verdict on a feature', async (t) => {
  for (const status of [403, 404]) {
    const lists = { terminals: { records: [], bends: [refusedByOthers(status)] } };
    const { run } = await syncAgainst(lists, { streams: ['customers', 'terminals'] });
    t.equal(run.code, 1, run.stderr);
    t.match(failureOf(run, 'terminals'), `${status}`);
  }
});

t.test('a feature that has answered once is there: what is refused later is missing', async (t) => {
  for (const status of [403, 404, 400]) {
    const later = refused(status, words[2]!, (asked) => asked.nth > 1 && ('next' in asked.query || asked.page > 1));
    const dated = Array.from({ length: 25 }, (_, id) => ({ id: id + 1, created_at: '2025-01-01T00:00:00Z' }));
    const lists = {
      terminals: { records: Array.from({ length: 25 }, (_, id) => ({ id: id + 1 })), bends: [later] },
      dedicated_virtual_accounts: { records: dated, bends: [later] },
    };
    const names = ['customers', 'dedicated_virtual_accounts', 'terminals'];
    const { run } = await syncAgainst(lists, { streams: names }, { page_size: 10 });
    t.equal(run.code, 1, run.stderr);
    for (const name of names.slice(1)) t.match(failureOf(run, name), words[2]);
  }
});

/** Where a page is full, neither a total nor a refusal of the next one shows that the list ends. */
const wrongTotals: readonly (readonly [string, (honest: number) => number])[] = [
  ['0', () => 0],
  ['that of the page', () => 10],
  ['one too low', (honest) => honest - 1],
  ['capped', (honest) => Math.min(honest, 30)],
];

t.test('a page that is too deep is read in smaller windows', (t) => {
  const rows = 330;
  const deep = (status: number, said: string, when: When, count = rows): Case['list'] => {
    return (stream) => ({ records: daily(stream, count), bends: [refused(status, said, when)] });
  };
  /** So many rows, all of one day. */
  const oneDay = (when: When): Case['list'] => {
    const noon = new Date(Date.now() - 40 * dayMs).toISOString().slice(0, 11);
    return (stream) => ({
      records: daily(stream, 55, (id) => ({ createdAt: `${noon}12:00:${String(id).padStart(2, '0')}.000Z` })),
      bends: [refused(400, 'Page is too deep', when)],
    });
  };
  const atMost = 250;
  return tryCases(t, { page_size: 10 }, [
    { name: '400 beyond page 20', list: deep(400, 'Page is too deep', deeperThan(20)), maxRequests: atMost },
    { name: '404 beyond page 20', list: deep(404, 'Page not found', deeperThan(20)), maxRequests: atMost },
    { name: '400 beyond page 3', list: deep(400, 'page must be at most 3', deeperThan(3)), maxRequests: atMost },
    { name: '404 beyond page 3', list: deep(404, 'Not found', deeperThan(3)), maxRequests: atMost },
    { name: '400 beyond page 1', list: deep(400, 'Not available', deeperThan(1)), maxRequests: 2 * atMost },
    {
      name: '403 beyond page 3',
      list: deep(403, 'Not allowed', deeperThan(3)),
      maxRequests: atMost,
      outcome: 'honest',
    },
    { name: '400 at page 5 alone, for good', list: deep(400, 'No', ({ page }) => page === 5), maxRequests: atMost },
    {
      name: '400 at page 5, once',
      list: deep(
        400,
        'No',
        once(({ page }) => page === 5),
      ),
      maxRequests: atMost,
    },
    {
      name: 'beyond so many rows',
      list: deep(400, 'The result window is too large', ({ page, size }) => page * size > 100),
      maxRequests: atMost,
    },
    {
      name: 'beyond page 3, from a bookmark',
      list: deep(400, 'Page is too deep', deeperThan(3), 100),
      bookmark: { createdAt: new Date(Date.now() - 69 * dayMs).toISOString() },
      maxRequests: atMost,
      outcome: 'honest',
    },
    {
      name: 'a day that is too deep in itself',
      list: oneDay(deeperThan(3)),
      outcome: /Page is too deep/,
      maxRequests: atMost,
    },
    { name: 'a day that is not', list: oneDay(deeperThan(6)), maxRequests: atMost },
    ...wrongTotals.map(
      ([name, of]): Case => ({
        name: `beyond page ${name === 'capped' ? 3 : 1}, and a total that is ${name}`,
        list: (stream) => ({
          records: daily(stream, rows),
          bends: [total(of), refused(400, 'Page is too deep', deeperThan(name === 'capped' ? 3 : 1))],
        }),
        maxRequests: 2 * atMost,
      }),
    ),
  ]);
});

t.test('a query that is refused is asked in another way', (t) => {
  const says = (said: string, when: When): Case['list'] => {
    return (stream) => ({ records: daily(stream, 130), bends: [refused(400, said, when)] });
  };
  const tooLarge: When = ({ size }) => size > 15;
  const ranged = withParameter('from', 'to');
  return tryCases(t, { page_size: 40 }, [
    ...[
      '"from" is not allowed',
      'from is not allowed',
      'Invalid value for parameter: from',
      'The from filter is not available on this endpoint',
      'Date filter not supported',
      'Unknown query parameter',
      'This feature is not available',
    ].map((said): Case => ({ name: `the filter: ${said}`, list: says(said, ranged) })),
    ...[
      '"perPage" must be at most 15',
      'Page size not supported',
      'Page size is not allowed',
      'perPage 40 is not available',
      'Invalid limit',
    ].map((said): Case => ({ name: `the page size: ${said}`, list: says(said, tooLarge) })),
    {
      name: 'the filter and the page size',
      list: says('Bad request', (asked) => ranged(asked) || tooLarge(asked)),
    },
    { name: 'to alone', list: says('"to" is not allowed', withParameter('to')) },
    {
      name: 'from, and a bookmark',
      list: says('"from" is not allowed', ranged),
      bookmark: oldBookmark(40),
      outcome: 'honest',
    },
    {
      name: 'the page size from page 2 on',
      list: says('perPage is invalid', (asked) => asked.page > 1 && tooLarge(asked)),
    },
    { name: 'whatever is asked', list: says('Something is wrong', () => true), outcome: /Something is wrong/ },
    {
      name: 'the filter, of a feature that may be missing',
      stream: 'preauthorizations',
      list: says('from is not available', ranged),
    },
  ]);
});

function oldBookmark(daysAgo: number): NonNullable<Case['bookmark']> {
  return { createdAt: new Date(Date.now() - daysAgo * dayMs).toISOString() };
}

t.test('a window that is refused holds the bookmark before it', (t) => {
  const inside: When = ({ from }) => from > Date.now() - 200 * dayMs && from < Date.now() - 100 * dayMs;
  const windowed = (when: When, status = 403): Case['list'] => {
    return (stream) => ({ records: daily(stream, 330), bends: [refused(status, 'No', when)] });
  };
  return tryCases(t, { page_size: 2 }, [
    { name: 'for good', list: windowed(inside), outcome: /answered 403 \(No\)/, maxRequests: 700 },
    { name: 'once', list: windowed(once(inside)), outcome: 'honest', maxRequests: 700 },
    {
      name: 'its second page',
      list: windowed((asked) => inside(asked) && asked.page === 2),
      outcome: 'honest',
      maxRequests: 700,
    },
  ]);
});

t.test('preauthorizations: 404 where a range is empty ends neither the range nor the stream', async (t) => {
  const stream = 'preauthorizations';
  const records = daily(stream, 100, (id) => ({ status: id === 10 ? 'pending' : 'captured' }));
  const list: HostileList = {
    records,
    bends: [
      (answer) => (answer.rows.length > 0 ? answer : { ...answer, status: 404, message: 'No preauthorization exists' }),
    ],
  };
  const server = await startHostilePaystack({ [stream]: list });
  t.teardown(() => server.close());
  const sync = (state?: unknown, settings: object = {}) =>
    runSync({
      streams: ['customers', stream],
      config: { ...server.config, page_size: 10, ...settings },
      ...(state ? { state } : {}),
    });
  const first = await sync();
  t.equal(first.code, 0, first.stderr);
  t.equal(first.records[stream]?.length, 100);
  // The open one is gone, and its day holds nothing any more.
  list.records = records.filter(({ id }) => Math.abs(id - 10) > 5);
  for (let id = 101; id <= 105; id++)
    list.records.push({ id, created_at: new Date().toISOString(), status: 'captured' });
  for (const settings of [{ lookback_window_days: 0 }, {}]) {
    const second = await sync(first.state, settings);
    t.equal(second.code, 0, second.stderr);
    t.same(
      [101, 102, 103, 104, 105].filter((id) => !second.records[stream]?.some((row) => row.id === id)),
      [],
    );
  }
  list.records = [];
  const third = await sync(first.state);
  // It had records: nothing but 404 may as well mean that it is closed to us.
  t.equal(third.code, 1, third.stderr);
  t.same(third.state.bookmarks[stream].created_at, first.state.bookmarks[stream].created_at);
});
