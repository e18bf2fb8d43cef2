/** BATCH: records are handed over as files that are whole, and a STATE covers only what was handed over. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { parseConfig } from '../src/config.ts';
import { randomNumbers } from '../src/sandbox/rows.ts';
import { type SandboxOptions, startSandbox } from '../src/sandbox/server.ts';
import { allRecords, batchesIn, draftsIn } from './support/batches.ts';
import { received } from './support/stopped.ts';
import { executable, type Json, readMessages, runTap, selecting, startTap, workFolder } from './support/tap.ts';

/** A sandbox, and settings that have its records handed over as files in a folder of their own. */
async function start(t: Test, options: SandboxOptions, settings: object = {}, batch: object = {}) {
  const sandbox = await startSandbox(options);
  const folder = workFolder();
  const files = join(folder.path, 'batches');
  mkdirSync(files);
  t.teardown(async () => {
    await sandbox.close();
    folder.remove();
  });
  const plain = {
    secret_key: sandbox.secretKey,
    api_url: sandbox.url,
    requests_per_minute: 1_000_000,
    ...settings,
  };
  const config = { ...plain, batch_config: { storage: { root: pathToFileURL(files).href }, ...batch } };
  return { sandbox, folder, files, plain, config };
}

/** As `runSync`, for messages that are not records alone. */
async function sync(folder: ReturnType<typeof workFolder>, config: object, more: { streams?: string[]; state?: Json }) {
  const args = ['--config', folder.file('config.json', config)];
  if (more.state !== undefined) args.push('--state', folder.file('state.json', more.state));
  if (more.streams) args.push('--catalog', folder.file('catalog.json', selecting(more.streams)));
  const run = await runTap(args);
  return { ...run, ...received(run.stdout) };
}

const spread = { from: '2025-01-01T00:00:00Z', to: '2026-06-30T00:00:00Z' };

/** The part of a state that does not say when it was made. */
function marks({ bookmarks }: Json): Json {
  return Object.fromEntries(Object.entries<Json>(bookmarks).map(([stream, { as_of, ...mark }]) => [stream, mark]));
}

