/**
 * The quota of one endpoint: what was used of it, and when the next request may start.
 *
 * It begins in the first of these modes. The second replaces it; the last two come on top.
 *
 * - assumed: as many requests in any 60 seconds as the setting or the documentation allows. A request counts from its
 *   start until 60 seconds after its answer. The server counts it at some time between start and answer, so none of its
 *   windows sees more than the quota, however long requests are on the way.
 * - reported: entered with the first answer that reports its window (`x-ratelimit-*`), and never left. It replaces what is
 *   assumed. A quota that a user set holds as well.
 * - found: entered with a refusal (429) that does not say when to come again. Left when the limit that was found has been
 *   raised to what is assumed. See `found-limit.ts`.
 * - paused: no request starts, for as long as an answer asks for, or for a pause of our own after such a refusal.
 *
 * All times are of the monotonic clock: setting the machine's clock changes nothing.
 */
import type { Allowance } from '../config.ts';
import { type FoundLimit, grant, newTrial, refuse, type Trial } from './found-limit.ts';
import { firstWindow, learn, leftIn, type Report, type ReportedWindow, readyInWindow } from './reported-window.ts';

export interface EndpointQuota {
  inFlight: number;
  pausedUntil: number;
  /** When the last requests were answered, oldest first, without those that were refused. */
  readonly answered: number[];
  window: ReportedWindow | undefined;
  readonly trial: Trial;
}

/** A request that has ended, and what is known of its answer. */
export interface EndedRequest {
  readonly startedAt: number;
  /** False if no answer came. */
  readonly hasAnswer: boolean;
  /** True for a refusal (429) that does not say when to come again. */
  readonly isRefused: boolean;
  readonly report: Report | undefined;
}

export function newEndpointQuota(): EndpointQuota {
  return { inFlight: 0, pausedUntil: Number.NEGATIVE_INFINITY, answered: [], window: undefined, trial: newTrial() };
}

/** When the next request may start, now at the earliest; infinite if that depends on an answer still to come. */
export function readyTime(quota: EndpointQuota, allowance: Allowance, now: number): number {
  const { pausedUntil, trial, inFlight, window } = quota;
  if (pausedUntil > now) return pausedUntil;
  if (trial.refusals > 0 && inFlight > 0) return Number.POSITIVE_INFINITY;
  const found = trial.limit === undefined ? now : readyUnder(trial.limit, quota, now);
  const reported = window === undefined ? now : readyInWindow(window, inFlight, now);
  const isAssumed = window === undefined || allowance.isCeiling;
  return Math.max(found, reported, isAssumed ? readyUnder(allowance, quota, now) : now);
}

/** Counts a request, and takes in what its answer says. */
export function noteEnd(quota: EndpointQuota, outcome: EndedRequest, allowance: Allowance, now: number): void {
  const { startedAt, hasAnswer, isRefused, report } = outcome;
  const { answered, trial } = quota;
  quota.inFlight--;
  if (isRefused) {
    const pauseMs = refuse(trial, startedAt, now, answered);
    quota.pausedUntil = Math.max(quota.pausedUntil, now + pauseMs);
    return;
  }
  answered.push(now);
  const past = now - Math.max(allowance.perMs, trial.limit?.perMs ?? 0);
  answered.splice(
    0,
    answered.findIndex((time) => time > past),
  );
  if (hasAnswer) grant(trial, startedAt, now, allowance);
  if (quota.window !== undefined) quota.window.unanswered--;
  if (report !== undefined && quota.window !== undefined) learn(quota.window, report);
  if (report !== undefined) quota.window ??= firstWindow(report, answered.length);
  const { window } = quota;
  // Nothing is left, and no answer says until when: for as long as a window is documented to last.
  if (window !== undefined && leftIn(window) <= 0) window.endsBefore ??= now + allowance.perMs;
}

/** When one more request keeps within a limit, which may be over. Those in flight count. */
function readyUnder({ requests, perMs }: FoundLimit, { inFlight, answered }: EndpointQuota, now: number): number {
  const tooMany = inFlight + answered.length - requests;
  if (tooMany < 0) return now;
  const last = answered[tooMany];
  return last === undefined ? Number.POSITIVE_INFINITY : last + perMs;
}
