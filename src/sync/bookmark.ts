/**
 * Where a stream resumes: what its bookmark in the state says, and how it moves.
 *
 * Paystack has no filter for what was updated. So besides the newest creation that was written, a bookmark holds the days
 * on which records were created that were still open when last seen (a pending transfer, an unresolved dispute):
 * `{"createdAt": "…Z", "open": ["2026-03-01/2026-03-04"]}`, the second date exclusive. Those days are read again, however
 * old, within a bound, and what they cost depends on how many they are, not on how long ago.
 */
import type { Config } from '../config.ts';
import { UserError } from '../errors.ts';
import { instantOf } from '../json/dates.ts';
import type { Row } from '../paystack/list.ts';
import type { Covered } from '../paystack/reader.ts';
import { dayMs, midnightBefore, type Range, type Span } from '../paystack/windows.ts';
import type { Log } from '../report/log.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { type State, withBookmark } from '../singer/state.ts';

/** Milliseconds since 1970. */
export interface Position {
  /** Creation of the newest record up to which everything is written; undefined if nothing is. */
  readonly reached: number | undefined;
  /** The midnights before the records that were open when last seen. */
  readonly openDays: ReadonlySet<number>;
}

/** Spans of days that a bookmark holds, and that cost a request at least. Beyond it the nearest are joined. */
const maxOpenSpans = 100;

/**
 * The position that a state tells.
 *
 * @param openSince open days before it are passed over from now on, milliseconds since 1970
 * @throws UserError if the bookmark cannot be read
 */
export function positionIn(stream: SelectedStream, state: State, openSince: number, now: number, log: Log): Position {
  const { id, replicationKey } = stream;
  const start = { reached: undefined, openDays: new Set<number>() };
  if (replicationKey === undefined) return start;
  const { [replicationKey]: value, open, ...others } = state.bookmarks[id] ?? {};
  if (value === undefined || value === null) {
    const names = Object.keys(others).join(', ');
    if (names) log('WARNING', `${id}: its bookmark is by ${names}, not by ${replicationKey}; it is ignored`);
    return start;
  }
  const remedy = 'mend it, or remove it to start anew';
  const reached = typeof value === 'string' ? instantOf(value) : undefined;
  if (reached === undefined) throw new UserError(`the bookmark of "${id}" (${replicationKey}) is no date: ${remedy}`);
  const openDays = daysIn(open ?? [], { from: midnightBefore(openSince), to: now });
  if (openDays === undefined) throw new UserError(`the bookmark of "${id}" (open) is no list of dates: ${remedy}`);
  return { reached: Date.parse(reached.text), openDays };
}

/**
 * What a run reads: from the position less the lookback on, and the open days before that, within their bound. Nothing of
 * it lies outside the dates of the settings.
 *
 * @returns undefined if that is nothing
 */
export function rangeFrom({ reached, openDays }: Position, config: Config, now: number): Range | undefined {
  const to = config.endMs ?? Number.POSITIVE_INFINITY;
  const from = reached === undefined ? config.startMs : Math.max(config.startMs, reached - config.lookbackMs);
  const spans = joined([...spansOf(openDays), { from, to }])
    .map((span) => ({ from: Math.max(span.from, config.startMs), to: Math.min(span.to, to) }))
    .filter((span) => span.from < span.to);
  return spans.length === 0 ? undefined : { spans, now };
}

/**
 * The position after a span was read and written.
 *
 * @param newest creation of the newest record that was written
 * @param now start of the run: what was created later may not have been listed yet
 */
export function advanced({ reached, openDays }: Position, covered: Covered, newest: number, now: number): Position {
  const end = Math.min(newest, covered.until, now);
  const others = [...openDays].filter((day) => day < covered.from || day + dayMs > covered.until);
  return {
    reached: end > (reached ?? Number.NEGATIVE_INFINITY) ? end : reached,
    openDays: new Set([...others, ...covered.openDays]),
  };
}

/** The position after rows were written that lie before what the run reads. */
export function withOpenRows(position: Position, rows: readonly Pick<Row<unknown>, 'created' | 'isOpen'>[]): Position {
  const days = rows.filter(({ isOpen }) => isOpen).map(({ created }) => midnightBefore(created));
  return days.length === 0 ? position : { ...position, openDays: new Set([...position.openDays, ...days]) };
}

/** The state with the position of a stream, once it has one. */
export function withPosition(state: State, stream: SelectedStream, { reached, openDays }: Position): State {
  if (stream.replicationKey === undefined || reached === undefined) return state;
  const open = spansOf(openDays).map(({ from, to }) => `${dateOf(from)}/${dateOf(to)}`);
  const bookmark = {
    [stream.replicationKey]: new Date(reached).toISOString(),
    open: open.length > 0 ? open : undefined,
  };
  return withBookmark(state, stream.id, bookmark);
}

/** The days as spans, few enough. */
function spansOf(days: Iterable<number>): Span[] {
  const spans = joined([...days].map((day) => ({ from: day, to: day + dayMs })));
  while (spans.length > maxOpenSpans) {
    const gaps = spans.slice(1).map(({ from }, index) => from - spans[index]!.to);
    const at = gaps.indexOf(Math.min(...gaps));
    spans.splice(at, 2, { from: spans[at]!.from, to: spans[at + 1]!.to });
  }
  return spans;
}

/** The same time in ascending spans that do not touch. */
function joined(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = apart.at(-1);
    if (last !== undefined && span.from <= last.to) {
      apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else apart.push(span);
  }
  return apart;
}

/** The days of the spans that a bookmark holds, as far as they lie within another span; undefined if it holds none. */
function daysIn(open: unknown, within: Span): Set<number> | undefined {
  if (!Array.isArray(open)) return undefined;
  const days = new Set<number>();
  for (const text of open) {
    const dates = typeof text === 'string' ? text.split('/') : [];
    const [from, to] = dates.map((date) => Date.parse(instantOf(date)?.text ?? ''));
    if (dates.length !== 2 || !(from! < to!)) return undefined;
    const last = Math.min(to!, within.to);
    for (let day = midnightBefore(Math.max(from!, within.from)); day < last; day += dayMs) days.add(day);
  }
  return days;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
