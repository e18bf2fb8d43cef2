/**
 * One request to Paystack: its key, its tries, its answer. The only file that knows ky and the key. Only GET is ever sent.
 *
 * ky owns the request: address, headers, the time that an answer may take, and the loop of tries. A try covers the whole
 * answer: status, headers, body, JSON, envelope, records. `transport.ts` stands behind ky's `fetch`. The query is part of the
 * address, since ky builds a request with `searchParams` twice (a tenth of its CPU, measured).
 *
 * ky's rules of when to try again and how long to wait are not used, for reasons that it cannot express:
 * - Its limit counts tries. Ours bounds time, differently before and after the first contact, and apart from the waits
 *   that the API asks for (`patience.ts`).
 * - A wait that the API asks for holds all requests of the endpoint, not one (`quota.ts`); ky's `Retry-After` holds one.
 * - Its delay can only be cut short by a signal that is given with each request, which costs a seventh of a request's
 *   CPU (measured: AbortSignal.any). So the waiting is done in `beforeRetry`, where the run's signal ends it.
 */
import ky, { type KyInstance, TimeoutError } from 'ky';
import { type Clock, sleep } from '../clock.ts';
import { type ByteWriter, newByteWriter } from '../json/byte-writer.ts';
import { type JsonReader, newJsonReader } from '../json/read.ts';
import { type Judgement, judge, type Payload } from './answer.ts';
import { WrongAnswer } from './errors.ts';
import { checkNetwork, type Failure, failureOf } from './failure.ts';
import {
  beginEffort,
  fullPatience,
  noteAnswer,
  noteFailure,
  noteSuccess,
  openWatch,
  type Patience,
  type Watch,
} from './patience.ts';
import type { Quota, Ticket } from './quota.ts';
import { createReadingTurns, type ReadingTurn } from './reading-turns.ts';
import type { Transport } from './transport.ts';

export interface ClientOptions {
  readonly apiUrl: string;
  readonly secretKey: string;
  readonly userAgent: string;
  /** For the whole answer, body included. */
  readonly timeoutMs: number;
  readonly transport: Transport;
  readonly quota: Quota;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default: `fullPatience`, as in a sync. */
  readonly patience?: Patience | undefined;
  /** Called for each try that is followed by another. Until Paystack has answered, only once for each cause: all requests share it. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Called at the end of each try. Without an answer, the status is undefined. */
  readonly onTry?: ((endpoint: string, status: number | undefined, durationMs: number) => void) | undefined;
}

/** A try that gave no answer and is followed by another. */
export interface Retry {
  readonly endpoint: string;
  /** As the end of a sentence that begins with "Paystack". */
  readonly why: string;
  /** Until the next try; a little longer where the quota is spent meanwhile. */
  readonly waitMs: number;
  /** Tries of the request so far. */
  readonly tries: number;
  /** True as long as Paystack has answered nothing in this run. */
  readonly isFirstContact: boolean;
}

