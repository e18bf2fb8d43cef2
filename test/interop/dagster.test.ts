/** Several integrations under Dagster, by the example of docs/: one folder, one asset and one state each. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageFolder } from '../../src/package.ts';
import type { SandboxOptions } from '../../src/sandbox/options.ts';
import { run } from '../support/commands.ts';
import { blockOf } from '../support/pages.ts';
import { executable, type Json, type Run, workFolder } from '../support/tap.ts';
import { environmentOf } from './support/environments.ts';
import { type Held, startHeld, transaction } from './support/payments.ts';

t.test('every integration goes on from its own state, and none stops another', async (t) => {
  const { integration, materialize } = await openProject(t);
  let areTransfersBroken = false;
  const broken: SandboxOptions = {
    faults: ({ endpoint }) =>
      areTransfersBroken && endpoint === 'transfers' ? { kind: 'status', status: 422 } : undefined,
  };
  const [accra, kigali, lagos] = await Promise.all([
    integration('accra'),
    integration('kigali', broken),
    integration('lagos'),
  ]);
  const all = [accra, kigali, lagos];

  const first = await materialize();
  t.equal(first.code, 0, 'the first run ends well', { log: first.stderr.slice(-4000) });
  for (const { held, rows } of all) t.equal(rows().length, held.counts['transactions']);

  for (const { held } of all) held.add(transaction(1000, { createdAt: new Date().toISOString() }));
  lagos.write('target.json', 'this is no JSON');
  areTransfersBroken = true;
  const states = all.map(({ state }) => state());
  const before = accra.rows().length;
  const second = await materialize();
  t.not(second.code, 0, 'a run in which an integration fails is not a success');
  const [, failed = ''] = /Steps failed: \[(.*?)\]/.exec(second.stderr) ?? [];
  t.strictSame(failed.split(', ').sort(), ["'kigali'", "'lagos'"], 'a tap that fails, a target that fails, no other');
  t.match(second.stderr, /STEP_UP_FOR_RETRY - Execution of step "lagos"/, 'what failed was tried again');
  const later = accra.rows().slice(before);
  t.ok(
    later.some(({ reference }) => reference === 'interop-1000') && later.length < 100,
    `incremental: ${later.length}`,
  );
  t.ok(accra.state().bookmarks.transactions.createdAt > states[0].bookmarks.transactions.createdAt);
  t.strictSame(lagos.state(), states[2], 'without its target, it stays where it was');
  const [was, is] = [states[1].bookmarks, kigali.state().bookmarks];
  t.ok(is.transactions.createdAt > was.transactions.createdAt, 'what is done of a run that failed is done');
  t.strictSame(is.transfers, was.transfers);
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
  integration(name: string, options?: SandboxOptions): Promise<Integration>;
  /** The command of the page. */
  materialize(): Promise<Run>;
}

async function openProject(t: Test): Promise<Project> {
  const tools = await Promise.all(['dagster', 'target-jsonl'].map(environmentOf));
  const folder = workFolder();
  t.teardown(() => folder.remove());
  const at = (...path: string[]) => join(folder.path, ...path);
  for (const name of ['bin', 'home', 'docs']) mkdirSync(at(name), { recursive: true });
  symlinkSync(executable, at('bin/tap-paystack'));
  symlinkSync(join(packageFolder, 'docs/dagster'), at('docs/dagster'));
  folder.file('home/dagster.yaml', 'telemetry:\n  enabled: false\n');
  const env = {
    PATH: [at('bin'), ...tools.map(({ binFolder }) => binFolder), process.env['PATH']].join(delimiter),
    DAGSTER_HOME: at('home'),
    PYTHONPYCACHEPREFIX: tools[0]!.bytecode,
    PAYSTACK_RETRY_SECONDS: '0.1',
  };
  const command = blockOf('docs/history.md', 'dagster asset materialize');
  return {
    integration: async (name, options) => {
      const held = await startHeld(options);
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
