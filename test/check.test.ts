/** `--test`: what the key can read, at the cost of one request for each list, and without a word on stdout. */
import t from 'tap';
import type { StreamFacts } from '../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../src/paystack/streams.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { type Run, runTap, selecting, workFolder } from './support/tap.ts';

t.jobs = 3;

const folder = workFolder();
t.teardown(() => folder.remove());

async function testAgainst(
  options: SandboxOptions,
  selected: readonly string[],
  args: readonly string[] = ['--test'],
): Promise<{ run: Run; sandbox: Sandbox }> {
  const sandbox = await startSandbox(options);
  const catalog = folder.file(`${selected.join()}.json`.slice(-60), selecting(selected));
  const environment = { TAP_PAYSTACK_SECRET_KEY: 'sk_test_sandbox', TAP_PAYSTACK_API_URL: sandbox.url };
  const run = await runTap([...args, '--catalog', catalog], environment);
  await sandbox.close();
  return { run, sandbox };
}

t.test('every list is asked once, children by their parents, in parallel', { buffered: true }, async (t) => {
  const names = Object.keys(streams) as StreamName[];
  const { run, sandbox } = await testAgainst({ latencyMs: 50 }, names);
  t.equal(run.code, 0, run.stderr);
  t.equal(run.stdout, '');
  const facts: Record<StreamName, StreamFacts> = streams;
  const lists = names.filter((name) => facts[name].parent === undefined);
  t.strictSame(sandbox.requests.map(({ endpoint }) => endpoint).sort(), lists.sort());
  for (const { endpoint, query } of sandbox.requests) {
    if (facts[endpoint!].paging !== 'single') t.equal(query['perPage'] ?? query['per_page'], '1', endpoint!);
  }
  t.ok(sandbox.peak() > 4 && sandbox.peak() <= 16);
  for (const name of names) t.match(run.stderr, new RegExp(`^INFO ${name}: ok`, 'm'));
  t.match(run.stderr, /^INFO transactions: ok, \d+ records$/m, 'the announced total');
  t.match(run.stderr, /^INFO settlement_transactions: ok \(asked: its parent, settlements\)$/m);
  t.match(run.stderr, `INFO the key works; ${names.length} of ${names.length} streams are available\n`);
});

t.test('a feature that the integration does not have is no failure', { buffered: true }, async (t) => {
  const missing = { storefronts: 403, terminals: 404, preauthorizations: 400 } as const;
  const selected = ['preauthorizations', 'refunds', 'storefront_orders', 'terminals'];
  const { run } = await testAgainst({ missing }, selected, ['--test=all']);
  t.equal(run.code, 0, run.stderr);
  t.match(run.stderr, /^INFO terminals: not available to this integration: Paystack answered 404/m);
  t.match(run.stderr, /^INFO storefront_orders: not available .* 403 .*\(asked: its parent, storefronts\)$/m);
  t.match(run.stderr, 'INFO the key works; 1 of 4 streams is available\n');
});

t.test('a stream that fails ends it with 1, and the others are named all the same', { buffered: true }, async (t) => {
  const refusing = { kind: 'status', status: 418, body: JSON.stringify({ status: false, message: 'No' }) } as const;
  const faults: NonNullable<SandboxOptions['faults']> = ({ endpoint }) =>
    endpoint === 'refunds' ? refusing : undefined;
  const { run } = await testAgainst({ faults }, ['refunds', 'transfers']);
  t.equal(run.code, 1);
  t.equal(run.stdout, '');
  t.match(run.stderr, /^ERROR refunds: failed: Paystack answered 418 \(No\)$/m);
  t.match(run.stderr, /^INFO transfers: ok/m);
  t.match(run.stderr, /^CRITICAL failed: refunds$/m);
  t.notMatch(run.stderr, 'the key works');
});

