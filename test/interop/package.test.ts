/** The package as users get it: packed by npm, installed in an empty folder, and run there on each line of Node.js. */
import { accessSync, constants, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { packageFolder, packageVersion } from '../../src/package.ts';
import { type Command, output, run } from '../support/commands.ts';
import { type Json, readMessages, selecting, workFolder } from '../support/tap.ts';
import { nodeFolder, nodeVersions, oldNodeVersions } from './support/nodes.ts';
import { install, pack } from './support/package.ts';
import { startHeld, streamNames } from './support/payments.ts';

t.test('the package holds what it must, installs alone, and runs alike on every Node.js', async (t) => {
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  const { tarball, files } = await pack(folder.path);
  await t.test('what is in it', async (t) => {
    const built = ['tap', 'sandbox'].flatMap((bundle) =>
      readdirSync(join(packageFolder, 'dist', bundle)).map((name) => `dist/${bundle}/${name}`),
    );
    const data = ['dist/tap/LICENSES.txt', 'dist/tap/catalog.json'];
    t.ok(built.every((path) => /^dist\/\w+\/[\w-]+\.js$/.test(path) || data.includes(path)));
    const expected = [
      ...[
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'bin/tap-paystack.js',
        'meltano-plugin.yml',
        'meltano.yml',
        'package.json',
      ],
      ...streamNames.flatMap((name) => [`catalogs/${name}.json`, `fixtures/records/${name}.json`]),
      ...readdirSync(join(packageFolder, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(?:md|py|yml)$/.test(name))
        .map((name) => `docs/${name}`),
      ...built,
    ];
    t.strictSame(files, expected.sort());
    const { engines } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
    const oldest = nodeVersions[0].replace(/\.0$/, '');
    t.equal(engines.node, `>=${oldest}`, 'the oldest Node.js is among those below');
  });

  await install(tarball, folder.path);
  const modules = join(folder.path, 'node_modules');
  const installed = join(modules, 'tap-paystack');
  const bin = join(modules, '.bin', 'tap-paystack');
  await t.test('what npm makes of it', async (t) => {
    t.strictSame(
      readdirSync(modules).filter((name) => !name.startsWith('.')),
      ['tap-paystack'],
      'no other package',
    );
    const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
    t.strictSame(Object.keys(packages), ['node_modules/tap-paystack']);
    t.notOk('hasInstallScript' in packages['node_modules/tap-paystack'], 'no script runs when it is installed');
    t.equal(realpathSync(bin), realpathSync(join(installed, 'bin/tap-paystack.js')));
    accessSync(bin, constants.X_OK);
    t.match(readFileSync(bin, 'utf8'), /^#!\/usr\/bin\/env node\n/);
    for (const file of files) t.notOk(readFileSync(join(installed, file), 'utf8').includes(packageFolder), file);
  });

  for (const version of oldNodeVersions) {
    await t.test(`Node.js ${version} is too old, which is said in one line`, async (t) => {
      const env = { PATH: [await nodeFolder(version), process.env['PATH']].join(delimiter) };
      const line = `tap-paystack needs Node.js 20.19 or newer; this is ${version}\n`;
      for (const args of [['--version'], ['--discover'], ['demo'], []]) {
        t.strictSame(await run([bin, ...args], { env }), { code: 1, stdout: '', stderr: line });
      }
    });
  }

  const seen: { readonly printed: string; readonly state: unknown }[] = [];
  for (const version of nodeVersions) {
    await t.test(`Node.js ${version}`, async (t) => {
      const path = [await nodeFolder(version), process.env['PATH']].join(delimiter);
      const catalog = folder.file('catalog.json', selecting(streamNames));
      const env = {
        PATH: path,
        TAP_PAYSTACK_SECRET_KEY: held.config.secret_key,
        TAP_PAYSTACK_API_URL: held.config.api_url,
      };
      const here = (...command: Command) => output(command, { cwd: folder.path, env });
      t.equal(await here('node', '--version'), `v${version}\n`);
      t.equal(await here(bin, '--version'), `${packageVersion()}\n`);
      const discovered = await here('npx', '--no', '--', 'tap-paystack', '--discover');
      t.equal(JSON.parse(discovered).streams.length, streamNames.length);
      t.match(await here(bin, 'demo'), 'All is as it must be.');
      const synced = await here(bin, '--config', 'ENV', '--catalog', catalog);
      const { records, state } = readMessages(synced);
      for (const stream of streamNames) t.equal(records[stream]?.length, held.counts[stream], stream);
      seen.push({ printed: discovered + alike(synced), state: timeless(state) });
      t.ok(seen.at(-1)?.printed === seen[0]?.printed, `it prints what ${nodeVersions[0]} printed`);
      t.strictSame(seen.at(-1)?.state, seen[0]?.state);
    });
  }
});

/** What is the same in each run: neither when a record was extracted, nor which stream came first. */
function alike(synced: string): string {
  const lines = synced.replace(/"time_extracted":"[^"]*"/g, '').split('\n');
  return lines
    .filter((line) => !line.startsWith('{"type":"STATE"'))
    .sort()
    .join('\n');
}

/** A state without the time of its run. */
function timeless(state: Json): Json {
  return JSON.parse(JSON.stringify(state, (name, value) => (name === 'as_of' ? undefined : value)));
}
