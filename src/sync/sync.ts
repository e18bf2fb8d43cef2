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
import { ForeseenError, messageOf } from '../errors.ts';
import { bytesOf } from '../json/byte-writer.ts';
import type { Ask } from '../paystack/client.ts';
import { mayBeMissing } from '../paystack/errors.ts';
import type { Covered, Reading, Tally } from '../paystack/reader.ts';
import { inOrder, toAsync } from '../prefetch.ts';
import { createDriftReport, type Drift } from '../record/drift.ts';
import type { Log } from '../report/log.ts';
import type { Observer } from '../report/observer.ts';
import { activateVersionMessage, recordFrame, schemaMessage, stateMessage } from '../singer/messages.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { resumeOrder, type State, withCurrentlySyncing } from '../singer/state.ts';
import { advanced, withOpenRows, withPosition } from './bookmark.ts';
import { openRecords, openSource, type SourceOptions } from './open-stream.ts';
import { OutputClosed } from './output.ts';
import type { RecordLine } from './rows.ts';
import { type Job, logEnd, noteStale, openJobs, shortfall } from './stream-run.ts';
import { createTurns } from './writer-turns.ts';

export interface SyncOptions {
  readonly streams: readonly SelectedStream[];
  readonly state: State;
  readonly config: Config;
  readonly ask: Ask;
  /** Resolves when the text is taken. */
  readonly write: (text: string | Uint8Array) => Promise<void>;
  readonly log: Log;
  readonly observer: Observer;
  readonly clock: Clock;
  /** Aborted, with its reason, to end the sync early; the sync aborts it when going on makes no sense. */
  readonly stop: AbortController;
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

/**
 * Reads and writes every stream.
 *
 * @throws UserError for a bookmark that cannot be read; KeyRejected; the stop signal's reason when it was aborted. The
 * state that is safe by then has been written, unless nothing was.
 */
export async function sync(options: SyncOptions): Promise<Summary> {
  const { config, ask, write, log, observer, clock, stop } = options;
  const streams = resumeOrder(options.streams, options.state);
  const now = clock.now();
  const drift = createDriftReport();
  const turns = createTurns();
  let state = options.state;
  let lastState: string | undefined;
  let hasBegun = false;
  let active = streams.length;

  /** Pages that one stream may hold: all streams together a few more than there are requests in flight. */
  const ahead = () => Math.max(2, Math.ceil((1.25 * config.concurrency) / Math.max(1, active)));

  async function writeState(): Promise<void> {
    const message = stateMessage(state);
    if (message === lastState) return;
    lastState = message;
    await write(message);
  }

  async function begin(): Promise<void> {
    if (hasBegun) return;
    hasBegun = true;
    for (const { name, schema, keyProperties, replicationKey } of streams) {
      await write(schemaMessage(name, schema, keyProperties, replicationKey));
    }
    await writeState();
  }

  async function writeReading(job: Job, reading: Reading<RecordLine>): Promise<void> {
    const { stream } = job;
    await begin();
    state = withCurrentlySyncing(state, stream.id);
    if (reading.kind === 'rows') {
      if (reading.rows.length === 0) return reading.release();
      lastState = undefined;
      await write(bytesOf(reading.rows.map(({ content }) => content)));
      reading.release();
      job.written += reading.rows.length;
      observer.wrote(stream.id, reading.rows.length);
      for (const { key, created, changes, content } of reading.rows) {
        if (created > job.newest) job.newest = created;
        if (changes !== undefined && job.changes !== undefined) noteStale(job.changes, changes);
        if (job.stale.size > 0) job.stale.delete(key);
        for (const misfit of content.misfits) drift.count(stream.id, misfit);
      }
      return;
    }
    job.hasHole ||= !reading.isWhole;
    if (!job.hasHole && job.changes === undefined) cover(job, reading);
    if (!job.hasHole && job.changes !== undefined) job.held.push(reading);
    await writeState();
  }

  /** What is covered is written, so the state may say so. */
  function cover(job: Job, covered: Covered): void {
    job.position = advanced(job.position, covered, job.newest, now);
    state = withPosition(state, job.stream, job.position);
  }

  /** Has the target remove what was not listed, now that everything was. */
  async function activateVersion({ stream, version, hasHole, failure }: Job): Promise<void> {
    if (version === undefined || hasHole || failure !== undefined) return;
    await begin();
    lastState = undefined;
    await write(activateVersionMessage(stream.name, version));
  }

  function sourceOptions({ stream, version }: Job): SourceOptions {
    return { config, ask, now, ahead, frame: recordFrame(stream.name, version) };
  }

  async function readAll(job: Job): Promise<void> {
    const { stream, rank, tally } = job;
    for await (const reading of openSource(stream, job.start, rank, tally, sourceOptions(job))) {
      stop.signal.throwIfAborted();
      job.hasAnswered = true;
      await turns.take(rank, () => writeReading(job, reading));
    }
    job.failure = shortfall(job);
    await turns.take(rank, () => activateVersion(job));
  }

  /** Reads the records that others have changed; with them, what those others have covered is whole. */
  async function readStale(job: Job, changers: readonly Job[]): Promise<void> {
    const { stream, rank, stale } = job;
    const read = openRecords(stream, job.start, rank, sourceOptions(job));
    const tasks = [...stale].map((key) => () => read(key));
    for await (const reading of inOrder(toAsync(tasks), () => config.concurrency)) {
      stop.signal.throwIfAborted();
      await turns.take(rank, () => writeReading(job, reading));
      job.refreshed += reading.rows.length;
      job.position = withOpenRows(job.position, reading.rows);
    }
    await turns.take(rank, async () => {
      state = withPosition(state, stream, job.position);
      for (const changer of changers) for (const covered of changer.held) cover(changer, covered);
      await writeState();
    });
  }

  /** Does a job's work; what goes wrong with it is its own failure, unless nothing else would work either. */
  async function attempt(job: Job, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (stop.signal.aborted) return;
      if (mayBeMissing(error) && !job.hasAnswered) {
        log(
          'WARNING',
          `${job.stream.id}: not available to this integration: Paystack ${error.message}; the stream is empty`,
          { stream: job.stream.id },
        );
      } else if (error instanceof ForeseenError && error.remedy === 'end the run') {
        stop.abort(error);
      } else {
        job.failure ??= messageOf(error);
      }
    }
  }

