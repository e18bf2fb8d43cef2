/** One stream within a run: where it began, how far it has come, and what of it is missing. */
import type { Config } from '../config.ts';
import type { Refused } from '../paystack/errors.ts';
import { newTally, type Tally } from '../paystack/ledger.ts';
import type { Covered } from '../paystack/reading.ts';
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { type StreamName, streams as table } from '../paystack/streams.ts';
import { dayMs } from '../paystack/windows.ts';
import type { Log } from '../report/log.ts';
import type { SelectedStream } from '../singer/selection.ts';
import type { State } from '../singer/state.ts';
import { counted, grouped } from '../words.ts';
import { type Position, positionIn } from './bookmark.ts';
import type { Revisited } from './single-records.ts';

export interface StreamRun {
  readonly stream: SelectedStream;
  readonly facts: StreamFacts;
  readonly rank: number;
  readonly tally: Tally;
  /** Set if the stream is listed whole and the target is to remove what was not in the list. */
  readonly version: number | undefined;
  /** Where the stream resumed. */
  readonly start: Position;
  /** Where it will resume. */
  position: Position;
  written: number;
  /** True once a part of it has been read: it is there, so a refusal is not taken for a feature that is not. */
  hasAnswered: boolean;
  /** True once it was read to its end, and everything came. */
  isRead: boolean;
  /** True once something is missing: the bookmark must not move past it. */
  hasHole: boolean;
  /** Why the stream is not whole; undefined as long as it may be. */
  failure: string | undefined;
  /** The refusal that ended the stream before anything of it was read. */
  refusal: Refused | undefined;
  /** The run whose records this one's change: what it does not read anyhow is read again. */
  changes: StreamRun | undefined;
  /** What this stream has covered, held back until the records that it changes are written too. */
  readonly held: (Covered | Revisited)[];
  /** Keys of this stream's records that others changed, and that were not read since. */
  readonly stale: Set<string>;
  /** How many more there were than are read again. */
  staleLeft: number;
  /** Records that were read again because others changed them. */
  refreshed: number;
}

/**
 * The runs of the streams, in their order.
 *
 * @param now start of the run, milliseconds since 1970
 * @throws UserError for a bookmark that cannot be read
 */
export function openStreamRuns(
  streams: readonly SelectedStream[],
  { state, config, log }: { readonly state: State; readonly config: Config; readonly log: Log },
  now: number,
): StreamRun[] {
  const runs = streams.map((stream, rank): StreamRun => {
    const facts: StreamFacts = table[stream.id as StreamName];
    // A listing that leaves records out must not remove them from the warehouse.
    const isVersioned = config.activateVersion && stream.method === 'FULL_TABLE' && !config.isBounded;
    const start = positionIn(stream, state, now - openLookbackOf(facts, config), now, log);
    return {
      ...{ stream, facts, rank, start, position: start, tally: newTally(), failure: undefined, refusal: undefined },
      ...{ version: isVersioned ? now : undefined, written: 0, hasAnswered: false, isRead: false, hasHole: false },
      ...{ changes: undefined, held: [], stale: new Set(), staleLeft: 0, refreshed: 0 },
    };
  });
  for (const run of runs) {
    const changed = run.facts.changes?.stream;
    // A stream without a bookmark is read from its beginning: nothing of it is left out that could be changed.
    run.changes = runs.find(({ stream, start }) => stream.id === changed && start.reached !== undefined);
  }
  return runs;
}

/** How far back the open records of a stream are read, in milliseconds. */
function openLookbackOf({ maxOpenDays }: StreamFacts, { openLookbackMs }: Config): number {
  return Math.min(openLookbackMs, maxOpenDays === undefined ? Number.POSITIVE_INFINITY : maxOpenDays * dayMs);
}

/** What keeps a stream from being whole though every answer came. */
export function shortfall({ tally, stream, hasHole }: StreamRun): string | undefined {
  const { missing, unsettled, unusable, failures, failedParents } = tally;
  const key = stream.keyProperties.join(', ');
  const more = failures > failedParents.length ? `, and ${failures - failedParents.length} more` : '';
  const parts = [
    missing > 0 &&
      `${counted(missing, 'announced record')} never came, though asked for again; its bookmark stays before what is missing`,
    unsettled > 0 &&
      `${counted(unsettled, 'window')} of its list brought other records each time that it was read, so more may be there; its bookmark stays before them`,
    unusable > 0 &&
      `${counted(unusable, 'record')} could not be written: no object, or no key (${key}); its bookmark stays before what is missing`,
    failures > 0 &&
      `the records of ${counted(failures, 'parent')} could not be read: ${failedParents.join(', ')}${more}; the next run asks again`,
  ].filter(Boolean);
  if (parts.length === 0 && hasHole) parts.push('its parents could not all be read; its bookmark stays before them');
  return parts.length === 0 ? undefined : parts.join('; ');
}

export function logEnd({ stream: { id }, written, refreshed, tally, failure }: StreamRun, log: Log): void {
  const { announced, leftOut, unchanged, reread, disproved } = tally;
  const notes = [
    // Of a stream that broke off, it is counted only when a window has come to its end.
    (announced > 0 || written === 0) && `${grouped(announced)} announced`,
    leftOut > 0 && `${grouped(leftOut)} outside the range left out`,
    unchanged > 0 && `${grouped(unchanged)} unchanged left out`,
    reread > 0 && `${counted(reread, 'window')} read again`,
    refreshed > 0 && `${counted(refreshed, 'older record')} read again because of a refund or dispute`,
  ].filter(Boolean);
  if (disproved !== undefined) {
    const what = `Paystack announced ${counted(disproved.total, 'record')} of a list whose pages held ${grouped(disproved.records)}`;
    log('WARNING', `${id}: ${what}; the pages are believed, and read until nothing new comes`, { stream: id });
  }
  const noted = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  log('INFO', `${id}: ${counted(written, 'record')} written${noted}`, { stream: id });
  if (failure !== undefined) log('ERROR', `${id}: ${failure}`, { stream: id });
}
