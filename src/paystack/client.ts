/**
 * One request to Paystack: its key, its retries, what its answer must be. The only file that knows ky and the key.
 *
 * A retry covers the whole answer: status, headers, body, JSON, envelope. Only GET is ever sent.
 */
import ky from 'ky';
import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { type ByteWriter, newByteWriter } from '../json/byte-writer.ts';
import { type JsonReader, newJsonReader, readAnswer } from '../json/read.ts';
import { isNull, type JsonText, valueIn } from '../json/scan.ts';
import { isObject } from '../json/values.ts';
import { KeyRejected, NoAnswer, Refused, WrongAnswer } from './errors.ts';
import type { Limits } from './quota.ts';
import type { Transport } from './transport.ts';

export interface ClientOptions {
  readonly apiUrl: string;
  readonly secretKey: string;
  readonly userAgent: string;
  /** For the whole answer, body included. */
  readonly timeoutMs: number;
  readonly transport: Transport;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every try that did not give an answer. */
  readonly onRetry?: (endpoint: string, why: string, waitMs: number) => void;
  /** Told of every try, once it has its answer or none: then the status is undefined. */
  readonly onTry?: (endpoint: string, status: number | undefined, durationMs: number) => void;
}

export interface Question {
  /** What the quota is counted by. */
  readonly endpoint: string;
  /** Lower goes first, see `quota.ts`. */
  readonly rank: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** An answer, as long as it is being read: its bytes are used again for the next. */
export interface Answer {
  /** Its items, if it is a list, and its members, if it is an object, are told. */
  readonly data: JsonText;
  readonly meta: Readonly<Record<string, unknown>>;
  /** When the answer was asked for, milliseconds since 1970. */
  readonly askedAt: number;
}

/**
 * Asks until there is an answer, and reads it.
 *
 * @param read makes of the answer what is to be kept of it; WrongAnswer from it has the question asked again
 * @throws KeyRejected, Refused, NoAnswer; the signal's reason when aborted; what `read` throws
 */
export type Ask = <Result>(question: Question, read: (answer: Answer) => Result) => Promise<Result>;

/** Tries of one request. If one try in three fails, fifteen in a row do so once in 14 million requests. */
const maxTries = 15;
/** Time of one request, waits that the API told not counted, after which it is not tried again. */
const maxTryingMs = 120_000;
/**
 * Tries that a request gets however long they take, while its endpoint answers others: an answer that never comes costs a
 * whole timeout. An endpoint that answers nobody for `maxTryingMs` is down.
 */
const minTries = 5;
/** Of a page, about. */
const expectedBytes = 400_000;
const firstBackoffMs = 250;
const maxBackoffMs = 15_000;
/** The longest wait that the API may tell, and how often. */
const maxToldWaitMs = 300_000;
const maxToldWaits = 10;

export function createAsk(options: ClientOptions): Ask {
  const { limits, clock, signal, transport, onRetry, onTry } = options;
  const http = ky.create({
    headers: {
      authorization: `Bearer ${options.secretKey}`,
      'user-agent': options.userAgent,
      accept: 'application/json',
      'accept-encoding': 'gzip',
    },
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
  });

  /** Bodies are many and large: left to the garbage collector, they would fill the memory before it wakes up. */
  const idle: ByteWriter[] = [];
  const reader = newJsonReader();

  /** When each endpoint last answered, or was first asked. */
  const heardFrom = new Map<string, number>();

  return async (question, read) => {
    const { endpoint, rank } = question;
    const url = `${options.apiUrl}${question.path}${queryText(question)}`;
    let tries = 0;
    let toldWaits = 0;
    let tryingMs = 0;
    for (;;) {
      const ticket = await limits.start(endpoint, rank, signal);
      const askedAt = clock.now();
      if (!heardFrom.has(endpoint)) heardFrom.set(endpoint, askedAt);
      const body = idle.pop() ?? newByteWriter(expectedBytes);
      body.length = 0;
      const send = (exchange: AbortSignal) =>
        http.get(url, { fetch: (request) => transport(request as Request, body, exchange) });
      const told = await tryOnce(send, body, reader, options, (response) => {
        limits.done(ticket, response?.headers);
        onTry?.(endpoint, response?.status, clock.now() - askedAt);
      });
      signal.throwIfAborted();
      const attempt = 'data' in told ? understood(read, { ...told, askedAt }) : told;
      if ('result' in attempt) {
        heardFrom.set(endpoint, clock.now());
        idle.push(body);
        return attempt.result;
      }
      // The body is left to the garbage collector: an exchange that was ended may still be writing into it.
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
      const isDown = clock.now() - heardFrom.get(endpoint)! >= maxTryingMs;
      if (tries >= maxTries || (tryingMs >= maxTryingMs && (tries >= minTries || isDown))) {
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

/** What is kept of an answer; a failure if it turns out to be none to what was asked. */
function understood<Result>(read: (answer: Answer) => Result, answer: Answer): { readonly result: Result } | Failure {
  try {
    return { result: read(answer) };
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error;
    return { why: error.message };
  }
}

async function tryOnce(
  send: (signal: AbortSignal) => Promise<Response>,
  body: ByteWriter,
  reader: JsonReader,
  { timeoutMs, clock, signal }: ClientOptions,
  onDone: (response: Response | undefined) => void,
): Promise<Attempt> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  const cancelTimeout = clock.after(timeoutMs, abort);
  let response: Response | undefined;
  try {
    response = await send(controller.signal);
  } catch (error) {
    return { why: controller.signal.aborted ? `gave no whole answer in ${timeoutMs / 1000} s` : networkFailure(error) };
  } finally {
    cancelTimeout();
    signal.removeEventListener('abort', abort);
    onDone(response);
  }
  return judge(response, body.bytes.subarray(0, body.length), reader, clock.now());
}

/** Turns a whole HTTP answer into what it means. */
function judge(response: Response, body: Buffer, reader: JsonReader, now: number): Attempt {
  const { status } = response;
  const envelope = envelopeIn(reader, body);
  const message = messageIn(envelope);
  if (status === 401 || /^invalid key$/i.test(message.trim())) throw new KeyRejected();
  if (status === 408 || status === 429 || status >= 500) {
    const why = `answered ${status}${message && ` (${message})`}`;
    const toldWaitMs = toldWait(response.headers, status, now);
    return toldWaitMs === undefined ? { why } : { why, toldWaitMs };
  }
  if (status >= 300 && status < 400) {
    throw new Refused(status, 'answered with a redirect, which is not followed: check setting api_url');
  }
  if (status >= 400) throw refusal(status, envelope, message);
  // Documented: `status` decides, as a boolean; one documented sample has the string.
  if (envelope === undefined) return { why: `answered ${status} with something else than a JSON object` };
  const ok = valueAt(envelope, 'status');
  if (ok === false || ok === 'false') {
    return { why: `answered ${status} with status false${message && ` (${message})`}` };
  }
  const data = envelope.get('data');
  if (data === undefined || isNull(data.source.bytes, data.from)) return { why: `answered ${status} without data` };
  const meta = valueAt(envelope, 'meta');
  return { data, meta: isObject(meta) ? meta : {} };
}

function refusal(status: number, envelope: Envelope | undefined, message: string): Error {
  if (envelope === undefined) {
    return new Refused(status, `answered ${status} with something that is not Paystack's: check setting api_url`);
  }
  return new Refused(status, `answered ${status}${message && ` (${message})`}`, { isPaystacks: true, said: message });
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

type Envelope = NonNullable<JsonText['members']>;

/** The members of the object that an answer's body holds; undefined if it holds none. */
function envelopeIn(reader: JsonReader, body: Buffer): Envelope | undefined {
  try {
    return readAnswer(reader, body, 2).members;
  } catch {
    return undefined;
  }
}

function valueAt(envelope: Envelope | undefined, name: string): unknown {
  const value = envelope?.get(name);
  return value && valueIn(value);
}

function messageIn(envelope: Envelope | undefined): string {
  const message = valueAt(envelope, 'message');
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
