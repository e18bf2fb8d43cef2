/**
 * The one loop: from readings to messages.
 *
 * All selected streams are read at once; what they have read is written in turns. A stream's bookmark moves when a
 * window is read whole and its records are written, never before and never backward, so every STATE covers only what
 * stands before it, and a run that is cut anywhere resumes without a loss.
 *
 * Nothing is written until Paystack has answered once, so that a wrong key leaves stdout empty.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ForeseenError } from '../errors.ts';
import type { Ask } from '../paystack/client.ts';
import { EveryStreamRefused, mayBeLacking, Refused } from '../paystack/errors.ts';
import type { Tally } from '../paystack/ledger.ts';
import type { Row } from '../paystack/list.ts';
import type { RowsRead } from '../paystack/reading.ts';
import { createDriftReport, type Drift, type DriftReport } from '../record/drift.ts';
import { readSchema } from '../record/schemas.ts';
import { explained } from '../report/defects.ts';
import type { Log } from '../report/log.ts';
import type { Observer } from '../report/observer.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { resumeOrder, type State, withCurrentlySyncing } from '../singer/state.ts';
import type { BatchFiles } from './batch-files.ts';
import { advanced, completed, revisited, withPosition } from './bookmark.ts';
import { createMessageOutput, type MessageOutput, type Write } from './message-output.ts';
import { isAllowed, isReadAnyhow, type OpenOptions, openStream, type StreamReading } from './open-stream.ts';
import { OutputClosed } from './output.ts';
import type { Receipts } from './receipt.ts';
import { isNews, noteStale, refresh } from './refresh.ts';
import { compileRows, type RecordLine } from './rows.ts';
import { openSingles, revisitedBy } from './single-records.ts';
import { logEnd, openStreamRuns, type StreamRun, shortfall } from './stream-run.ts';
import { createWriterTurns, type WriterTurns } from './writer-turns.ts';

export interface SyncOptions {
  readonly streams: readonly SelectedStream[];
  readonly state: State;
  readonly config: Config;
  readonly ask: Ask;
  readonly write: Write;
  /** For records that are to be handed over as files. */
  readonly batchFiles?: BatchFiles | undefined;
  readonly log: Log;
  readonly observer: Observer;
  readonly clock: Clock;
  /** Aborted, with its reason, to end the sync early; the sync aborts it when going on makes no sense. */
  readonly stop: AbortController;
  /** Notes what is written, if a receipt is wanted. */
  readonly receipts?: Receipts | undefined;
}

export interface StreamSummary {
  readonly stream: string;
  readonly written: number;
  readonly tally: Tally;
  /** Why the stream is not whole; undefined if it is. */
  readonly failure: string | undefined;
}

export interface Summary {
  readonly streams: readonly StreamSummary[];
  readonly drift: readonly Drift[];
}

/** A run: what it was asked for, and what all its streams share. */
interface SyncContext extends Omit<SyncOptions, 'streams' | 'state' | 'write'> {
  /** Start of the run, milliseconds since 1970. */
  readonly now: number;
  /** The same by the monotonic clock. */
  readonly startedAt: number;
  readonly output: MessageOutput;
  readonly turns: WriterTurns;
  readonly drift: DriftReport;
  readonly runs: readonly StreamRun[];
  /** Streams that are still being read. */
  active: number;
}

/**
 * Reads and writes every stream.
 *
 * @throws UserError for a bookmark that cannot be read; KeyRejected; EveryStreamRefused; the stop signal's reason when it was
 * aborted. The state that is safe by then has been written, unless nothing was
 */
