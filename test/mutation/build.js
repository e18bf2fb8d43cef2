// `node build.js NAME…`, started by Stryker in its copy of the tree: bundles these test files, each with its sources, into
// dist/mutation; and the executable, if one of them starts it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';

/** Each file of a bundle still finds what lies beside it. */
const ownFolders = {
  name: 'own-folders',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
      loader: 'ts',
    })),
};

const tests = process.argv.slice(2).map((name) => `test/${name}.test.ts`);
// It empties dist/, and comes first.
if (tests.some(startsExecutable)) spawnSync(process.execPath, ['esbuild.config.js'], { stdio: 'inherit' });
await build({
  entryPoints: tests,
  outdir: 'dist/mutation',
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  plugins: [ownFolders],
});

function startsExecutable(test) {
  return /'\.\/support\/(?:tap|stopped|hostile-cases)\.ts'/.test(readFileSync(test, 'utf8'));
}
