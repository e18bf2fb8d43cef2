/** The plugin definition, copied into a project with the package installed by npm, as a user of Meltano would have it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { capabilities } from '../../src/command/about.ts';
import { output, run } from '../support/commands.ts';
import { meltanoSettings } from '../support/meltano.ts';
import { type Json, workFolder } from '../support/tap.ts';
import { type Environment, environmentOf } from './support/environments.ts';
import { install, pack } from './support/package.ts';
import { type Held, startHeld, streamNames, transaction } from './support/payments.ts';

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

interface Project {
  readonly path: string;
  readonly held: Held;
  /** Environment of the commands; a test may change it. */
  readonly variables: Record<string, string>;
  /** Runs `meltano ARGS` and gives all that it printed. */
  readonly meltano: { (...args: string[]): Promise<string>; fails(...args: string[]): Promise<string> };
  /** What target-jsonl wrote of a stream into a folder. */
  rows(folder: string, stream: string): Json[];
}

/** A folder with the project file and the package; the executable is where the file's own words say that npm puts it. */
async function openProject(t: Test): Promise<Project> {
  const environment = await environmentOf('meltano');
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  await install((await pack(folder.path)).tarball, folder.path);
  const text = readFileSync(definition, 'utf8');
  const own = './node_modules/.bin/tap-paystack';
  if (!text.includes(`# ${own}`)) throw new Error('meltano.yml no longer says where npm puts the executable');
  folder.file('meltano.yml', text.replace(/(executable: ).*/, `$1${own}`));
  const variables = {
    TAP_PAYSTACK_SECRET_KEY: held.config.secret_key,
    TAP_PAYSTACK_API_URL: held.config.api_url,
    MELTANO_CLI_LOG_LEVEL: 'info',
    MELTANO_CLI_DISABLE_VERSION_CHECK: 'true',
  };
  const options = { cwd: folder.path, env: variables };
  return {
    path: folder.path,
    held,
    variables,
    meltano: meltanoIn(environment, options),
    rows: (name, stream) => {
      const lines = readFileSync(join(folder.path, name, `${stream}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
      return lines.map((line) => JSON.parse(line));
    },
  };
}

function meltanoIn({ bin }: Environment, options: { cwd: string; env: Record<string, string> }): Project['meltano'] {
  const call = async (args: readonly string[], mustFail: boolean) => {
    const { code, stdout, stderr } = await run([bin('meltano'), ...args], options);
    if ((code !== 0) !== mustFail)
      throw new Error(`meltano ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  };
  return Object.assign((...args: string[]) => call(args, false), { fails: (...args: string[]) => call(args, true) });
}