for (const [status, message] of [
  [403, 'Your IP address is not allowed to make this call'],
  [404, 'Not found'],
  [400, 'Your business is not active; this feature is not available'],
] as const) {
  t.test(`where everything is refused (${status}), nothing works: one line`, { buffered: true }, async (t) => {
    const refusing = { kind: 'status', status, body: JSON.stringify({ status: false, message }) } as const;
    const { run } = await testAgainst({ faults: () => refusing }, ['orders', 'preauthorizations', 'refunds']);
    t.equal(run.code, 1);
    t.equal(run.stdout, '');
    t.match(run.stderr, /^CRITICAL Paystack refused all 3 streams: it answered [^\n]+\n$/);
    for (const part of [`${status} (${message})`, 'addresses', 'active', 'api_url'])
      t.ok(run.stderr.includes(part), part);
    t.notMatch(run.stderr, /the key works|not available to this integration/);
  });
}

t.test('refusals of several kinds: one of them, and that there are others', { buffered: true }, async (t) => {
  const faults: NonNullable<SandboxOptions['faults']> = ({ endpoint }) => ({
    kind: 'status',
    status: endpoint === 'orders' ? 404 : 403,
    body: JSON.stringify({ status: false, message: 'No' }),
  });
  const { run } = await testAgainst({ faults }, ['orders', 'refunds', 'transfers']);
  t.equal(run.code, 1);
  t.match(run.stderr, /^CRITICAL Paystack refused all 3 streams: it answered [^\n]+ and gave 1 other answer;[^\n]+\n$/);
});

t.test('what is refused is missing only beside an answer of another list', { buffered: true }, async (t) => {
  const missing = { preauthorizations: 403 } as const;
  const alone = await testAgainst({ missing }, ['preauthorizations']);
  t.equal(alone.run.code, 1);
  t.match(alone.run.stderr, /^CRITICAL Paystack refused preauthorizations: it answered 403 [^\n]+\n$/);
  const core = await testAgainst({ missing: { transactions: 403 } }, ['refunds', 'transactions']);
  t.equal(core.run.code, 1, 'what every integration has is not missing');
  t.match(core.run.stderr, /^CRITICAL failed: transactions$/m);
  const beside = await testAgainst({ missing }, ['preauthorizations', 'refunds']);
  t.equal(beside.run.code, 0);
});

t.test('a key that is rejected: one line, as in a sync', { buffered: true }, async (t) => {
  const { run } = await testAgainst({ secretKey: 'sk_test_other' }, ['refunds', 'transfers', 'customers']);
  t.equal(run.code, 1);
  t.equal(run.stdout, '');
  t.match(run.stderr, /^CRITICAL Paystack rejected the secret key \(Invalid key\): [^\n]+\n$/);
});

t.test('where nothing is selected, nothing is claimed', { buffered: true }, async (t) => {
  const { run, sandbox } = await testAgainst({}, []);
  t.equal(run.code, 0);
  t.equal(sandbox.requests.length, 0);
  t.match(run.stderr, 'WARNING no stream is selected, so nothing was tried\n');
  t.notMatch(run.stderr, 'the key works');
});

t.test('schema: the SCHEMA messages of what is selected, without a key', { buffered: true }, async (t) => {
  const catalog = folder.file('schema.json', selecting(['banks', 'refunds']));
  const run = await runTap(['--test=schema', '--catalog', catalog]);
  t.equal(run.code, 0, run.stderr);
  const messages = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(messages, [
    { type: 'SCHEMA', stream: 'banks', key_properties: ['id'] },
    { type: 'SCHEMA', stream: 'refunds', key_properties: ['id'], bookmark_properties: ['createdAt'] },
  ]);
  t.equal(messages.length, 2);
});

t.test('a test that there is none of', { buffered: true }, async (t) => {
  const run = await runTap(['--test=speed']);
  t.equal(run.code, 2);
  t.equal(run.stdout, '');
  t.match(run.stderr, 'Choices: "all", "schema"');
});
