// `npm run mutate [-- FILE…]`: changes the sources in thousands of small ways, one at a time, and names each change that no test
// notices. Without files it goes through all that reads, converts and syncs, which takes a night; a file takes some minutes.
// Stryker (https://stryker-mutator.io) does the work; it is fetched when it is first asked for, being larger than all else.
import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';

const stryker = '@stryker-mutator/core@9.6.1';
const root = join(import.meta.dirname, '../..');

/** The tests that are to notice, by folder; the quick ones first, since the first that fails ends the trial. */
const testsOf = {
  'src/json': ['json-scan', 'json-exact', 'dates', 'conform', 'hostile'],
  'src/record': ['scalar-rules', 'conform', 'hostile'],
  'src/singer': ['selection', 'state', 'discovery'],
  'src/sync': ['writer-turns', 'bookmark', 'incremental', 'paging', 'late-changes', 'shards', 'resume'],
  'src/paystack': [
    'quota',
    'client',
    'transport',
    'paging',
    'collections',
    'errors',
    'faults',
    'incremental',
    'late-changes',
  ],
};

const given = process.argv.slice(2);
const files = given.length > 0 ? given : Object.keys(testsOf).map((folder) => `${folder}/*.ts`);
const results = files.map((file) => {
  const tests = testsOf[dirname(file)];
  if (tests === undefined)
    throw new Error(`no tests are named for ${file}: it must be in ${Object.keys(testsOf).join(', ')}`);
  const own = basename(file, '.ts');
  const names = [...tests.filter((name) => name === own), ...tests.filter((name) => name !== own)];
  const env = { ...process.env, MUTATE_TESTS: names.map((name) => `test/${name}.test.ts`).join(' ') };
  const args = ['--yes', '--package', stryker, '--', 'stryker', 'run', 'test/mutation/stryker.json', '--mutate', file];
  return spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' }).status;
});
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
