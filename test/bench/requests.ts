/** How many requests it takes: they are what the quota counts. */
import { untilNow } from './data.ts';
import { measureTap, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

export const requests: Suite = async function* () {
  const many = await requestsFor(100_000, 3);
  const what = 'requests for 100,000 rows of 3 years, 200 a page, against 500';
  yield { what, values: [many / 500], bar: { atMost: 1.1 } };
  const few = await requestsFor(10, 10);
  yield { what: 'requests for a stream of 10 rows in 10 years', values: [few], bar: { atMost: 2 } };
};

async function requestsFor(rows: number, years: number): Promise<number> {
  const server = await startServer({ synthetic: untilNow(['transactions'], rows, years) });
  await measureTap({ server, streams: ['transactions'], settings: { page_size: 200 } });
  const { requests } = await server.asked();
  server.stop();
  return requests;
}
