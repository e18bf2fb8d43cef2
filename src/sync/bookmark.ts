/**
 * Where a stream resumes: what its bookmark in the state says, and how it moves.
 *
 * Paystack has no filter for what was updated. So besides the newest creation that was written, a bookmark holds the records
 * that were still open when last seen (a pending transfer, an unresolved dispute) by their keys and the days of their
 * creation; of very many only the days. They are seen again, however old, within a bound. A child stream holds its parents so.
 *
 *     {"createdAt": "…Z", "as_of": "…Z", "open": ["2026-03-01 12,15", "2026-04-07/2026-04-09"]}
 *
 * `as_of` is when the run began that last read the stream to its end. `failed` holds, in the form of `open`, parents whose
 * children could not be read. `unfinished` is there while a run has not come to its end: when the first of the runs began that
 * share the work, and up to which creation they have read.
 */
import type { Config } from '../config.ts';
import { UserError } from '../errors.ts';
import { instantOf } from '../json/dates.ts';
import type { Covered } from '../paystack/reading.ts';
import { dayMs, midnightBefore, type Span } from '../paystack/windows.ts';
import type { Log } from '../report/log.ts';
import type { SelectedStream } from '../singer/selection.ts';
import { type State, withBookmark } from '../singer/state.ts';
import type { Revisited } from './single-records.ts';

/** Records by their keys, each with the midnight before its creation; and days of which not all keys are held. */
export interface Remembered {
  readonly keys: ReadonlyMap<string, number>;
  readonly days: ReadonlySet<number>;
}

/** Milliseconds since 1970. */
export interface Position {
  /** Creation of the newest record up to which everything is written; undefined if nothing is. */
  readonly reached: number | undefined;
  /** When the run began that last read everything there is to be read; undefined if none has. */
  readonly asOf: number | undefined;
  /** What was open when last seen. */
  readonly open: Remembered;
  /** What could not be read and must be, however old it is. */
  readonly failed: Remembered;
  /** How far a run has come that did not come to its end, and when it began. */
  readonly unfinished: { readonly began: number; readonly reached: number } | undefined;
}

const nothing: Remembered = { keys: new Map(), days: new Set() };

/** Where a stream begins that has no bookmark. */
export const beginning: Position = {
  reached: undefined,
  asOf: undefined,
  open: nothing,
  failed: nothing,
  unfinished: undefined,
};

/** Keys that a bookmark holds: a few kilobytes. Of days with the most records, more are left to be read as days. */
const maxKeys = 500;

/** Spans of days that a bookmark holds. Beyond it the nearest are joined. */
const maxSpans = 100;

/** A bookmark that is further ahead of the clock than clocks differ cannot be one. */
const maxAheadMs = dayMs;

/** A run that goes on from where another broke off need not read again what that one read, if it was not long ago. */
const maxUnfinishedMs = dayMs;

/** What was created so shortly before a run began may have been listed only later: clocks differ. */
const clockMarginMs = 300_000;

/**
 * The position that a state has for a stream.
 *
 * @param openSince open records of days before it are passed over from now on, milliseconds since 1970
 * @throws UserError if the bookmark cannot be read
 */
export function positionIn(stream: SelectedStream, state: State, openSince: number, now: number, log: Log): Position {
  const { id, replicationKey } = stream;
  if (replicationKey === undefined) return beginning;
  const { [replicationKey]: value, as_of, open, failed, unfinished, ...others } = state.bookmarks[id] ?? {};
  if (value === undefined || value === null) {
    const names = Object.keys(others).join(', ');
    if (names) log('WARNING', `${id}: its bookmark is by ${names}, not by ${replicationKey}; it is ignored`);
    return beginning;
  }
  const read = <Value>(name: string, given: unknown, reader: (given: unknown) => Value | undefined): Value => {
    const result = reader(given);
    if (result !== undefined) return result;
    const form = reader === timeOf ? 'no date' : 'not in the form that the tap writes';
    throw new UserError(`the bookmark of "${id}" (${name}) is ${form}: mend it, or remove it to start anew`);
  };
  const reached = read(replicationKey, value, timeOf);
  if (reached > now + maxAheadMs) {
    const what = `its bookmark (${String(value)}) is in the future, or this machine's clock is behind`;
    log('WARNING', `${id}: ${what}; the stream is read from its beginning`, { stream: id });
    return beginning;
  }
  const since = { from: midnightBefore(openSince), to: now };
  return {
    reached,
    asOf: as_of === undefined ? undefined : read('as_of', as_of, timeOf),
    open: read('open', open ?? [], (given) => rememberedIn(given, since)),
    failed: read('failed', failed ?? [], (given) => rememberedIn(given, { ...since, from: Number.NEGATIVE_INFINITY })),
    unfinished: unfinished === undefined ? undefined : read('unfinished', unfinished, unfinishedIn),
  };
}

