// `node build.js NAME…`, started by Stryker in its copy of the tree: bundles these test files, each with its sources, into
// dist/mutation; and the executable, if one of them starts it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';

const tests = process.argv.slice(2).map((name) => `test/${name}.test.ts`);
// It empties dist/, and comes first.
if (tests.some(startsExecutable)) spawnSync(process.execPath, ['esbuild.config.js'], { stdio: 'inherit' });
for (const test of tests) {
  await build({
    stdin: { contents: `import './${test}';\nexport { ended } from 'tap';\n`, resolveDir: '.' },
    outfile: `dist/mutation/${test.replace(/^test\/|ts$/g, '')}js`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { tap: './test/mutation/tap.js' },
    plugins: [ownFolders()],
  });
}

function startsExecutable(test) {
  return /'\.\/support\/(?:tap|stopped|hostile-cases)\.ts'/.test(readFileSync(test, 'utf8'));
}

/** Each file of a bundle still finds what lies beside it. */
function ownFolders() {
  return {
    name: 'own-folders',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
        loader: 'ts',
      })),
  };
}