t.test('every stream: the lines are the records of the RECORD messages, byte for byte', async (t) => {
  const { folder, files, plain, config } = await start(t, { synthetic: { transactions: { rows: 700, ...spread } } });
  const without = await sync(folder, plain, {});
  const run = await sync(folder, config, {});
  t.equal(run.code, 0, run.stderr);
  t.strictSame(new Set(run.messages.map(({ type }) => type)), new Set(['SCHEMA', 'STATE', 'BATCH']));
  const texts = (records: Record<string, readonly Json[]>) =>
    Object.fromEntries(
      Object.entries(records).map(([stream, all]) => [stream, all.map((r) => JSON.stringify(r)).sort()]),
    );
  t.strictSame(texts(allRecords(run.messages)), texts(without.records));
  t.strictSame(marks(run.state), marks(without.state), 'and the state is the same');
  const schemas = (messages: readonly Json[]) => messages.filter(({ type }) => type === 'SCHEMA');
  t.strictSame(schemas(run.messages), schemas(without.messages));
  // As messages, they are a run that a strict target takes.
  const lines = run.messages.flatMap((message) =>
    message.type !== 'BATCH'
      ? [message]
      : batchesIn([message])[0]!.records.map((record) => {
          return { type: 'RECORD', stream: message.stream, record, time_extracted: new Date().toISOString() };
        }),
  );
  t.doesNotThrow(() => readMessages(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  const named = batchesIn(run.messages).map(({ path }) => basename(path));
  t.strictSame(named.sort(), readdirSync(files).sort(), 'the folder holds what was handed over, and nothing else');
  const summary = /INFO ([\d,]+) records of/.exec(run.stderr)?.[1];
  t.equal(summary, /INFO ([\d,]+) records of/.exec(without.stderr)?.[1], 'the summary counts the same');
});

t.test('without the setting nothing is a file, and null, empty and {} are not the setting', async (t) => {
  const { folder, files, plain } = await start(t, {});
  for (const batch_config of [null, '', {}, undefined]) {
    const run = await sync(folder, { ...plain, batch_config }, { streams: ['customers'] });
    t.equal(run.code, 0);
    t.notOk(run.messages.some(({ type }) => type === 'BATCH'));
  }
  t.strictSame(readdirSync(files), []);
});

t.test('files are full but for the last, their names are unique and in order', async (t) => {
  const options = { synthetic: { transactions: { rows: 2500, ...spread } } };
  for (const compression of ['gzip', 'none'] as const) {
    const batch = { batch_size: 700, encoding: { format: 'jsonl', compression } };
    const { folder, files, config } = await start(t, options, { page_size: 1000 }, batch);
    const { storage } = config.batch_config;
    const prefixed = { ...config, batch_config: { ...config.batch_config, storage: { ...storage, prefix: 'acme-' } } };
    const { messages } = await sync(folder, prefixed, { streams: ['transactions'] });
    const batches = batchesIn(messages);
    t.strictSame(
      batches.map(({ records }) => records.length),
      [700, 700, 700, 400],
    );
    const names = batches.map(({ path }) => basename(path));
    t.strictSame([...names].sort(), names, 'in order');
    const ending =
      compression === 'gzip' ? /^acme-transactions-[\w-]+\.jsonl\.gz$/ : /^acme-transactions-[\w-]+\.jsonl$/;
    for (const name of names) t.match(name, ending);
    await sync(folder, prefixed, { streams: ['transactions'] });
    t.equal(readdirSync(files).length, 8, 'a second run leaves the files of the first');
  }
});

/** Whether each STATE covers no more than what was handed over before it. */
function covers(t: Test, messages: readonly Json[], all: readonly Json[]): number {
  let states = 0;
  const had = new Set<string>();
  for (const message of messages) {
    if (message.type === 'BATCH')
      for (const { id } of batchesIn([message])[0]!.records) had.add(`${message.stream} ${id}`);
    if (message.type !== 'STATE') continue;
    states++;
    for (const { stream, id, createdAt } of all) {
      const reached = message.value.bookmarks[stream]?.createdAt;
      if (reached === undefined || Date.parse(createdAt) >= Date.parse(reached) || had.has(`${stream} ${id}`)) continue;
      t.fail(`a STATE claims ${stream} ${id}`);
    }
  }
  return states;
}

const several = ['customers', 'transactions', 'transfers'];
const synthetic = Object.fromEntries(several.map((stream) => [stream, { rows: 300, ...spread }]));
const small = { page_size: 5, lookback_window_days: 0 };

t.test('killed anywhere, each STATE is covered, each file is whole, and the next run has the rest', async (t) => {
  const { folder, files, config } = await start(t, { synthetic, latencyMs: 2 }, small, { batch_size: 40 });
  const whole = await sync(folder, config, { streams: several });
  const keys = (messages: readonly Json[]) =>
    Object.entries(allRecords(messages)).flatMap(([stream, records]) => records.map(({ id }) => `${stream} ${id}`));
  const all = Object.entries(allRecords(whole.messages)).flatMap(([stream, records]) =>
    records.map(({ id, createdAt }) => ({ stream, id, createdAt })),
  );
  t.equal(all.length, 900);
  t.ok(covers(t, whole.messages, all) > 10, 'a state for each full file');
  const seed = 4711;
  const chance = randomNumbers(seed);
  const args = [
    '--config',
    folder.file('config.json', config),
    '--catalog',
    folder.file('catalog.json', selecting(several)),
  ];
  for (const signal of ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    const before = new Set(readdirSync(files));
    const child = startTap(args);
    const bytes = Math.floor(chance() * whole.stdout.length);
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (stdout.length >= bytes) child.kill(signal);
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const first = received(stdout);
    const note = `seed ${seed}, ${signal} after ${bytes} bytes`;
    covers(t, first.messages, all);
    const rest = await sync(folder, config, { streams: several, ...(first.state && { state: first.state }) });
    t.equal(new Set([...keys(first.messages), ...keys(rest.messages)]).size, 900, note);
    if (signal === 'SIGKILL') {
      for (const draft of draftsIn(files)) rmSync(join(files, draft));
      continue;
    }
    t.equal(code, signal === 'SIGTERM' ? 143 : 130, note);
    t.equal(first.messages.at(-1)?.type, 'STATE', note);
    t.strictSame(draftsIn(files), [], 'no draft is left');
    const left = readdirSync(files).filter((name) => !before.has(name));
    const named = [...batchesIn(first.messages), ...batchesIn(rest.messages)].map(({ path }) => basename(path));
    t.strictSame(left.sort(), named.sort(), 'what is there is handed over');
  }
});

t.test('the reader of stdout goes away: no draft is left', async (t) => {
  const { folder, files, config } = await start(t, { synthetic, latencyMs: 2 }, small, { batch_size: 40 });
  const child = startTap(['--config', folder.file('config.json', config)]);
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    if (chunk.includes('BATCH')) child.stdout?.destroy();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  t.equal(code, 1);
  t.strictSame(draftsIn(files), []);
});

t.test(
  'the folder goes away in the middle: one clear line, and the last line is a STATE that is covered',
  async (t) => {
    const { folder, files, config } = await start(t, { synthetic, latencyMs: 2 }, small, { batch_size: 40 });
    const child = startTap(['--config', folder.file('config.json', config)]);
    const stderr = text(child.stderr!);
    let stdout = '';
    let atRemoval: Json[] = [];
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (atRemoval.length > 0 || !chunk.includes('BATCH')) return;
      atRemoval = batchesIn(received(stdout).messages);
      renameSync(files, `${files}-gone`);
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    t.equal(code, 1);
    t.match(
      await stderr,
      /CRITICAL the batch folder \S+ cannot be written: it, or the file in it, was removed; the rec/,
    );
    const { messages } = received(stdout);
    t.equal(messages.at(-1)?.type, 'STATE');
    t.notOk(existsSync(files), 'nothing makes it again');
  },
);

t.test('a disk that takes no more: no message names a file that is not whole', async (t) => {
  // A random text, as what repeats itself takes no room.
  const chance = randomNumbers(1);
  const noise = () => Array.from({ length: 2000 }, () => Math.floor(chance() * 36).toString(36)).join('');
  const transactions = Array.from({ length: 400 }, (_, index) => ({
    id: index + 1,
    createdAt: new Date(Date.UTC(2025, 0, 1) + index * 86_400_000).toISOString(),
    metadata: { noise: noise() },
  }));
  const { folder, files, config } = await start(
    t,
    { records: { transactions } },
    { page_size: 10 },
    { batch_size: 150 },
  );
  const args = [
    executable,
    '--config',
    folder.file('c.json', config),
    '--catalog',
    folder.file('s.json', selecting(['transactions'])),
  ];
  // In blocks of 512 or 1024 bytes: less than one file needs.
  const shell = 'ulimit -f 100; exec "$0" "$@"';
  const survive = `data:text/javascript,process.on('SIGXFSZ',()=>{})`;
  const child = spawn('sh', ['-c', shell, process.execPath, '--import', survive, ...args], { env: {} });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  t.equal(code, 1);
  t.match(stderr, /CRITICAL the batch folder \S+ cannot be written: a file would be larger than is allowed/);
  const { messages, state } = received(stdout);
  t.strictSame(batchesIn(messages), []);
  t.strictSame(state, { bookmarks: {} }, 'the state claims nothing');
  t.strictSame(readdirSync(files), [], 'and nothing is left');
});

t.test('one stream fails: what the others have is handed over', async (t) => {
  const faults: SandboxOptions['faults'] = ({ endpoint }) =>
    endpoint === 'transfers' ? { kind: 'status', status: 403, body: { status: false, message: 'No' } } : undefined;
  const { folder, files, config } = await start(t, { synthetic, faults });
  const run = await sync(folder, config, { streams: several });
  t.equal(run.code, 1);
  const records = allRecords(run.messages);
  t.strictSame(
    Object.entries(records).map(([stream, { length }]) => [stream, length]),
    [
      ['customers', 300],
      ['transactions', 300],
    ],
  );
  t.strictSame(Object.keys(run.state.bookmarks).sort(), ['customers', 'transactions']);
  t.strictSame(draftsIn(files), []);
});

t.test('a stream with a version comes as RECORD messages, since lines of a file can have none', async (t) => {
  const { folder, config } = await start(t, {}, { activate_version: true });
  const { messages, code } = await sync(folder, config, { streams: ['banks', 'customers'] });
  t.equal(code, 0);
  const of = (stream: string) => messages.filter((message) => message.stream === stream).map(({ type }) => type);
  t.strictSame([...new Set(of('banks'))], ['SCHEMA', 'RECORD', 'ACTIVATE_VERSION']);
  t.ok(messages.filter(({ type }) => type === 'RECORD').every(({ version }) => Number.isInteger(version)));
  t.strictSame([...new Set(of('customers'))], ['SCHEMA', 'BATCH']);
});

t.test('--test tries the folder and leaves nothing in it; a run does not ask before', async (t) => {
  const { sandbox, folder, files, plain, config } = await start(t, {});
  const args = (config: object, ...more: string[]) => ['--config', folder.file('config.json', config), ...more];
  t.equal((await runTap(args(config, '--test'))).code, 0);
  t.strictSame(readdirSync(files), []);
  sandbox.resetRequests();
  const missing = { ...plain, batch_config: { storage: { root: pathToFileURL(join(folder.path, 'none')).href } } };
  const file = { ...plain, batch_config: { storage: { root: pathToFileURL(folder.file('a.txt', 'x')).href } } };
  for (const flags of [[], ['--test']]) {
    const gone = await runTap(args(missing, ...flags));
    t.equal(gone.code, 1);
    t.equal(gone.stdout, '');
    t.match(
      gone.stderr,
      /^CRITICAL setting batch_config: storage.root: the folder \S+none does not exist: make it[^\n]*\n$/,
    );
    t.match((await runTap(args(file, ...flags))).stderr, /a\.txt is no folder: name one/);
  }
  t.equal(sandbox.requests.length, 0);
  t.equal((await runTap(args(missing, '--discover'))).code, 0);
  t.equal((await runTap(args(missing, '--plan'))).code, 0);
});

t.test(
  'a folder that may not be written',
  { skip: process.getuid?.() === 0 && 'root may write anywhere' },
  async (t) => {
    const { folder, files, config } = await start(t, {});
    chmodSync(files, 0o500);
    const { code, stderr } = await runTap(['--config', folder.file('config.json', config)]);
    chmodSync(files, 0o700);
    t.equal(code, 1);
    t.match(stderr, /cannot be written \(permission denied\)/);
  },
);

t.test('the setting comes from the environment as JSON', async (t) => {
  const { files, plain, config } = await start(t, {});
  const environment = {
    TAP_PAYSTACK_SECRET_KEY: plain.secret_key,
    TAP_PAYSTACK_API_URL: plain.api_url,
    TAP_PAYSTACK_STREAMS: 'customers',
    TAP_PAYSTACK_BATCH_CONFIG: JSON.stringify(config.batch_config),
  };
  t.equal((await runTap([], environment)).code, 0);
  t.equal(readdirSync(files).length, 1);
  const broken = await runTap([], { ...environment, TAP_PAYSTACK_BATCH_CONFIG: '{"storage": ' });
  t.match(
    broken.stderr,
    /^CRITICAL setting batch_config must be an object in JSON, as docs\/batch.md shows it, not "\{/,
  );
});

t.test('one clear line for each mistake', async (t) => {
  const root = 'file:///data/batches';
  const storage = { root };
  const complaints = (batch_config: unknown) => {
    try {
      parseConfig({ secret_key: 'sk_test_0123456789abcdef', batch_config }, '1.2.3');
      return [];
    } catch (error) {
      return (error as { mistakes?: string[] }).mistakes ?? [String(error)];
    }
  };
  const cases: [unknown, RegExp][] = [
    ['file:///data', /must be an object in JSON/],
    [[1], /must be an object in JSON/],
    [true, /must be an object in JSON/],
    [{ encoding: { format: 'jsonl' } }, /holds no storage\.root: set it/],
    [{ storage: {} }, /holds no storage\.root/],
    [{ storage: 'file:///data' }, /holds storage "file:\/\/\/data": it must be an object with "root", "prefix"/],
    [{ storage, encoding: 'jsonl' }, /holds encoding "jsonl": it must be an object/],
    [
      { storage, encoding: { format: 'parquet' } },
      /holds encoding\.format "parquet", which is not supported: write "jsonl"/,
    ],
    [{ storage, encoding: { compression: 'zstd' } }, /"zstd", which is not supported: write "gzip" or "none"/],
    [{ storage: { root: 's3://bucket/x' } }, /"s3:\/\/bucket\/x", which is no folder of this machine/],
    [{ storage: { root: '/data/b' } }, /write it as "file:\/\/\/data\/b"/],
    [{ storage: { root: 'file://data/b' } }, /which is no folder of this machine/],
    [{ storage: { root: 'file:///data?x=1' } }, /which is no folder of this machine/],
    [{ storage: { root: 7 } }, /holds storage\.root 7/],
    [{ storage: { root: 'file:///my data' } }, /is not found by targets; choose another folder/],
    [{ storage: { root: 'file:///my%20data' } }, /is not found by targets/],
    [{ storage: { root: 'file:///a%2Fb' } }, /is not found by targets/],
    [{ storage: { root, prefix: '../x' } }, /holds storage\.prefix "\.\.\/x"/],
    [{ storage: { root, prefix: 'a/b' } }, /folders go into storage\.root/],
    [{ storage: { root, prefix: '.hidden' } }, /begin with a letter or digit/],
    [{ storage: { root, prefix: 'x'.repeat(101) } }, /100 of them at most/],
    [{ storage: { root, params: { key: 1 } } }, /holds storage\.params/],
    [{ storage, batch_size: 0 }, /holds batch_size 0: it must be a whole number from 1 to 1000000/],
    [{ storage, batch_size: 1.5 }, /holds batch_size 1\.5/],
    [{ storage, batch_size: 1_000_001 }, /holds batch_size 1000001/],
    [{ storage, batch_size: 'many' }, /holds batch_size "many"/],
    [{ storage, batch_size: true }, /holds batch_size true/],
    [{ storage, batchSize: 5 }, /"batchSize", which is no part of it; did you mean "batch_size"\?/],
    [{ storage, compression: 'gzip' }, /"compression", which is no part of it; did you mean "encoding\.compression"\?/],
    [{ storage, root }, /did you mean "storage\.root"\?/],
    [{ storage: { root, path: '/x' } }, /"storage\.path", which is no part of it; did you mean "storage\.root"\?/],
    [{ storage, encoding: { formt: 'jsonl' } }, /did you mean "encoding\.format"\?/],
  ];
  for (const [given, expected] of cases) {
    const lines = complaints(given);
    t.equal(lines.length, 1, `${JSON.stringify(given)}: ${lines.join(' | ')}`);
    t.match(lines[0], expected);
    t.match(lines[0], /^setting batch_config /);
  }
  const all = {
    encoding: { format: 'parquet', compression: 'xz' },
    storage: { root: 's3://x', prefix: '/' },
    batch_size: -1,
  };
  t.equal(complaints(all).length, 5, 'all mistakes at once');
  const accepted: unknown[] = [
    { storage },
    { storage: { root: 'file:///data/batches/', prefix: null, params: {} }, encoding: null, batch_size: '500' },
    { storage, encoding: { format: 'jsonl', compression: 'none' }, batch_size: 1 },
    JSON.stringify({ storage }),
  ];
  for (const given of accepted) t.strictSame(complaints(given), []);
});

t.test('--about names the capability and the setting', async (t) => {
  const about = JSON.parse((await runTap(['--about', '--format', 'json'])).stdout) as Json;
  t.ok(about.capabilities.includes('batch'));
  t.strictSame(about.settings.properties.batch_config.type, ['object', 'null']);
});
