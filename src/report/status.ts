/** The parts of the progress line: how far a sync is. */
import { durationText, grouped } from '../words.ts';

export interface Progress {
  written: number;
  /** The total that the list announced. */
  announced: number | undefined;
  hasEnded: boolean;
  /** True once it has ended, and everything was read and written. */
  isWhole: boolean;
}

/** Times are milliseconds; points in time are the clock's. */
export interface Status {
  readonly all: ReadonlyMap<string, Progress>;
  /** The one stream that the line names. */
  readonly named: string | undefined;
  readonly quotaLeft: number | undefined;
  readonly waitingUntil: ReadonlyMap<string, number>;
  readonly elapsedMs: number;
  readonly wroteAt: number;
  readonly now: number;
}

export interface StatusPart {
  readonly text: string;
  /** Where there is no room for all parts, those with the least weight are left out. */
  readonly weight: number;
}

/** Before this time a rate says nothing. */
const minRateMs = 1000;
/** If nothing was written for so long, a wait of any endpoint is shown. */
const idleMs = 2000;
/** Shorter waits are not shown. */
const minWaitMs = 1000;

export function statusParts(status: Status): StatusPart[] {
  const { all, named, quotaLeft, elapsedMs } = status;
  const streams = [...all.values()];
  const open = streams.filter(({ hasEnded }) => !hasEnded);
  const written = sumOf(streams, (stream) => stream.written);
  // NaN, and so not shown, as long as an open stream has announced no total.
  const left = sumOf(open, (stream) => Math.max(0, (stream.announced ?? Number.NaN) - stream.written));
  const rate = elapsedMs < minRateMs ? undefined : (written * 1000) / elapsedMs;
  const percent = left > 0 ? ` (${Math.floor((100 * written) / (written + left))} %)` : '';
  const waitMs = waitOf(status);
  const now = named === undefined ? undefined : all.get(named);
  const of = now?.announced === undefined ? '' : ` of ${grouped(now.announced)}`;
  const parts: [text: string | false | undefined, weight: number][] = [
    [`${streams.length - open.length}/${streams.length} streams`, 4],
    [`${grouped(written)} rows${percent}`, 3],
    [rate !== undefined && `${grouped(Math.round(rate))}/s`, 1],
    [rate !== undefined && rate > 0 && left > 0 && `about ${durationText((left * 1000) / rate)} left`, 2],
    [waitMs === undefined && quotaLeft !== undefined && `quota ${grouped(quotaLeft)}`, 0],
    [waitMs !== undefined && `waiting ${Math.ceil(waitMs / 1000)} s for Paystack's quota`, 6],
    [now && `${named} ${grouped(now.written)}${of}`, 5],
  ];
  return parts.flatMap(([text, weight]) => (text ? [{ text, weight }] : []));
}

/** How long the named stream waits. If nothing moves at all: how long until the first of all waiting endpoints goes on. */
function waitOf({ named, waitingUntil, wroteAt, now }: Status): number | undefined {
  const isIdle = now - wroteAt >= idleMs;
  const waits = [...waitingUntil]
    .filter(([endpoint]) => isIdle || endpoint === named)
    .map(([, until]) => until - now)
    .filter((ms) => ms >= minWaitMs);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

export function sumOf(streams: readonly Progress[], value: (stream: Progress) => number): number {
  return streams.reduce((sum, stream) => sum + value(stream), 0);
}
