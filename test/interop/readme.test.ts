/** The commands of the README, run as they stand on the page but for the key, in a folder with the package and no more. */
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { startSandbox } from '../../src/sandbox/server.ts';
import { output, run } from '../support/commands.ts';
import { type Json, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { pack } from './support/package.ts';
import { type Block, readmeBlock, readmeBlocks } from './support/readme.ts';

/** Blocks that are not run here, and what runs them. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm ci && npm run demo\n': '.ci/run',
  'npm ci && npm test\n': '.ci/run',
  // Both of the others build.
  'npm ci && npm run build\n': '.ci/run',
  [readmeBlock('dagster asset materialize')]: 'test/interop/dagster.test.ts',
};

const dayMs = 86_400_000;
const span = { from: '2018-03-01T00:00:00Z', to: new Date(Date.now() - dayMs).toISOString() };
const rows = 300;

t.test('every block of the README runs', async (t) => {
  const sandbox = await startSandbox({ synthetic: { transactions: { rows, ...span }, customers: { rows, ...span } } });
  const folder = workFolder();
  t.teardown(() => Promise.all([sandbox.close(), folder.remove()]));
  const { tarball } = await pack(folder.path);
  await output(['tar', '-xzf', tarball, '-C', folder.path]);
  const cwd = join(folder.path, 'package');
  const tools = await Promise.all(['target-jsonl', 'meltano'].map(environmentOf));
  const env = {
    PATH: [...tools.map(({ binFolder }) => binFolder), process.env['PATH']].join(delimiter),
    TAP_PAYSTACK_SECRET_KEY: sandbox.secretKey,
    TAP_PAYSTACK_API_URL: sandbox.url,
    MELTANO_CLI_DISABLE_VERSION_CHECK: 'true',
  };
  const runBlock = (text: string, key = sandbox.secretKey) =>
    run(['bash', '-e', '-c', text.replaceAll('sk_test_…', key)], {
      cwd,
      env: { ...env, TAP_PAYSTACK_SECRET_KEY: key },
    });
  const state = () => JSON.parse(readFileSync(join(cwd, 'state.json'), 'utf8')) as Json;
  /** Ids in the files of a stream, which target-jsonl names by the time. */
  const idsIn = (stream: string, ...path: string[]) =>
    readdirSync(join(cwd, ...path))
      .filter((name) => name.startsWith(`${stream}-`))
      .flatMap((name) =>
        readFileSync(join(cwd, ...path, name), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      .map((line) => JSON.parse(line).id as number);

  const isRunHere = ({ text }: Block) => !(text in elsewhere);
  const blocks = readmeBlocks().filter(isRunHere);
  t.equal(blocks.length, readmeBlocks().length - Object.keys(elsewhere).length, 'what runs elsewhere is still there');
  for (const { language, text } of blocks) {
    t.match(language, /^(?:ba)?sh$/, 'a block that is no command would need a place in this test');
    const { code, stdout, stderr } = await runBlock(text);
    t.equal(code, 0, 'it ends well', { text, stdout: stdout.slice(-2000), stderr: stderr.slice(-2000) });
  }

  const history = readdirSync(join(cwd, 'history')).map((from) => idsIn('transactions', 'history', from));
  t.ok(history.length > 2 && history.every((ids) => ids.length > 20), 'each shard had something to read');
  t.equal(history.flat().length, rows);
  t.equal(new Set(history.flat()).size, rows, 'the shards are the whole, and no record is in two of them');

  sandbox.add('transactions', { id: 1, status: 'success', createdAt: new Date().toISOString() });
  const before = idsIn('transactions').length;
  const { code } = await runBlock(readmeBlock('--state state.json'));
  t.equal(code, 0);
  const later = idsIn('transactions').slice(before);
  t.ok(idsIn('transactions').includes(1) && later.length < rows / 2, 'the incremental run takes over from the shards');

  const whole = state();
  for (const command of ['export TAP_PAYSTACK_SECRET_KEY=sk_test_…   #', 'export -f shard']) {
    const failed = await runBlock(readmeBlock(command), 'sk_test_0123456789');
    t.not(failed.code, 0, 'a run that fails ends with an error');
    t.match(failed.stderr, 'Paystack rejected the secret key');
    t.strictSame(state(), whole, 'and leaves the state alone');
  }
});
