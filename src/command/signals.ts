/** SIGINT and SIGTERM: they stop the work, which has some time to end cleanly. */
import { setMaxListeners } from 'node:events';
import { ForeseenError } from '../errors.ts';
import type { Log } from '../report/log.ts';

/** By the conventions of shells: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

type Signal = keyof typeof exitCodes;

/** The time in which the reader may take the last lines. */
const graceMs = 2000;
/** The time where the reader has half a line and does not take the rest. Container runtimes kill after ten seconds. */
const lineGraceMs = 9000;
const checkMs = 50;

/** The reason of a run that a signal stopped. */
export class Interrupted extends ForeseenError {
  override readonly name = 'Interrupted';
  readonly remedy = 'end the run';
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/**
 * Does some work, and stops it at a signal. A second signal changes nothing: Meltano sends each twice.
 *
 * @param isWithinLine whether the reader of stdout may have half a line
 * @returns the exit code of the work, or of the signal
 */
export async function untilSignal(
  log: Log,
  stop: AbortController,
  isWithinLine: () => boolean,
  work: () => Promise<number>,
): Promise<number> {
  setMaxListeners(0, stop.signal); // Every request listens.
  const onSignal = (signal: Signal) => {
    if (stop.signal.reason instanceof Interrupted) return;
    log('INFO', `${signal}: stopping`);
    stop.abort(new Interrupted(signal));
    exitLater(exitCodes[signal], isWithinLine);
  };
  const signals = Object.keys(exitCodes) as Signal[];
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    log('WARNING', `${error.message}; the next run goes on from the last state`);
    return error.exitCode;
  } finally {
    // Once it is stopped, a signal that comes again must find a listener to its very end: without one, Node.js is killed by it.
    if (!(stop.signal.reason instanceof Interrupted)) for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Ends the process after the grace time, even if something hangs. In the middle of a line it waits longer. */
function exitLater(exitCode: number, isWithinLine: () => boolean): void {
  let passedMs = 0;
  const timer = setInterval(() => {
    passedMs += checkMs;
    if (passedMs >= lineGraceMs || (passedMs >= graceMs && !isWithinLine())) process.exit(exitCode);
  }, checkMs);
  timer.unref();
}
