/** `--plan`: what a sync would cost, at about a request for each stream, and right within a tenth and two requests. */
import t, { type Test } from 'tap';
import type { StreamName } from '../../src/paystack/streams.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { accounts, recordsOf } from '../support/accounts.ts';
import { spread } from '../support/spread.ts';
import { type Json, type Run, readMessages, runTap, selecting, workFolder } from '../support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const folder = workFolder();
t.teardown(() => folder.remove());

interface Compared {
  readonly plan: Json;
  /** Requests of the plan itself, and of the sync behind it. */
  readonly asked: number;
  readonly requests: number;
  readonly state: Json;
  readonly written: number;
}

type Compare = (state?: unknown) => Promise<Compared>;

let files = 0;

async function withPlans(
  options: SandboxOptions,
  streams: readonly StreamName[],
  pageSize: number,
  work: (compare: Compare, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ fixtures: false, ...options });
  const settings = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: pageSize };
  const file = (content: unknown) => folder.file(`${files++}.json`, content);
  const config = file({ ...settings, requests_per_minute: 1_000_000 });
  const args = ['--config', config, '--catalog', file(selecting(streams))];
  const run = async (...more: readonly string[]): Promise<Run> => {
    sandbox.resetRequests();
    const ended = await runTap([...args, ...more]);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended;
  };
  try {
    await work(async (state) => {
      const resumed = state === undefined ? [] : ['--state', file(state)];
      const plan = JSON.parse((await run('--plan', '--format', 'json', ...resumed)).stdout) as Json;
      const asked = sandbox.requests.length;
      const messages = readMessages((await run(...resumed)).stdout);
      const written = Object.values(messages.records).reduce((sum, { length }) => sum + length, 0);
      return { plan, asked, requests: sandbox.requests.length, state: messages.state, written };
    }, sandbox);
  } finally {
    await sandbox.close();
  }
}

/** @param streams of which each may be two requests off */
function agrees(t: Test, { plan, requests }: Compared, what: string, streams = 1): void {
  const off = Math.abs(plan.all.requests - requests);
  t.ok(off <= requests / 10 + 2 * streams, `${what}: ${plan.all.requests} requests planned, ${requests} made`);
}

// What they cost by themselves is another test's matter.
for (const account of accounts.filter((_, index) => index % 2 === 0)) {
  const { stream, what } = account;
  t.test(`${stream}, ${what}: a first and a daily run`, { buffered: true }, (t) => {
    const records: Json[] = recordsOf(account);
    return withPlans({ records: { [stream]: records } }, [stream], 10, async (compare) => {
      const first = await compare();
      agrees(t, first, 'first');
      t.equal(first.plan.all.records, records.length);
      t.equal(first.plan.all.at_least, false);
      t.equal(first.asked, 1);
      const daily = await compare(first.state);
      agrees(t, daily, 'daily');
      t.ok(daily.asked <= 4 + first.requests / 10, `${daily.asked} requests for the plan`);
    });
  });
}

t.test('a list that is read in many windows', { buffered: true }, (t) => {
  const now = Date.now();
  const years = { rows: 4000, from: new Date(now - 700 * 86_400_000).toISOString(), to: new Date(now).toISOString() };
  return withPlans({ synthetic: { transactions: years } }, ['transactions'], 10, async (compare) => {
    const first = await compare();
    agrees(t, first, 'first');
    t.ok(first.asked <= 2, 'where its records begin is asked as well');
    agrees(t, await compare(first.state), 'daily');
  });
});

t.test('a list that ignores the dates', { buffered: true }, (t) => {
  const records = spread('refunds', {
    count: 300,
    open: 'pending',
    final: 'processed',
    isOpen: (index) => index === 5,
  });
  return withPlans(
    { records: { refunds: records }, quirks: { ignoreFilters: true } },
    ['refunds'],
    20,
    async (compare) => {
      const first = await compare();
      agrees(t, first, 'first');
      agrees(t, await compare(first.state), 'daily');
    },
  );
});

t.test('lists under parents', { buffered: true }, (t) => {
  const open = { count: 120, open: 'active', final: 'completed', isOpen: (index: number) => index % 12 === 0 };
  const subscriptions: Json[] = spread('subscriptions', open).map((row) => ({
    ...row,
    subscription_code: `SUB_${row.id}`,
  }));
  const invoices = Object.fromEntries(
    subscriptions.map(({ id, subscription_code }) => [subscription_code, [{ id: id * 10, subscription: id }]]),
  );
  const records = { subscriptions, subscription_invoices: invoices };
  const streams = ['subscription_invoices', 'subscriptions'] as const;
  return withPlans({ records }, streams, 20, async (compare) => {
    const first = await compare();
    agrees(t, first, 'first', streams.length);
    t.equal(first.asked, 2);
    const [ofInvoices] = first.plan.streams;
    t.match(ofInvoices, { stream: 'subscription_invoices', records: null, at_least: false });
    agrees(t, await compare(first.state), 'daily', streams.length);
  });
});