export interface Question {
  /** What the quota is counted by. */
  readonly endpoint: string;
  /** Lower goes first, see `quota.ts`. */
  readonly rank: number;
  /** With a slash at its beginning. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** An answer while it is being read. Later its bytes belong to the next answer. */
export interface Answer extends Payload {
  /** When the answer was asked for, milliseconds since 1970. */
  readonly askedAt: number;
}

/**
 * Asks until there is an answer, and reads it.
 *
 * @param read makes of the answer what is to be kept of it. If it throws WrongAnswer, the question is asked again
 * @throws KeyRejected, Unreachable, Refused, NoAnswer; the signal's reason when aborted; what `read` throws
 */
export type Ask = <Result>(question: Question, read: (answer: Answer) => Result) => Promise<Result>;

/** About the size of a page. */
const expectedBytes = 400_000;
/** A larger buffer is not kept, since there is one for each request in flight. */
const maxKeptBytes = 8_000_000;

/** What all requests share. */
interface Shared {
  readonly options: ClientOptions;
  readonly http: KyInstance;
  readonly watch: Watch;
  readonly timeoutMs: number;
  /** Buffers to use again. Left to the garbage collector, they fill the memory before it runs (measured). */
  readonly idle: ByteWriter[];
  /** One is enough: an answer is read in one go, before any other. */
  readonly reader: JsonReader;
  readonly readingTurn: ReadingTurn;
  readonly report: (retry: Retry) => void;
}

export function createAsk(options: ClientOptions): Ask {
  const { apiUrl, secretKey, userAgent, clock, signal, patience = fullPatience, onRetry } = options;
  const timeoutMs = Math.min(options.timeoutMs, patience.answerMs);
  const watch = openWatch({ patience, timeoutMs, clock, signal });
  const http = ky.create({
    prefixUrl: apiUrl,
    headers: {
      authorization: `Bearer ${secretKey}`,
      'user-agent': userAgent,
      accept: 'application/json',
      'accept-encoding': 'gzip',
    },
    timeout: timeoutMs,
    retry: { limit: Number.POSITIVE_INFINITY, delay: () => 0 },
    throwHttpErrors: false,
  });
  const reported = new Set<string>();
  const report = (retry: Retry) => {
    if (!retry.isFirstContact || !reported.has(retry.why)) onRetry?.(retry);
    if (retry.isFirstContact) reported.add(retry.why);
  };
  const shared: Shared = {
    ...{ options, http, watch, timeoutMs, report },
    ...{ idle: [], reader: newJsonReader(), readingTurn: createReadingTurns() },
  };
  return (question, read) => askUntilAnswered(question, read, shared);
}

/** A try that has started and not ended. */
interface Try {
  readonly ticket: Ticket;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly body: ByteWriter;
  /** Undefined as long as the request is in flight. */
  flown: Flown | undefined;
}

/** A request that is over, though its answer may still have to be read. */
interface Flown {
  readonly tookMs: number;
  /** For how long its endpoint is paused. */
  readonly pausedMs: number;
}

/** Above it, an answer is read as soon as it has come, so that few of them wait in memory. */
const maxWaitingBytes = 4_000_000;

async function askUntilAnswered<Result>(
  { endpoint, rank, path, query }: Question,
  read: (answer: Answer) => Result,
  { options, http, watch, timeoutMs, idle, reader, readingTurn, report }: Shared,
): Promise<Result> {
  const { quota, clock, transport, onTry } = options;
  const { signal } = watch;
  const effort = beginEffort(watch, endpoint);
  let current: Try | undefined;
  let waitMs = 0;
  let result: { readonly value: Result } | undefined;

  async function begin(): Promise<void> {
    const ticket = await quota.start(endpoint, rank, signal);
    current = {
      ticket,
      askedAt: clock.now(),
      body: emptied(idle.pop() ?? newByteWriter(expectedBytes)),
      flown: undefined,
    };
  }

  /** Gives back ticket and buffer. Throws if the try failed and was the last one. */
  function end(ended: Try, response?: Response, failure?: Failure): void {
    current = undefined;
    if (ended.body.bytes.length <= maxKeptBytes) idle.push(ended.body);
    if (failure?.askedWaitMs !== undefined) quota.pause(endpoint, failure.askedWaitMs);
    const { tookMs, pausedMs } = ended.flown ?? land(ended, options, response, failure?.isOverQuota);
    onTry?.(endpoint, response?.status, tookMs);
    if (failure === undefined) return;
    const isFirstContact = !watch.hasAnswered;
    waitMs = noteFailure(effort, failure, tookMs, pausedMs);
    report({ endpoint, why: failure.why, waitMs: waitMs || pausedMs, tries: effort.tries, isFirstContact });
  }

  /** Takes in a whole answer: has it judged, and asks ky for another try where it is none. */
  async function receive(response: Response): Promise<ReturnType<typeof ky.retry> | undefined> {
    const ended = current!;
    const { body, askedAt } = ended;
    // How long an endpoint is to be left alone shows in the body only where a request was refused.
    if (response.ok && body.length <= maxWaitingBytes) {
      ended.flown = land(ended, options, response);
      await readingTurn();
    }
    const { from, outcome } = judge(response, body.bytes.subarray(0, body.length), reader, clock.now());
    noteAnswer(effort, from);
    const understood = understand(outcome, askedAt, read);
    end(ended, response, 'failure' in understood ? understood.failure : undefined);
    if ('failure' in understood) return ky.retry();
    if ('error' in understood) throw understood.error;
    noteSuccess(effort);
    result = understood;
    return undefined;
  }

  /** An error during a try is a failure of that try. An error outside of one ends the request. */
  function shouldRetry({ error }: { readonly error: Error }): boolean {
    if (current === undefined) return false;
    if (signal.aborted) end(current);
    else end(current, undefined, error instanceof TimeoutError ? timedOut(timeoutMs) : failureOf(error));
    return !signal.aborted;
  }

  try {
    await http.get(path.slice(1) + queryText(path, query), {
      retry: { shouldRetry },
      hooks: {
        beforeRequest: [begin],
        afterResponse: [(_request, _options, response) => receive(response)],
        beforeRetry: [() => sleep(waitMs, clock, signal)],
      },
      fetch: (request) => transport(request as Request, current!.body, signal),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  signal.throwIfAborted();
  return result!.value;
}

/** Gives back the ticket, so that the next request may start. */
function land({ ticket }: Try, { quota, clock }: ClientOptions, response?: Response, isOverQuota?: boolean): Flown {
  const tookMs = clock.monotonic() - ticket.startedAt;
  return { tookMs, pausedMs: quota.done(ticket, response?.headers, isOverQuota) };
}

function queryText(path: string, query: Question['query']): string {
  const text = new URLSearchParams(query).toString();
  if (text === '') return '';
  return (path.includes('?') ? '&' : '?') + text;
}

function emptied(body: ByteWriter): ByteWriter {
  body.length = 0;
  return body;
}

type Understood<Result> = { readonly value: Result } | { readonly failure: Failure } | { readonly error: unknown };

/** Has an answer read. It is a failure if `read` finds that it does not answer the question. */
function understand<Result>(
  outcome: Judgement['outcome'],
  askedAt: number,
  read: (answer: Answer) => Result,
): Understood<Result> {
  if (outcome instanceof Error) return { error: outcome };
  if (!('data' in outcome)) return { failure: outcome };
  try {
    return { value: read({ ...outcome, askedAt }) };
  } catch (error) {
    return error instanceof WrongAnswer ? { failure: { why: error.message } } : { error };
  }
}

function timedOut(timeoutMs: number): Failure {
  return { why: `gave no whole answer in ${timeoutMs / 1000} s`, remedy: checkNetwork };
}