  const jobs = openJobs(streams, options, now);
  const reads = new Map(
    jobs.map((job) => {
      const read = attempt(job, () => readAll(job)).finally(() => active--);
      return [job, read];
    }),
  );

  async function finish(job: Job): Promise<void> {
    await reads.get(job);
    const changers = jobs.filter(({ changes }) => changes === job);
    if (changers.length > 0) {
      await Promise.all(changers.map((changer) => reads.get(changer)));
      await attempt(job, () => readStale(job, changers));
    }
    // Of a run that is given up, only what was begun is worth a word.
    if (stop.signal.aborted && job.written === 0) return;
    const succeeded = job.failure === undefined && !stop.signal.aborted;
    observer.ended(job.stream.id, { succeeded, durationMs: clock.now() - job.startedAt });
    logEnd(job, log);
  }

  await Promise.all(jobs.map(finish));

  const reason: unknown = stop.signal.reason;
  if (reason instanceof OutputClosed) throw reason;
  if (stop.signal.aborted && !hasBegun) throw reason;
  await begin();
  if (!stop.signal.aborted) state = withCurrentlySyncing(state, undefined);
  await writeState();
  stop.signal.throwIfAborted();
  return {
    streams: jobs.map(({ stream, written, tally, failure }) => ({ stream: stream.id, written, tally, failure })),
    drift: drift.kinds(),
  };
}
