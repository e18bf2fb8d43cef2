/** The metrics in the log: singer-python's lines, which add up to what was written and asked. */
import t from 'tap';
import { createLog, type Level } from '../src/report/log.ts';
import { createMeter } from '../src/report/metrics.ts';
import type { AskedRequest } from '../src/report/observer.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { createFakeClock } from './support/clock.ts';
import { type Json, runSync } from './support/tap.ts';

/** The METRIC lines of a level, by the expression that singer-python's readers use. */
function metricsIn(text: string, level: Level = 'INFO'): Json[] {
  return [...text.matchAll(new RegExp(`^${level} METRIC: (.*)$`, 'gm'))].map(([, json]) => JSON.parse(json!));
}

function sumOf(metrics: readonly Json[], metric: string, endpoint: string): number {
  const fitting = metrics.filter((one) => one.metric === metric && one.tags.endpoint === endpoint);
  return fitting.reduce((sum, { value }) => sum + value, 0);
}

t.test('over a sync: the sums are the rows, the requests, and the requests one by one', async (t) => {
  const failing = { kind: 'status', status: 503 } as const;
  const sandbox = await startSandbox({
    synthetic: { transactions: { rows: 2500, from: '2023-01-01T00:00:00Z', to: '2023-12-01T00:00:00Z' } },
    faults: ({ index }) => (index === 3 ? failing : undefined),
  });
  const config = { secret_key: sandbox.secretKey, api_url: sandbox.url };
  const streams = ['transactions', 'settlement_transactions', 'banks'];
  const run = await runSync({ config, streams, environment: { TAP_PAYSTACK_LOGLEVEL: 'debug' } });
  await sandbox.close();
  t.equal(run.code, 0, run.stderr);
  const [metrics, timers] = [metricsIn(run.stderr), metricsIn(run.stderr, 'DEBUG')];
  for (const stream of streams) {
    t.equal(sumOf(metrics, 'record_count', stream), run.records[stream]?.length, stream);
    t.equal(metrics.filter(({ metric, tags }) => metric === 'job_duration' && tags.endpoint === stream).length, 1);
  }
  t.ok(run.records['transactions']!.length === 2500);
  const asked = (endpoint: string) => sandbox.requests.filter((request) => request.endpoint === endpoint).length;
  for (const endpoint of [...streams, 'settlements']) {
    t.ok(asked(endpoint) > 0, endpoint);
    t.equal(sumOf(metrics, 'http_request_count', endpoint), asked(endpoint), endpoint);
    t.equal(timers.filter(({ tags }) => tags.endpoint === endpoint).length, asked(endpoint), endpoint);
  }
  const failed = timers.filter(({ tags }) => tags.status === 'failed');
  t.equal(failed.length, 1);
  t.match(failed[0], { type: 'timer', metric: 'http_request_duration', tags: { http_status_code: 503 } });
});

function open(level: Level = 'INFO') {
  const clock = createFakeClock();
  let text = '';
  const log = createLog((line) => {
    text += line;
  }, level);
  const meter = createMeter(clock, log);
  /** What was logged since it was asked last. */
  const logged = () => {
    const metrics = metricsIn(text);
    text = '';
    return metrics.map(({ type, metric, value, tags }) => [type, metric, value, Object.values(tags).join(' ')]);
  };
  return { clock, meter, logged };
}

const answered: AskedRequest = {
  endpoint: 'refunds',
  status: 200,
  succeeded: true,
  durationMs: 100,
  quotaLeft: undefined,
};

t.test('every minute what was counted in it, and at the end the rest', async (t) => {
  const { clock, meter, logged } = open();
  meter.wrote('refunds', 200);
  meter.asked(answered);
  meter.asked({ ...answered, durationMs: 300 });
  meter.asked({ ...answered, status: undefined, succeeded: false, durationMs: 60_000 });
  await clock.advance(59_999);
  t.strictSame(logged(), []);
  await clock.advance(1);
  t.strictSame(logged(), [
    ['counter', 'record_count', 200, 'refunds'],
    ['counter', 'http_request_count', 2, 'refunds 200 succeeded'],
    ['timer', 'http_request_duration', 0.2, 'refunds 200 succeeded'],
    ['counter', 'http_request_count', 1, 'refunds failed'],
    ['timer', 'http_request_duration', 60, 'refunds failed'],
  ]);
  await clock.advance(60_000);
  t.strictSame(logged(), [], 'nothing was counted, nothing is said');
  meter.wrote('refunds', 7);
  meter.ended('refunds', { succeeded: true, durationMs: 120_500 });
  t.strictSame(logged(), [
    ['counter', 'record_count', 7, 'refunds'],
    ['timer', 'job_duration', 120.5, 'refunds succeeded'],
  ]);
  meter.asked(answered);
  meter.flush();
  t.strictSame(logged(), [
    ['counter', 'http_request_count', 1, 'refunds 200 succeeded'],
    ['timer', 'http_request_duration', 0.1, 'refunds 200 succeeded'],
  ]);
  meter.stop();
  t.equal(clock.pending(), 0, 'no timer is left');
});

t.test('a stream that nothing came of is counted too, and a failed one says so', async (t) => {
  const { meter, logged } = open();
  meter.ended('orders', { succeeded: false, durationMs: 1000 });
  t.strictSame(logged(), [
    ['counter', 'record_count', 0, 'orders'],
    ['timer', 'job_duration', 1, 'orders failed'],
  ]);
  meter.stop();
});