export async function sync(options: SyncOptions): Promise<Summary> {
  const { clock, stop } = options;
  const streams = resumeOrder(options.streams, options.state);
  const now = clock.now();
  const output = createMessageOutput(options.write, streams, options.state, options.batchFiles);
  const runs = openStreamRuns(streams, options, now);
  const shared = { output, turns: createWriterTurns(), drift: createDriftReport() };
  const context: SyncContext = { ...options, ...shared, now, startedAt: clock.monotonic(), runs, active: runs.length };
  options.receipts?.begin(runs, now, output.lastState);
  const reads = new Map(
    runs.map((run) => [run, attempt(context, run, () => readAll(context, run)).finally(() => context.active--)]),
  );
  await Promise.all(runs.map((run) => finish(context, run, reads)));

  const reason: unknown = stop.signal.reason;
  if (reason instanceof OutputClosed || (stop.signal.aborted && !output.hasBegun())) throw reason;
  rejectIfAllRefused(runs);
  await output.end((state) => (stop.signal.aborted ? state : withCurrentlySyncing(state, undefined)));
  stop.signal.throwIfAborted();
  return {
    streams: runs.map(({ stream, written, tally, failure }) => ({ stream: stream.id, written, tally, failure })),
    drift: context.drift.kinds(),
  };
}

/** Does a stream's work; what goes wrong with it is its own failure, unless nothing else would work either. */
async function attempt({ stop, log }: SyncContext, run: StreamRun, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (stop.signal.aborted) return;
    if (error instanceof ForeseenError && error.remedy !== 'end the stream') stop.abort(error);
    else if (error instanceof Refused && !run.hasAnswered) run.refusal = error;
    const why = explained(error, log, { stream: run.stream.id });
    run.failure ??= why;
  }
}

async function readAll(context: SyncContext, run: StreamRun): Promise<void> {
  const { stop, turns, output, now } = context;
  const { stream, rank, tally } = run;
  for await (const reading of openStream(stream, run.start, rank, tally, openOptions(context, run))) {
    stop.signal.throwIfAborted();
    run.hasAnswered = true;
    await turns.take(rank, () => give(context, run, reading));
  }
  run.hasAnswered = true;
  run.failure = shortfall(run);
  // Parents that failed are remembered one by one; whatever else is missing holds the bookmark.
  if (run.hasHole) return;
  run.isRead = true;
  await turns.take(rank, async () => {
    if (run.version !== undefined && run.failure === undefined) await output.activateVersion(stream, run.version);
    if (run.changes !== undefined) return;
    run.position = completed(run.position, now);
    await output.state((state) => withPosition(state, stream, run.position));
  });
}

/** Pages that one stream may hold: all streams together half as many again as there are requests in flight, since some wait for their turn to be written. */
function openOptions(context: SyncContext, run: StreamRun): OpenOptions {
  const { config, ask, now, receipts, output } = context;
  const beside = receipts?.columns(run) ?? [];
  const ahead = () => Math.max(2, Math.ceil((1.5 * config.concurrency) / Math.max(1, context.active)));
  return { config, ask, now, ahead, mustAgree: run.version !== undefined, frame: output.frame(run), beside };
}

/** Writes a reading, or notes what it covers. */
async function give(context: SyncContext, run: StreamRun, reading: StreamReading): Promise<void> {
  const { output, now } = context;
  if (reading.kind === 'rows') return giveRows(context, run, reading);
  if (reading.kind === 'covered') run.hasHole ||= !reading.isWhole;
  if (run.hasHole) return;
  if (run.changes !== undefined) {
    run.held.push(reading);
    return;
  }
  run.position = moved(run, reading, now);
  await output.state((state) => withPosition(state, run.stream, run.position));
}

async function giveRows(
  { output, observer, drift, receipts }: SyncContext,
  run: StreamRun,
  { rows, release }: RowsRead<RecordLine>,
): Promise<void> {
  const { stream, changes, stale } = run;
  if (rows.length > 0)
    await output.records(
      run,
      rows.map(({ content }) => content),
    );
  else await output.begin();
  release();
  if (rows.length === 0) return;
  run.written += rows.length;
  observer.wrote(stream.id, rows.length);
  receipts?.wrote(run, rows);
  for (const row of rows) {
    if (row.changes !== undefined && changes !== undefined && isNews(row, run.start)) noteStale(changes, row.changes);
    stale.delete(row.key);
    for (const misfit of row.content.misfits) drift.count(stream.id, misfit);
  }
}

