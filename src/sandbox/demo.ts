/**
 * `tap-paystack demo`: the main job against the sandbox, as a user would run it: discovery, a first sync, new records, and a
 * second sync from the state of the first. It ends with 1 if anything is not as it must be.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../package.ts';
import type { StreamName } from '../paystack/streams.ts';
import { changersOf } from './changers.ts';
import { coreStreams } from './core-streams.ts';
import { readFixtures } from './dataset.ts';
import { startSandbox } from './server.ts';

const rows = 450;
const day = 86_400_000;

/** Id of the record that is added to each stream between the two syncs. */
const newId = 990_000_001;

/** Without a lookback, so that the table shows what is new. */
const noLookback = { TAP_PAYSTACK_LOOKBACK_WINDOW_DAYS: '0', TAP_PAYSTACK_OPEN_LOOKBACK_DAYS: '0' };

const secondSync = `
The last line of a sync is its state: for each stream, the newest creation date that was written (the bookmark).
One new record now comes into each stream, and the second sync goes on from that state. Normally it would also read
the last 31 days again, for what has changed since; here the lookback is set to 0, to show what is new alone.

$ export TAP_PAYSTACK_LOOKBACK_WINDOW_DAYS=0 TAP_PAYSTACK_OPEN_LOOKBACK_DAYS=0
$ tap-paystack --config config.json --config ENV --catalog catalog.json --state state.json`;

const whyTwo = `
Two rows come of each stream: the new record, and the one whose date is the bookmark, since another record may have
the same date. A target replaces by the key, so the warehouse now holds ${rows + 1} rows of each.`;

const folder = mkdtempSync(join(tmpdir(), 'tap-paystack-demo-'));
const now = Date.now();
const range = { from: new Date(now - 730 * day).toISOString(), to: new Date(now - 60 * day).toISOString() };
const templates = changersOf(rows);
const sandbox = await startSandbox({
  records: templates,
  synthetic: Object.fromEntries(coreStreams.map((stream) => [stream, { rows, ...range }])),
});

try {
  await demonstrate();
} catch (error) {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}

async function demonstrate(): Promise<void> {
  say(`A small Paystack is at ${sandbox.url}. It is a sandbox: nothing leaves this machine.\n`);
  const config = file('config.json', { secret_key: sandbox.secretKey, api_url: sandbox.url });

  say('$ tap-paystack --discover > catalog.json');
  const catalog = JSON.parse(await tap(['--discover'])) as {
    streams: { tap_stream_id: string; metadata: Metadata[] }[];
  };
  say(`  ${catalog.streams.length} streams; the eight core ones are selected now\n`);
  for (const { tap_stream_id, metadata } of catalog.streams) {
    const root = metadata.find(({ breadcrumb }) => breadcrumb.length === 0);
    Object.assign(root?.metadata ?? {}, { selected: coreStreams.some((stream) => stream === tap_stream_id) });
  }
  const selected = ['--config', config, '--catalog', file('catalog.json', catalog)];

  say('$ tap-paystack --config config.json --catalog catalog.json');
  const first = readRun(await tap(selected));
  for (const stream of coreStreams) show(first.lines, stream);

  for (const stream of coreStreams) sandbox.add(stream, newRecord(stream));
  say(secondSync);
  const state = file('state.json', first.state);
  const second = readRun(await tap([...selected, '--state', state], noLookback));

  say(`\n${'stream'.padEnd(16)}${'first sync'.padStart(12)}${'second sync'.padStart(13)}`);
  for (const stream of coreStreams) {
    const counts = [first.count(stream), second.count(stream)] as const;
    say(`${stream.padEnd(16)}${String(counts[0]).padStart(12)}${String(counts[1]).padStart(13)}`);
    if (counts[0] !== rows) throw new Error(`the first sync of ${stream} must write ${rows} records`);
    if (counts[1] !== 2) throw new Error(`the second sync of ${stream} must write the new record and the bookmark's`);
    if (!second.has(stream, newId)) throw new Error(`the second sync of ${stream} misses the new record`);
  }
  say(whyTwo);
  say('\nAll is as it must be.');
}

interface Metadata {
  readonly breadcrumb: readonly string[];
  readonly metadata: object;
}

/** Runs the built executable and gives what it printed. */
function tap(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const executable = join(packageFolder, 'bin', 'tap-paystack.js');
  const config = ['--config', 'ENV'].filter(() => Object.keys(environment).length > 0);
  const child = spawn(process.execPath, [executable, ...args, ...config], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`tap-paystack ended with ${code}: ${log}`));
    });
  });
}

interface Run {
  readonly lines: readonly string[];
  readonly state: unknown;
  count(stream: string): number;
  has(stream: string, id: number): boolean;
}

function readRun(printed: string): Run {
  const lines = printed.trimEnd().split('\n');
  const of = (stream: string) => lines.filter((line) => line.startsWith(`{"type":"RECORD","stream":"${stream}"`));
  const last = JSON.parse(lines.at(-1) ?? 'null') as { type: string; value: unknown };
  if (last?.type !== 'STATE') throw new Error('the last line of a sync must be a STATE');
  return {
    lines,
    state: last.value,
    count: (stream) => of(stream).length,
    has: (stream, id) => of(stream).some((line) => line.includes(`"id":${id},`)),
  };
}

/** The SCHEMA and the first RECORD of a stream, as far as they fit on a line. */
function show(lines: readonly string[], stream: string): void {
  for (const type of ['SCHEMA', 'RECORD']) {
    const line = lines.find((one) => one.startsWith(`{"type":"${type}","stream":"${stream}"`));
    if (line === undefined) throw new Error(`there is no ${type} of ${stream}`);
    say(`  ${line.slice(0, 112)}…`);
  }
}

/** A record as if it had just been made. */
function newRecord(stream: StreamName): object {
  const [record] = (templates[stream] ?? readFixtures(stream)) as readonly object[];
  const date = new Date().toISOString();
  const dates = Object.fromEntries(
    ['createdAt', 'created_at'].filter((name) => name in record!).map((name) => [name, date]),
  );
  return { ...record, ...dates, id: newId };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
