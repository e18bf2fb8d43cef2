/** How the log is written, and how much of it: as flags, variables and Meltano say, from the first error on. */
import t, { type Test } from 'tap';
import { startSandbox } from '../src/sandbox/server.ts';
import { type Json, type Run, readMessages, runTap, selecting, workFolder } from './support/tap.ts';

t.jobs = 3;

const folder = workFolder();
const sandbox = await startSandbox();
t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));

const config = folder.file('config.json', { secret_key: sandbox.secretKey, api_url: sandbox.url });
const catalog = folder.file('catalog.json', selecting(['refunds', 'terminals']));
const broken = folder.file('broken.json', '{');
const sync = ['--config', config, '--catalog', catalog];

/** What Meltano writes for a tap; its parser takes a line only if it is an object with all of these. */
const required = ['level', 'pid', 'logger_name', 'ts', 'thread_name', 'app_name', 'stream_name', 'message'];

function structured(t: Test, { stderr }: Run): Json[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => {
      t.ok(line.startsWith('{') && line.endsWith('}'), line);
      const parsed = JSON.parse(line) as Json;
      for (const key of required) t.ok(key in parsed, key);
      t.notOk('type' in parsed, 'not to be taken for a message');
      t.match(parsed.level, /^(?:debug|info|warning|error|critical)$/);
      t.equal(typeof parsed.ts, 'number');
      t.strictSame(parsed.extra, parsed.metric_info?.tags ?? parsed.summary ?? {});
      return parsed;
    });
}

/** The file that SINGER_SDK_LOG_CONFIG names. */
function meltanoFile(name: string, level: string, formatter: object): string {
  const root = { handlers: ['console'], level };
  const handlers = { console: { class: 'logging.StreamHandler', formatter: 'singer_formatter' } };
  return folder.file(name, { version: 1, formatters: { singer_formatter: formatter }, handlers, root });
}

const json = meltanoFile('json.json', 'INFO', { '()': 'singer_sdk.logging.StructuredFormatter' });
const plain = meltanoFile('plain.json', 'DEBUG', { format: '%(message)s' });

const ways: [string, string[], Record<string, string>][] = [
  ['a flag', ['--log-format', 'json'], { TAP_PAYSTACK_LOG_FORMAT: 'text' }],
  ['the variable', [], { TAP_PAYSTACK_LOG_FORMAT: 'JSON', SINGER_SDK_LOG_CONFIG: plain, LOGLEVEL: 'info' }],
  ['Meltano', [], { SINGER_SDK_LOG_CONFIG: json }],
];
for (const [name, args, environment] of ways) {
  t.test(`lines of JSON, because of ${name}`, { buffered: true }, async (t) => {
    const run = await runTap([...sync, ...args], environment);
    t.equal(run.code, 0, run.stderr);
    readMessages(run.stdout);
    const lines = structured(t, run);
    const counts = lines.filter(({ metric_info }) => metric_info?.metric === 'record_count');
    t.match(counts, [
      { message: 'METRIC', metric_info: { type: 'counter', tags: {} } },
      { message: 'METRIC', metric_info: { type: 'counter', tags: {} } },
    ]);
    for (const { stream_name, metric_info } of counts) t.equal(stream_name, metric_info.tags.endpoint);
    t.ok(lines.some(({ message, stream_name }) => /^refunds: \d+ records/.test(message) && stream_name === 'refunds'));
    const written = run.stdout.split('\n').filter((line) => line.includes('"RECORD"')).length;
    const summary = {
      streams: 2,
      records: written,
      requests: 2,
      retries: 0,
      waits: 0,
      windows_read_again: 0,
      drift: 0,
    };
    t.match(lines.at(-1), { message: /^\d+ records of 2 streams written/, summary: { ...summary, failures: [] } });
    t.strictSame(lines.at(-1)?.extra, lines.at(-1)?.summary, 'Meltano shows it');
  });
}

t.test(
  'text, where a flag says so against Meltano, or Meltano does not ask for JSON',
  { buffered: true },
  async (t) => {
    const asked = await runTap([...sync, '--log-format=text'], { SINGER_SDK_LOG_CONFIG: json });
    t.match(asked.stderr, /^INFO refunds: /m);
    const debug = await runTap(sync, { SINGER_SDK_LOG_CONFIG: plain });
    t.match(debug.stderr, /^DEBUG METRIC: /m, "at Meltano's own level");
    const gone = await runTap(sync, { SINGER_SDK_LOG_CONFIG: '/nowhere' });
    t.match(gone.stderr, /^INFO refunds: /m);
  },
);

