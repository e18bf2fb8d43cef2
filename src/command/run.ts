/** What the command line asks for (a sync, a test of the connection) with its files, its signals, its exit code. */
import { setMaxListeners } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, parseConfig, settingsOfEnvironment, unknownSettings } from '../config.ts';
import { ForeseenError, messageOf, UserError } from '../errors.ts';
import { parseExact } from '../json/exact.ts';
import { packageVersion } from '../package.ts';
import { type Ask, createAsk } from '../paystack/client.ts';
import { briefPatience, fullPatience } from '../paystack/patience.ts';
import { createQuota } from '../paystack/quota.ts';
import { streams as paystackStreams, type StreamFacts, type StreamName } from '../paystack/streams.ts';
import { createTransport } from '../paystack/transport.ts';
import type { Log } from '../report/log.ts';
import { createMeter } from '../report/metrics.ts';
import { type Observer, observers } from '../report/observer.ts';
import type { Display } from '../report/progress.ts';
import { parseCatalog } from '../singer/catalog.ts';
import { schemaMessage } from '../singer/messages.ts';
import { type SelectedStream, selectStreams } from '../singer/selection.ts';
import { mergedStates, parseState, type State } from '../singer/state.ts';
import { createWrite } from '../sync/output.ts';
import { type Summary, sync } from '../sync/sync.ts';
import { discover } from './discover.ts';
import { keepHeapSmall } from './heap.ts';

export interface RunOptions {
  /** Paths, or ENV. */
  readonly config: readonly string[];
  readonly state: readonly string[];
  readonly catalog: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: Writable;
  readonly log: Log;
  /** Shows the sync on a terminal. */
  readonly display: Display | undefined;
}

/** By the conventions of shells: 128 and the number of the signal. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** What a signal leaves for the last lines to be taken by the reader. */
const graceMs = 2000;

class Interrupted extends ForeseenError {
  override readonly name = 'Interrupted';
  readonly remedy = 'end the run';
  readonly exitCode: number;

  constructor(signal: keyof typeof signalExitCodes) {
    super(`stopped by ${signal}`);
    this.exitCode = signalExitCodes[signal];
  }
}

/**
 * Runs a sync.
 *
 * @returns the exit code
 * @throws what a user can mend (UserError, KeyRejected), and what is a defect
 */
export async function run({ log, display, ...options }: RunOptions): Promise<number> {
  keepHeapSmall();
  const clock = systemClock;
  const startedAt = clock.monotonic();
  const config = readConfig(options.config, options.environment, log);
  const streams = readSelection(options.catalog, log);
  const state = readState(options.state);
  warnOfReadableKey(options.config, log);
  const meter = createMeter(clock, log);
  const observer = display === undefined ? meter : observers([meter, display]);
  try {
    return await untilSignal(log, async (stop) => {
      const ask = await connect(config, clock, stop.signal, log, observer);
      display?.start(streams.map(({ id }) => id));
      const write = createWrite(options.stdout);
      const summary = await sync({ streams, state, config, ask, write, log, observer, clock, stop });
      meter.flush();
      report(summary, clock.monotonic() - startedAt, log);
      return summary.streams.some(({ failure }) => failure !== undefined) ? 1 : 0;
    });
  } finally {
    display?.end();
    meter.stop();
  }
}

/**
 * Asks for the first record of each selected stream's list, and tells what the answers say of key and features.
 *
 * @returns the exit code
 * @throws what `run` throws
 */
export async function testConnection({ log, ...options }: RunOptions): Promise<number> {
  const config = readConfig(options.config, options.environment, log);
  const streams = readSelection(options.catalog, log);
  return untilSignal(log, async (stop) => {
    const ask = await connect(config, systemClock, stop.signal, log);
    const { tryStreams } = await import('./check.ts');
    return (await tryStreams({ streams: streams.map(({ id }) => id), ask, log, stop })) ? 0 : 1;
  });
}

/** Writes the SCHEMA messages of the selected streams: what a target would be told. Needs no key and no network. */
export async function writeSchemas({ catalog, stdout, log }: RunOptions): Promise<number> {
  const write = createWrite(stdout);
  for (const { name, schema, keyProperties, replicationKey } of readSelection(catalog, log)) {
    await write(schemaMessage(name, schema, keyProperties, replicationKey));
  }
  return 0;
}

async function connect(config: Config, clock: Clock, signal: AbortSignal, log: Log, observer?: Observer): Promise<Ask> {
  const { apiUrl, secretKey, userAgent, requestTimeoutMs, concurrency, allowance } = config;
  const quota = createQuota({ concurrency, allowance, clock });
  // Without an observer it is a test of the connection, which somebody waits for.
  const patience = observer === undefined ? briefPatience : fullPatience;
  const ask = createAsk({
    ...{ apiUrl, secretKey, userAgent, timeoutMs: requestTimeoutMs, quota, clock, signal, patience },
    transport: await createTransport(apiUrl),
    onRetry: ({ endpoint, why, waitMs, isFirstContact }) => {
      if (isFirstContact && patience === briefPatience) return;
      const wait = `trying again in ${(waitMs / 1000).toFixed(1)} s`;
      log('WARNING', `${endpoint}: Paystack ${why}; ${wait}`, { stream: endpoint });
    },
    onTry: (endpoint, status, durationMs) => {
      const succeeded = status !== undefined && status < 400;
      observer?.asked({ endpoint, status, succeeded, durationMs, quotaLeft: quota.remaining(endpoint) });
    },
  });
  return (question, read) =>
    ask(question, (answer) => {
      // Of a child there are many lists: the total of one tells nothing of the stream.
      const facts: StreamFacts | undefined = paystackStreams[question.endpoint as StreamName];
      const total = Number(answer.meta['total'] ?? Number.NaN);
      if (facts !== undefined && facts.parent === undefined && total >= 0)
        observer?.announced(question.endpoint, total);
      return read(answer);
    });
}

