/**
 * Dates as Paystack sends them, read without a library: this runs for every date of every record.
 * What people write in settings is `config.ts`'s, which asks luxon.
 */

// Observed: 2024-08-22T09:14:24.000Z almost everywhere; 2024-08-22 11:01:23 (no zone, taken as UTC) in one answer.
const dateTime = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/;

/** A date as the tap writes it: RFC 3339, UTC, milliseconds. `whole` is false if the text told more than milliseconds. */
export interface Instant {
  readonly text: string;
  readonly whole: boolean;
}

/** Reads a date in any spelling that the API may use; undefined if the text is no date. A date without zone is UTC. */
export function instantOf(text: string): Instant | undefined {
  if (isCanonical(text)) return { text, whole: true };
  const parts = dateTime.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', sign, zoneHour, zoneMinute] =
    parts;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const utc = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  if (!isCanonical(utc)) return undefined;
  const whole = /^0*$/.test(fraction.slice(3));
  if (sign === undefined) return { text: utc, whole };
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60_000 : 60_000);
  const moved = new Date(Date.parse(utc) - offset).toISOString();
  return isCanonical(moved) ? { text: moved, whole } : undefined;
}

/** True for a real date that is written as `2024-08-22T09:14:24.000Z`. */
export function isCanonical(text: string): boolean {
  if (text.length !== 24) return false;
  for (let at = 0; at < 24; at++) {
    const code = text.charCodeAt(at);
    const separator = separators[at];
    if (separator === undefined ? code < 0x30 || code > 0x39 : code !== separator) return false;
  }
  const month = twoDigits(text, 5);
  return (
    month >= 1 &&
    month <= 12 &&
    twoDigits(text, 8) >= 1 &&
    twoDigits(text, 8) <= daysIn(month, Number(text.slice(0, 4))) &&
    twoDigits(text, 11) <= 23 &&
    twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 59 &&
    !text.startsWith('0000')
  );
}

/** Milliseconds since 1970 of a date that is written so, at a place in a text. Quicker than `Date.parse` (measured). */
export function timeIn(text: string, at: number): number {
  const year = twoDigits(text, at) * 100 + twoDigits(text, at + 2);
  // To `Date.UTC`, the year 70 is 1970.
  if (year < 100) return Date.parse(text.slice(at, at + 24));
  const day = Date.UTC(year, twoDigits(text, at + 5) - 1, twoDigits(text, at + 8));
  const seconds = (twoDigits(text, at + 11) * 60 + twoDigits(text, at + 14)) * 60 + twoDigits(text, at + 17);
  return day + seconds * 1000 + twoDigits(text, at + 20) * 10 + text.charCodeAt(at + 22) - 0x30;
}

/**
 * The same for a JSON token in UTF-8, quotes included, of which `at` is the first. Every date is looked at, so this says
 * yes to nearly all and leaves the last days of months to `instantOf`.
 */
export function isCanonicalToken(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x22 || bytes[at + 25] !== 0x22) return false;
  for (let index = 0; index < 24; index++) {
    const byte = bytes[at + 1 + index]!;
    const separator = separators[index];
    if (separator === undefined ? byte < 0x30 || byte > 0x39 : byte !== separator) return false;
  }
  const month = twoDigitsAt(bytes, at + 6);
  const day = twoDigitsAt(bytes, at + 9);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    twoDigitsAt(bytes, at + 12) <= 23 &&
    twoDigitsAt(bytes, at + 15) <= 59 &&
    twoDigitsAt(bytes, at + 18) <= 59 &&
    bytes[at + 1] !== 0x30
  );
}

function twoDigitsAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30;
}

const separators: readonly (number | undefined)[] = [...'dddd-dd-ddTdd:dd:dd.dddZ'].map((letter) =>
  letter === 'd' ? undefined : letter.charCodeAt(0),
);

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
