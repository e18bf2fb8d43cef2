/**
 * The plugin definition, copied into a project with the package installed by npm, as a user of Meltano would have it. What
 * `meltano add` makes of it, test/interop/docs.test.ts looks at.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { capabilities } from '../../src/command/about.ts';
import { output } from '../support/commands.ts';
import { meltanoSettings } from '../support/meltano.ts';
import type { Json } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { type MeltanoProject, openMeltano } from './support/meltano-project.ts';
import { install, pack } from './support/package.ts';
import { streamNames, transaction } from './support/payments.ts';

const definition = join(import.meta.dirname, '../../meltano.yml');

/** Checks a project file by the schema that Meltano ships, and prints it as JSON. */
const validate = `
import json, sys, importlib.resources, jsonschema, yaml
project = yaml.safe_load(open(sys.argv[1]))
schema = importlib.resources.files("meltano.schemas").joinpath("meltano.schema.json")
jsonschema.validate(project, json.loads(schema.read_text()))
print(json.dumps(project))
`;

t.test('the plugin definition is valid, and says what the tap has', async (t) => {
  const { python } = await environmentOf('meltano');
  const project = JSON.parse(await output([python, '-c', validate, definition])) as Json;
  const [plugin] = project.plugins.extractors;
  t.equal(plugin.pip_url, undefined);
  t.strictSame(plugin.capabilities, capabilities, 'the capabilities of --about');
  t.strictSame(plugin.settings, meltanoSettings, 'the settings of src/config.ts');
});

t.test('install, list, test, run, run again, select, fail', async (t) => {
  const project = await openProject(t);
  const { meltano, held, variables } = project;
  await meltano('install');

  const listed = await meltano('select', 'tap-paystack', '--list', '--all');
  for (const stream of streamNames) t.match(listed, new RegExp(`\\[selected +\\] ${stream}\\._extra`));
  t.match(listed, /\[automatic +\] transactions\.id/);
  t.match(listed, /\[automatic +\] transactions\.createdAt/);
  t.match(listed, /\[selected +\] transactions\.customer\.email/);

  t.match(await meltano('config', 'test', 'tap-paystack'), 'Plugin configuration is valid');
  const hidden = await meltano('config', 'list', 'tap-paystack');
  t.notMatch(hidden, held.sandbox.secretKey, 'Meltano hides the key');

  const log = await meltano('--log-format=json', 'run', 'tap-paystack', 'target-jsonl');
  const count = held.counts['transactions'];
  t.ok(
    linesOf(log).some((line) => line.stream_name === 'transactions' && line.metric_info?.value === count),
    "Meltano has parsed the tap's log, and its metrics",
  );
  for (const stream of streamNames) t.equal(project.rows('output', stream).length, held.counts[stream], stream);

  held.add(transaction(1000, { createdAt: new Date().toISOString() }));
  await meltano('run', 'tap-paystack', 'target-jsonl');
  const again = project.rows('output', 'transactions').slice(450);
  t.ok(again.length > 1 && again.length < 100, `the second run goes on from the state: ${again.length} rows`);
  t.ok(again.some(({ reference }) => reference === 'interop-1000'));

  await meltano('select', 'tap-paystack', 'transactions', '*');
  await meltano('select', 'tap-paystack', '--exclude', 'transactions', 'authorization');
  await meltano('select', 'tap-paystack', '--exclude', 'transactions', 'customer.email');
  variables['TARGET_JSONL_DESTINATION_PATH'] = 'selected';
  await meltano('run', '--full-refresh', 'tap-paystack', 'target-jsonl');
  const selected = project.rows('selected', 'transactions');
  t.equal(selected.length, held.counts['transactions']);
  t.ok(selected.every((row) => 'customer' in row && 'metadata' in row));
  t.notOk(
    selected.some((row) => 'authorization' in row || 'email' in (row.customer ?? {})),
    'what was excluded is out',
  );
  t.notOk(existsSync(join(project.path, 'selected', 'customers.jsonl')), 'no other stream');

  variables['TAP_PAYSTACK_SECRET_KEY'] = 'sk_test_0123456789';
  const failed = await meltano.fails('run', 'tap-paystack', 'target-jsonl');
  t.match(failed, 'Paystack rejected the secret key');
  t.notMatch(failed, 'sk_test_0123456789');
});

/** What Meltano logs in its JSON format, with what it has understood of the plugins' lines. */
function linesOf(log: string): Json[] {
  return log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}

/** A folder with the project file and the package; the executable is where the file's own words say that npm puts it. */
async function openProject(t: Test): Promise<MeltanoProject> {
  const text = readFileSync(definition, 'utf8');
  const own = './node_modules/.bin/tap-paystack';
  if (!text.includes(`# ${own}`)) throw new Error('meltano.yml does not say where npm puts the executable');
  const project = await openMeltano(t, text.replace(/(executable: ).*/, `$1${own}`));
  await install((await pack(project.path)).tarball, project.path);
  return project;
}
