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
import type { Allowance } from '../config.ts';

export interface LimitOptions {
  /** Requests in flight, all endpoints together. */
  readonly concurrency: number;
  readonly allowance: Allowance;
  readonly clock: Clock;
}

export interface Limits {
  /**
   * Waits for the moment a request to an endpoint may start. Every ticket must be handed to `done`.
   * Rejects with the signal's reason when it is aborted.
   */
  start(endpoint: string, rank: number, signal: AbortSignal): Promise<Ticket>;
  /** Tells that the request has its answer, or failed. */
  done(ticket: Ticket, headers?: Headers): void;
  /** Lets no request to the endpoint start for so long. */
  pause(endpoint: string, ms: number): void;
  /** Requests left in the endpoint's window, where its answers tell. */
  remaining(endpoint: string): number | undefined;
}

/** A request that has started. */
export interface Ticket {
  readonly endpoint: string;
  readonly startedAt: number;
}

interface Waiter {
  readonly endpoint: string;
  readonly rank: number;
  readonly go: (ticket: Ticket) => void;
}

interface Quota {
  inFlight: number;
  pausedUntil: number;
  /** When the last requests were answered, oldest first. */
  readonly answered: number[];
  /** What the answers tell of the server's window. */
  told: ToldWindow | undefined;
}

/**
 * The server's window, as far as the answers tell. An answer was made at some time between the start of its request and
 * its arrival, so it tells only a span in which the window ends. Spans of one window overlap.
 */
interface ToldWindow {
  limit: number;
  /** Least that was told in this window. */
  remaining: number;
  /** The limit less the answers that came in this window: not every answer tells. */
  unanswered: number;
  endsAfter: number;
  /** Undefined until an answer of the window has come. */
  endsBefore: number | undefined;
  /** An answer of this window ends after this, or it is a late one of the window before. */
  previousEnd: number;
}

/** The reset is told in whole seconds, rounded nobody says how: one more second is on the safe side. */
const roundingMs = 1000;

/** A window that lasts longer than this is not believed: it would be a wait that nobody understands. Documented: a minute. */
const maxWindowMs = 300_000;

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
      go({ endpoint, startedAt: now });
    }
    if (inFlight < concurrency && Number.isFinite(soonest)) cancelTimer = clock.after(soonest - now, dispatch);
  }

  function start(endpoint: string, rank: number, signal: AbortSignal): Promise<Ticket> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason);
        dispatch();
      };
      const go = (ticket: Ticket) => {
        signal.removeEventListener('abort', onAbort);
        resolve(ticket);
      };
      const waiter: Waiter = { endpoint, rank, go };
      const after = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(after === -1 ? waiting.length : after, 0, waiter);
      signal.addEventListener('abort', onAbort, { once: true });
      dispatch();
    });
  }

  function done({ endpoint, startedAt }: Ticket, headers?: Headers): void {
    const quota = quotaOf(endpoint);
    const now = clock.now();
    inFlight--;
    quota.inFlight--;
    quota.answered.push(now);
    forgetBefore(quota.answered, now - allowance.perMs);
    if (quota.told) quota.told.unanswered--;
    if (headers) learn(quota, headers, startedAt, now);
    // Where nothing is left and no answer told until when, as long as the documented window lasts.
    if (quota.told && left(quota.told) <= 0) quota.told.endsBefore ??= now + allowance.perMs;
    dispatch();
  }

  function pause(endpoint: string, ms: number): void {
    const quota = quotaOf(endpoint);
    quota.pausedUntil = Math.max(quota.pausedUntil, clock.now() + ms);
  }

  function remaining(endpoint: string): number | undefined {
    const told = quotas.get(endpoint)?.told;
    return told && left(told);
  }

  return { start, done, pause, remaining };
}

function left({ remaining, unanswered }: ToldWindow): number {
  return Math.min(remaining, unanswered);
}

/** When the next request of an endpoint may start; infinite if that depends on an answer still to come. */
function readyTime(quota: Quota, allowance: Allowance, now: number): number {
  if (quota.pausedUntil > now) return quota.pausedUntil;
  const told = quota.told;
  if (told === undefined) return assumedReadyTime(quota, allowance, now);
  if (told.endsBefore !== undefined && told.endsBefore + roundingMs <= now) beginWindow(told);
  if (left(told) <= quota.inFlight) {
    const isSpent = left(told) <= 0 && told.endsBefore !== undefined;
    return isSpent ? (told.endsBefore ?? 0) + roundingMs : Number.POSITIVE_INFINITY;
  }
  return allowance.isCeiling ? assumedReadyTime(quota, allowance, now) : now;
}

/** A new window, of which no answer has told yet. */
function beginWindow(told: ToldWindow): void {
  told.previousEnd = (told.endsBefore ?? 0) + roundingMs;
  told.remaining = told.limit;
  told.unanswered = told.limit;
  told.endsAfter = Number.NEGATIVE_INFINITY;
  told.endsBefore = undefined;
}

function assumedReadyTime(quota: Quota, { requests, perMs }: Allowance, now: number): number {
  const { answered } = quota;
  forgetBefore(answered, now - perMs);
  if (quota.inFlight + answered.length < requests) return now;
  return answered.length > 0 ? answered[0]! + perMs : Number.POSITIVE_INFINITY;
}

function forgetBefore(times: number[], past: number): void {
  while (times.length > 0 && times[0]! <= past) times.shift();
}

function learn(quota: Quota, headers: Headers, startedAt: number, now: number): void {
  const limit = numberIn(headers, 'x-ratelimit-limit');
  const remaining = numberIn(headers, 'x-ratelimit-remaining');
  const reset = numberIn(headers, 'x-ratelimit-reset');
  if (limit === undefined || limit < 1 || remaining === undefined || reset === undefined) return;
  const isDate = reset > unixSeconds;
  const endsAfter = (isDate ? 0 : startedAt) + reset * 1000 - roundingMs;
  const endsBefore = (isDate ? 0 : now) + reset * 1000;
  if (endsBefore - now > maxWindowMs) return;
  const { told } = quota;
  if (told === undefined) {
    const unanswered = limit - quota.answered.length;
    quota.told = { limit, remaining, unanswered, endsAfter, endsBefore, previousEnd: Number.NEGATIVE_INFINITY };
  } else if (told.endsBefore === undefined) {
    if (endsAfter > told.previousEnd) {
      Object.assign(told, { limit, remaining: Math.min(remaining, told.remaining), endsAfter, endsBefore });
    }
  } else if (endsAfter > told.endsBefore + roundingMs) {
    Object.assign(told, { limit, remaining, unanswered: limit - 1, endsAfter, endsBefore });
  } else if (endsBefore + roundingMs >= told.endsAfter) {
    told.remaining = Math.min(told.remaining, remaining);
    told.endsAfter = Math.max(told.endsAfter, endsAfter);
    told.endsBefore = Math.min(told.endsBefore, endsBefore);
  }
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text !== null && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}