t.test('every stream, and no more of them than are selected', { buffered: true }, async (t) => {
  const { streams } = await import('../../src/paystack/streams.ts');
  const names = Object.keys(streams) as StreamName[];
  await withPlans({ fixtures: true }, names, 200, async (compare, sandbox) => {
    const first = await compare();
    t.strictSame(first.plan.streams.map(({ stream }: Json) => stream).sort(), [...names].sort());
    agrees(t, first, 'first');
    t.ok(first.asked <= names.length);
    t.notOk(sandbox.requests.some(({ method }) => method !== 'GET'));
    agrees(t, await compare(first.state), 'daily', 4);
  });
});

const environmentOf = (sandbox: Sandbox) => ({
  TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
  TAP_PAYSTACK_API_URL: sandbox.url,
});

t.test('as a table for people, whose minutes are those of the slowest endpoint', { buffered: true }, async (t) => {
  const many = { rows: 450, from: '2024-01-01T00:00:00Z', to: '2024-12-01T00:00:00Z' };
  const sandbox = await startSandbox({ fixtures: false, synthetic: { customers: many, plans: { ...many, rows: 3 } } });
  t.teardown(() => sandbox.close());
  const environment = { ...environmentOf(sandbox), TAP_PAYSTACK_PAGE_SIZE: '2' };
  const run = await runTap(['--plan', '--streams', 'customers,plans'], environment);
  t.equal(run.code, 0, run.stderr);
  t.equal(run.stderr, '');
  const [head, customers, plans, all, , note] = run.stdout.split('\n');
  t.match(head, /^stream +records +requests +minutes$/);
  // 225 pages and the end: 100 at once, as many after one minute, the rest after two.
  t.match(customers, /^customers +450 +2\d\d +2$/);
  t.match(plans, /^plans +3 +2 +< 1$/);
  t.match(all, /^all +453 +2\d\d +2$/);
  t.match(note, '100 requests a minute');
  const inMarkdown = await runTap(['--plan', '--streams', 'plans', '--format', 'markdown'], environment);
  t.match(inMarkdown.stdout, '| plans | 3 | 2 | < 1 |');
});

t.test(
  'what fails is named, and ends it with 1; a feature that is not there does not',
  { buffered: true },
  async (t) => {
    const refusal = { kind: 'status', status: 418, body: JSON.stringify({ status: false, message: 'No' }) } as const;
    const sandbox = await startSandbox({
      missing: { terminals: 404 },
      faults: ({ endpoint }) => (endpoint === 'refunds' ? refusal : undefined),
    });
    t.teardown(() => sandbox.close());
    const environment = environmentOf(sandbox);
    const lacking = await runTap(['--plan', '--streams', 'plans,terminals'], environment);
    t.equal(lacking.code, 0, lacking.stderr);
    t.match(lacking.stderr, /^WARNING terminals: not available to this integration: Paystack answered 404/);
    t.match(lacking.stdout, /^terminals +\? +\? +\?$/m);
    const failing = await runTap(['--plan', '--streams', 'plans,refunds'], environment);
    t.equal(failing.code, 1);
    t.match(failing.stderr, /^ERROR refunds: Paystack answered 418 \(No\)/);
    t.match(failing.stdout, /^plans +5 /m);
    const refused = await runTap(['--plan', '--streams', 'refunds'], environment);
    t.equal(refused.code, 1);
    t.equal(refused.stdout, '');
    t.match(refused.stderr, /^CRITICAL Paystack refused refunds/);
    const rejected = await runTap(['--plan'], { ...environment, TAP_PAYSTACK_SECRET_KEY: 'sk_test_other' });
    t.equal(rejected.code, 1);
    t.equal(rejected.stdout, '');
    t.match(rejected.stderr, /CRITICAL Paystack rejected the secret key/);
    t.notMatch(rejected.stderr, 'sk_test_other');
  },
);

t.test('a broken state is said as for a sync', async (t) => {
  const state = folder.file('broken.json', { bookmarks: { refunds: { createdAt: 'yesterday' } } });
  const run = await runTap(['--plan', '--streams', 'refunds', '--state', state], {
    TAP_PAYSTACK_SECRET_KEY: 'sk_test_x',
  });
  t.equal(run.code, 1);
  t.match(run.stderr, /CRITICAL .*bookmark of "refunds"/);
});
