/** A reader that is slow, or takes nothing: when the run is stopped, what stands in the pipe ends at the end of a line. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type Sandbox, startSandbox } from '../src/sandbox/server.ts';
import { executable, type Json, selecting, workFolder } from './support/tap.ts';

t.jobs = 3;

const folder = workFolder();
t.teardown(() => folder.remove());
const catalog = folder.file('catalog.json', selecting(['transactions']));

interface Stopped {
  readonly code: number | null;
  readonly lines: readonly Json[];
  readonly text: string;
}

/**
 * Runs the tap into a pipe that is not read once records come, so that it is full; stops it, and reads what comes: at once, or
 * only after it has ended.
 */
async function stopped(
  name: string,
  sandbox: Sandbox,
  signal: NodeJS.Signals,
  reads: 'at once' | 'later',
): Promise<Stopped> {
  const config = folder.file(`${name}.json`, { secret_key: sandbox.secretKey, api_url: sandbox.url, page_size: 100 });
  const path = join(folder.path, name);
  execFileSync('mkfifo', [path]);
  // To open only one end of a pipe would wait for the other.
  const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(both);
  const args = [executable, '--config', config, '--catalog', catalog];
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', writer, 'ignore'] });
  closeSync(writer);
  let code: number | null = null;
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.on('close', (exitCode) => {
      code = exitCode;
      hasEnded = true;
      resolve();
    });
  });
  const chunks: Buffer[] = [];
  const buffer = Buffer.alloc(3000);
  // Once records come and are not taken, nothing more is asked for: then the pipe is full.
  for (let taken = 0; taken < 20_000; ) {
    const count = readNow(reader, buffer);
    chunks.push(Buffer.from(buffer.subarray(0, count)));
    taken += count;
    if (count === 0) await sleep(20);
  }
  await asksNoMore(sandbox);
  child.kill(signal);
  if (reads === 'later') await ended;
  for (let isOpen = true; isOpen; ) {
    const wasEnded = hasEnded;
    const count = readNow(reader, buffer);
    if (count > 0) chunks.push(Buffer.from(buffer.subarray(0, count)));
    else if (wasEnded) isOpen = false;
    // Slow enough for the pipe to be full again and again.
    if (!wasEnded) await sleep(2);
  }
  closeSync(reader);
  const text = Buffer.concat(chunks).toString();
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json);
  return { code, lines, text };
}

/** 0 if there is nothing. */
function readNow(file: number, buffer: Buffer): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

async function asksNoMore({ requests }: Sandbox): Promise<void> {
  for (let before = 0; requests.length > before; ) {
    before = requests.length;
    await sleep(300);
  }
}

const record = (id: number, bytes: number) => ({
  id,
  createdAt: new Date(Date.UTC(2025, 0, 1) + id * 60_000).toISOString(),
  metadata: { text: 'x'.repeat(bytes) },
});

const sizes: Readonly<Record<string, number>> = { small: 100, 'as long as a unit': 3900, large: 30_000 };

for (const [size, bytes] of Object.entries(sizes)) {
  const transactions = Array.from({ length: Math.min(3000, Math.ceil(8e6 / bytes)) }, (_, id) => record(id + 1, bytes));
  t.test(`${size} records, read slowly: whole lines, and the state last`, { buffered: true }, async (t) => {
    const sandbox = await startSandbox({ records: { transactions } });
    t.teardown(() => sandbox.close());
    const { code, lines, text } = await stopped(`slow ${size}`, sandbox, 'SIGTERM', 'at once');
    t.equal(code, 143);
    t.ok(text.endsWith('\n'), `${text.length} bytes, and then ${text.slice(-60)}`);
    t.ok(lines.some(({ type }) => type === 'RECORD'));
    t.equal(lines.at(-1)?.type, 'STATE');
  });
}

t.test('nothing is read until the tap has ended: what is there is whole lines', { buffered: true }, async (t) => {
  const transactions = Array.from({ length: 3000 }, (_, id) => record(id + 1, 700));
  const sandbox = await startSandbox({ records: { transactions } });
  t.teardown(() => sandbox.close());
  const { code, lines, text } = await stopped('never', sandbox, 'SIGINT', 'later');
  t.equal(code, 130);
  t.ok(text.endsWith('\n'), `${text.length} bytes, and then ${text.slice(-60)}`);
  t.ok(lines.some(({ type }) => type === 'RECORD'));
});
