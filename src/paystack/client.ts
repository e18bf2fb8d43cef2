/**
 * One request to Paystack: its key, its retries, what its answer must be. The only file that knows ky and the key.
 *
 * A retry covers the whole answer: status, headers, body, JSON, envelope. Only GET is ever sent.
 */
import ky, { type KyInstance } from 'ky';
import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { parseExact } from '../json.ts';
import { isObject } from '../values.ts';
import { KeyRejected, NoAnswer, NotAvailable, RequestRefused } from './errors.ts';
import type { Limits } from './limits.ts';

export interface ClientOptions {
  readonly apiUrl: string;
  readonly secretKey: string;
  readonly userAgent: string;
  /** For the whole answer, body included. */
  readonly timeoutMs: number;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every try that did not give an answer. */
  readonly onRetry?: (endpoint: string, why: string, waitMs: number) => void;
}

export interface Question {
  /** What the quota is counted by. */
  readonly endpoint: string;
  /** Lower goes first, see `limits.ts`. */
  readonly rank: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly data: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
  /** When the answer was asked for, milliseconds since 1970. */
  readonly askedAt: number;
}

/**
 * Asks until there is an answer.
 *
 * @throws KeyRejected, NotAvailable, RequestRefused, NoAnswer; the signal's reason when aborted
 */
export type Ask = (question: Question) => Promise<Answer>;

/** Tries of one request. If one try in three fails, fifteen in a row do so once in 14 million requests. */
const maxTries = 15;
/** Time of one request, waits that the API told not counted, after which it is not tried again. */
const maxTryingMs = 120_000;
/** Tries that a request gets however long they take: an answer that never comes costs a whole timeout. */
const minTries = 5;
const firstBackoffMs = 250;
const maxBackoffMs = 15_000;
/** The longest wait that the API may tell, and how often. */
const maxToldWaitMs = 300_000;
const maxToldWaits = 10;

export function createAsk(options: ClientOptions): Ask {
  const { limits, clock, signal, onRetry } = options;
  const http = ky.create({
    headers: {
      authorization: `Bearer ${options.secretKey}`,
      'user-agent': options.userAgent,
      accept: 'application/json',
    },
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    // The key must not follow a redirect.
    redirect: 'manual',
  });

  return async (question) => {
    const { endpoint, rank } = question;
    const url = `${options.apiUrl}${question.path}${queryText(question)}`;
    let tries = 0;
    let toldWaits = 0;
    let tryingMs = 0;
    for (;;) {
      const ticket = await limits.start(endpoint, rank, signal);
      const askedAt = clock.now();
      const attempt = await tryOnce(http, url, options, (headers) => limits.done(ticket, headers));
      signal.throwIfAborted();
      if ('data' in attempt) return { ...attempt, askedAt };
      tries++;
      tryingMs += clock.now() - askedAt;
      if (attempt.toldWaitMs !== undefined) {
        if (attempt.toldWaitMs > maxToldWaitMs || ++toldWaits > maxToldWaits) {
          throw new NoAnswer(`${attempt.why}, and asks to wait ${Math.ceil(attempt.toldWaitMs / 1000)} s more`);
        }
        limits.pause(endpoint, attempt.toldWaitMs);
        onRetry?.(endpoint, attempt.why, attempt.toldWaitMs);
        continue;
      }
      if (tries >= maxTries || (tryingMs >= maxTryingMs && tries >= minTries)) {
        throw new NoAnswer(`${attempt.why} (tried ${tries} times in ${Math.round(tryingMs / 1000)} s)`);
      }
      const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
      tryingMs += backoffMs;
      onRetry?.(endpoint, attempt.why, backoffMs);
      await sleep(backoffMs, clock, signal);
    }
  };
}

/** A try that failed but may be made again, and how long the API said to wait before. */
interface Failure {
  readonly why: string;
  readonly toldWaitMs?: number;
}

type Attempt = Pick<Answer, 'data' | 'meta'> | Failure;

