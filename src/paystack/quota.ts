/**
 * Which request starts next, and when: not before its endpoint has quota left, and not while too many are in flight.
 *
 * The trade: a request that is held back costs time, and one that is refused costs a request, and perhaps a block.
 * Documented: Paystack counts requests for each endpoint, in windows of 60 seconds. So each endpoint has its own count
 * (`endpoint-quota.ts`, with its modes), and one that is spent never holds up the others.
 *
 * A request waits here until three things hold: its endpoint is ready, fewer than `concurrency` requests are in flight, and
 * no request with a lower rank may start instead. The rank lets earlier streams finish sooner, and gives what they leave to
 * the later ones. A request ends its wait by starting, with a ticket that it must hand back, or by being aborted.
 */
import type { Clock } from '../clock.ts';
import type { Allowance } from '../config.ts';
import { type EndpointQuota, newEndpointQuota, noteEnd, readyTime } from './endpoint-quota.ts';
import { leftIn, reportIn } from './reported-window.ts';

export interface QuotaOptions {
  /** Requests in flight, all endpoints together. */
  readonly concurrency: number;
  readonly allowance: Allowance;
  readonly clock: Clock;
  /** Called when requests begin to wait for the quota of their endpoint, and when it turns out that they wait for longer. */
  readonly onWait?: ((endpoint: string, waitMs: number) => void) | undefined;
}

export interface Quota {
  /**
   * Waits for the moment a request to an endpoint may start. Every ticket must be handed to `done`.
   * Rejects with the signal's reason when it is aborted.
   */
  start(endpoint: string, rank: number, signal: AbortSignal): Promise<Ticket>;
  /**
   * Notes that the request has ended, and lets the next ones start.
   *
   * @param headers of its answer, if it has one
   * @param isRefused true for a 429 that does not say when to come again
   * @returns for how long the endpoint is paused
   */
  done(ticket: Ticket, headers?: Headers, isRefused?: boolean): number;
  /** Lets no request to the endpoint start for so long. */
  pause(endpoint: string, ms: number): void;
  /** Requests left in the endpoint's window, where its answers report it. */
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

/** A wait that is shorter is not reported, nor one that turns out longer by less. */
const minWaitMs = 1000;

export function createQuota({ concurrency, allowance, clock, onWait }: QuotaOptions): Quota {
  const endpoints = new Map<string, EndpointQuota>();
  const waiting: Waiter[] = [];
  const noteWait = createWaitNotes(onWait);
  let inFlight = 0;
  let cancelTimer: (() => void) | undefined;

  function quotaOf(endpoint: string): EndpointQuota {
    const quota = endpoints.get(endpoint) ?? newEndpointQuota();
    endpoints.set(endpoint, quota);
    return quota;
  }

  /** Starts what may start, and sets a timer for the next one. */
  function dispatch(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const now = clock.monotonic();
    const blocked = new Map<string, number>();
    for (let index = 0; index < waiting.length && inFlight < concurrency; ) {
      const { endpoint, go } = waiting[index]!;
      const quota = quotaOf(endpoint);
      const at = blocked.get(endpoint) ?? readyTime(quota, allowance, now);
      if (at > now) {
        blocked.set(endpoint, at);
        index++;
        continue;
      }
      waiting.splice(index, 1);
      quota.inFlight++;
      inFlight++;
      go({ endpoint, startedAt: now });
    }
    for (const [endpoint, at] of blocked) noteWait(endpoint, at, now);
    const soonest = Math.min(...blocked.values());
    if (inFlight < concurrency && Number.isFinite(soonest)) cancelTimer = clock.after(soonest - now, dispatch);
  }

  return {
    start: (endpoint, rank, signal) =>
      new Promise((resolve, reject) => {
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
        insertByRank(waiting, waiter);
        signal.addEventListener('abort', onAbort);
        dispatch();
      }),
    done: ({ endpoint, startedAt }, headers, isRefused = false) => {
      const quota = quotaOf(endpoint);
      const now = clock.monotonic();
      const report = headers && reportIn(headers, startedAt, now, clock.now());
      noteEnd(quota, { startedAt, hasAnswer: headers !== undefined, isRefused, report }, allowance, now);
      inFlight--;
      dispatch();
      return Math.max(0, quota.pausedUntil - now);
    },
    pause: (endpoint, ms) => {
      const quota = quotaOf(endpoint);
      quota.pausedUntil = Math.max(quota.pausedUntil, clock.monotonic() + ms);
    },
    remaining: (endpoint) => {
      const window = endpoints.get(endpoint)?.window;
      return window && leftIn(window);
    },
  };
}

/** Behind those of the same rank. */
function insertByRank(waiting: Waiter[], waiter: Waiter): void {
  const after = waiting.findIndex(({ rank }) => rank > waiter.rank);
  waiting.splice(after === -1 ? waiting.length : after, 0, waiter);
}

/** Reports each wait once, and again where it turns out longer. */
function createWaitNotes(onWait: QuotaOptions['onWait']): (endpoint: string, until: number, now: number) => void {
  const noted = new Map<string, number>();
  return (endpoint, until, now) => {
    if (!Number.isFinite(until) || until - Math.max(now, noted.get(endpoint) ?? now) < minWaitMs) return;
    noted.set(endpoint, until);
    onWait?.(endpoint, until - now);
  };
}
