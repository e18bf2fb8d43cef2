/**
 * What people use today, beside the tap: the same list from the same server in the same run, by a tap on the Meltano SDK and
 * by dlt. Both ask for one page after the other.
 */
import { closeSync, createReadStream, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageFolder } from '../../src/package.ts';
import { output } from '../support/commands.ts';
import { environmentOf } from '../support/environments.ts';
import { pastYears } from './data.ts';
import { measureTap, type Server, startServer } from './measure.ts';
import type { ServerOptions } from './server.ts';
import type { Suite } from './suites.ts';
import type { Finding } from './table.ts';

interface Framework {
  readonly what: string;
  /** What it is installed from: see `test/support/environments.ts`. */
  readonly package: string;
  /** A script in `peers/`, and its flags. It runs in an empty folder, what it prints goes to `printed/lines`. */
  readonly command: readonly [string, ...string[]];
  variables(server: Server): Record<string, string>;
  /** In its folder; each line that begins so is a row. */
  readonly rows: { readonly folder: string; readonly begin: string };
}

const frameworks: readonly Framework[] = [
  {
    what: 'a tap on the Meltano SDK',
    package: 'singer-sdk',
    command: ['sdk_tap.py', '--config', 'ENV'],
    variables: ({ url, secretKey }) => ({ TAP_PAYSTACK_API_URL: url, TAP_PAYSTACK_SECRET_KEY: secretKey }),
    rows: { folder: 'printed', begin: '{"type":"RECORD"' },
  },
  {
    what: 'dlt into files',
    package: 'dlt',
    command: ['dlt_pipeline.py'],
    variables: ({ url, secretKey }) => ({
      API_URL: url,
      SECRET_KEY: secretKey,
      DLT_DATA_DIR: '.',
      // The others do not compress either.
      DATA_WRITER__DISABLE_COMPRESSION: 'true',
      RUNTIME__DLTHUB_TELEMETRY: 'false',
    }),
    rows: { folder: 'loaded/paystack/transactions', begin: '{' },
  },
];

interface Installed extends Framework {
  readonly python: string;
}

const latencyMs = 200;

export const peers: Suite = async function* ({ rounds, isQuick }) {
  const installed = await Promise.all(
    frameworks.map(async (framework) => ({ ...framework, python: (await environmentOf(framework.package)).python })),
  );
  yield* compare(installed, rounds, isQuick ? 20_000 : 100_000, { keepsAnswers: true });
  yield* compare(installed, rounds, isQuick ? 4000 : 10_000, { latencyMs });
};

async function* compare(
  installed: readonly Installed[],
  rounds: number,
  rows: number,
  options: ServerOptions,
): AsyncGenerator<Finding> {
  const server = await startServer({ ...options, synthetic: { transactions: { rows, ...pastYears.spread } } });
  const tap: number[] = [];
  const others = installed.map(() => [] as number[]);
  try {
    // One more than is shown: in the first, Python compiles what it imports, and the server makes the answers that it keeps.
    for (let round = 0; round <= rounds; round++) {
      tap.push(await speedOfTap(server, rows));
      for (const [index, framework] of installed.entries()) {
        others[index]!.push(await speedOf(framework, server, rows));
      }
    }
  } finally {
    server.stop();
  }
  const when = options.latencyMs === undefined ? '' : ` at ${options.latencyMs} ms`;
  const shown = (values: readonly number[]) => values.slice(1);
  for (const [index, { what }] of installed.entries()) {
    const ratios = tap.map((speed, round) => speed / others[index]![round]!);
    yield { what: `rows/s${when}, against ${what}`, values: shown(ratios) };
  }
  yield { what: `the tap: rows/s${when}`, values: shown(tap) };
  for (const [index, { what }] of installed.entries()) {
    yield { what: `${what}: rows/s${when}`, values: shown(others[index]!) };
  }
}

async function speedOfTap(server: Server, rows: number): Promise<number> {
  const run = await measureTap({ server, streams: ['transactions'], settings: pastYears.settings });
  if (run.lines < rows) throw new Error('rows are missing');
  return (rows / run.wallMs) * 1000;
}

/** @throws Error if it fails, or if it wrote anything but all rows */
async function speedOf(framework: Installed, server: Server, rows: number): Promise<number> {
  const { what, python, command, variables } = framework;
  const [script, ...flags] = command;
  const cwd = mkdtempSync(join(tmpdir(), 'tap-paystack-bench-'));
  try {
    mkdirSync(join(cwd, 'printed'));
    const printed = openSync(join(cwd, 'printed', 'lines'), 'w');
    const path = join(packageFolder, 'test', 'bench', 'peers', script);
    const began = performance.now();
    const env = { ...variables(server), NO_PROXY: '127.0.0.1' };
    await output([python, path, ...flags], { cwd, env, stdio: ['ignore', printed, 'pipe'] });
    const wallMs = performance.now() - began;
    closeSync(printed);
    const written = await countLines(join(cwd, framework.rows.folder), framework.rows.begin);
    if (written !== rows) throw new Error(`${what} wrote ${written} of ${rows} rows`);
    return (rows / wallMs) * 1000;
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

async function countLines(folder: string, begin: string): Promise<number> {
  let count = 0;
  for (const name of readdirSync(folder)) {
    for await (const line of createInterface(createReadStream(join(folder, name)))) if (line.startsWith(begin)) count++;
  }
  return count;
}
