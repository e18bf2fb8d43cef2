/**
 * The quota of one endpoint: what was used of it, and when the next request may start. It is in one of these modes:
 *
 * - assumed: at first. As many requests as the setting or the documentation allows, in any 60 seconds. A request counts
 *   from its start until 60 seconds after its answer: the server counts it at some time between the two, so no window of
 *   the server's sees more than the quota, however requests jitter on the way.
 * - reported: from the first answer on that reports its window (`x-ratelimit-*`). What it reports is believed over what
 *   is assumed, unless a user set the quota, which then holds as well.
 * - found: from a refusal on that gives no time to come again, until the limit that is found has been raised to what is
 *   assumed. It holds besides the other two.
 * - paused: for as long as an answer asks for, or as is wise after a refusal without a word.
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

/** What became of a request that had started. */
export interface EndedRequest {
  readonly startedAt: number;
  /** False if no answer came. */
  readonly hasAnswer: boolean;
  /** True for a refusal (429) without a word of when to come again. */
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
  forgetBefore(answered, now - Math.max(allowance.perMs, trial.limit?.perMs ?? 0));
  if (hasAnswer) grant(trial, startedAt, now, allowance);
  if (quota.window !== undefined) quota.window.unanswered--;
  if (report !== undefined && quota.window !== undefined) learn(quota.window, report);
  if (report !== undefined) quota.window ??= firstWindow(report, answered.length);
  const { window } = quota;
  // Where nothing is left and no answer said until when, as long as the documented window lasts.
  if (window !== undefined && leftIn(window) <= 0) window.endsBefore ??= now + allowance.perMs;
}

/** When so many requests in a time, those in flight included, leave room for one more. */
function readyUnder({ requests, perMs }: FoundLimit, { inFlight, answered }: EndpointQuota, now: number): number {
  let first = 0;
  while (first < answered.length && answered[first]! <= now - perMs) first++;
  const tooMany = inFlight + answered.length - first - requests;
  if (tooMany < 0) return now;
  const last = answered[first + tooMany];
  return last === undefined ? Number.POSITIVE_INFINITY : last + perMs;
}

function forgetBefore(times: number[], past: number): void {
  let old = 0;
  while (old < times.length && times[old]! <= past) old++;
  if (old > 0) times.splice(0, old);
}
