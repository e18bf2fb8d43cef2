/** The time at which an answer says to come again: in seconds from now (documented), or as a date in one of three forms. */

/** From here on a number is a date in Unix seconds (from 2001 on), and below it a duration. No recorded answer has such a date. */
const unixSeconds = 1_000_000_000;
/** From here on a number is a date in Unix milliseconds: as seconds it would be in the year 5138. */
const unixMs = 100_000_000_000;

/**
 * Milliseconds until a reset, negative if it is over.
 *
 * @param reset seconds from now, or a date in Unix seconds or milliseconds
 * @param headers of the same answer: its `Date` says when it was sent by the server's clock, as this machine's may be wrong
 * @param wallNow milliseconds since 1970, where the answer has no date of its own
 */
export function msUntil(reset: number, headers: Headers, wallNow: number): number {
  if (reset < unixSeconds) return reset * 1000;
  return (reset < unixMs ? reset * 1000 : reset) - sentAt(headers, wallNow);
}

/** The same for the text of a `Retry-After`: a number as above, or an HTTP date. NaN if it is neither. */
export function msUntilText(text: string, headers: Headers, wallNow: number): number {
  const number = Number(text);
  return Number.isNaN(number) ? Date.parse(text) - sentAt(headers, wallNow) : msUntil(number, headers, wallNow);
}

function sentAt(headers: Headers, wallNow: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? wallNow : date;
}
