/** How well the quota is used, and whether it is ever exceeded, however the server counts. */

import { coreStreams } from '../../src/sandbox/core-streams.ts';
import type { QuotaOptions } from '../../src/sandbox/quotas.ts';
import { untilNow } from './data.ts';
import { measureTap, startServer } from './measure.ts';
import type { Suite } from './suites.ts';

/** What is asked of each of the eight endpoints, under which quota. */
interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly pages: number;
}

const reported: Load = { requests: 50, seconds: 10, pages: 150 };
/** A setting is by the minute: a burst of a hundred, and a minute's wait. */
const unreported: Load = { requests: 100, seconds: 60, pages: 150 };

/** Small: the quota is to be the brake. */
const pageSize = 20;

/** The last page is not full: no other is asked for to prove that it is the last. */
function rowsIn({ pages }: Load): number {
  return pages * pageSize - pageSize / 2;
}

/** The first pages need no wait, if the window begins with them. */
function idealMs({ requests, seconds, pages }: Load): number {
  return (Math.ceil(pages / requests) - 1) * seconds * 1000;
}

type Counting = Required<Pick<QuotaOptions, 'begins' | 'rounded'>>;

const countings: readonly Counting[] = [
  { begins: 'request', rounded: 'up' },
  { begins: 'clock', rounded: 'down' },
  { begins: 'request', rounded: 'down' },
  { begins: 'clock', rounded: 'up' },
];

export const quota: Suite = async function* ({ isQuick }) {
  const chosen = isQuick ? countings.slice(0, 1) : countings;
  // Their processes wait nearly all of the time, so two at once do not disturb each other.
  const answered = await inPairs(chosen, (counting) => run(reported, { ...counting, headers: true }, {}));
  const silent = await inPairs(chosen.slice(0, 2), (counting) =>
    run(unreported, { ...counting, headers: 'never' }, { requests_per_minute: unreported.requests }),
  );
  // A window of the clock's may be over soon, which is luck.
  const times = (uses: readonly Use[]) => uses.filter(({ begins }) => begins === 'request').map(({ time }) => time);
  const refused = (uses: readonly Use[]) => [uses.reduce((sum, use) => sum + use.refused, 0)];
  const whatOf = ({ requests, seconds, pages }: Load) =>
    `time under a quota of ${requests} in ${seconds} s, ${pages} pages of eight endpoints, against the ideal`;
  yield { what: whatOf(reported), values: times(answered), bar: { atMost: 1.15 } };
  yield { what: '… answers 429, however the server counts', values: refused(answered), bar: { atMost: 0 } };
  yield { what: '… requests, against the pages', values: answered.map(({ asked }) => asked) };
  const alone = `${whatOf(unreported)}, where only the setting says it`;
  yield { what: alone, values: times(silent), bar: { atMost: 1.15 } };
  yield { what: '… answers 429, however the server counts', values: refused(silent), bar: { atMost: 0 } };
};

interface Use extends Counting {
  readonly time: number;
  readonly refused: number;
  readonly asked: number;
}

async function run(load: Load, counting: Counting & Pick<QuotaOptions, 'headers'>, settings: object): Promise<Use> {
  const { requests, seconds, pages } = load;
  const server = await startServer({
    quota: { requests, seconds, ...counting },
    synthetic: untilNow(coreStreams, rowsIn(load)),
  });
  const given = { page_size: pageSize, requests_per_minute: undefined, ...settings };
  const { wallMs } = await measureTap({ server, streams: coreStreams, settings: given });
  const asked = await server.asked();
  server.stop();
  const perPage = asked.requests / (pages * coreStreams.length);
  return { ...counting, time: wallMs / idealMs(load), refused: asked.refused, asked: perPage };
}

async function inPairs<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += 2) {
    results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  }
  return results;
}
