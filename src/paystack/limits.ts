/**
 * When a request may start: not before its endpoint has quota left, and not while too many others are in flight.
 *
 * Documented: Paystack counts requests for each endpoint, in windows of 60 seconds. An exhausted endpoint therefore
 * never holds up the others. What the answers tell (`x-ratelimit-*`) is believed over what is assumed; without it, the
 * requests of the last `perMs` are counted, from their answers, so that however they jitter on the way no window of the
 * server's sees more of them than the quota.
 *
 * Among the requests that may start, the one with the lowest rank goes first: earlier streams finish sooner, and what
 * they leave is used by the later ones.
 */
import type { Clock } from '../clock.ts';

export interface Allowance {
  readonly requests: number;
  readonly perMs: number;
  /** True if a user set it: then it holds even where the API would allow more. */
  readonly isCeiling: boolean;
}

export interface LimitOptions {
  /** Requests in flight, all endpoints together. */
  readonly concurrency: number;
  readonly allowance: Allowance;
  readonly clock: Clock;
}

export interface Limits {
  /**
   * Waits for the moment a request to an endpoint may start. Every call that resolves must be followed by one of `done`.
   * Rejects with the signal's reason when it is aborted.
   */
  start(endpoint: string, rank: number, signal: AbortSignal): Promise<void>;
  /** Tells that the request has its answer, or failed. */
  done(endpoint: string, headers?: Headers): void;
  /** Lets no request to the endpoint start for so long. */
  pause(endpoint: string, ms: number): void;
  /** Requests left in the endpoint's window, where its answers tell. */
  remaining(endpoint: string): number | undefined;
}

interface Waiter {
  readonly endpoint: string;
  readonly rank: number;
  readonly go: () => void;
}

interface Quota {
  inFlight: number;
  pausedUntil: number;
  /** When the last requests were answered, oldest first. */
  readonly answered: number[];
  /** What the answers tell of the server's window. */
  told: ToldWindow | undefined;
}

interface ToldWindow {
  readonly limit: number;
  /** Least that was told in this window. */
  remaining: number;
  /** Earliest end that the answers allow; undefined until an answer of a new window has come. */
  endsAt: number | undefined;
}

/** The reset is told in whole seconds, rounded nobody says how: one more second is on the safe side. */
const roundingMs = 1000;

/** An answer whose window ends this much later than the known one speaks of the next window. */
const nextWindowMs = 1500;

/** A reset beyond this is a date in Unix seconds, not a duration: no recorded answer rules that out. */
const unixSeconds = 1_000_000_000;

export function createLimits({ concurrency, allowance, clock }: LimitOptions): Limits {
  const quotas = new Map<string, Quota>();
  const waiting: Waiter[] = [];
  let inFlight = 0;
  let cancelTimer: (() => void) | undefined;

  function quotaOf(endpoint: string): Quota {
    let quota = quotas.get(endpoint);
    if (quota === undefined) {
      quota = { inFlight: 0, pausedUntil: 0, answered: [], told: undefined };
      quotas.set(endpoint, quota);
    }
    return quota;
  }

  /** Starts what may start, and comes back when the next one may. */
  function dispatch(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const now = clock.now();
    const readyAt = new Map<string, number>();
    let soonest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < waiting.length && inFlight < concurrency; ) {
      const { endpoint, go } = waiting[index]!;
      const quota = quotaOf(endpoint);
      const at = readyAt.get(endpoint) ?? readyTime(quota, allowance, now);
      if (at > now) {
        readyAt.set(endpoint, at);
        soonest = Math.min(soonest, at);
        index++;
        continue;
      }
      waiting.splice(index, 1);
      quota.inFlight++;
      inFlight++;
      go();
    }
    if (inFlight < concurrency && Number.isFinite(soonest)) cancelTimer = clock.after(soonest - now, dispatch);
  }

  function start(endpoint: string, rank: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason);
        dispatch();
      };
      const go = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiter: Waiter = { endpoint, rank, go };
      const after = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(after === -1 ? waiting.length : after, 0, waiter);
      signal.addEventListener('abort', onAbort, { once: true });
      dispatch();
    });
  }

  function done(endpoint: string, headers?: Headers): void {
    const quota = quotaOf(endpoint);
    const now = clock.now();
    inFlight--;
    quota.inFlight--;
    quota.answered.push(now);
    if (headers) learn(quota, headers, now);
    dispatch();
  }

  function pause(endpoint: string, ms: number): void {
    const quota = quotaOf(endpoint);
    quota.pausedUntil = Math.max(quota.pausedUntil, clock.now() + ms);
  }

  return { start, done, pause, remaining: (endpoint) => quotas.get(endpoint)?.told?.remaining };
}

/** When the next request of an endpoint may start; infinite if that depends on an answer still to come. */
function readyTime(quota: Quota, allowance: Allowance, now: number): number {
  if (quota.pausedUntil > now) return quota.pausedUntil;
  const told = quota.told;
  if (told === undefined) return assumedReadyTime(quota, allowance, now);
  if (told.endsAt !== undefined && told.endsAt + roundingMs <= now) {
    told.remaining = told.limit;
    told.endsAt = undefined;
  }
  if (told.remaining <= quota.inFlight) {
    return told.remaining > 0 || told.endsAt === undefined ? Number.POSITIVE_INFINITY : told.endsAt + roundingMs;
  }
  return allowance.isCeiling ? assumedReadyTime(quota, allowance, now) : now;
}

function assumedReadyTime(quota: Quota, { requests, perMs }: Allowance, now: number): number {
  const { answered } = quota;
  while (answered.length > 0 && answered[0]! <= now - perMs) answered.shift();
  if (quota.inFlight + answered.length < requests) return now;
  return answered.length > 0 ? answered[0]! + perMs : Number.POSITIVE_INFINITY;
}

function learn(quota: Quota, headers: Headers, now: number): void {
  const limit = numberIn(headers, 'x-ratelimit-limit');
  const remaining = numberIn(headers, 'x-ratelimit-remaining');
  const reset = numberIn(headers, 'x-ratelimit-reset');
  if (limit === undefined || limit < 1 || remaining === undefined || reset === undefined) return;
  const endsAt = reset > unixSeconds ? reset * 1000 : now + reset * 1000;
  const told = quota.told;
  if (told?.endsAt === undefined || endsAt > told.endsAt + nextWindowMs) {
    quota.told = { limit, remaining, endsAt };
  } else {
    told.remaining = Math.min(told.remaining, remaining);
    told.endsAt = Math.min(told.endsAt, endsAt);
  }
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text !== null && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}
