/** One stream within a run: where it began, how far it has come, and what of it is missing. */

import type { Config } from '../config.ts';
import { type Covered, newTally, type Tally } from '../paystack/reader.ts';
import type { Log } from '../report/log.ts';
import type { SelectedStream } from '../singer/selection.ts';
import type { State } from '../singer/state.ts';
import { type Position, positionIn } from './bookmark.ts';
import { changedBy, openLookbackOf } from './open-stream.ts';

export interface Job {
  readonly stream: SelectedStream;
  readonly rank: number;
  readonly tally: Tally;
  readonly startedAt: number;
  /** Set if the stream is listed whole and the target is to remove what was not in the list. */
  readonly version: number | undefined;
  /** Where the stream resumed. */
  readonly start: Position;
  /** Where it will resume. */
  position: Position;
  written: number;
  /** True once a part of it has been read: it is there, so a refusal is not taken for a feature that is not. */
  hasAnswered: boolean;
  /** Creation of the newest record that was written, milliseconds since 1970. */
  newest: number;
  /** True once something is missing: the bookmark must not move past it. */
  hasHole: boolean;
  failure: string | undefined;
  /** The job whose records this one's change: what it does not read anyhow is read again. */
  changes: Job | undefined;
  /** What this stream has covered, held back until the records that it changes are written too. */
  readonly held: Covered[];
  /** Keys of this stream's records that others changed, and that were not read since. */
  readonly stale: Set<string>;
  /** How many more there were than are read again. */
  staleLeft: number;
  /** Records that were read again because others changed them. */
  refreshed: number;
}

/** Records of a stream that are read again in a run because others changed them: each costs a request. */
const maxStale = 5000;

/**
 * The jobs of a run, one for each stream, in their order.
 *
 * @param now start of the run, milliseconds since 1970
 * @throws UserError for a bookmark that cannot be read
 */
export function openJobs(
  streams: readonly SelectedStream[],
  { state, config, log }: { readonly state: State; readonly config: Config; readonly log: Log },
  now: number,
): Job[] {
  const jobs = streams.map((stream, rank): Job => {
    // A listing that leaves records out must not remove them from the warehouse.
    const isVersioned = config.activateVersion && stream.method === 'FULL_TABLE' && !config.isBounded;
    const start = positionIn(stream, state, now - openLookbackOf(stream, config), now, log);
    return {
      ...{ stream, rank, start, position: start, tally: newTally(), startedAt: now },
      ...{ version: isVersioned ? now : undefined, newest: Number.NEGATIVE_INFINITY, written: 0, refreshed: 0 },
      ...{
        hasAnswered: false,
        hasHole: false,
        failure: undefined,
        changes: undefined,
        held: [],
        stale: new Set(),
        staleLeft: 0,
      },
    };
  });
  for (const job of jobs) {
    // A stream without a bookmark is read from its beginning: nothing of it is left out that could be changed.
    job.changes = jobs.find(({ stream, start }) => stream.id === changedBy(job.stream) && start.reached !== undefined);
  }
  return jobs;
}

/** Notes that a record was changed by another one. Of too many, the first are left: lists come oldest first. */
export function noteStale(job: Job, key: string): void {
  job.stale.delete(key);
  job.stale.add(key);
  if (job.stale.size <= maxStale) return;
  for (const first of job.stale) {
    job.stale.delete(first);
    job.staleLeft++;
    return;
  }
}

/** What keeps a stream from being whole though every answer came. */
export function shortfall({ tally: { missing, refused }, stream, hasHole }: Job): string | undefined {
  const key = stream.keyProperties.join(', ');
  const parts = [
    missing > 0 && `${missing} records were announced and never came, though asked for again`,
    refused > 0 && `${refused} records were no objects or had no key (${key}), and could not be written`,
  ].filter(Boolean);
  if (parts.length === 0 && hasHole) parts.push('its parents could not all be read');
  return parts.length === 0 ? undefined : `${parts.join('; ')}; its bookmark stays before them`;
}

export function logEnd({ stream: { id }, written, refreshed, staleLeft, tally, failure }: Job, log: Log): void {
  const { announced, leftOut, reread } = tally;
  const notes = [
    `${announced} announced`,
    leftOut > 0 && `${leftOut} outside the range left out`,
    reread > 0 && `${reread} windows read again`,
    refreshed > 0 && `${refreshed} older ones read again, as a refund or dispute changed them`,
  ].filter(Boolean);
  log('INFO', `${id}: ${written} records written (${notes.join(', ')})`, { stream: id });
  if (staleLeft > 0) {
    const remedy = 'remove its bookmark from the state to read them again';
    log('WARNING', `${id}: refunds or disputes changed ${staleLeft} more, too many for a run; ${remedy}`, {
      stream: id,
    });
  }
  if (failure !== undefined) log('ERROR', `${id}: ${failure}`, { stream: id });
}
