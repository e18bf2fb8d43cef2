/** Bad input gets one clear line and a non-zero exit; the key is never shown, and nothing is on stdout. */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { type Run, runSync, runTap, selecting, workFolder } from './support/tap.ts';

// Most of the time is spent waiting for processes.
t.jobs = 3;

const folder = workFolder();
t.teardown(() => folder.remove());

const key = 'sk_test_4f9f0c2b';
const good = folder.file('good.json', { secret_key: key, api_url: 'http://127.0.0.1:1' });

/** One line of the log that names everything it should, and no more than the error itself. */
function isClear(t: Test, run: Run, code: number, ...names: RegExp[]): void {
  t.equal(run.code, code, run.stderr);
  t.equal(run.stdout, '');
  const lines = run.stderr.trimEnd().split('\n');
  t.equal(lines.length, 1, run.stderr);
  for (const name of names) t.match(lines[0], name);
  t.notMatch(run.stderr, /sk_(?:test|live)_[^…*]/);
  t.notMatch(run.stderr, /\n\s+at /);
}

const settings: [string, object, RegExp][] = [
  ['no key at all', { secret_key: 'hunter2' }, /secret_key .*sk_test_/],
  ['an end that is none', { secret_key: key, end_date: '2024-02-30' }, /end_date/],
  ['a negative lookback', { secret_key: key, lookback_window_days: -1 }, /lookback_window_days/],
  ['a truth that is none', { secret_key: key, activate_version: 'perhaps' }, /activate_version/],
];

for (const [name, config, pattern] of settings) {
  t.test(`setting: ${name}`, { buffered: true }, async (t) => {
    isClear(t, await runTap(['--config', folder.file(`${name}.json`, config)]), 1, /^CRITICAL setting /, pattern);
  });
}

const files: [string, string[], RegExp][] = [
  ['a config that is a list', ['--config', folder.file('list.json', [])], /list.json.*JSON object, not a list/],
  ['an empty config', ['--config', folder.file('empty.json', '')], /empty.json.*empty/],
  ['a state that is not there', ['--config', good, '--state', 'nowhere.json'], /state file "nowhere.json"/],
  [
    'a broken state',
    ['--config', good, '--state', folder.file('s1.json', '{')],
    /state file .*s1.json.*not valid JSON/,
  ],
  [
    'a state of another shape',
    ['--config', good, '--state', folder.file('s2.json', { bookmarks: [] })],
    /s2.json.*no Singer state/,
  ],
  ['a catalog that is not there', ['--config', good, '--catalog', 'nowhere.json'], /catalog file "nowhere.json"/],
  [
    'a catalog of another shape',
    ['--config', good, '--properties', folder.file('c2.json', { streams: {} })],
    /c2.json.*no Singer catalog/,
  ],
  [
    'a stream twice',
    ['--config', good, '--catalog', folder.file('c4.json', selecting(['refunds', 'refunds']))],
    /c4.json.*"refunds" twice/,
  ],
];

for (const [name, args, pattern] of files) {
  t.test(`file: ${name}`, { buffered: true }, async (t) => {
    isClear(t, await runTap(args), 1, /^CRITICAL /, pattern);
  });
}

t.test('a config that may not be read', { skip: process.getuid?.() === 0 && 'root may read everything' }, async (t) => {
  const file = folder.file('locked.json', {});
  chmodSync(file, 0);
  isClear(t, await runTap(['--config', file]), 1, /locked.json.*EACCES/);
});

t.test('an unknown flag is a line and ends with 2', { buffered: true }, async (t) => {
  const run = await runTap(['--configuration', good]);
  t.equal(run.code, 2);
  t.equal(run.stdout, '');
  t.equal(run.stderr, 'CRITICAL there is no flag --configuration; did you mean --config?\n');
  const astray = await runTap([key]);
  t.equal(astray.code, 2);
  t.match(astray.stderr, /sk_test_\*\*\*/);
  t.notMatch(astray.stderr, key);
});

async function syncAgainst(options: SandboxOptions, streams: readonly string[], secret_key?: string) {
  const sandbox = await startSandbox(options);
  const config = { secret_key: secret_key ?? sandbox.secretKey, api_url: sandbox.url };
  const run = await runSync({ config, streams });
  await sandbox.close();
  return { run, sandbox };
}

