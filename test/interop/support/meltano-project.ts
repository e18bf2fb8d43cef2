/** A Meltano project with a sandbox of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { run } from '../../support/commands.ts';
import { type Json, workFolder } from '../../support/tap.ts';
import { type Environment, environmentOf } from './environments.ts';
import { type Held, startHeld } from './payments.ts';

export interface MeltanoProject {
  readonly path: string;
  readonly held: Held;
  /** Environment of the commands; a test may change it. */
  readonly variables: Record<string, string>;
  /** Runs `meltano ARGS` and gives all that it printed. */
  readonly meltano: { (...args: string[]): Promise<string>; fails(...args: string[]): Promise<string> };
  /** What target-jsonl wrote of a stream into a folder. */
  rows(folder: string, stream: string): Json[];
}

/**
 * @param text of the project file
 * @param more variables of the environment, beside those that point the tap at the sandbox
 */
export async function openMeltano(t: Test, text: string, more: Record<string, string> = {}): Promise<MeltanoProject> {
  const environment = await environmentOf('meltano');
  const folder = workFolder();
  const held = await startHeld();
  t.teardown(() => Promise.all([held.sandbox.close(), folder.remove()]));
  folder.file('meltano.yml', text);
  const variables = {
    TAP_PAYSTACK_SECRET_KEY: held.config.secret_key,
    TAP_PAYSTACK_API_URL: held.config.api_url,
    MELTANO_CLI_LOG_LEVEL: 'info',
    MELTANO_CLI_DISABLE_VERSION_CHECK: 'true',
    ...more,
  };
  return {
    path: folder.path,
    held,
    variables,
    meltano: meltanoIn(environment, { cwd: folder.path, env: variables }),
    rows: (name, stream) => {
      const lines = readFileSync(join(folder.path, name, `${stream}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
      return lines.map((line) => JSON.parse(line));
    },
  };
}

function meltanoIn({ python, bin }: Environment, options: { cwd: string; env: Record<string, string> }) {
  const call = async (args: readonly string[], mustFail: boolean) => {
    const { code, stdout, stderr } = await run([python, bin('meltano'), ...args], options);
    if ((code !== 0) !== mustFail)
      throw new Error(`meltano ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  };
  return Object.assign((...args: string[]) => call(args, false), { fails: (...args: string[]) => call(args, true) });
}
