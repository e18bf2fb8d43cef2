/**
 * The one loop: from readings to messages.
 *
 * All selected streams are read at once; what they have read is written in turns. A stream's bookmark moves when a
 * window is read whole and its records are written, never before and never backward, so every STATE covers only what
 * stands before it, and a run that is cut anywhere resumes without a loss.
 *
 * Nothing is written until Paystack has answered once, so that a wrong key leaves stdout empty.
 */
import { newByteWriter } from './byte-writer.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { instantOf } from './dates.ts';
import { createDriftReport, type Drift } from './drift.ts';
import { messageOf, UserError } from './errors.ts';
import type { Log } from './log.ts';
import type { Observer } from './observer.ts';
import { OutputClosed } from './output.ts';
import type { Ask } from './paystack/client.ts';
import { KeyRejected, NotAvailable } from './paystack/errors.ts';
import { newTally, type Reading, type Tally } from './paystack/read.ts';
import { activateVersionMessage, recordMessages, schemaMessage, stateMessage } from './singer/messages.ts';
import type { SelectedStream } from './singer/selection.ts';
import { resumeOrder, type State, withBookmark, withCurrentlySyncing } from './singer/state.ts';
import { openSource } from './source.ts';
import { createTurns } from './turns.ts';

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

/** The state of one stream within a run. */
interface Job {
  readonly stream: SelectedStream;
  readonly rank: number;
  readonly tally: Tally;
  readonly startedAt: number;
  /** Set if the stream is listed whole and the target is to remove what was not in the list. */
  readonly version: number | undefined;
  written: number;
  /** Creation of the newest record that was written, milliseconds since 1970. */
  newest: number;
  /** True once something is missing: the bookmark must not move past it. */
  hasHole: boolean;
  failure: string | undefined;
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
  const bookmarks = new Map(streams.map((stream) => [stream.id, bookmarkOf(stream, options.state, log)]));
  const now = clock.now();
  const drift = createDriftReport();
  const turns = createTurns();
  const messages = newByteWriter(0);
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

  async function writeReading(job: Job, reading: Reading): Promise<void> {
    const { stream } = job;
    await begin();
    state = withCurrentlySyncing(state, stream.id);
    if (reading.kind === 'rows') {
      if (reading.rows.length === 0) return;
      lastState = undefined;
      const records = reading.rows.map(({ content }) => content);
      const extractedAt = new Date(reading.askedAt).toISOString();
      await write(recordMessages(stream.name, records, extractedAt, job.version, messages));
      job.written += records.length;
      observer.wrote(stream.id, records.length);
      for (const { created, misfits } of reading.rows) {
        if (created > job.newest) job.newest = created;
        for (const misfit of misfits) drift.count(stream.id, misfit);
      }
      return;
    }
    job.hasHole ||= !reading.isWhole;
    if (stream.replicationKey !== undefined && !job.hasHole) {
      const reached = Math.min(job.newest, reading.until, now);
      if (reached > (bookmarks.get(stream.id) ?? Number.NEGATIVE_INFINITY)) {
        bookmarks.set(stream.id, reached);
        state = withBookmark(state, stream.id, { [stream.replicationKey]: new Date(reached).toISOString() });
      }
    }
    await writeState();
  }

  /** Has the target remove what was not listed, now that everything was. */
  async function activateVersion({ stream, version, hasHole, failure }: Job): Promise<void> {
    if (version === undefined || hasHole || failure !== undefined) return;
    await begin();
    lastState = undefined;
    await write(activateVersionMessage(stream.name, version));
  }

  async function runJob(job: Job): Promise<void> {
    const { stream, rank, tally } = job;
    try {
      const source = openSource(stream, bookmarks.get(stream.id), rank, tally, { config, ask, now, ahead });
      for await (const reading of source) {
        stop.signal.throwIfAborted();
        await turns.take(rank, () => writeReading(job, reading));
      }
      job.failure = shortfall(job);
      await turns.take(rank, () => activateVersion(job));
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error instanceof NotAvailable) {
        log(
          'WARNING',
          `${stream.id}: not available to this integration: Paystack ${error.message}; the stream is empty`,
          { stream: stream.id },
        );
      } else if (error instanceof KeyRejected || error instanceof OutputClosed) {
        stop.abort(error);
      } else {
        job.failure = messageOf(error);
      }
    } finally {
      active--;
      // Of a run that is given up, only what was begun is worth a word.
      if (!stop.signal.aborted || job.written > 0) {
        const succeeded = job.failure === undefined && !stop.signal.aborted;
        observer.ended(stream.id, { succeeded, durationMs: clock.now() - job.startedAt });
        logEnd(job, log);
      }
    }
  }

  const jobs = streams.map((stream, rank) => newJob(stream, rank, now, config));
  await Promise.all(jobs.map(runJob));

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

function newJob(stream: SelectedStream, rank: number, startedAt: number, config: Config): Job {
  // A listing that leaves records out must not remove them from the warehouse.
  const isVersioned = config.activateVersion && stream.method === 'FULL_TABLE' && !config.isBounded;
  const version = isVersioned ? startedAt : undefined;
  const opening = { written: 0, newest: Number.NEGATIVE_INFINITY, hasHole: false, failure: undefined };
  return { stream, rank, tally: newTally(), startedAt, version, ...opening };
}

/** The bookmark of a stream, milliseconds since 1970; undefined where it has none of its replication key. */
function bookmarkOf(stream: SelectedStream, state: State, log: Log): number | undefined {
  const { id, replicationKey } = stream;
  const bookmark = state.bookmarks[id] ?? {};
  if (replicationKey === undefined) return undefined;
  const value = bookmark[replicationKey];
  if (value === undefined || value === null) {
    const others = Object.keys(bookmark).join(', ');
    if (others) log('WARNING', `${id}: its bookmark is by ${others}, not by ${replicationKey}; it is ignored`);
    return undefined;
  }
  const instant = typeof value === 'string' ? instantOf(value) : undefined;
  if (instant === undefined) {
    throw new UserError(`the bookmark of "${id}" (${replicationKey}) is no date: mend it, or remove it to start anew`);
  }
  return Date.parse(instant.text);
}

/** What keeps a stream from being whole though every answer came. */
function shortfall({ tally: { missing, refused }, stream, hasHole }: Job): string | undefined {
  const key = stream.keyProperties.join(', ');
  const parts = [
    missing > 0 && `${missing} records were announced and never came, though asked for again`,
    refused > 0 && `${refused} records were no objects or had no key (${key}), and could not be written`,
  ].filter(Boolean);
  if (parts.length === 0 && hasHole) parts.push('its parents could not all be read');
  return parts.length === 0 ? undefined : `${parts.join('; ')}; its bookmark stays before them`;
}

function logEnd({ stream: { id }, written, tally, failure }: Job, log: Log): void {
  const { announced, leftOut, reread } = tally;
  const notes = [
    `${announced} announced`,
    leftOut > 0 && `${leftOut} outside the range left out`,
    reread > 0 && `${reread} windows read again`,
  ].filter(Boolean);
  log('INFO', `${id}: ${written} records written (${notes.join(', ')})`, { stream: id });
  if (failure !== undefined) log('ERROR', `${id}: ${failure}`, { stream: id });
}
