/** A mistake in the tap itself is called one wherever it happens, and shows where at the level of debug alone. */
import t from 'tap';
import { startSandbox } from '../src/sandbox/server.ts';
import { runTap } from './support/tap.ts';

t.jobs = 3;

const sandbox = await startSandbox();
t.teardown(() => sandbox.close());

/** Loaded into the tap's process, where it makes something fail that never does. */
const preload = (code: string) => `--import=data:text/javascript,${encodeURIComponent(code)}`;

const broken = `() => { throw new TypeError('nothing is not a function') }`;
const places: [string, string][] = [
  ['where the settings are read', `URL.canParse = ${broken}`],
  ['at the start of the run', `globalThis.AbortController = class { constructor() { (${broken})() } }`],
  [
    'in a callback',
    `const after = setTimeout; globalThis.setTimeout = (work, ...rest) => after(rest[0] === 60000 ? ${broken} : work, 0)`,
  ],
  [
    'in a promise that nobody waits for',
    `process.on('newListener', (name) => name === 'uncaughtException' && setTimeout(async () => (${broken})(), 1))`,
  ],
];

for (const [name, code] of places) {
  t.test(name, { buffered: true }, async (t) => {
    const environment = {
      TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
      TAP_PAYSTACK_API_URL: sandbox.url,
      NODE_OPTIONS: preload(code),
    };
    const run = await runTap([], environment);
    t.equal(run.code, 1, run.stderr);
    t.match(
      run.stderr,
      /^CRITICAL a defect of tap-paystack: TypeError: nothing is not a function \(.*--log-level debug/m,
    );
    t.notMatch(run.stderr, /^(?:DEBUG)?\s+at /m);
    t.notMatch(run.stderr, sandbox.secretKey);
    const debug = await runTap(['--log-level', 'debug'], environment);
    t.equal(debug.code, 1);
    t.match(debug.stderr, /^DEBUG +at .+:\d+:\d+/m, 'where it happened');
    t.match(debug.stderr, /^CRITICAL a defect of tap-paystack: TypeError: nothing is not a function \(/m);
  });
}

t.test('what is thrown and is no error', { buffered: true }, async (t) => {
  const text = `() => { throw 'nothing' }`;
  for (const code of [
    `globalThis.AbortController = class { constructor() { (${text})() } }`,
    `process.on('newListener', (name) => name === 'uncaughtException' && setTimeout(${text}, 1))`,
  ]) {
    const environment = { TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url };
    const run = await runTap([], { ...environment, NODE_OPTIONS: preload(code) });
    t.equal(run.code, 1, run.stderr);
    t.match(run.stderr, /^CRITICAL a defect of tap-paystack: nothing \(/m);
  }
});

t.test('in --test: the list is named', { buffered: true }, async (t) => {
  const environment = {
    TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
    TAP_PAYSTACK_API_URL: sandbox.url,
    // The total of each answer is checked with it.
    NODE_OPTIONS: preload(
      `process.on('newListener', (name) => name === 'SIGTERM' && (Number.isSafeInteger = ${broken}))`,
    ),
  };
  const run = await runTap(['--test', '--streams', 'banks'], environment);
  t.equal(run.code, 1, run.stderr);
  t.match(run.stderr, /^CRITICAL banks: failed: a defect of tap-paystack: TypeError: nothing is not a function \(/m);
});

t.test("in a stream: it is that stream's failure", { buffered: true }, async (t) => {
  const environment = {
    TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
    TAP_PAYSTACK_API_URL: sandbox.url,
    // The time of each record is written so.
    NODE_OPTIONS: preload(
      `process.on('newListener', (name) => name === 'uncaughtException' && (Date.prototype.toISOString = ${broken}))`,
    ),
  };
  const run = await runTap(['--streams', 'banks', '--log-level', 'debug'], environment);
  t.equal(run.code, 1, run.stderr);
  t.match(run.stderr, /^ERROR banks: a defect of tap-paystack: TypeError: nothing is not a function \(/m);
  t.match(run.stderr, /^DEBUG +at .+:\d+:\d+/m, 'where it happened');
  t.match(run.stderr, /^CRITICAL not whole: banks/m);
});
