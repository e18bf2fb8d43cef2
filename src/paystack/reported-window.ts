/**
 * The server's quota window, as the headers `x-ratelimit-*` of its answers report it.
 *
 * The server makes an answer at some time between the start of its request and its arrival. So an answer only says between
 * which two times the window ends. These stretches of time overlap where two answers are of the same window, and that is how
 * a new window is recognised.
 */
import { msUntil } from './reset.ts';

export interface ReportedWindow {
  limit: number;
  /** The least that was reported in this window. */
  remaining: number;
  /** The limit less the answers that came in this window. It goes on where answers do not report. */
  unanswered: number;
  /** On the monotonic clock, like all times here. */
  endsAfter: number;
  /** Undefined until an answer of the window has come. */
  endsBefore: number | undefined;
  /** When the window before ended at the latest. An answer that reports an earlier end is a late one of that window. */
  previousEnd: number;
}

/** What one answer reports. */
export interface Report {
  readonly limit: number;
  readonly remaining: number;
  readonly endsAfter: number;
  readonly endsBefore: number;
}

/** The reset is in whole seconds, and nobody says how it is rounded. One more second is on the safe side. */
const roundingMs = 1000;

/** A longer window is not believed: it would be a wait that nobody understands. Documented: a minute. */
const maxWindowMs = 300_000;

/**
 * Reads what an answer reports of its window.
 *
 * @param startedAt when its request started, on the monotonic clock, like `now`
 * @param wallNow milliseconds since 1970, for a reset that is a date
 * @returns undefined if it reports nothing, or nothing that can be believed
 */
export function reportIn(headers: Headers, startedAt: number, now: number, wallNow: number): Report | undefined {
  const limit = numberIn(headers, 'x-ratelimit-limit');
  const remaining = numberIn(headers, 'x-ratelimit-remaining');
  const reset = numberIn(headers, 'x-ratelimit-reset');
  if (limit === undefined || limit < 1 || remaining === undefined || reset === undefined) return undefined;
  const leftMs = msUntil(reset, headers, wallNow);
  if (leftMs > maxWindowMs) return undefined;
  return { limit, remaining, endsAfter: startedAt + leftMs - roundingMs, endsBefore: now + leftMs };
}

/** The first window of an endpoint. So many of its answers have come already. */
export function firstWindow({ limit, remaining, endsAfter, endsBefore }: Report, answers: number): ReportedWindow {
  const unanswered = limit - answers;
  return { limit, remaining, unanswered, endsAfter, endsBefore, previousEnd: Number.NEGATIVE_INFINITY };
}

/** Takes in what another answer reports: about this window, the next one, or (a late answer) the one before. */
export function learn(window: ReportedWindow, { limit, remaining, endsAfter, endsBefore }: Report): void {
  if (window.endsBefore === undefined) {
    if (endsAfter > window.previousEnd) {
      Object.assign(window, { limit, remaining: Math.min(remaining, window.remaining), endsAfter, endsBefore });
    }
  } else if (endsAfter > window.endsBefore + roundingMs) {
    Object.assign(window, { limit, remaining, unanswered: limit - 1, endsAfter, endsBefore });
  } else if (endsBefore + roundingMs >= window.endsAfter) {
    window.remaining = Math.min(window.remaining, remaining);
    window.endsAfter = Math.max(window.endsAfter, endsAfter);
    window.endsBefore = Math.min(window.endsBefore, endsBefore);
  }
}

/** Requests that may still be answered in the window, those in flight included. */
export function leftIn({ remaining, unanswered }: ReportedWindow): number {
  return Math.min(remaining, unanswered);
}

/**
 * When the next request may start. If this window is over, the next one begins.
 *
 * @returns infinite if that depends on an answer still to come
 */
export function readyInWindow(window: ReportedWindow, inFlight: number, now: number): number {
  if (window.endsBefore !== undefined && window.endsBefore + roundingMs <= now) beginNext(window);
  if (leftIn(window) > inFlight) return now;
  const isSpent = leftIn(window) <= 0 && window.endsBefore !== undefined;
  return isSpent ? window.endsBefore! + roundingMs : Number.POSITIVE_INFINITY;
}

/** A new window, of which no answer has reported yet. */
function beginNext(window: ReportedWindow): void {
  window.previousEnd = (window.endsBefore ?? 0) + roundingMs;
  window.remaining = window.limit;
  window.unanswered = window.limit;
  window.endsAfter = Number.NEGATIVE_INFINITY;
  window.endsBefore = undefined;
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text !== null && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