const everyone = { kind: 'status', body: JSON.stringify({ status: false, message: 'Invalid key' }) } as const;
for (const status of [401, 400, 404]) {
  t.test(`a key that Paystack rejects with ${status}: one line, no retry`, { buffered: true }, async (t) => {
    const { run, sandbox } = await syncAgainst({ faults: () => ({ ...everyone, status }) }, ['refunds']);
    t.equal(run.code, 1);
    t.equal(run.stdout, '');
    t.match(run.stderr, /^CRITICAL Paystack rejected the secret key[^\n]+\n$/);
    t.equal(sandbox.requests.length, 1);
  });
}

t.test('what Paystack says of a key that it rejects is in the line: it may be the address', async (t) => {
  const body = { status: false, message: 'Your IP address is not allowed to make this call' };
  const { run } = await syncAgainst({ faults: () => ({ kind: 'status', status: 401, body }) }, ['refunds']);
  t.equal(run.code, 1);
  t.match(
    run.stderr,
    /^CRITICAL Paystack rejected the secret key \(Your IP address is not allowed to make this call\): [^\n]+IP/,
  );
});

t.test('a host that is not there: a test says so in one line, after ten seconds', { buffered: true }, async (t) => {
  const startedAt = performance.now();
  const run = await runTap(['--config', good, '--test']);
  isClear(t, run, 1, /^CRITICAL Paystack could not be reached: 127\.0\.0\.1:1 refuses .*ECONNREFUSED.* api_url/);
  t.ok(performance.now() - startedAt < 60_000);
});

t.test('what is not Paystack ends the run in one line, with the title of its page', { buffered: true }, async (t) => {
  const body = '<!DOCTYPE html><html><head><title>Attention Required! | Wall</title></head></html>';
  const faults: SandboxOptions['faults'] = () => ({ kind: 'status', status: 403, body });
  const { run } = await syncAgainst({ faults }, ['disputes', 'refunds', 'transfers']);
  t.equal(run.code, 1);
  t.equal(run.stdout, '');
  const [retried, ended, rest] = run.stderr.split('\n');
  t.match(
    retried,
    /^WARNING \w+: Paystack answered 403 with a page of HTML \("Attention Required! \| Wall"\); trying again/,
  );
  t.match(ended, /^CRITICAL Paystack answered 403 .*"Attention Required! \| Wall".* not from Paystack .*api_url/);
  t.equal(rest, '');
});

for (const status of [403, 404, 400] as const) {
  t.test(
    `a feature the integration does not have (${status}) is an empty stream, and the run goes on`,
    { buffered: true },
    async (t) => {
      const { run } = await syncAgainst({ missing: { preauthorizations: status } }, ['preauthorizations', 'refunds']);
      t.equal(run.code, 0, run.stderr);
      t.match(run.stderr, /WARNING preauthorizations: not available to this integration/);
      t.same(run.records['preauthorizations'], []);
      t.ok(run.records['refunds']?.length);
    },
  );
}

t.test('a stream that fails for good leaves the others, and the end names it', { buffered: true }, async (t) => {
  const faults: SandboxOptions['faults'] = ({ endpoint }) =>
    endpoint === 'refunds' ? { kind: 'status', status: 422 } : undefined;
  const { run } = await syncAgainst({ faults }, ['disputes', 'refunds', 'transfers']);
  t.equal(run.code, 1);
  t.match(run.stderr, /ERROR refunds: .*422/);
  t.match(run.stderr, /CRITICAL .*refunds/);
  t.ok(run.records['disputes']?.length);
  t.ok(run.records['transfers']?.length);
  t.notOk(run.state.bookmarks.refunds);
  t.ok(run.state.bookmarks.transfers);
});

t.test('a redirect is refused, and the key stays here', { buffered: true }, async (t) => {
  const thief = await startSandbox();
  const faults: SandboxOptions['faults'] = () => ({ kind: 'redirect', location: `${thief.url}/refund` });
  const { run } = await syncAgainst({ faults }, ['refunds']);
  t.equal(run.code, 1);
  t.match(run.stderr, /redirect.*api_url/);
  t.equal(thief.requests.length, 0);
  await thief.close();
});

