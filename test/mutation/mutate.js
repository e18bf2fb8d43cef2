// `npm run mutate [-- FILE…]`: changes the sources in thousands of small ways, one at a time, and names each change that no
// test notices. A file is a source file, some lines of it (`src/paystack/pass.ts:10-20`), or a wing. Without one, it goes
// through all that `tests.json` names. `survivors.md` says which changes stay unnoticed, and why.
//
// Stryker (https://stryker-mutator.io) does the work; it is fetched when it is first asked for, being larger than all else.
// A trial must be cheap: `build.js` bundles the tests once, with all changes in them, and each test file is a process of
// plain Node.js. Which change is alive is in its environment.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const stryker = '@stryker-mutator/core@9.6.1';
const root = join(import.meta.dirname, '../..');
const config = join(root, '.tap/stryker.json');

/** The tests that are to notice, by file or wing; the quickest first, since the first that fails ends the trial. */
const testsOf = JSON.parse(readFileSync(join(import.meta.dirname, 'tests.json'), 'utf8'));

for (const [source, tests] of Object.entries(testsOf)) {
  const needed = [source, ...tests.map((name) => `test/${name}.test.ts`)];
  const missing = needed.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`tests.json names what is not there: ${missing.join(', ')}`);
}

const given = process.argv.slice(2);
const results = (given.length > 0 ? given : Object.keys(testsOf)).flatMap(filesOf).map(mutate);
process.exitCode = results.every((status) => status === 0) ? 0 : 1;

/** The files of a wing, or what was given. */
function filesOf(path) {
  const isWing = existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
  if (!isWing) return [path];
  const files = readdirSync(join(root, path)).filter((name) => /(?<!\.d)\.ts$/.test(name));
  return files.map((name) => `${path.replace(/\/$/, '')}/${name}`);
}

function mutate(path) {
  const file = path.replace(/:.*$/, '');
  const tests = testsOf[file] ?? testsOf[dirname(file)];
  if (tests === undefined) throw new Error(`tests.json names no tests for ${file}`);
  const options = {
    mutate: [path],
    testRunner: 'command',
    commandRunner: { command: tests.map((name) => `node dist/mutation/${name}.test.js`).join(' && ') },
    buildCommand: `node test/mutation/build.js ${tests.join(' ')}`,
    // What takes longer than half as long again, and this, has no end.
    timeoutMS: 10_000,
    concurrency: 2,
    tsconfigFile: 'none',
    disableTypeChecks: true,
    reporters: ['clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    tempDirName: '.tap/mutation',
    ignorePatterns: ['/.tap', '/dist', '/docs'],
  };
  mkdirSync(dirname(config), { recursive: true });
  writeFileSync(config, JSON.stringify(options));
  // A change may have a test gather things without end.
  const env = { ...process.env, TAP_BAIL: '1', NODE_OPTIONS: '--max-old-space-size=512' };
  process.stdout.write(`${path}, by ${tests.join(', ')}\n`);
  const args = ['--yes', '--package', stryker, '--', 'stryker', 'run', config];
  return spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' }).status;
}
