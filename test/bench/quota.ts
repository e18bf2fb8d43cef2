/** How well the quota is used, and whether it is ever exceeded, however the server counts. */
import type { QuotaOptions } from '../../src/sandbox/quotas.ts';
import { coreStreams, untilNow } from './data.ts';
import { measureTap, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

const requests = 50;
const seconds = 10;
const pages = 150;
/** Small: the quota is to be the brake. */
const pageSize = 20;

/** The first pages need no wait. */
const idealMs = (pages / requests - 1) * seconds * 1000;

type Counting = Pick<QuotaOptions, 'begins' | 'rounded'>;

const countings: readonly Required<Counting>[] = [
  { begins: 'request', rounded: 'up' },
  { begins: 'clock', rounded: 'down' },
  { begins: 'request', rounded: 'down' },
  { begins: 'clock', rounded: 'up' },
];

export const quota: Suite = async function* ({ isQuick }) {
  const chosen = isQuick ? countings.slice(0, 1) : countings;
  // Their processes wait nearly all of the time, so two at once do not disturb each other.
  const told = await inPairs(chosen, (counting) => run({ ...counting, headers: true }, {}));
  const silent = await inPairs(chosen.slice(0, 2), (counting) =>
    run({ ...counting, headers: 'never' }, { requests_per_minute: (requests * 60) / seconds }),
  );
  const what = `time under a quota of ${requests} in ${seconds} s, ${pages} pages of eight endpoints`;
  yield { what: `${what}, against the ideal`, values: told.map(({ time }) => time), bar: { atMost: 1.15 } };
  yield { what: '… answers 429', values: told.map(({ refused }) => refused), bar: { atMost: 0 } };
  yield { what: '… requests, against the pages', values: told.map(({ asked }) => asked) };
  const setting = 'the same, where only the setting tells the quota';
  yield { what: setting, values: silent.map(({ time }) => time), bar: { atMost: 1.25 } };
  yield { what: '… answers 429', values: silent.map(({ refused }) => refused), bar: { atMost: 0 } };
};

interface Use {
  readonly time: number;
  readonly refused: number;
  readonly asked: number;
}

async function run(counting: Omit<QuotaOptions, 'requests' | 'seconds'>, settings: object): Promise<Use> {
  const server = await startServer({
    quota: { requests, seconds, ...counting },
    synthetic: untilNow(coreStreams, pages * pageSize),
  });
  const given = { page_size: pageSize, requests_per_minute: undefined, ...settings };
  const { wallMs } = await measureTap({ server, streams: coreStreams, settings: given });
  const asked = await server.asked();
  server.stop();
  return { time: wallMs / idealMs, refused: asked.refused, asked: asked.requests / (pages * coreStreams.length) };
}

async function inPairs<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += 2) {
    results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  }
  return results;
}