t.test('a server that shows the key to everybody does not get it into the log', { buffered: true }, async (t) => {
  const key = 'sk_test_shown-to.everybody';
  const message = `you sent Bearer ${key} \u001B]0;title\u0007`;
  const faults: SandboxOptions['faults'] = ({ endpoint, attempt }) => {
    if (endpoint === 'refunds') return { kind: 'status', status: 422, body: { status: false, message } };
    if (endpoint === 'transfers') return { kind: 'redirect', location: `http://127.0.0.1:1/?key=${key}` };
    return attempt === 1 ? { kind: 'status', status: 500, body: { status: false, message } } : undefined;
  };
  const sandbox = await startSandbox({ faults, secretKey: key });
  const run = await runSync({
    config: { secret_key: key, api_url: sandbox.url },
    streams: ['disputes', 'refunds', 'transfers'],
    environment: { TAP_PAYSTACK_DEBUG: '1' },
  });
  await sandbox.close();
  t.equal(run.code, 1);
  t.ok(run.records['disputes']?.length);
  t.match(run.stderr, /ERROR refunds: answered 422 \(you sent Bearer sk_test_\*\*\* \\u001b\]0;title\\u0007\)/);
  t.notMatch(run.stdout + run.stderr, /everybody/);
});

t.test('a key that is revoked in the middle of a run ends it, with a state', { buffered: true }, async (t) => {
  const spread = { rows: 100, from: '2025-01-01', to: '2026-06-30' };
  const sandbox = await startSandbox({
    synthetic: { refunds: spread },
    faults: ({ index }) => (index > 3 ? { ...everyone, status: 401 } : undefined),
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 20 };
  const run = await runSync({ config, streams: ['refunds'] });
  await sandbox.close();
  t.equal(run.code, 1);
  t.match(run.stderr, /CRITICAL Paystack rejected the secret key/);
  t.ok(run.records['refunds']?.length);
  t.same(run.state.bookmarks, {});
});

t.test('what the user can mend has no stack, at debug neither', { buffered: true }, async (t) => {
  const run = await runTap(['--config', 'nowhere.json', '--log-level', 'debug']);
  t.match(run.stderr, /^CRITICAL [^\n]+\n$/);
});

t.test('mistakes in config, catalog and state are all said at once', { buffered: true }, async (t) => {
  const config = folder.file('bad.json', { page_size: 0, start_date: 'soon', api_key: 'x', pagesize: 3 });
  const catalog = folder.file('bad-catalog.json', selecting(['payments', 'refundz']));
  const run = await runTap(['--config', config, '--catalog', catalog, '--state', 'nowhere.json']);
  t.equal(run.code, 1);
  t.equal(run.stdout, '');
  for (const pattern of [
    /^WARNING .*no setting "pagesize"; did you mean "page_size"\?; it is ignored$/m,
    /^CRITICAL .*no setting "api_key"; did you mean "secret_key"\?$/m,
    /^CRITICAL setting page_size must be a whole number from 1 to 1000, not 0$/m,
    /^CRITICAL setting start_date is no date \("soon"\)/m,
    /^CRITICAL catalog file .* selects "payments", a stream this tap does not have; see --discover$/m,
    /^CRITICAL catalog file .* selects "refundz", .*did you mean "refunds"\?$/m,
    /^CRITICAL state file "nowhere.json": it cannot be read \(no such file, ENOENT\)/m,
  ]) {
    t.match(run.stderr, pattern);
  }
  t.equal(run.stderr.trimEnd().split('\n').length, 7, run.stderr);
});

t.test('a config file with the key that everybody may read is warned of', async (t) => {
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const config = folder.file('open.json', { secret_key: sandbox.secretKey, api_url: sandbox.url });
  const catalog = folder.file('banks.json', selecting(['banks']));
  for (const [mode, isWarned] of [
    [0o644, true],
    [0o640, false],
  ] as const) {
    chmodSync(config, mode);
    const run = await runTap(['--config', config, '--catalog', catalog]);
    t.equal(run.code, 0, run.stderr);
    t.equal(/WARNING config file ".*open.json" .*chmod 600/.test(run.stderr), isWarned, mode.toString(8));
  }
  const run = join(folder.path, '.meltano/run/tap-paystack');
  mkdirSync(run, { recursive: true });
  const made = join(run, 'tap.0f8fad5b-d9cb-469f-a165-70867728950e.config.json');
  copyFileSync(config, made);
  chmodSync(made, 0o644);
  t.notMatch((await runTap(['--config', made, '--catalog', catalog])).stderr, 'chmod', 'not of what Meltano makes');
});
