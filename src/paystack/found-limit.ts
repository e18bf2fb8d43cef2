/**
 * The limit of an endpoint that refuses requests (429) without a word of when to come again, found by trial.
 *
 * A refusal pauses the endpoint, and then one request at a time tries it, after pauses that grow. When one is granted,
 * as many requests have been seen to be granted in so much time: that is taken for the limit. Each further refusal takes
 * it down to what was granted in the last such time, and less; each such time without one raises it a little, until it
 * is no limit beside what is assumed anyhow.
 */
export interface Trial {
  /** Refusals one after the other. Those of requests that were in flight at the first are one with it. */
  refusals: number;
  /** When the last of them came, on the monotonic clock, like all times here. */
  refusedAt: number;
  /** What was granted before the first of them: so many requests since then. */
  granted: number;
  since: number;
  limit: FoundLimit | undefined;
  /** When the limit was found, lowered or raised. */
  changedAt: number;
}

export interface FoundLimit {
  readonly requests: number;
  readonly perMs: number;
}

const firstPauseMs = 500;
/** Half of the documented window: at most two tries fall into one that is spent. */
const maxPauseMs = 30_000;
const lowering = 0.9;
const raising = 0.05;
/** A limit of less time than this is one of the burst; one of more would be a wait that nobody understands. */
const [minPerMs, maxPerMs] = [1000, 120_000];

export function newTrial(): Trial {
  const never = Number.NEGATIVE_INFINITY;
  return { refusals: 0, refusedAt: never, granted: 0, since: never, limit: undefined, changedAt: never };
}

/**
 * Takes in a refusal.
 *
 * @param startedAt when the request started that is refused
 * @param granted when requests were granted lately, oldest first
 * @returns for how long the endpoint is to pause from now on
 */
export function refuse(trial: Trial, startedAt: number, now: number, granted: readonly number[]): number {
  if (startedAt > trial.refusedAt) {
    if (trial.refusals === 0) noteRefusal(trial, startedAt, now, granted);
    trial.refusals++;
    trial.refusedAt = now;
  }
  return Math.min(maxPauseMs, firstPauseMs * 2 ** (trial.refusals - 1)) - (now - trial.refusedAt);
}

function noteRefusal(trial: Trial, startedAt: number, now: number, granted: readonly number[]): void {
  trial.granted = granted.length;
  trial.since = granted[0] ?? startedAt;
  const { limit } = trial;
  if (limit === undefined) return;
  const seen = granted.filter((at) => at > now - limit.perMs).length;
  setLimit(trial, Math.min(seen, Math.floor(limit.requests * lowering)), limit.perMs, now);
}

/**
 * Takes in a request that was granted.
 *
 * @param assumed the limit that holds without one that is found
 */
export function grant(trial: Trial, startedAt: number, now: number, assumed: FoundLimit): void {
  const { limit } = trial;
  if (trial.refusals > 0) {
    if (startedAt <= trial.refusedAt) return;
    if (limit === undefined) setLimit(trial, trial.granted, now - trial.since, now);
    trial.refusals = 0;
  } else if (limit !== undefined && now - trial.changedAt >= limit.perMs) {
    setLimit(trial, limit.requests + Math.max(1, Math.floor(limit.requests * raising)), limit.perMs, now);
    if (trial.limit!.requests / limit.perMs >= assumed.requests / assumed.perMs) trial.limit = undefined;
  }
}

function setLimit(trial: Trial, requests: number, perMs: number, now: number): void {
  trial.limit = { requests: Math.max(1, requests), perMs: Math.min(maxPerMs, Math.max(minPerMs, perMs)) };
  trial.changedAt = now;
}
