/**
 * The limit of an endpoint that refuses requests (429) and does not say when to come again. It is found by trial.
 *
 * A refusal pauses the endpoint. Then one request at a time tries it, after growing pauses. When one is granted, the limit
 * is taken to be what was granted since the first of the requests before the refusal: so many requests in so much time.
 * Each further refusal lowers the limit. Each stretch of that time without a refusal raises it a little. Once it is as high
 * as what is assumed, it is dropped.
 */
export interface Trial {
  /** Refusals one after the other. Those of requests that were in flight together count as one. */
  refusals: number;
  /** When the last of them came, on the monotonic clock, like all times here. */
  refusedAt: number;
  /** Requests that were granted before the first of them, and since when. */
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
/** Half of the documented window: at most two tries fall into a spent one. */
const maxPauseMs = 30_000;
/** A limit is multiplied by this at a refusal. */
const lowering = 0.9;
/** A limit is raised by this part of itself. */
const raising = 0.05;
/** The time that a limit is counted over: less would measure a burst, more would be a wait that nobody understands. */
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
