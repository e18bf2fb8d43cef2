/**
 * How often and how long a question is asked again, and when a whole run is given up.
 *
 * The trade: an outage that passes must not end a run, and one that does not pass must not be waited for. Times are
 * measured on the monotonic clock. There are three modes:
 *
 * - first contact: from the first question until Paystack or its host has answered anything. A failure before that has its
 *   cause here (address, network, proxy, certificate), and the same one for all questions. So they are given up together,
 *   after a shorter time, with `Unreachable`.
 * - trying: from then on, each question has its own tries and its own time.
 * - asked to wait: entered for a try whose answer says when to come again, or that the quota is spent. Such waits have a
 *   total of their own, and do not use up the tries.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { counted } from '../words.ts';
import { NoAnswer, Unreachable } from './errors.ts';
import { checkNetwork, type Failure } from './failure.ts';

/** How long a caller will wait. */
export interface Patience {
  /** For one answer. */
  readonly answerMs: number;
  /** Until the first contact. */
  readonly firstContactMs: number;
  /** For one question, with all its tries. Waits that the API asks for are not counted. */
  readonly tryingMs: number;
  /** Between two tries, at most. */
  readonly maxBackoffMs: number;
  /** Tries that a question gets however long they take, as long as its endpoint answers others. */
  readonly minTries: number;
  /** For one question, all waits together that the API asks for. */
  readonly askedMs: number;
}

/**
 * For a sync. An endpoint that answers nobody for two minutes is down. An answer that never comes costs a whole timeout, so
 * a question gets five tries as long as its endpoint answers others. Ten minutes are ten windows of the quota, which
 * somebody else may use up. They are also longer than a service is away while its next version is put in place.
 */
export const fullPatience: Patience = {
  answerMs: Number.POSITIVE_INFINITY,
  firstContactMs: 60_000,
  tryingMs: 120_000,
  maxBackoffMs: 15_000,
  minTries: 5,
  askedMs: 600_000,
};

/** For somebody who waits at a terminal. */
export const briefPatience: Patience = {
  answerMs: 10_000,
  firstContactMs: 10_000,
  tryingMs: 10_000,
  maxBackoffMs: 2000,
  minTries: 1,
  askedMs: 10_000,
};

/** Tries of one question. If one try in three fails, fifteen in a row do so once in 14 million requests. */
const maxTries = 15;
const firstBackoffMs = 250;
/** The longest single wait that the API may ask for. Documented: a minute at most. */
const maxAskedMs = 300_000;

export interface PatienceOptions {
  readonly patience: Patience;
  /** For one answer, as the user sets it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Aborted to end everything. */
  readonly signal: AbortSignal;
}

/** What all questions of a run know together: whether there was contact, and which endpoint answered last when. */
export interface Watch {
  readonly options: PatienceOptions;
  /** Aborted with the reason when the caller's is, and when Paystack turns out to be unreachable. */
  readonly signal: AbortSignal;
  giveUp(error: Unreachable): void;
  /** Something was there: Paystack, or a host that is not well. */
  hasContact: boolean;
  /** Something came in the form of Paystack's answers. */
  hasAnswered: boolean;
  /** When each endpoint last answered, or was first asked. */
  readonly heardFrom: Map<string, number>;
  latest: Failure | undefined;
  cancelTimer: (() => void) | undefined;
}

/** The tries of one question. */
export interface Effort {
  readonly watch: Watch;
  readonly endpoint: string;
  tries: number;
  /** Those that failed without being asked to wait, and the time that they took. */
  ownTries: number;
  ownMs: number;
  /** Those that failed in a way that will probably last. */
  lastingTries: number;
  askedMs: number;
}

export function openWatch(options: PatienceOptions): Watch {
  const given = new AbortController();
  const signal = AbortSignal.any([options.signal, given.signal]);
  setMaxListeners(0, signal); // Every request listens.
  const watch: Watch = {
    ...{ options, signal, hasContact: false, hasAnswered: false, heardFrom: new Map() },
    ...{ latest: undefined, cancelTimer: undefined, giveUp: (error) => given.abort(error) },
  };
  signal.addEventListener('abort', () => watch.cancelTimer?.());
  return watch;
}

