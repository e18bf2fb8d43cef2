// Bundles the tap into dist/tap and the sandbox into dist/sandbox, which npm packs, and the benchmark into dist/bench, which it
// does not.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  // Some dependencies are CommonJS and require Node's own modules.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  logLevel: 'warning',
  // `npm run coverage` looks at the sources, and passes over each file that has something of a package in it.
  ...(process.argv.includes('--for-coverage') && { sourcemap: 'linked', packages: 'external' }),
};

/**
 * string-width builds two of Unicode's tables when it is loaded: 20 ms of every start, to lay out a help text in which
 * each character takes one column.
 */
const plainWidth = {
  name: 'plain-width',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^string-width$/ }, ({ path }) => ({ path, namespace: 'plain-width' }));
    onLoad({ filter: /^/, namespace: 'plain-width' }, () => ({
      contents: 'export default (text) => [...text].length',
    }));
  },
};

/** What is answered at once needs one file: each more would be a tenth of the time that it takes. */
const entries = {
  './command/main.ts': './main.js',
  './sandbox/demo.ts': '../sandbox/demo.js',
  './sandbox/sandbox.ts': '../sandbox/sandbox.js',
};
const entriesApart = {
  name: 'entries-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/(?:command|sandbox)\// }, ({ path }) => ({ path: entries[path], external: true })),
};

rmSync('dist', { recursive: true, force: true });
const tap = await build({
  ...shared,
  entryPoints: ['src/command/main.ts', 'src/command/discover.ts'],
  outdir: 'dist/tap',
  plugins: [plainWidth],
  metafile: true,
});
const { banner: _, splitting: __, ...alone } = shared;
await build({ ...alone, entryPoints: ['src/cli.ts'], outdir: 'dist/tap', plugins: [entriesApart] });
const { discover } = await import('./dist/tap/discover.js');
writeFileSync('dist/tap/catalog.json', JSON.stringify({ streams: discover() }, null, 2));
const sandbox = await build({
  ...shared,
  entryPoints: ['src/sandbox/sandbox.ts', 'src/sandbox/demo.ts'],
  outdir: 'dist/sandbox',
  metafile: true,
});
const bundled = [tap, sandbox].flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync('dist/tap/LICENSES.txt', licencesOf(bundled));
const bench = ['bench', 'server', 'floor', 'usage'].map((name) => `test/bench/${name}.ts`);
await build({ ...shared, entryPoints: bench, outdir: 'dist/bench', external: ['tap'] });

/** The licences of the packages in the bundles, which they ask to be kept with them. */
function licencesOf(files) {
  const folders = new Set(files.map((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'license.md'].find((one) =>
        existsSync(join(folder, one)),
      );
      const text = file ? readFileSync(join(folder, file), 'utf8') : `${license}\n`;
      return `${name} ${version}\n\n${text}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
