/** A choice of streams by names and patterns, as a flag, a setting or a variable; a catalog decides where there is one. */
import t from 'tap';
import { discover } from '../src/command/discover.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { chosenStreams } from '../src/singer/stream-choice.ts';
import { runTap, selecting, workFolder } from './support/tap.ts';

t.jobs = 3;

const offered = discover();
const names = offered.map(({ tap_stream_id }) => tap_stream_id);
const defaults = offered
  .filter(({ metadata }) => metadata[0]?.metadata['selected-by-default'])
  .map(({ tap_stream_id }) => tap_stream_id);

const chosen = (...words: string[]) => [...chosenStreams(offered, words)].sort();

t.test('names add, patterns too, and - takes away, one after the other', async (t) => {
  t.strictSame(chosen('refunds'), ['refunds']);
  t.strictSame(chosen('refunds', 'banks', 'refunds'), ['banks', 'refunds']);
  t.strictSame(chosen('*'), names);
  t.strictSame(
    chosen('transfer*'),
    names.filter((name) => name.startsWith('transfer')),
  );
  t.strictSame(
    chosen('*_orders'),
    names.filter((name) => name.endsWith('_orders')),
  );
  t.strictSame(
    chosen('*', '-*_*'),
    names.filter((name) => !name.includes('_')),
  );
  t.strictSame(chosen('*', '-*_*', 'balance_ledger').includes('balance_ledger'), true);
  t.strictSame(chosen('Transactions'), ['transactions'], 'in any case');
  t.strictSame(chosen('!banks'), chosen('-banks'));
});

t.test('where the first takes away, it does so from what is selected by default', async (t) => {
  t.strictSame(
    chosen('-banks'),
    defaults.filter((name) => name !== 'banks'),
  );
  t.ok(defaults.length < names.length);
});

t.test('each word must stand for a stream, and one must be left', async (t) => {
  t.throws(() => chosen('custmers', 'refnds', 'banks'), {
    name: 'UserError',
    mistakes: [/"custmers"; did you mean "customers"\?/, /"refnds"; did you mean "refunds"\?/],
  });
  for (const word of ['nothing*', '-nothing', 'a.c', 'transactions.amount', '(', '[a-z]*', 'transactions$']) {
    t.throws(() => chosen('banks', word), { name: 'UserError', message: /there is no stream/ }, word);
  }
  t.throws(() => chosen('banks', '-banks'), { message: /leaves no stream/ });
  t.throws(() => chosen('-*'), { message: /leaves no stream/ });
});

const sandbox = await startSandbox();
const folder = workFolder();
t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));

/** The streams whose schemas a run writes. */
async function schemasOf(args: readonly string[], environment: Record<string, string> = {}) {
  const settings = { TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url };
  const run = await runTap(args, { ...settings, ...environment });
  const messages = run.stdout.split('\n').filter(Boolean);
  const schemas = messages.map((line) => JSON.parse(line)).filter(({ type }) => type === 'SCHEMA');
  return { run, streams: schemas.map(({ stream }) => stream as string).sort() };
}

const config = folder.file('streams.json', { streams: ['refunds', 'banks'] });
const ways: [string, string[], Record<string, string>, string[]][] = [
  ['a flag', ['--streams', 'refunds,banks'], {}, ['banks', 'refunds']],
  ['a flag twice', ['--streams', 'refunds', '--streams=banks'], {}, ['banks', 'refunds']],
  ['a variable', [], { TAP_PAYSTACK_STREAMS: 'banks refunds' }, ['banks', 'refunds']],
  ['a variable as Meltano sets it', [], { TAP_PAYSTACK_STREAMS: '["banks", "refunds"]' }, ['banks', 'refunds']],
  ['a config file', ['--config', 'ENV', '--config', config], {}, ['banks', 'refunds']],
  ['a flag over the config file', ['-c', 'ENV', '-c', config, '--streams', 'plans'], {}, ['plans']],
  ['the test of schemas', ['--test=schema', '--streams', 'refunds'], {}, ['refunds']],
];
for (const [name, args, environment, expected] of ways) {
  t.test(`by ${name}`, { buffered: true }, async (t) => {
    const { run, streams } = await schemasOf(args, environment);
    t.equal(run.code, 0, run.stderr);
    t.strictSame(streams, expected);
  });
}

t.test('a word that takes away is no flag', { buffered: true }, async (t) => {
  for (const args of [['--streams', '-banks'], ['--streams=-banks']]) {
    const { run, streams } = await schemasOf([...args, '--test=schema']);
    t.equal(run.code, 0, run.stderr);
    t.strictSame(
      streams,
      defaults.filter((name) => name !== 'banks'),
    );
  }
});

t.test('--test asks for these alone', { buffered: true }, async (t) => {
  const before = sandbox.requests.length;
  const { run } = await schemasOf(['--test', '--streams', 'plans']);
  t.equal(run.code, 0);
  t.match(run.stderr, 'the key works; 1 of 1 stream is available');
  t.ok(sandbox.requests.slice(before).some(({ endpoint }) => endpoint === 'plans'));
});

t.test('a catalog decides, and the run says so', { buffered: true }, async (t) => {
  const catalog = folder.file('catalog.json', selecting(['plans']));
  const { run, streams } = await schemasOf(['--streams', 'banks', '--catalog', catalog]);
  t.equal(run.code, 0, run.stderr);
  t.strictSame(streams, ['plans']);
  t.match(
    run.stderr,
    /^WARNING the streams are those that catalog file ".*" selects: the setting streams is ignored$/m,
  );
});

t.test('columns that a catalog makes up, and types that it changes, are named', { buffered: true }, async (t) => {
  const whole = JSON.parse(JSON.stringify({ streams: discover() }));
  const banks = whole.streams.find(({ tap_stream_id }: { tap_stream_id: string }) => tap_stream_id === 'banks');
  banks.schema.properties.id.type = ['string'];
  banks.schema.properties.rating = { type: 'number' };
  banks.metadata.push({ breadcrumb: ['properties', 'colour'], metadata: { selected: true } });
  banks.metadata.push({ breadcrumb: ['properties', 'smell'], metadata: { selected: false } });
  for (const name of ['height', 'width', 'depth', 'weight']) banks.schema.properties[name] = {};
  banks.schema.properties.slug = {};
  banks.metadata.push({ breadcrumb: ['properties'], metadata: { selected: true } });
  const plans = whole.streams.find(({ tap_stream_id }: { tap_stream_id: string }) => tap_stream_id === 'plans');
  delete plans.metadata;
  plans.schema.selected = true;
  const run = await runTap(['--test=schema', '--catalog', folder.file('changed.json', whole)]);
  t.equal(run.code, 0);
  const warnings = run.stderr.split('\n').filter((line) => line.startsWith('WARNING'));
  t.equal(warnings.length, 1, run.stderr);
  t.match(
    warnings[0],
    /stream "banks": there is no column rating, height, width, depth, weight and 2 more, so it is left out/,
  );
  t.match(warnings[0], /id stays integer, not string/);
  t.notMatch(warnings[0], 'smell');
  const same = await runTap(['--test=schema', '--catalog', folder.file('same.json', { streams: discover() })]);
  t.equal(same.stderr, '', "the tap's own catalog has nothing to complain about");
});
