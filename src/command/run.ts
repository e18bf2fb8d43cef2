/** A sync, from its inputs to its exit code. */
import type { Writable } from 'node:stream';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { createCounter } from '../report/counter.ts';
import type { Log } from '../report/log.ts';
import { createMeter } from '../report/metrics.ts';
import { observers } from '../report/observer.ts';
import type { Display } from '../report/progress.ts';
import type { SelectedStream } from '../singer/selection.ts';
import type { State } from '../singer/state.ts';
import { openBatchFiles } from '../sync/batch-files.ts';
import { createOutput } from '../sync/output.ts';
import { createReceipts } from '../sync/receipt.ts';
import { sync } from '../sync/sync.ts';
import { counted } from '../words.ts';
import { connect } from './connect.ts';
import { keepHeapSmall } from './heap.ts';
import { type InputOptions, readInputs, warnOfReadableKey } from './inputs.ts';
import { openReport, type Report } from './report.ts';
import { openReportFile } from './report-file.ts';
import { Interrupted, untilSignal } from './signals.ts';
import { logSummary } from './summary.ts';

export interface RunOptions extends InputOptions {
  readonly stdout: Writable;
  readonly log: Log;
  /** Shows the sync on a terminal. */
  readonly display: Display | undefined;
  /** INFO for programs that read the log; a person at a terminal is not to see metrics unless they ask. */
  readonly metricsLevel: 'DEBUG' | 'INFO';
  /** Path of the file for a receipt, if one is wanted. */
  readonly report?: string | undefined;
}

/**
 * Runs a sync.
 *
 * @returns the exit code
 * @throws what a user can mend (UserError, KeyRejected), and what is a defect
 */
export async function run(options: RunOptions): Promise<number> {
  const { log, display, environment } = options;
  keepHeapSmall();
  const clock = systemClock;
  const startedAt = clock.monotonic();
  const { config, streams, state } = readInputs(options, clock.now(), log);
  warnOfReadableKey(options, log);
  const receipts = options.report === undefined ? undefined : createReceipts(config);
  const report = receipts && openReport(openReportFile(options.report!, filesOf(options)), receipts, clock, log);
  const batchFiles = config.batch && openBatchFiles(config.batch, clock.now());
  // Whatever ends the process.
  if (batchFiles) process.once('exit', batchFiles.discard);
  const meter = createMeter(clock, log, options.metricsLevel);
  const counter = createCounter();
  const observer = observers([meter, counter, ...(display ? [display] : [])]);
  const stop = new AbortController();
  const { write, isWithinLine } = createOutput(options.stdout, stop.signal);
  try {
    return await untilSignal(log, stop, isWithinLine, () =>
      reported(report, log, async () => {
        const ask = await connect(config, { environment, clock, signal: stop.signal, log, observer });
        const note = rereadNote(streams, state, config);
        display?.start(
          streams.map(({ id }) => id),
          note,
        );
        const shared = { config, ask, write, batchFiles, log, observer, clock, stop, receipts };
        const summary = await sync({ streams, state, ...shared });
        meter.flush();
        display?.end();
        if (note !== undefined) log('INFO', note);
        logSummary(summary, receipts?.streams() ?? [], counter.counts(), clock.monotonic() - startedAt, log);
        return summary.streams.some(({ failure }) => failure !== undefined) ? 1 : 0;
      }),
    );
  } finally {
    display?.end();
    meter.stop();
  }
}

/** The files that the run reads; the word ENV may be among them. */
function filesOf({ config, state, catalog }: InputOptions): string[] {
  return [...config, ...state, ...(catalog === undefined ? [] : [catalog])];
}

/** Does the work of a run, and writes its report, however it ends. */
async function reported(report: Report | undefined, log: Log, work: () => Promise<number>): Promise<number> {
  if (report === undefined) return work();
  let code: number;
  try {
    code = await work();
  } catch (error) {
    try {
      report.end(error instanceof Interrupted ? 'stopped' : 'failed', error);
    } catch (mistake) {
      log('CRITICAL', messageOf(mistake));
    }
    throw error;
  }
  report.end(code === 0 ? 'complete' : 'incomplete');
  return code;
}

/** Explains why a run with a state wrote records that were written before; undefined for a first run. */
function rereadNote(
  streams: readonly SelectedStream[],
  { bookmarks }: State,
  { lookbackMs }: Config,
): string | undefined {
  const isResumed = streams.some(({ id, replicationKey }) => replicationKey && bookmarks[id]?.[replicationKey]);
  if (!isResumed || lookbackMs === 0) return undefined;
  const days = counted(lookbackMs / 86_400_000, 'day');
  return `what was created in the ${days} before a bookmark was read again, for what changed since (lookback_window_days)`;
}
