/** A sync as the command line asks for it: its files, its signals, its exit code. */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Clock, systemClock } from './clock.ts';
import { type Config, parseConfig, settingsOfEnvironment, unknownSettings } from './config.ts';
import { discover } from './discover.ts';
import { messageOf, UserError } from './errors.ts';
import { keepHeapSmall } from './heap.ts';
import { parseExact } from './json.ts';
import type { Log } from './log.ts';
import { createWrite } from './output.ts';
import { packageVersion } from './package.ts';
import { createAsk } from './paystack/client.ts';
import { createLimits } from './paystack/limits.ts';
import { parseCatalog } from './singer/catalog.ts';
import { type SelectedStream, selectStreams } from './singer/selection.ts';
import { parseState, type State } from './singer/state.ts';
import { type Summary, sync } from './sync.ts';

export interface RunOptions {
  /** Paths, or ENV. */
  readonly config: readonly string[];
  readonly state: string | undefined;
  readonly catalog: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: Writable;
  readonly log: Log;
}

/** By the conventions of shells: 128 and the number of the signal. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** What a signal leaves for the last lines to be taken by the reader. */
const graceMs = 2000;

class Interrupted extends Error {
  override readonly name = 'Interrupted';
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
export async function run({ log, ...options }: RunOptions): Promise<number> {
  keepHeapSmall();
  const config = readConfig(options.config, options.environment, log);
  const streams = readSelection(options.catalog, log);
  const state = readState(options.state);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // Every request listens.
  const release = stopOnSignals(stop, log);
  try {
    const summary = await sync({
      streams,
      state,
      config,
      ask: connect(config, systemClock, stop.signal, log),
      write: createWrite(options.stdout),
      log,
      clock: systemClock,
      stop,
    });
    report(summary, log);
    return summary.streams.some(({ failure }) => failure !== undefined) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    log('WARNING', `${error.message}; the next run goes on from the last state`);
    return error.exitCode;
  } finally {
    release();
  }
}

function connect(config: Config, clock: Clock, signal: AbortSignal, log: Log): ReturnType<typeof createAsk> {
  const { apiUrl, secretKey, userAgent, requestTimeoutMs, concurrency, allowance } = config;
  const limits = createLimits({ concurrency, allowance, clock });
  const onRetry = (endpoint: string, why: string, waitMs: number) =>
    log('WARNING', `${endpoint}: Paystack ${why}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
  return createAsk({ apiUrl, secretKey, userAgent, timeoutMs: requestTimeoutMs, limits, clock, signal, onRetry });
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

function readState(path: string | undefined): State {
  if (path === undefined) return parseState({});
  const json = readObject('state', path);
  return naming('state', path, () => parseState(json));
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

/** A second signal changes nothing: Meltano sends each twice. */
function stopOnSignals(stop: AbortController, log: Log): () => void {
  const onSignal = (signal: keyof typeof signalExitCodes) => {
    if (stop.signal.aborted) return;
    log('INFO', `${signal}: stopping`);
    stop.abort(new Interrupted(signal));
    setTimeout(() => process.exit(signalExitCodes[signal]), graceMs).unref();
  };
  const signals = Object.keys(signalExitCodes) as (keyof typeof signalExitCodes)[];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** What a reader of the log wants to know at the end: what is not whole, and what is new. */
function report({ streams, drift }: Summary, log: Log): void {
  for (const { stream, field, type, count } of drift) {
    log('WARNING', `drift: ${stream}.${field} came as ${type} ${count} times; it is in _extra`);
  }
  const failed = streams.filter(({ failure }) => failure !== undefined);
  if (failed.length > 0) {
    log('CRITICAL', `not whole: ${failed.map(({ stream }) => stream).join(', ')}; the next run reads them again`);
  }
}