/**
 * From when on everything is read, for what is new and for what changed within the lookback.
 *
 * @returns milliseconds since 1970; -Infinity for the first record there is
 */
export function lookbackFrom({ reached, unfinished }: Position, config: Config, now: number): number {
  const from = reached === undefined ? config.startMs : Math.max(config.startMs, reached - config.lookbackMs);
  if (unfinished === undefined) return from;
  const again = isResumed(unfinished, now) ? clockMarginMs : config.lookbackMs;
  return Math.max(from, Math.min(unfinished.reached, unfinished.began - again));
}

/**
 * What is remembered from before the lookback, and is to be seen again beside it.
 *
 * @param since where the lookback begins, milliseconds since 1970
 */
export function olderThan(since: number, { open, failed, unfinished }: Position, now: number): Remembered {
  // What was open and an unfinished run has come past, it has seen.
  const from =
    unfinished !== undefined && isResumed(unfinished, now) ? unfinished.reached - dayMs : Number.NEGATIVE_INFINITY;
  const isOlder = (day: number) => day < since && day > from;
  const hasFailed = (day: number) => day < since;
  return {
    keys: new Map([
      ...[...open.keys].filter(([, day]) => isOlder(day)),
      ...[...failed.keys].filter(([, day]) => hasFailed(day)),
    ]),
    days: new Set([...[...open.days].filter(isOlder), ...[...failed.days].filter(hasFailed)]),
  };
}

function isResumed({ began }: NonNullable<Position['unfinished']>, now: number): boolean {
  return now - began <= maxUnfinishedMs;
}

/**
 * The position after some spans were read and written.
 *
 * @param now start of the run: what was created later may not have been listed yet
 */
export function advanced(position: Position, covered: Covered, now: number): Position {
  const { reached, unfinished } = position;
  const { spans } = covered;
  const until = spans.at(-1)!.to;
  const isOutside = (day: number) => !spans.some(({ from, to }) => day >= from && day + dayMs <= to);
  const end = Math.min(covered.newest, until, now);
  return {
    ...position,
    reached: end > (reached ?? Number.NEGATIVE_INFINITY) ? end : reached,
    open: replaced(position.open, isOutside, covered.open),
    failed: replaced(position.failed, isOutside, covered.failed),
    unfinished: { began: unfinished?.began ?? now, reached: Math.max(Math.min(until, now), unfinished?.reached ?? 0) },
  };
}

/** The position after records were seen again by their keys. */
export function revisited(position: Position, { keys, open }: Pick<Revisited, 'keys' | 'open'>): Position {
  const others = [...position.open.keys].filter(([key]) => !keys.has(key));
  return { ...position, open: bounded([...others, ...open], position.open.days) };
}

/** The position after everything there is to be read was read and written by a run, or by those that shared the work. */
export function completed(position: Position, now: number): Position {
  return { ...position, asOf: position.unfinished?.began ?? now, unfinished: undefined };
}

function replaced(
  { keys, days }: Remembered,
  isOutside: (day: number) => boolean,
  found: ReadonlyMap<string, number>,
): Remembered {
  return bounded([...[...keys].filter(([, day]) => isOutside(day)), ...found], [...days].filter(isOutside));
}

/**
 * So many keys as a bookmark holds, since a run may come past a hundred thousand: of the days with the most, the day alone is
 * left. Keys that are no numbers would need quoting in it; no such stream has records that can be open.
 */
