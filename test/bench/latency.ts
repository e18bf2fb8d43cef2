/** What a slow line costs, where the requests in flight can make up for it. */
import type { StreamName } from '../../src/paystack/streams.ts';
import { coreStreams } from '../../src/sandbox/core-streams.ts';
import { untilNow } from './data.ts';
import { measureTap, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const latencyMs = 200;
const concurrency = 16;
const pageSize = 200;

/** Records by which the last page is not full: a full one, or one of a round number, is no end, and costs one more. */
const missing = 77;

export const latency: Suite = async function* ({ rounds }) {
  yield {
    what: `time of 500 pages at ${latencyMs} ms, against as many requests in flight as may be`,
    values: await times(['transactions'], 500, rounds),
    bar: { atMost: 1.25 },
  };
  yield {
    what: 'the same for eight streams of 20 pages',
    values: await times(coreStreams, 20, rounds),
    bar: { atMost: 1.4 },
  };
};

async function times(streams: readonly StreamName[], pages: number, rounds: number): Promise<number[]> {
  const server = await startServer({
    keepsAnswers: true,
    latencyMs,
    synthetic: untilNow(streams, pages * pageSize - missing),
  });
  const idealMs = (streams.length * pages * latencyMs) / concurrency;
  const tap = () => measureTap({ server, streams, settings: { concurrency, page_size: pageSize } });
  const values: number[] = [];
  // So that the server has every answer.
  await tap();
  for (let round = 0; round < rounds; round++) values.push((await tap()).wallMs / idealMs);
  server.stop();
  return values;
}
