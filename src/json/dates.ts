/**
 * The dates in records.
 *
 * Paystack writes nearly all of them in one form, 2024-08-22T09:14:24.000Z, which is also the tap's. That form is recognised
 * here in its bytes, in a hundredth of luxon's time (measured). luxon reads every other form.
 */
import { DateTime } from 'luxon';

/** A date as the tap writes it: RFC 3339, UTC, milliseconds. */
export interface Instant {
  readonly text: string;
  /** False if the date that was read is finer than milliseconds. */
  readonly isWhole: boolean;
}

/**
 * The forms that count as a date: a day, alone or with a time, which may have seconds, a fraction and a zone. Observed:
 * 2024-08-22T09:14:24.000Z almost everywhere; 2024-08-22 11:01:23 in one answer. luxon would also take week dates, times
 * without a day, 24:00 and offsets of four days. There is no year 0. The group captures digits finer than milliseconds.
 */
const formOfDates =
  /^(?!0000)\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d{1,3}(\d*))?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/;

/** Without these, luxon asks the system for its zone and language, which takes 25 ms (measured). */
const inUtc = { zone: 'utc', locale: 'en' } as const;

/** Reads a date in any form that the API may use; undefined if the text is no date. A date without zone is UTC. */
export function instantOf(text: string): Instant | undefined {
  const [whole, finer = ''] = formOfDates.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const date = DateTime.fromISO(text.replace(' ', 'T'), inUtc);
  // An instant outside the years 1 to 9999 has no RFC 3339 form; one that is invalid has no year.
  if (!(date.year >= 1 && date.year <= 9999)) return undefined;
  return { text: date.toISO()!, isWhole: /^0*$/.test(finer) };
}

/** Bytes of `"2024-08-22T09:14:24.000Z"`. */
export const canonicalLength = 26;

/**
 * True for a date in Paystack's own form, as a JSON string whose first quote is at `at`. False for a day that does not
 * exist, and also for the 29th of February and the years before 1000: those are left to `instantOf`.
 */
export function isCanonical(view: DataView, at: number): boolean {
  if (at + canonicalLength > view.byteLength) return false;
  if (view.getUint8(at) !== 0x22 || view.getUint8(at + canonicalLength - 1) !== 0x22) return false;
  // Four bytes at a time. A digit becomes its value, a separator 0: with what is added, any other byte reaches its highest bit.
  for (let index = 0; index < forms.length; index++) {
    const word = view.getInt32(at + 1 + 4 * index, true) ^ forms[index]!;
    if (((word + headroom[index]!) | word) & 0x80808080) return false;
  }
  const day = twoDigitsIn(view, at + 9);
  return (
    day >= 1 &&
    day <= (daysIn[twoDigitsIn(view, at + 6)] ?? 0) &&
    twoDigitsIn(view, at + 12) <= 23 &&
    twoDigitsIn(view, at + 15) <= 59 &&
    twoDigitsIn(view, at + 18) <= 59 &&
    view.getUint8(at + 1) !== 0x30
  );
}

/** Of the months, by their number; there is no month 0. */
const daysIn: readonly number[] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const canonicalForm = '0000-00-00T00:00:00.000Z';

/** The form, four bytes each. */
const forms = wordsOf(canonicalForm, (letter) => letter.charCodeAt(0));

/** What the bytes may be at most, by what is left until their highest bit: 9 of a digit, 0 of a separator. */
const headroom = wordsOf(canonicalForm, (letter) => 0x7f - (letter === '0' ? 9 : 0));

function wordsOf(text: string, byteOf: (letter: string) => number): Readonly<Int32Array> {
  const bytes = Buffer.from(Array.from(text, byteOf));
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32LE(4 * index));
}

function twoDigitsIn(view: DataView, at: number): number {
  return (view.getUint8(at) - 0x30) * 10 + view.getUint8(at + 1) - 0x30;
}

/**
 * Milliseconds since 1970 of a date in the tap's form, whose first digit is at a place. It runs for every record, and is quicker
 * than to make a text of it for `Date.parse` (measured).
 */
export function timeAt(view: DataView, at: number): number {
  const year = twoDigitsIn(view, at) * 100 + twoDigitsIn(view, at + 2);
  const day = Date.UTC(year, twoDigitsIn(view, at + 5) - 1, twoDigitsIn(view, at + 8));
  const seconds = (twoDigitsIn(view, at + 11) * 60 + twoDigitsIn(view, at + 14)) * 60 + twoDigitsIn(view, at + 17);
  const ms = day + seconds * 1000 + twoDigitsIn(view, at + 20) * 10 + view.getUint8(at + 22) - 0x30;
  // To `Date.UTC`, the year 70 is 1970.
  return year < 100 ? new Date(ms).setUTCFullYear(year) : ms;
}