const mistakes: [string, string[], Record<string, string>, number, RegExp][] = [
  ['in the config', ['--log-format=json', '--config', broken], {}, 1, /not valid JSON/],
  ['in the flags', ['--log-format=json', '--nonsense'], {}, 2, /nonsense/],
  ['in the level', [], { TAP_PAYSTACK_LOG_FORMAT: 'json', TAP_PAYSTACK_LOGLEVEL: 'loud' }, 1, /TAP_PAYSTACK_LOGLEVEL/],
];
for (const [name, args, environment, code, pattern] of mistakes) {
  t.test(`an error ${name} is a line of JSON too`, { buffered: true }, async (t) => {
    const run = await runTap(args, environment);
    t.equal(run.code, code);
    t.equal(run.stdout, '');
    const lines = structured(t, run);
    t.equal(lines.length, 1);
    t.match(lines[0], { level: 'critical', message: pattern });
  });
}

t.test('the last line is a summary of what went wrong too', { buffered: true }, async (t) => {
  const other = await startSandbox({
    faults: ({ endpoint, attempt }) => {
      if (endpoint === 'refunds') return { kind: 'status', status: 422 };
      return attempt === 1 ? { kind: 'status', status: 503 } : undefined;
    },
  });
  t.teardown(() => other.close());
  const environment = { TAP_PAYSTACK_SECRET_KEY: other.secretKey, TAP_PAYSTACK_API_URL: other.url };
  const run = await runTap(['--streams', 'banks,refunds'], { ...environment, TAP_PAYSTACK_LOG_FORMAT: 'json' });
  t.equal(run.code, 1);
  const last = structured(t, run).at(-1);
  t.match(last, { summary: { streams: 2, requests: other.requests.length, retries: 1, failures: ['refunds'] } });
  const text = await runTap(['--streams', 'banks'], { ...environment, TAP_PAYSTACK_LOGLEVEL: 'info' });
  t.match(text.stderr, /\nINFO \d+ records of 1 stream written in \d+\.\d s \(\d requests?[^)]*\)\n$/);
});

t.test('colours, where they are asked for', { buffered: true }, async (t) => {
  const coloured = await runTap(['--config', broken], { FORCE_COLOR: '1' });
  t.ok(coloured.stderr.startsWith('\u001b[1;31mCRITICAL\u001b[0m config file '), coloured.stderr);
  for (const environment of [{}, { FORCE_COLOR: '0' }, { NO_COLOR: '1' }]) {
    t.match((await runTap(['--config', broken], environment)).stderr, /^CRITICAL config file /);
  }
  const json = await runTap(['--config', broken, '--log-format', 'json'], { FORCE_COLOR: '1' });
  t.notOk(json.stderr.includes('\u001b'));
});

t.test('a word for the format that there is none of', { buffered: true }, async (t) => {
  const flag = await runTap([...sync, '--log-format', 'yaml']);
  t.equal(flag.code, 2);
  t.match(flag.stderr, /^CRITICAL [^\n]*Choices: "text", "json"[^\n]*\n$/);
  const variable = await runTap(sync, { TAP_PAYSTACK_LOG_FORMAT: 'yaml' });
  t.equal(variable.code, 1);
  t.equal(variable.stderr, 'CRITICAL TAP_PAYSTACK_LOG_FORMAT must be one of text, json, not "yaml"\n');
});

const levels: [string, string[], Record<string, string>, RegExp, RegExp][] = [
  ['a flag over the variables', ['--log-level', 'Error'], { TAP_PAYSTACK_LOGLEVEL: 'debug' }, /^$/, /INFO|DEBUG/],
  ["the tap's variable over the general", [], { TAP_PAYSTACK_LOGLEVEL: 'WARN', LOGLEVEL: 'debug' }, /^$/, /INFO|DEBUG/],
  ['the general variable', [], { LOGLEVEL: 'NOTSET' }, /^DEBUG METRIC/m, /^$/],
  ['a general word that only others know', [], { LOGLEVEL: 'trace' }, /^INFO refunds/m, /DEBUG/],
];
for (const [name, args, environment, wanted, unwanted] of levels) {
  t.test(`the level is that of ${name}`, { buffered: true }, async (t) => {
    const run = await runTap([...sync, ...args], environment);
    t.equal(run.code, 0, run.stderr);
    t.match(run.stderr, wanted);
    t.notMatch(run.stderr, unwanted);
  });
}