async function tryOnce(
  http: KyInstance,
  url: string,
  { timeoutMs, clock, signal }: ClientOptions,
  onDone: (headers?: Headers) => void,
): Promise<Attempt> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
  aborted.catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  const cancelTimeout = clock.after(timeoutMs, abort);
  let response: Response | undefined;
  let text: string;
  try {
    // Observed (Node 20): fetch forgets the signal when garbage is collected while an answer stalls. So the wait itself ends.
    response = await Promise.race([http.get(url, { signal: controller.signal }), aborted]);
    text = await readText(response, aborted);
  } catch (error) {
    const why = controller.signal.aborted ? `gave no whole answer in ${timeoutMs / 1000} s` : networkFailure(error);
    return { why };
  } finally {
    cancelTimeout();
    signal.removeEventListener('abort', abort);
    onDone(response?.headers);
  }
  return judge(response, text, clock.now());
}

/** The body as text. When it is aborted, the connection is closed. */
async function readText(response: Response, aborted: Promise<never>): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted]);
      if (done) return Buffer.concat(chunks).toString('utf8');
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

/** Turns a whole HTTP answer into what it means. */
function judge(response: Response, text: string, now: number): Attempt {
  const { status } = response;
  const envelope = envelopeIn(text);
  const message = messageIn(envelope);
  if (status === 401 || /^invalid key$/i.test(message.trim())) throw new KeyRejected();
  if (status === 408 || status === 429 || status >= 500) {
    const why = `answered ${status}${message && ` (${message})`}`;
    const toldWaitMs = toldWait(response.headers, status, now);
    return toldWaitMs === undefined ? { why } : { why, toldWaitMs };
  }
  if (status >= 300 && status < 400) {
    throw new RequestRefused(status, 'answered with a redirect, which is not followed: check setting api_url');
  }
  if (status >= 400) throw refusal(status, envelope, message);
  // Documented: `status` decides, as a boolean; one documented sample has the string.
  if (envelope === undefined) return { why: `answered ${status} with something else than a JSON object` };
  if (envelope['status'] === false || envelope['status'] === 'false') {
    return { why: `answered ${status} with status false${message && ` (${message})`}` };
  }
  if (!('data' in envelope)) return { why: `answered ${status} without data` };
  const { data, meta } = envelope;
  return { data, meta: isObject(meta) ? meta : {} };
}

function refusal(status: number, envelope: Record<string, unknown> | undefined, message: string): Error {
  if (envelope === undefined) {
    return new RequestRefused(
      status,
      `answered ${status} with something that is not Paystack's: check setting api_url`,
    );
  }
  const said = `answered ${status}${message && ` (${message})`}`;
  const saysSo = /not (?:yet )?(?:available|enabled|activated|supported|allowed)|no access|feature/i.test(message);
  return status === 403 || status === 404 || (status === 400 && saysSo)
    ? new NotAvailable(status, said)
    : new RequestRefused(status, said);
}

/** Documented: `x-ratelimit-reset`, in seconds. A `Retry-After`, in seconds or as a date, is believed as well. */
function toldWait(headers: Headers, status: number, now: number): number | undefined {
  const retryAfter = headers.get('retry-after')?.trim();
  const told = retryAfter || (status === 429 ? headers.get('x-ratelimit-reset')?.trim() : undefined);
  if (!told) return undefined;
  const seconds = Number(told);
  const ms = Number.isNaN(seconds) ? Date.parse(told) - now : seconds > 1e9 ? seconds * 1000 - now : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms) + 1000;
}

/** The object that an answer's text holds; undefined if it holds none. */
function envelopeIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseExact(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function messageIn(envelope: Record<string, unknown> | undefined): string {
  const message = envelope?.['message'];
  return typeof message === 'string' ? message.slice(0, 200) : '';
}

/** fetch says "fetch failed" and hides the reason in its cause. */
function networkFailure(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
  return `could not be reached or broke off (${cause?.code ?? cause?.message ?? messageOf(error)})`;
}

function queryText({ path, query = {} }: Question): string {
  const text = new URLSearchParams(query).toString();
  if (text === '') return '';
  return (path.includes('?') ? '&' : '?') + text;
}