function readConfig(sources: readonly string[], environment: NodeJS.ProcessEnv, log: Log): Config {
  const given: Record<string, unknown> = {};
  for (const source of sources.length === 0 ? ['ENV'] : sources) {
    const told = source === 'ENV' ? settingsOfEnvironment(environment) : readObject('config', source);
    for (const name of unknownSettings(told)) {
      log('WARNING', `config file "${source}": there is no setting "${name}"; it is ignored`);
    }
    Object.assign(given, told);
  }
  return parseConfig(given, packageVersion());
}

function warnOfReadableKey(sources: readonly string[], log: Log): void {
  for (const source of sources.filter((source) => source !== 'ENV' && isReadableByAll(source))) {
    if ('secret_key' in readObject('config', source)) {
      log(
        'WARNING',
        `config file "${source}" holds the secret key, and everybody on this machine may read it: chmod 600 it`,
      );
    }
  }
}

/** Not asked of what is no file (a pipe, say), nor on Windows, where the mode says nothing. */
function isReadableByAll(path: string): boolean {
  const status = statSync(path);
  return process.platform !== 'win32' && status.isFile() && (status.mode & 0o004) !== 0;
}

function readSelection(path: string | undefined, log: Log): SelectedStream[] {
  const offered = discover();
  if (path === undefined) return selectStreams(offered, undefined);
  const json = readObject('catalog', path);
  const streams = naming('catalog', path, () => selectStreams(offered, parseCatalog(json)));
  if (streams.length === 0) {
    log('WARNING', `catalog file "${path}" selects no stream: set "selected": true in the metadata of those you want`);
  }
  return streams;
}

function readState(paths: readonly string[]): State {
  return mergedStates(paths.map((path) => naming('state', path, () => parseState(stateObject(path)))));
}

/** What is not known of a state is kept, and printed: of a config, that would be the key. */
function stateObject(path: string): object {
  const object = readObject('state', path);
  if ('secret_key' in object) throw new UserError('it is a config, not a state; check the path');
  return object;
}

/** What a file of JSON holds. Errors name the file and never show what is in it: it may be the key. */
function readObject(kind: string, path: string): object {
  return naming(kind, path, () => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError(`it cannot be read (${code === 'ENOENT' ? 'no such file' : code}); check the path`);
    }
    if (text.trim() === '') throw new UserError('it is empty; it must hold a JSON object');
    let value: unknown;
    try {
      value = parseExact(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      const position = /position (\d+)/.exec(messageOf(error))?.[1];
      const line = position === undefined ? '' : `, from line ${text.slice(0, Number(position)).split('\n').length} on`;
      throw new UserError(`it is not valid JSON${line}; mend it`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UserError('it must hold a JSON object');
    }
    return value;
  });
}

function naming<Result>(kind: string, path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${kind} file "${path}": ${error.message}`);
    throw error;
  }
}

/**
 * Does something that a signal ends. A second signal changes nothing: Meltano sends each twice.
 *
 * @returns the exit code of the work, or of the signal
 */
async function untilSignal(log: Log, work: (stop: AbortController) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // Every request listens.
  const onSignal = (signal: keyof typeof signalExitCodes) => {
    if (stop.signal.aborted) return;
    log('INFO', `${signal}: stopping`);
    stop.abort(new Interrupted(signal));
    setTimeout(() => process.exit(signalExitCodes[signal]), graceMs).unref();
  };
  const signals = Object.keys(signalExitCodes) as (keyof typeof signalExitCodes)[];
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(stop);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    log('WARNING', `${error.message}; the next run goes on from the last state`);
    return error.exitCode;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** What a reader of the log wants to know at the end: what is not whole, and what is new. */
function report({ streams, drift }: Summary, durationMs: number, log: Log): void {
  for (const { stream, field, type, count } of drift) {
    log('WARNING', `drift: ${stream}.${field} came as ${type} ${count} times; it is in _extra`, { stream });
  }
  const written = streams.reduce((sum, stream) => sum + stream.written, 0);
  log('INFO', `${written} records of ${streams.length} streams written in ${(durationMs / 1000).toFixed(1)} s`);
  const failed = streams.filter(({ failure }) => failure !== undefined);
  if (failed.length > 0) {
    log('CRITICAL', `not whole: ${failed.map(({ stream }) => stream).join(', ')}; the next run reads them again`);
  }
}