/** Where a stream resumes once what was covered is written. */
function moved({ position }: StreamRun, reading: Exclude<StreamReading, { kind: 'rows' }>, now: number) {
  return reading.kind === 'covered' ? advanced(position, reading, now) : revisited(position, reading);
}

/** Waits for a stream's reading, reads what others changed of it, and says how it ended. */
async function finish(
  context: SyncContext,
  run: StreamRun,
  reads: ReadonlyMap<StreamRun, Promise<void>>,
): Promise<void> {
  const { stop, log, observer, clock, runs, startedAt, receipts } = context;
  await reads.get(run);
  const changers = runs.filter(({ changes }) => changes === run);
  await Promise.all(changers.map((changer) => reads.get(changer)));
  if (changers.length > 0 && !stop.signal.aborted) {
    await attempt(context, run, () => readStale(context, run, changers));
  }
  // Whether a refusal concerns the stream or the whole account shows by what the others were answered.
  if (run.refusal !== undefined) await Promise.all(reads.values());
  // Of a run that is given up, only what was begun is worth a word.
  if (stop.signal.aborted && run.written === 0) return;
  if (run.refusal !== undefined && !isAnyAnswered(runs)) return;
  if (isUnavailable(run)) {
    const why = `not available to this integration: Paystack ${run.failure}; the stream is empty`;
    log('WARNING', `${run.stream.id}: ${why}`, { stream: run.stream.id });
    run.failure = undefined;
  }
  const succeeded = run.failure === undefined && !stop.signal.aborted;
  observer.ended(run.stream.id, { succeeded, durationMs: clock.monotonic() - startedAt });
  if (succeeded) receipts?.completed(run);
  logEnd(run, log);
}

function isAnyAnswered(runs: readonly StreamRun[]): boolean {
  return runs.some(({ hasAnswered }) => hasAnswered);
}

/**
 * True for a stream that may be called empty though it was refused: a feature that an integration may lack, at the first
 * answer, and never known to have had anything.
 */
function isUnavailable({ refusal, facts, start }: StreamRun): boolean {
  return mayBeLacking(refusal, facts) && start.reached === undefined;
}

function rejectIfAllRefused(runs: readonly StreamRun[]): void {
  const refused = runs.filter(({ refusal }) => refusal !== undefined);
  if (refused.length === 0 || refused.length < runs.length) return;
  throw new EveryStreamRefused(refused.map(({ stream, failure }) => ({ stream: stream.id, why: failure! })));
}

/** Reads the records that others have changed; with them, what those others have covered is whole. */
async function readStale(context: SyncContext, run: StreamRun, changers: readonly StreamRun[]): Promise<void> {
  const { config, ask, stop, turns, output, now } = context;
  const { stream, facts, rank, start } = run;
  const { frame, beside } = openOptions(context, run);
  const toRows = compileRows(facts, readSchema(stream.id), stream.schema, frame, beside)();
  const read = openSingles<RecordLine>({ path: facts.path, endpoint: stream.id, rank, ask, toRows });
  const isMissed = (row: Row<unknown>) => isAllowed(row.created, config) && !isReadAnyhow(row, start, config, now);
  const failure = await refresh(
    run,
    read,
    () => config.concurrency,
    async ({ rows, ...read }) => {
      stop.signal.throwIfAborted();
      const missed = rows.filter(isMissed);
      await turns.take(rank, () => giveRows(context, run, { ...read, rows: missed }));
      run.position = revisited(
        run.position,
        revisitedBy(
          missed,
          missed.map(({ key }) => key),
        ),
      );
    },
  );
  await turns.take(rank, async () => {
    for (const changer of failure === undefined ? changers : []) {
      for (const reading of changer.held) changer.position = moved(changer, reading, now);
      if (changer.isRead) changer.position = completed(changer.position, now);
      await output.state((state) => withPosition(state, changer.stream, changer.position));
    }
    await output.state((state) => withPosition(state, stream, run.position));
  });
  if (failure !== undefined) {
    const names = changers.map(({ stream }) => stream.id).join(' and ');
    run.failure = [run.failure, `${failure}; the bookmark of ${names} stays where it was`].filter(Boolean).join('; ');
  }
}
