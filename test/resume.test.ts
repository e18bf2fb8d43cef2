/** A run that is stopped anywhere loses nothing: what it wrote and what the next one writes is the whole. */
import t from 'tap';
import { randomNumbers } from '../src/sandbox/rows.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { type Json, readMessages, runSync, selecting, startTap, workFolder } from './support/tap.ts';

const rows = 480;
const spread = { rows, from: '2025-01-01T00:00:00Z', to: '2026-06-30T00:00:00Z' };
const streams = ['customers', 'transactions', 'transfers'];
const sandbox = await startSandbox({
  synthetic: Object.fromEntries(streams.map((stream) => [stream, spread])),
  latencyMs: 2,
});
const folder = workFolder();
t.teardown(async () => {
  folder.remove();
  await sandbox.close();
});

const config = {
  secret_key: sandbox.secretKey,
  api_url: sandbox.url,
  // More pages than one window holds.
  page_size: 3,
  requests_per_minute: 1_000_000,
  lookback_window_days: 0,
};
const files = [
  '--config',
  folder.file('config.json', config),
  '--catalog',
  folder.file('catalog.json', selecting(streams)),
];

/** To the end of a run, on a slow machine. The requests in flight are not waited for. */
const stopWithinMs = 10_000;

interface Stopped {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs the tap until it has printed so many bytes, then stops it. */
async function stopAfter(bytes: number, how: NodeJS.Signals | 'close', state?: Json): Promise<Stopped> {
  const child = startTap([...files, ...(state ? ['--state', folder.file('state.json', state)] : [])]);
  let stdout = '';
  let stderr = '';
  let stoppedAt = 0;
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    if (stdout.length < bytes || stoppedAt > 0) return;
    stoppedAt = Date.now();
    if (how === 'close') child.stdout?.destroy();
    else {
      child.kill(how);
      // Meltano sends each signal twice.
      if (how !== 'SIGKILL') child.kill(how);
    }
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, ms: Date.now() - stoppedAt }));
  });
}

/** What a target would have of a run: every whole line, and the last STATE among them. */
function received(stdout: string): { ids: string[]; state: Json } {
  const lines = stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  const messages = lines.map((line) => JSON.parse(line) as Json);
  return {
    ids: messages.filter(({ type }) => type === 'RECORD').map(({ stream, record }) => `${stream} ${record.id}`),
    state: messages.findLast(({ type }) => type === 'STATE')?.value,
  };
}

const whole = await runSync({ config, streams });
const all = streams.flatMap((stream) => (whole.records[stream] ?? []).map(({ id }) => `${stream} ${id}`));

t.test('the undisturbed run has everything', async (t) => {
  t.equal(new Set(all).size, rows * streams.length);
});

t.test('killed at any byte, the next run has the rest', async (t) => {
  const seed = 12_345;
  const chance = randomNumbers(seed);
  for (let kill = 0; kill < 4; kill++) {
    const bytes = Math.floor(chance() * whole.stdout.length);
    const first = received((await stopAfter(bytes, 'SIGKILL')).stdout);
    const rest = await runSync({ config, streams, ...(first.state && { state: first.state }) });
    const union = new Set([
      ...first.ids,
      ...streams.flatMap((s) => (rest.records[s] ?? []).map(({ id }) => `${s} ${id}`)),
    ]);
    t.equal(union.size, all.length, `seed ${seed}, kill ${kill} after ${bytes} bytes`);
  }
});

t.test('killed again and again, it gets there without a loss', async (t) => {
  const seed = 777;
  const chance = randomNumbers(seed);
  const union = new Set<string>();
  let state: Json;
  for (let kill = 0; kill < 6; kill++) {
    const part = received((await stopAfter(Math.floor(chance() * whole.stdout.length * 0.4), 'SIGKILL', state)).stdout);
    for (const id of part.ids) union.add(id);
    state = part.state ?? state;
  }
  const rest = await runSync({ config, streams, ...(state && { state }) });
  for (const stream of streams) for (const { id } of rest.records[stream] ?? []) union.add(`${stream} ${id}`);
  t.equal(union.size, all.length, `seed ${seed}`);
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  t.test(`${signal} ends the line, writes a safe state, and exits ${code}`, async (t) => {
    const stopped = await stopAfter(whole.stdout.length / 3, signal);
    t.equal(stopped.code, code, stopped.stderr);
    t.ok(stopped.ms < stopWithinMs, `${stopped.ms} ms`);
    const { state } = readMessages(stopped.stdout);
    const rest = await runSync({ config, streams, state });
    const union = new Set([
      ...received(stopped.stdout).ids,
      ...streams.flatMap((stream) => (rest.records[stream] ?? []).map(({ id }) => `${stream} ${id}`)),
    ]);
    t.equal(union.size, all.length);
    t.notMatch(stopped.stderr, /\n\s+at /);
  });
}

t.test('a reader that goes away ends the run with one line', async (t) => {
  const stopped = await stopAfter(20_000, 'close');
  t.equal(stopped.code, 1);
  t.ok(stopped.ms < stopWithinMs, `${stopped.ms} ms`);
  t.match(stopped.stderr, /CRITICAL the output cannot be written \(EPIPE\)/);
  t.equal(stopped.stderr.match(/CRITICAL/g)?.length, 1);
  t.notMatch(stopped.stderr, /\n\s+at /);
});

t.test('a slow reader gets every byte', async (t) => {
  const child = startTap(files);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout ?? []) {
    chunks.push(chunk as Buffer);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { ids } = received(Buffer.concat(chunks).toString());
  t.equal(new Set(ids).size, all.length);
});
