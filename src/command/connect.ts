/** The client of Paystack for a config. It reports its requests, retries and waits to the observer and the log. */
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { type Ask, createAsk } from '../paystack/client.ts';
import { briefPatience, fullPatience } from '../paystack/patience.ts';
import { createQuota } from '../paystack/quota.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams } from '../paystack/streams.ts';
import { createTransport } from '../paystack/transport.ts';
import type { Log } from '../report/log.ts';
import type { Observer } from '../report/observer.ts';
import { createRetryLog } from '../report/retries.ts';
import { refuseToShowKey } from './node-debug.ts';
import { untilSignal } from './signals.ts';

export interface ConnectOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly observer?: Observer;
}

/** @throws UserError if Node would print what is sent */
export async function connect(
  config: Config,
  { environment, clock, signal, log, observer }: ConnectOptions,
): Promise<Ask> {
  refuseToShowKey(environment);
  const { apiUrl, secretKey, userAgent, requestTimeoutMs, concurrency, allowance } = config;
  const quota = createQuota({
    ...{ concurrency, allowance, clock },
    onWait: (endpoint, waitMs) => observer?.waiting(endpoint, waitMs),
  });
  // Without an observer it is a test of the connection, and somebody waits for it.
  const patience = observer === undefined ? briefPatience : fullPatience;
  const logRetry = createRetryLog(clock, log);
  const ask = createAsk({
    ...{ apiUrl, secretKey, userAgent, timeoutMs: requestTimeoutMs, quota, clock, signal, patience },
    transport: await createTransport(apiUrl),
    onRetry: ({ endpoint, why, waitMs, isFirstContact }) => {
      observer?.retried(endpoint);
      if (isFirstContact && patience === briefPatience) return;
      logRetry(endpoint, why, waitMs);
    },
    onTry: (endpoint, status, durationMs) => {
      const succeeded = status !== undefined && status < 400;
      observer?.asked({ endpoint, status, succeeded, durationMs, quotaLeft: quota.remaining(endpoint) });
    },
  });
  return observer === undefined ? ask : announcing(ask, observer);
}

/**
 * Does work that asks Paystack while somebody waits for it. A signal or an error ends what still asks.
 *
 * @returns the exit code of the work, or of the signal
 * @throws UserError, and what the work throws
 */
export function askUntilSignal(
  config: Config,
  { environment, log }: Pick<ConnectOptions, 'environment' | 'log'>,
  work: (ask: Ask) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  return untilSignal(
    log,
    stop,
    () => false,
    async () => {
      const ask = await connect(config, { environment, clock: systemClock, signal: stop.signal, log });
      try {
        return await work(ask);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    },
  );
}

/** Reports the total of a stream's list. A child stream has many lists, and the total of one says nothing about the stream. */
function announcing(ask: Ask, observer: Observer): Ask {
  return (question, read) =>
    ask(question, (answer) => {
      const facts: StreamFacts | undefined = streams[question.endpoint as StreamName];
      const total = Number(answer.meta['total'] ?? Number.NaN);
      if (facts !== undefined && facts.parent === undefined && total >= 0) observer.announced(question.endpoint, total);
      return read(answer);
    });
}
