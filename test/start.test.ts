/** What a sync leaves alone until it needs it, so that its first request goes out soon. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startSandbox } from '../src/sandbox/server.ts';
import { runTap, workFolder } from './support/tap.ts';

const sandbox = await startSandbox();
const folder = workFolder();
t.teardown(async () => {
  folder.remove();
  await sandbox.close();
});

/** Loaded into the tap's process: at its end, writes which files it has read. */
const noteReads = (path: string) => `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { readFileSync, writeFileSync } = fs;
  const read = [];
  fs.readFileSync = (path, ...rest) => (read.push(String(path)), readFileSync(path, ...rest));
  syncBuiltinESMExports();
  process.on('exit', () => writeFileSync(${JSON.stringify(path)}, JSON.stringify(read)));
`;

t.test('it reads the catalogs of its streams and of no others', async (t) => {
  const path = join(folder.path, 'read.json');
  const run = await runTap(['--streams', 'banks,countries'], {
    TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
    TAP_PAYSTACK_API_URL: sandbox.url,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noteReads(path))}`,
  });
  t.equal(run.code, 0, run.stderr);
  const read: string[] = JSON.parse(readFileSync(path, 'utf8'));
  const catalogs = read.flatMap((path) => /[\\/]catalogs[\\/](\w+)\.json$/.exec(path)?.[1] ?? []);
  t.strictSame([...new Set(catalogs)].sort(), ['banks', 'countries']);
});

const built = join(import.meta.dirname, '../dist/tap');
const scripts = readdirSync(built).filter((name) => name.endsWith('.js'));

// For coverage it is built of the sources alone.
const isForCoverage = existsSync(join(built, 'main.js.map'));

t.test('its shapes were compiled when it was built', { skip: isForCoverage }, async (t) => {
  const text = scripts.map((name) => readFileSync(join(built, name), 'utf8')).join('\n');
  t.match(text, /must have required property 'streams'/, 'what ajv made of the shape of a catalog');
  t.notMatch(text, /validateSchema/, 'ajv itself');
});

t.test('it is in few files, for each takes its time', async (t) => {
  const kinds = scripts.map((name) => name.replace(/-\w{8}\.js$/, '.js'));
  t.strictSame(kinds.sort(), ['asking.js', 'chunk.js', 'chunk.js', 'cli.js', 'main.js', 'proxy.js']);
});

t.test('what is answered at once does not load luxon', async (t) => {
  const text = readFileSync(join(built, 'cli.js'), 'utf8');
  t.notMatch(text, /luxon|DateTime/);
  t.match(text, /--discover/);
});

t.test('what asks is loaded only where something is asked', async (t) => {
  const code = `process.on('exit', () => console.error('asks:', process.moduleLoadList.includes('NativeModule https')))`;
  const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  for (const [flag, isLoaded] of [
    ['--help', false],
    ['--about', false],
    ['--test=schema', false],
    ['--test', true],
  ] as const) {
    const run = await runTap([flag, '--streams', 'banks'], {
      ...{ TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey, TAP_PAYSTACK_API_URL: sandbox.url },
      ...environment,
    });
    t.equal(run.code, 0, run.stderr);
    t.match(run.stderr, `asks: ${isLoaded}`, flag);
  }
});
