/** Several integrations under Dagster, by the example of the README: one folder, one asset and one state each. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { executable, type Json, type Run, workFolder } from '../support/tap.ts';
import { run } from './support/commands.ts';
import { environmentOf } from './support/environments.ts';
import { type Held, startHeld, transaction } from './support/payments.ts';
import { readmeBlock } from './support/readme.ts';

t.test('every integration goes on from its own state, and none stops another', async (t) => {
  const { integration, materialize } = await openProject(t);
  const [accra, lagos, nairobi] = await Promise.all([
    integration('accra'),
    integration('lagos'),
    integration('nairobi'),
  ]);
  const all = [accra, lagos, nairobi];

  const first = await materialize();
  t.equal(first.code, 0, 'the first run ends well', { log: first.stderr.slice(-4000) });
  for (const { held, rows } of all) t.equal(rows().length, held.counts['transactions']);

  for (const { held } of all) held.add(transaction(1000, { createdAt: new Date().toISOString() }));
  const wrongKey = { ...lagos.held.config, secret_key: 'sk_test_0123456789' };
  lagos.write('tap.json', wrongKey);
  nairobi.write('target.json', 'this is no JSON');
  const states = all.map(({ state }) => state());
  const before = accra.rows().length;
  const second = await materialize();
  t.not(second.code, 0, 'a run in which an integration fails is not a success');
  t.match(second.stderr, /Steps failed: \[[^\]]*'lagos'[^\]]*\]/, 'a tap that fails');
  t.match(second.stderr, /Steps failed: \[[^\]]*'nairobi'[^\]]*\]/, 'a target that fails');
  t.notMatch(second.stderr, /Steps failed: \[[^\]]*'accra'/, 'and no other');
  t.match(second.stderr, /STEP_UP_FOR_RETRY - Execution of step "lagos"/, 'what failed was tried again');
  t.notMatch(second.stderr + second.stdout, wrongKey.secret_key);
  const later = accra.rows().slice(before);
  t.ok(
    later.some(({ reference }) => reference === 'interop-1000') && later.length < 100,
    `incremental: ${later.length}`,
  );
  t.ok(accra.state().bookmarks.transactions.createdAt > states[0].bookmarks.transactions.createdAt);
  t.strictSame([lagos.state(), nairobi.state()], states.slice(1), 'what failed stays where it was');
});

interface Integration {
  readonly held: Held;
  /** What target-jsonl wrote of the transactions. */
  rows(): Json[];
  state(): Json;
  /** Writes a file into the folder of the integration. */
  write(name: string, content: object | string): void;
}

interface Project {
  /** An integration with a sandbox of its own. */
  integration(name: string): Promise<Integration>;
  /** The command of the README. */
  materialize(): Promise<Run>;
}

async function openProject(t: Test): Promise<Project> {
  const tools = await Promise.all(['dagster', 'target-jsonl'].map(environmentOf));
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const at = (...path: string[]) => join(folder.path, ...path);
  for (const name of ['bin', 'home', 'test/interop']) mkdirSync(at(name), { recursive: true });
  symlinkSync(executable, at('bin/tap-paystack'));
  symlinkSync(join(import.meta.dirname, 'dagster'), at('test/interop/dagster'));
  folder.file('home/dagster.yaml', 'telemetry:\n  enabled: false\n');
  const env = {
    PATH: [at('bin'), ...tools.map(({ binFolder }) => binFolder), process.env['PATH']].join(delimiter),
    DAGSTER_HOME: at('home'),
    PYTHONPYCACHEPREFIX: tools[0]!.bytecode,
    PAYSTACK_RETRY_SECONDS: '0.1',
  };
  const command = readmeBlock('dagster asset materialize');
  return {
    integration: async (name) => {
      const held = await startHeld();
      t.teardown(() => held.sandbox.close());
      const own = at('integrations', name);
      mkdirSync(own, { recursive: true });
      const write: Integration['write'] = (file, content) =>
        writeFileSync(join(own, file), typeof content === 'string' ? content : JSON.stringify(content));
      write('tap.json', held.config);
      write('target.json', { do_timestamp_file: false });
      const read = (file: string) => readFileSync(join(own, file), 'utf8').trimEnd();
      return {
        held,
        write,
        rows: () =>
          read('transactions.jsonl')
            .split('\n')
            .map((line) => JSON.parse(line)),
        state: () => JSON.parse(read('state.json')),
      };
    },
    materialize: () => run(['bash', '-e', '-c', command], { cwd: folder.path, env }),
  };
}
