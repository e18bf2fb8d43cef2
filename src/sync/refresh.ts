/**
 * What the records of one stream change in another: a refund or a dispute its transaction, however old that is. Where the run
 * does not read the transaction anyhow, it is asked for by its key, and until it is written the bookmark of the refunds or
 * disputes stays where it is.
 */
import { ForeseenError, messageOf } from '../errors.ts';
import type { Row } from '../paystack/list.ts';
import type { RowsRead } from '../paystack/reading.ts';
import { midnightBefore } from '../paystack/windows.ts';
import { inOrder, toAsync } from '../prefetch.ts';
import type { Position } from './bookmark.ts';
import { hasChanged } from './open-stream.ts';
import type { RecordLine } from './rows.ts';
import type { StreamRun } from './stream-run.ts';

/** Records of a stream that are read again in a run because others changed them: each costs a request. */
const maxStale = 5000;

/** Failures that are named. */
const maxNamed = 5;

/** True for a record that came, or changed, since the run before, as far as that can be known. */
export function isNews(row: Row<unknown>, start: Position): boolean {
  const { asOf, open } = start;
  if (asOf === undefined || open.keys.has(row.key)) return true;
  if (hasChanged({ updated: row.created }, start) || hasChanged(row, start)) return true;
  return Number.isNaN(row.updated) && (row.isOpen || open.days.has(midnightBefore(row.created)));
}

/** Notes that a record was changed by another one. Of too many, the first are left: lists come oldest first. */
export function noteStale(run: StreamRun, key: string): void {
  run.stale.delete(key);
  run.stale.add(key);
  if (run.stale.size <= maxStale) return;
  const [first] = run.stale;
  run.stale.delete(first!);
  run.staleLeft++;
}

/**
 * Reads the records of a stream that others changed.
 *
 * @param read a record by its key
 * @param give writes what was read
 * @returns what could not be read; undefined if everything was
 * @throws what concerns more than one record
 */
export async function refresh(
  run: StreamRun,
  read: (key: string) => Promise<RowsRead<RecordLine>>,
  ahead: () => number,
  give: (rows: RowsRead<RecordLine>) => Promise<void>,
): Promise<string | undefined> {
  const failed: string[] = [];
  const tasks = [...run.stale].map((key) => async () => {
    try {
      return { key, rows: await read(key), error: undefined };
    } catch (error) {
      if (!(error instanceof ForeseenError) || error.remedy !== 'end the stream') throw error;
      return { key, rows: undefined, error };
    }
  });
  for await (const { key, rows, error } of inOrder(toAsync(tasks), ahead)) {
    if (rows === undefined) failed.push(`${key} (${messageOf(error)})`);
    else {
      run.refreshed += rows.rows.length;
      await give(rows);
    }
  }
  const left = run.staleLeft;
  const parts = [
    failed.length > 0 && `${failed.length} could not be read again: ${failed.slice(0, maxNamed).join(', ')}`,
    left > 0 && `${left} did not fit into one run: remove its bookmark from the state to read them again`,
  ].filter(Boolean);
  return parts.length === 0 ? undefined : `of the records that refunds or disputes changed, ${parts.join('; ')}`;
}