function bounded(keys: readonly (readonly [string, number])[], days: Iterable<number>): Remembered {
  const wholeDays = new Set(days);
  for (const [key, day] of keys) if (!/^\d+$/.test(key)) wholeDays.add(day);
  const ofDays = [...byDay(keys)].filter(([day]) => !wholeDays.has(day));
  const held = new Map<string, number>();
  for (const [day, ofDay] of ofDays.sort(([, one], [, other]) => one.length - other.length)) {
    if (held.size + ofDay.length > maxKeys) wholeDays.add(day);
    else for (const key of ofDay) held.set(key, day);
  }
  return { keys: held, days: wholeDays };
}

function byDay(keys: Iterable<readonly [string, number]>): Map<number, string[]> {
  const ofDays = new Map<number, string[]>();
  for (const [key, day] of keys) if (ofDays.get(day)?.push(key) === undefined) ofDays.set(day, [key]);
  return ofDays;
}

/** The state with the position of a stream, once it has one. */
export function withPosition(state: State, stream: SelectedStream, position: Position): State {
  const { reached, asOf, open, failed, unfinished } = position;
  if (stream.replicationKey === undefined || reached === undefined) return state;
  return withBookmark(state, stream.id, {
    [stream.replicationKey]: textOf(reached),
    as_of: asOf === undefined ? undefined : textOf(asOf),
    open: entriesOf(open),
    failed: entriesOf(failed),
    unfinished: unfinished && { began: textOf(unfinished.began), reached: textOf(unfinished.reached) },
  });
}

/** What is remembered as the bookmark holds it: `2026-03-01 12,15` with keys, `2026-04-07/2026-04-09` without. */
function entriesOf({ keys, days }: Remembered): readonly string[] | undefined {
  const texts = [...byDay(keys)].map(([day, ofDay]) => `${dateOf(day)} ${ofDay.join(',')}`);
  for (const { from, to } of spansOf(days)) texts.push(`${dateOf(from)}/${dateOf(to)}`);
  return texts.length === 0 ? undefined : texts.sort();
}

/** Days as spans, few enough. */
export function spansOf(days: Iterable<number>, most = maxSpans): Span[] {
  const spans = joined([...days].map((day) => ({ from: day, to: day + dayMs })));
  while (spans.length > most) {
    const gaps = spans.slice(1).map(({ from }, index) => from - spans[index]!.to);
    const at = gaps.indexOf(Math.min(...gaps));
    spans.splice(at, 2, { from: spans[at]!.from, to: spans[at + 1]!.to });
  }
  return spans;
}

/** The same time in ascending spans that do not touch. */
export function joined(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = apart.at(-1);
    if (last !== undefined && span.from <= last.to) {
      apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else apart.push(span);
  }
  return apart;
}

/** What the entries of a bookmark hold, as far as it lies within a span; undefined if they are none. */
function rememberedIn(entries: unknown, within: Span): Remembered | undefined {
  if (!Array.isArray(entries)) return undefined;
  const keys = new Map<string, number>();
  const days = new Set<number>();
  for (const entry of entries) {
    const parts = typeof entry === 'string' ? /^([^ /]+)(?: ([\d,]+)|\/([^ /]+))$/.exec(entry) : null;
    const [, first, ofDay, last] = parts ?? [];
    const from = timeOf(first);
    if (from === undefined) return undefined;
    const to = ofDay === undefined ? timeOf(last) : from + dayMs;
    if (to === undefined || from >= to) return undefined;
    if (ofDay !== undefined) {
      if (from >= within.from && from < within.to) for (const key of ofDay.split(',')) keys.set(key, from);
      continue;
    }
    const end = Math.min(to, within.to);
    for (let day = midnightBefore(Math.max(from, within.from)); day < end; day += dayMs) days.add(day);
  }
  return { keys, days };
}

function unfinishedIn(given: unknown): Position['unfinished'] {
  const { began, reached } = (given ?? {}) as { began?: unknown; reached?: unknown };
  const times = [timeOf(began), timeOf(reached)] as const;
  return times[0] === undefined || times[1] === undefined ? undefined : { began: times[0], reached: times[1] };
}

function timeOf(text: unknown): number | undefined {
  const instant = typeof text === 'string' ? instantOf(text) : undefined;
  return instant && Date.parse(instant.text);
}

function textOf(ms: number): string {
  return new Date(ms).toISOString();
}

function dateOf(ms: number): string {
  return textOf(ms).slice(0, 10);
}
