// `npm run mutate [-- FILE…]`: changes the sources in thousands of small ways, one at a time, and names each change that no
// test notices. A file is a source file, some lines of it (`src/paystack/pass.ts:10-20`), or a wing. Without one, it goes
// through all that `tests.json` names. `survivors.md` says which changes stay unnoticed, and why.
//
// Stryker (https://stryker-mutator.io) does the work; it is fetched when it is first asked for, being larger than all else.
// A trial must be cheap: `build.js` bundles the tests once, with all changes in them, and `runner.js` runs these bundles.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const stryker = '@stryker-mutator/core@9.6.1';
const root = join(import.meta.dirname, '../..');
const config = join(root, `.tap/stryker-${process.pid}.json`);

/** The tests that are to notice, by file or wing; the quickest first, since the first that fails ends the trial. */
const testsOf = JSON.parse(readFileSync(join(import.meta.dirname, 'tests.json'), 'utf8'));

for (const [source, tests] of Object.entries(testsOf)) {
  const needed = [source, ...tests.map((name) => `test/${name}.test.ts`)];
  const missing = needed.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`tests.json names what is not there: ${missing.join(', ')}`);
}

const given = process.argv.slice(2);
const paths = new Set((given.length > 0 ? given : Object.keys(testsOf)).flatMap(filesOf));
const results = [...paths].map(mutate);
process.exitCode = results.every((status) => status === 0) ? 0 : 1;

/** The files of a wing that have tests, or what was given. */
function filesOf(path) {
  const isWing = existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
  if (!isWing) return [path];
  const names = readdirSync(join(root, path)).filter((name) => /(?<!\.d)\.ts$/.test(name));
  return names.map((name) => join(path, name)).filter(testsFor);
}

function testsFor(file) {
  return testsOf[file] ?? testsOf[dirname(file)];
}

function mutate(path) {
  const tests = testsFor(path.replace(/:.*$/, ''));
  if (tests === undefined) throw new Error(`tests.json names no tests for ${path}`);
  const options = {
    mutate: [path],
    testRunner: 'bundles',
    plugins: [join(import.meta.dirname, 'runner.js')],
    coverageAnalysis: 'off',
    // Things that a trial leaves behind do not pile up.
    maxTestRunnerReuse: 50,
    testRunnerNodeArgs: ['--max-old-space-size=1000'],
    buildCommand: `node test/mutation/build.js ${tests.join(' ')}`,
    // A machine that has much else to do is slow; what waits for ever, or is in a loop, is mostly known sooner.
    timeoutMS: 30_000,
    concurrency: 2,
    tsconfigFile: 'none',
    disableTypeChecks: true,
    reporters: ['clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    tempDirName: '.tap/mutation',
    ignorePatterns: ['/.tap', '/dist', '/docs'],
  };
  mkdirSync(dirname(config), { recursive: true });
  writeFileSync(config, JSON.stringify(options));
  const env = { ...process.env, MUTATE_TESTS: tests.join(' ') };
  process.stdout.write(`${path}, by ${tests.join(', ')}\n`);
  const args = ['--yes', '--package', stryker, '--', 'stryker', 'run', config];
  const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' });
  rmSync(config);
  return status;
}
