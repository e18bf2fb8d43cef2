/**
 * Killed hundreds of times in a row, while records arrive and change, it gets there without a loss, and what it has is what
 * there is. `SOAK_STOPS` and `SOAK_SEED` change it; the seed is printed.
 */
import t from 'tap';
import { streams } from '../../src/paystack/streams.ts';
import { randomNumbers } from '../../src/sandbox/rows.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { type Json, selecting, workFolder } from '../support/tap.ts';
import { createTarget, endings, runInto } from '../support/target.ts';

const stops = Number(process.env['SOAK_STOPS'] ?? 200);
const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);

const rows = 600;
const names = ['customers', 'disputes', 'invoices', 'transactions', 'transfers'] as const;
const dayMs = 86_400_000;

t.test(`${stops} stops in a row, seed ${seed}`, async (t) => {
  const now = Date.now();
  const recordsOf = (stream: (typeof names)[number]) =>
    Array.from({ length: rows }, (_, index) => ({
      id: index + 1,
      status: stream === 'transfers' && index % 60 === 0 ? 'pending' : 'success',
      [streams[stream].created]: new Date(now - (rows - index) * 0.8 * dayMs).toISOString(),
    }));
  const sandbox = await startSandbox({
    records: Object.fromEntries(names.map((stream) => [stream, recordsOf(stream)])),
    arrivals: { perRequest: 1, max: 200, streams: names },
    latencyMs: 1,
  });
  const folder = workFolder();
  t.teardown(async () => {
    folder.remove();
    await sandbox.close();
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url, requests_per_minute: 1_000_000 };
  const settings = folder.file('config.json', { ...config, page_size: 3, lookback_window_days: 0 });
  const catalog = folder.file('catalog.json', selecting(names));
  const target = createTarget(({ status, _extra }) => status ?? _extra?.status);
  const chance = randomNumbers(seed);

  async function run(stop?: Parameters<typeof runInto>[2]) {
    const state = target.state();
    const args = ['--config', settings, '--catalog', catalog];
    if (state !== undefined) args.push('--state', folder.file('state.json', state));
    return runInto(target, args, stop);
  }

  let whole = 0;
  for (let stop = 0; stop < stops; stop++) {
    const ending = endings[Math.floor(chance() * endings.length)]!;
    // Some come to their end before.
    const { code, stderr } = await run({ bytes: Math.floor(chance() ** 2 * 500_000), ending });
    if (code === 0) whole++;
    if (/\n\s+at /.test(stderr)) t.fail(`stop ${stop}: ${stderr}`);
    const newcomer = { status: 'pending', createdAt: new Date().toISOString() };
    sandbox.add('transfers', { ...newcomer, id: 1_000_000 + stop });
    const open = [...(target.records.get('transfers') ?? [])].filter(([, status]) => status === 'pending');
    const [id] = open[Math.floor(chance() * open.length)] ?? [];
    if (id !== undefined && chance() < 0.5) sandbox.change('transfers', id, { status: 'success' });
  }
  const last = await run();
  if (last.code !== 0) t.fail(last.stderr.slice(-2000));

  t.same(target.complaints, [], 'nothing that no target should have to bear');
  t.comment(`${whole} of ${stops} runs came to their end before they were stopped`);
  for (const stream of names) {
    const answer = await fetch(`${sandbox.url}${streams[stream].path}?perPage=1000000`, {
      headers: { authorization: `Bearer ${sandbox.secretKey}` },
    });
    const { data } = (await answer.json()) as { data: Json[] };
    // What came in while the last run was reading may not be there yet.
    const [reached] = Object.values<Json>(target.state().bookmarks[stream]);
    const old = data.filter(({ createdAt, created_at }) => (createdAt ?? created_at) < reached);
    const had = target.records.get(stream);
    t.ok(old.length >= rows, `${old.length} ${stream}`);
    t.same(
      old.filter(({ id, status }) => had?.get(id) !== status),
      [],
      `every one of ${stream}, as it is now`,
    );
  }
});
