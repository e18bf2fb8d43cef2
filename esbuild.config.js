// Bundles the tap into dist/tap and the sandbox into dist/sandbox, which npm packs, and the benchmark into dist/bench, which it
// does not.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const isForCoverage = process.argv.includes('--for-coverage');
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
  ...(isForCoverage && { sourcemap: 'linked', packages: 'external' }),
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
const { discover, options, ...shapes } = await loaded(`
  export { discover } from './src/command/discover.ts';
  export { options } from './src/validator.ts';
  export { settingsShape } from './src/config.ts';
  export { catalogShape } from './src/singer/catalog.ts';
  export { stateShape } from './src/singer/state.ts';
`);

/** No run is to load ajv and to compile its shapes: what ajv makes of them takes the place of the module that asks it. */
const readyValidators = {
  name: 'ready-validators',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/]validator\.ts$/ }, () => ({ contents: madeByAjv(Object.values(shapes)) })),
};

const tap = await build({
  ...shared,
  entryPoints: ['src/command/main.ts'],
  outdir: 'dist/tap',
  plugins: isForCoverage ? [plainWidth] : [plainWidth, readyValidators],
  metafile: true,
});
const { banner: _, splitting: __, ...alone } = shared;
await build({ ...alone, entryPoints: ['src/cli.ts'], outdir: 'dist/tap', plugins: [entriesApart] });
writeFileSync('dist/tap/catalog.json', JSON.stringify({ streams: discover() }, null, 2));
const sandbox = await build({
  ...shared,
  entryPoints: ['src/sandbox/sandbox.ts', 'src/sandbox/demo.ts'],
  outdir: 'dist/sandbox',
  metafile: true,
});
const bundled = [tap, sandbox].flatMap(({ metafile }) => Object.keys(metafile.inputs));
// ajv wrote a part of them.
writeFileSync('dist/tap/LICENSES.txt', licencesOf([...bundled, 'node_modules/ajv/']));
const bench = ['bench', 'server', 'floor', 'usage'].map((name) => `test/bench/${name}.ts`);
await build({ ...shared, entryPoints: bench, outdir: 'dist/bench', external: ['tap'] });

/** What a module of the sources exports. */
async function loaded(contents) {
  const outfile = 'dist/loaded.js';
  const stdin = { contents, resolveDir: '.' };
  await build({ stdin, outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm' });
  const exported = await import(`./${outfile}`);
  rmSync(outfile);
  return exported;
}

/** The text of a module like `src/validator.ts`, with a function for each shape. */
function madeByAjv(schemas) {
  const names = schemas.map(({ $id }) => $id);
  const ajv = new Ajv({ ...options, schemas, code: { esm: true, source: true } });
  return `${standaloneCode(ajv, Object.fromEntries(names.map((name) => [name, name])))}
    const validators = { ${names} };
    export const validatorOf = ({ $id }) => validators[$id];`;
}

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
