/**
 * What a sync would cost, without reading it. What is to be read is found out as a sync does it (`open-stream.ts`, `plan.ts`,
 * `windows.ts`); then the first page of each of its spans says how many there are. That takes about a request a stream.
 *
 * What nobody can know beforehand is left out: tries that fail, lists that are read again, and the records that others
 * have changed meanwhile. Under parents that all must be visited, each list is counted as one page.
 */
import type { List, Page } from '../paystack/list.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { cutsOf, dayMs, isBelieved, pagesToEnd, queryOf, type Range, type Span } from '../paystack/windows.ts';
import { readSchema } from '../record/schemas.ts';
import { type Due, dueOf, listOf, type OpenOptions, rangeOf } from './open-stream.ts';
import { compileParents } from './rows.ts';
import type { StreamRun } from './stream-run.ts';

export interface Estimate {
  /** Records that Paystack announces of what would be read; undefined where no list announces them. */
  readonly records: number | undefined;
  /** Requests, by the endpoint that they count for. */
  readonly requests: ReadonlyMap<string, number>;
  /** True if there may be many more: a list does not say how many pages it has. */
  readonly isLeast: boolean;
}

export type EstimateOptions = Pick<OpenOptions, 'config' | 'ask' | 'now'>;

type Pages = Pick<List<unknown>, 'page'>;

/** What reading a list, or a part of it, comes to. */
interface Cost {
  readonly records: number | undefined;
  readonly requests: number;
  readonly isLeast: boolean;
}

/** @throws what asking throws */
export async function estimate(run: StreamRun, options: EstimateOptions): Promise<Estimate> {
  const { facts, stream } = run;
  const parent = facts.parent?.stream as StreamName | undefined;
  const listName = parent ?? (stream.id as StreamName);
  const listFacts: StreamFacts = streams[listName];
  const toRows = compileParents(listFacts, readSchema(listName), []);
  const list = remembering(listOf({ rank: run.rank, options }, listName, listFacts.path, toRows));
  const { cost, due, range } = await costOfList(list, run, options);
  if (parent !== undefined) {
    const visits = due && range ? await visitsOf(list, cost, due, range) : cost.records;
    return {
      records: undefined,
      requests: new Map([
        [parent, cost.requests],
        [stream.id, visits ?? 1],
      ]),
      isLeast: cost.isLeast || visits === undefined || facts.paging !== 'single',
    };
  }
  const keys = due?.plan.keys.length ?? 0;
  return {
    records: cost.records === undefined ? undefined : cost.records + keys,
    requests: new Map([
      [listName, cost.requests],
      [`${listName} by key`, keys],
    ]),
    isLeast: cost.isLeast,
  };
}

/** A list of which no page is asked for twice. */
function remembering(list: List<unknown>): Pages {
  const asked = new Map<string, Promise<Page<unknown>>>();
  return {
    page: (number, query) => {
      const key = JSON.stringify([number, query]);
      const page = asked.get(key) ?? list.page(number, query);
      asked.set(key, page);
      return page;
    },
  };
}

/** What a run reads of a list of its own, or of its parents. */
async function costOfList(
  list: Pages,
  { facts, start }: StreamRun,
  options: EstimateOptions,
): Promise<{ readonly cost: Cost; readonly due?: Due; readonly range?: Range | undefined }> {
  if (!facts.ranged) return { cost: costOf(await list.page(1, {})) };
  let probes = 0;
  const probed: Pages = {
    page: (number, query) => {
      probes++;
      return list.page(number, query);
    },
  };
  const due = await dueOf(probed, facts, start, options);
  const range = rangeOf(due.plan.spans, due.since, facts, options);
  const cost = range === undefined ? nothing : await costOfRange(list, range);
  return { cost: { ...cost, requests: cost.requests + probes }, due, range };
}

const nothing: Cost = { records: 0, requests: 0, isLeast: false };

async function costOfRange(list: Pages, range: Range): Promise<Cost> {
  let sum = nothing;
  for (const span of range.spans) {
    const first = await list.page(1, queryOf(span, range));
    const { records, requests, isLeast } = costOf(first);
    // A list that ignores the dates is read whole.
    if (!isBelieved(first, span)) return { records, requests: sum.requests + requests + 1, isLeast };
    const { cuts, oldest } = await cutsOf(list, span, first, range);
    sum = {
      records: records === undefined || sum.records === undefined ? undefined : sum.records + records,
      requests: sum.requests + requests + (oldest === undefined ? 0 : costOfCuts(cuts, oldest, requests, span, range)),
      isLeast: sum.isLeast || isLeast,
    };
  }
  return sum;
}

/**
 * Requests that cutting a span costs: two to find out where, half a page for each window's end, and the day behind it, which it
 * is asked for with.
 */
function costOfCuts(cuts: readonly number[], oldest: number, pages: number, { to }: Span, { now }: Range): number {
  const days = Math.max(1, (Math.min(to, now) - oldest) / dayMs);
  return 2 + Math.round(cuts.length * (0.5 + pages / days));
}

function costOf(first: Page<unknown>): Cost {
  const { count, total, isLast } = first;
  first.release();
  // An empty answer is asked for twice.
  if (count === 0) return { records: 0, requests: 2, isLeast: false };
  const pages = pagesToEnd({ ...first, next: undefined });
  const records = total ?? (isLast ? count : undefined);
  return Number.isFinite(pages)
    ? { records, requests: pages, isLeast: false }
    : { records, requests: 2, isLeast: true };
}

/** Parents that are visited of those that are read: in the lookback all, before it what is remembered. */
async function visitsOf(
  list: Pages,
  { records }: Cost,
  { since, older, plan }: Due,
  range: Range,
): Promise<number | undefined> {
  if (records === undefined) return undefined;
  const last = range.spans.at(-1)!;
  const lookback = { from: Math.max(since, last.from), to: last.to };
  const recent = costOf(await list.page(1, queryOf(lookback, range))).records;
  if (recent === undefined) return undefined;
  // Of days without keys, as many as if the records of the spans were spread evenly.
  const days = plan.spans.reduce((sum, { from, to }) => sum + (to - from) / dayMs, 0);
  const ofDays = Math.round((Math.max(0, records - recent) * older.days.size) / Math.max(1, days));
  return Math.min(records, recent + older.keys.size + ofDays);
}