export function beginEffort(watch: Watch, endpoint: string): Effort {
  const { heardFrom, options } = watch;
  if (!heardFrom.has(endpoint)) heardFrom.set(endpoint, options.clock.monotonic());
  if (!watch.hasContact && watch.cancelTimer === undefined) {
    const { patience, timeoutMs } = options;
    // The first answer may take all the time that a user allows it.
    const ms = Math.max(patience.firstContactMs, Math.min(timeoutMs, patience.answerMs));
    watch.cancelTimer = options.clock.after(ms, () => {
      watch.giveUp(unreachable(watch.latest ?? silence, `, tried for ${seconds(ms)}`));
    });
  }
  return { watch, endpoint, tries: 0, ownTries: 0, ownMs: 0, lastingTries: 0, askedMs: 0 };
}

const silence: Failure = { why: 'gave no answer', remedy: checkNetwork };

/** Notes that somebody answered. */
export function noteAnswer({ watch }: Effort, from: 'paystack' | 'host' | 'elsewhere'): void {
  if (from === 'elsewhere') return;
  watch.cancelTimer!();
  watch.hasContact = true;
  watch.hasAnswered ||= from === 'paystack';
}

/** Notes that the question is answered. */
export function noteSuccess({ watch, endpoint }: Effort): void {
  watch.heardFrom.set(endpoint, watch.options.clock.monotonic());
}

/**
 * Notes that a try failed.
 *
 * @param tookMs the try itself
 * @param pausedMs for how long its endpoint is paused
 * @returns how long to wait before the next try, besides the pause
 * @throws NoAnswer, Unreachable, or the refusal that came, when there is to be no other try
 */
export function noteFailure(effort: Effort, failure: Failure, tookMs: number, pausedMs: number): number {
  const { watch, endpoint } = effort;
  const { patience, clock } = watch.options;
  const { worth, askedWaitMs } = failure;
  watch.latest = failure;
  effort.tries++;
  if (worth !== undefined && ++effort.lastingTries >= (watch.hasContact ? worth.later : worth.atFirst)) {
    throw failure.refusal !== undefined && watch.hasAnswered ? failure.refusal : givenUp(watch, failure, '');
  }
  if (askedWaitMs !== undefined || failure.isOverQuota) {
    effort.askedMs += tookMs + pausedMs;
    const isTooLong = (askedWaitMs ?? 0) > maxAskedMs;
    if (isTooLong) throw ended(watch, failure, `, and asks to wait ${seconds(askedWaitMs ?? 0)} more`);
    if (effort.askedMs > patience.askedMs) {
      throw ended(watch, failure, `, and that ${counted(effort.tries, 'time')} in ${seconds(effort.askedMs)}`);
    }
    return 0;
  }
  effort.ownTries++;
  effort.ownMs += tookMs;
  const isDown = clock.monotonic() - watch.heardFrom.get(endpoint)! >= patience.tryingMs;
  const isOver = effort.ownMs >= patience.tryingMs && (effort.ownTries >= patience.minTries || isDown);
  if (isOver || effort.ownTries >= maxTries) {
    throw ended(watch, failure, ` (tried ${counted(effort.tries, 'time')} in ${seconds(effort.ownMs)})`);
  }
  const backoffMs =
    Math.min(patience.maxBackoffMs, firstBackoffMs * 2 ** (effort.ownTries - 1)) * (0.5 + Math.random() / 2);
  effort.ownMs += backoffMs;
  return backoffMs;
}

/** As long as Paystack has not answered at all, a failure concerns all questions. */
function ended(watch: Watch, failure: Failure, tried: string): NoAnswer | Unreachable {
  return watch.hasAnswered ? new NoAnswer(`${failure.why}${tried}`) : givenUp(watch, failure, tried);
}

function givenUp(watch: Watch, failure: Failure, tried: string): Unreachable {
  const error = unreachable(failure, tried);
  watch.giveUp(error);
  return error;
}

function unreachable({ why, remedy }: Failure, tried: string): Unreachable {
  return new Unreachable(`Paystack ${why}${tried}${remedy === undefined ? '' : `: ${remedy}`}`);
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
