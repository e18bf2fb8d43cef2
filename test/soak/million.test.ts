/**
 * A million rows through random faults and kills, in bounded memory. `SOAK_ROWS`, `SOAK_KILLS`, `SOAK_SEED` change it; the
 * seed is printed.
 */
import t from 'tap';
import { atRandom, type Fault } from '../../src/sandbox/faults.ts';
import { randomNumbers } from '../../src/sandbox/rows.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { selecting, workFolder } from '../support/tap.ts';
import { createTarget, endings, runInto } from '../support/target.ts';

const rows = Number(process.env['SOAK_ROWS'] ?? 1_000_000);
const kills = Number(process.env['SOAK_KILLS'] ?? 10);
const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
/** Of a run, whatever it reads. */
const maxMb = 250;
/** About what a record takes. */
const recordBytes = 1200;

const faults: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 429 },
  { kind: 'html', status: 502 },
  { kind: 'html', status: 200 },
  { kind: 'status-false' },
  { kind: 'status', status: 200, body: { status: true, message: 'ok', data: null } },
  { kind: 'truncated' },
  { kind: 'cut' },
  { kind: 'cut', as: 'chunks' },
  { kind: 'cut', as: 'gzip' },
  { kind: 'reset' },
];

const share = { transactions: 0.6, customers: 0.2, transfers: 0.1, refunds: 0.1 };
const streams = Object.keys(share) as (keyof typeof share)[];
const countOf = (stream: keyof typeof share) => Math.round(rows * share[stream]);

t.test(`${rows} rows, seed ${seed}`, async (t) => {
  const span = { from: '2023-01-01T00:00:00Z', to: '2026-06-30T00:00:00Z' };
  const sandbox = await startSandbox({
    synthetic: Object.fromEntries(streams.map((stream) => [stream, { rows: countOf(stream), ...span }])),
    faults: atRandom(1 / 30, faults, seed),
  });
  const folder = workFolder();
  t.teardown(async () => {
    folder.remove();
    await sandbox.close();
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, requests_per_minute: 1_000_000 };
  const catalog = folder.file('catalog.json', selecting(streams));
  const settings = folder.file('config.json', { ...config, lookback_window_days: 0 });
  const target = createTarget(({ amount }) => amount ?? 0);
  const chance = randomNumbers(seed);
  let peakMb = 0;

  for (let run = 0; run <= kills; run++) {
    const state = target.state();
    const args = ['--config', settings, '--catalog', catalog];
    if (state !== undefined) args.push('--state', folder.file('state.json', state));
    const ending = endings[Math.floor(chance() * endings.length)]!;
    const bytes = Math.floor((chance() * 2 * rows * recordBytes) / (kills + 1));
    const ended = await runInto(target, args, run < kills ? { bytes, ending } : undefined);
    peakMb = Math.max(peakMb, ended.peakMb ?? 0);
    if (run === kills && ended.code !== 0) t.fail(ended.stderr.slice(-2000));
  }

  for (const stream of streams) t.equal(target.records.get(stream)?.size, countOf(stream), `every one of ${stream}`);
  t.same(target.complaints, [], 'nothing that no target should have to bear');
  const answer = await fetch(`${sandbox.url}/transaction?perPage=1`, {
    headers: { authorization: `Bearer ${sandbox.secretKey}` },
  });
  const amounts = [...(target.records.get('transactions')?.values() ?? [])] as number[];
  const { meta } = (await answer.json()) as { meta: { total_volume: number } };
  t.equal(
    amounts.reduce((sum, amount) => sum + amount, 0),
    meta.total_volume,
    'the sum that Paystack reports',
  );
  t.ok(peakMb < maxMb, `${Math.round(peakMb)} MB`);
  t.comment(`${rows} rows, ${kills} kills, at most ${Math.round(peakMb)} MB, ${sandbox.requests.length} requests`);
});
