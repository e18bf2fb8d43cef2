/**
 * How a run sees again what was open when last seen and lies before the lookback: by its keys, a request each; by stretches of
 * days; or by reading the range from the first of them on. The plan is the cheapest in requests, and never costs more than
 * reading that range and a tenth.
 */
import { dayMs, type Span } from '../paystack/windows.ts';
import { type Remembered, spansOf } from './bookmark.ts';

/** What is read besides the lookback. */
export interface Plan {
  /** Ascending, apart from each other. */
  readonly spans: readonly Span[];
  readonly keys: readonly string[];
}

export interface PlanOptions {
  /** What is to be seen again; all of it before `since`. */
  readonly older: Remembered;
  /** Where the lookback begins, milliseconds since 1970. */
  readonly since: number;
  /** True if a record can be had by its key. */
  readonly canFetch: boolean;
  /** Pages of a span, for a request; undefined if the list does not say. */
  readonly pagesOf: (span: Span) => Promise<number | undefined>;
}

/** Records that are had by their keys without asking what anything else would cost. */
const fewKeys = 2;

/** Requests that finding the cheapest plan may cost, as a part of reading the whole range. */
const maxProbing = 0.09;

export async function planOf({ older, since, canFetch, pagesOf }: PlanOptions): Promise<Plan> {
  const { keys, days } = older;
  const byKeys: Plan = { spans: spansOf(days), keys: [...keys.keys()] };
  const allDays = new Set([...keys.values(), ...days]);
  if (allDays.size === 0 || (canFetch && days.size === 0 && keys.size <= fewKeys)) return byKeys;
  const whole = { from: Math.min(...allDays), to: since };
  const pages = await pagesOf(whole);
  const stretches = spansOf(allDays, Math.floor((pages ?? 0) * maxProbing) + 1);
  if (pages === undefined) return canFetch ? byKeys : { spans: spansOf(allDays), keys: [] };
  // One stretch is a part of the range: whatever it holds, it has no more pages.
  if (stretches.length === 1 && !canFetch) return { spans: stretches, keys: [] };
  const keyCost = canFetch && days.size === 0 ? keys.size : Number.POSITIVE_INFINITY;
  const cheapest =
    keyCost <= pages ? { plan: byKeys, cost: keyCost } : { plan: { spans: [whole], keys: [] }, cost: pages };
  if (estimated(stretches, whole, pages) >= cheapest.cost) return cheapest.plan;
  const byDays = await mixed(stretches, older, canFetch, pagesOf);
  return byDays.cost < cheapest.cost ? byDays.plan : cheapest.plan;
}

/** Pages of some stretches as if the records of a range were spread evenly; a stretch is asked for with a day's margin. */
function estimated(stretches: readonly Span[], whole: Span, pages: number): number {
  const perDay = (pages * dayMs) / Math.max(dayMs, whole.to - whole.from);
  return stretches.reduce((sum, { from, to }) => sum + 1 + Math.max(1, perDay * ((to - from) / dayMs + 1)), 0);
}

/** Each stretch by the cheaper of its days and its keys; of equals by its keys, which bring nothing else along. */
async function mixed(
  stretches: readonly Span[],
  { keys, days }: Remembered,
  canFetch: boolean,
  pagesOf: PlanOptions['pagesOf'],
): Promise<{ readonly plan: Plan; readonly cost: number }> {
  const pages = await Promise.all(stretches.map(pagesOf));
  const spans: Span[] = [];
  const byKey: string[] = [];
  let cost = 0;
  for (const [index, stretch] of stretches.entries()) {
    const isIn = (day: number) => day >= stretch.from && day < stretch.to;
    const ofStretch = [...keys].filter(([, day]) => isIn(day)).map(([key]) => key);
    const dayCost = pages[index] ?? Number.POSITIVE_INFINITY;
    const keyCost = canFetch && ![...days].some(isIn) ? ofStretch.length : Number.POSITIVE_INFINITY;
    if (keyCost <= dayCost) byKey.push(...ofStretch);
    else spans.push(stretch);
    cost += Math.min(keyCost, dayCost);
  }
  return { plan: { spans, keys: byKey }, cost };
}
